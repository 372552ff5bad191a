"""Transactions → lots over time: transfers, re-costing, returns, production, pools; demand."""
