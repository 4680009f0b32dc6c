"""Commands after the sale."""
