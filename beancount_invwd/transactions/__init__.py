"""Movements → transactions, as an accountant would have typed them."""
