"""After the sale, as it is sent and read."""
