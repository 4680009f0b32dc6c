"""Tables of what comes after the sale: changes, cases, returns."""
