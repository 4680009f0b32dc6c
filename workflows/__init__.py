"""What happens to an order and in which order: deterministic, one file per workflow type."""
