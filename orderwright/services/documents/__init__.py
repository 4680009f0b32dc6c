"""Invoices, credit memos and receipts: issued, read and printed."""
