"""What the rows say before and after a payment provider is asked."""
