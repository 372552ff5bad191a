"""Rows → the cells of a table."""
