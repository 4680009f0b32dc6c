"""What a customer sees and does with an order, by a link and without an account."""
