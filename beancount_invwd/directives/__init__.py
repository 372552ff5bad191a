"""Metadata and `invwd-…` directives → frozen facts, or errors."""
