"""What is done with orders after the sale."""
