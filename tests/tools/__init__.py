"""Checks that are commands."""
