"""How a figure came about, step by step."""
