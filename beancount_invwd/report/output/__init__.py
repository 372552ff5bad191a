"""Rows → tables, numbers, formats."""
