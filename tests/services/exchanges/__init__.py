"""Goods for other goods."""
