"""What may be lost next."""
