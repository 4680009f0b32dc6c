"""An order from its taking to its end, and who decides about it."""
