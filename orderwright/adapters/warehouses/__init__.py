"""Who picks and packs for us."""
