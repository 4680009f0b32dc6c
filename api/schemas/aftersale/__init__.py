"""What is said after the sale."""
