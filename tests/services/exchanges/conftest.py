"""A shop whose cards are charged at the simulated Stripe."""

from tests.services.test_payment_reconciling import pool, till

__all__ = ["pool", "till"]
