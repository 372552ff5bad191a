"""The text of the `plugin` line → a complete policy."""
