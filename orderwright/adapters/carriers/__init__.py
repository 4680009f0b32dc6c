"""Who carries parcels."""
