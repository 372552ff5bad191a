"""A request → what is asked for, and what the filters pick."""
