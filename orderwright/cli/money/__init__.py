"""`orderwright books …`: the ledger, proofs, the provider's side, and what an order earns."""
