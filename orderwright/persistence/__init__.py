"""The record: tables, queries, locks, effects, outbox and inbox. Nothing here commits but `effects`."""
