"""Returned goods that go back to whoever made them."""
