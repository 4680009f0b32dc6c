"""Who takes our goods in hand: the warehouse and the supplier."""
