"""What is asked and told after the sale."""
