"""Talking with customers: consent, addresses that failed, notes, and what comes in."""
