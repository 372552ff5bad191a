"""Names of accounts."""


def is_below(account: str, other: str) -> bool:
    """Whether an account is another, or below it."""
    return account == other or account.startswith(f"{other}:")
