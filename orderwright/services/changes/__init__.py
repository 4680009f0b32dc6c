"""An order is changed, or single lines of it canceled, after it was placed."""
