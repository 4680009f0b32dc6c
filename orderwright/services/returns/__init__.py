"""Goods that come back: asked for, decided, on their way, received, inspected, refunded."""
