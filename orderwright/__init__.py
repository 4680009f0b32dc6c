"""Orderwright: an order management system in which every order is a durable workflow."""
