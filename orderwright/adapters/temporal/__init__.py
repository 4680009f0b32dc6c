"""The engine that drives the orders."""
