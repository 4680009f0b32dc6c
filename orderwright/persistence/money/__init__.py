"""Rows of money beside the ledger: where we and a provider disagree."""
