"""Prices, as they are asked and read: tax and fees, promotions, quotes."""
