"""Options of the test run: `--update-cases` rewrites what the case files expect."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.fava_pages import MakeClient


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


@pytest.fixture(scope="session")
def example() -> FlaskClient:
    """Fava on the example."""
    from tests.fava_pages import EXAMPLE, start  # noqa: PLC0415 (other tests need no Fava)

    return start(EXAMPLE)


@pytest.fixture
def make_client(tmp_path: Path) -> MakeClient:
    """Return a function that writes a ledger and starts Fava on it."""
    from tests.fava_pages import start  # noqa: PLC0415

    def make(text: str, **options: Any) -> FlaskClient:
        path = tmp_path / "test.beancount"
        path.write_text(text, encoding="utf-8")
        return start(path, **options)

    return make
