"""Goods that come back: what states they have, who may send them, what is given back for them."""
