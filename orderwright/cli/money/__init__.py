"""Money from the command line: prices, documents, gift cards, credit, transfers, the books."""
