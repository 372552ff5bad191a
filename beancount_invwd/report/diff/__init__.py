"""Two versions of a ledger → what differs in the books, and the directives that lie behind it."""
