"""Ways to be paid."""
