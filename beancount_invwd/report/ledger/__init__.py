"""What the ledger has of inventory and its movements, as reports need it."""
