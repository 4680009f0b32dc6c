"""What the demo shows: a small shop, the stories of its orders, and how each must end."""
