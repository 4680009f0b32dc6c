"""What people are told of an order, and when."""
