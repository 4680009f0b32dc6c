"""Exchange rates, and what bookings in other currencies are worth in the base currency."""
