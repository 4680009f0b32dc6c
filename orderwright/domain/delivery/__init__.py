"""What goes wrong between our dock and the customer's door, and what is done about it."""
