"""What moves stock without an order."""
