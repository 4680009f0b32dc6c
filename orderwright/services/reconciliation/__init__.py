"""Our books and the provider's, side by side: compared, settled, and what belongs to no order."""
