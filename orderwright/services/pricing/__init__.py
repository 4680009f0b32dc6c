"""Prices: tax, promotions and fees from the record, and what an order or a cart costs by them."""
