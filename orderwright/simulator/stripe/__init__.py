"""Stripe, as its SDK sees it: payment intents, refunds, checkout sessions, events."""
