"""Options of the test run: `--update-cases` rewrites what the case files expect."""

from __future__ import annotations

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option `--update-cases`."""
    parser.addoption(
        "--update-cases",
        action="store_true",
        help="rewrite the expected half of the case files that are selected (see -k)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse `--update-cases` where nobody would read what it wrote."""
    if config.getoption("--update-cases") and "CI" in os.environ:
        message = "--update-cases is refused where CI is set: update the cases locally, read them"
        raise pytest.UsageError(message)
