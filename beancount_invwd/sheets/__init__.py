"""Lists out and in: count sheets."""
