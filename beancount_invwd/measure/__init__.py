"""Lot + evidence → what a unit is worth on a date, and which rule decided it."""
