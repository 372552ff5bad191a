"""One ledger under several policies, side by side."""
