"""Measures → allowances: what the lots of a group lose together."""
