"""`orderwright stock …` beyond receipts: expected units, transfers, counts, moves and what does not agree."""
