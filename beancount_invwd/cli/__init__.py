"""The face on the command line: `bean-invwd`."""

from beancount_invwd.cli.commands import main

__all__ = ["main"]
