"""Pure rules: no input or output, no clock, no library but Python's own."""
