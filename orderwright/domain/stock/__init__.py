"""Stock: what moves, who waits, what is promised."""
