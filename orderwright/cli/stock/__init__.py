"""`orderwright stock …`, `goods …` and `availability`: what is there, what moves, what will come."""
