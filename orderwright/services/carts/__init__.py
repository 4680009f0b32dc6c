"""Before there is an order: what is in a cart, what of it can be had, and how it becomes lines."""
