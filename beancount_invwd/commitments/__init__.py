"""Firm orders: what is still to come, what is lost on it, and what is delivered."""
