"""Stock, as it is sent and read: levels, availability, counts, what moves it."""
