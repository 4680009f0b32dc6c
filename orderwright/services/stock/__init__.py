"""Units found, held, received and given back."""
