"""`orderwright gift-cards …` and `credit …`: money that is kept for customers."""
