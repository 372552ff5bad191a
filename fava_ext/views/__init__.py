"""A question and what the filters pick → a view: each shows the rows of one report as they are."""
