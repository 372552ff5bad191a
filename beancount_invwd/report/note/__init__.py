"""The note to the accounts."""
