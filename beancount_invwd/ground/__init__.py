"""Money, dates, shares, errors: what every stage stands on, and nothing of inventory."""
