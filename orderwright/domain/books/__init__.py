"""What the books are asked: proofs, margins, and whether the provider says the same."""
