"""What crosses a durable boundary: fields are only added, with defaults; names are frozen by a test."""
