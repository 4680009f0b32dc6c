"""Orders of other systems, read from their files and placed through the API."""
