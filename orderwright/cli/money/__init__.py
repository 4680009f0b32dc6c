"""Money from the command line: promotions, tax, fees, quotes; gift cards, credit, transfers."""
