"""What the product needs from the world, in its own words; each promise stands in a docstring."""
