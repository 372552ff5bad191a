"""Transactions → lots over time: purchases, sales, transfers, production, pools; demand."""
