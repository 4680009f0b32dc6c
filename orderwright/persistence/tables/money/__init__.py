"""Tables of money: asked for, taken, given back, owed, priced, compared."""
