"""Figures from the record: SQL that reads and never changes."""
