"""What the ledger has booked itself → claims on allowances; closed periods."""
