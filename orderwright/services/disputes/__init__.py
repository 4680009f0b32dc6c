"""Use cases of money that a customer's bank wants back."""
