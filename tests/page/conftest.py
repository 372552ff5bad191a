"""Fava on the example, and on ledgers that tests write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support.fava_pages import EXAMPLE, MakeClient, start


@pytest.fixture(scope="session")
def example() -> FlaskClient:
    """Fava on the example."""
    return start(EXAMPLE)


@pytest.fixture
def make_client(tmp_path: Path) -> MakeClient:
    """Return a function that writes a ledger and starts Fava on it."""

    def make(text: str, **options: Any) -> FlaskClient:
        path = tmp_path / "test.beancount"
        path.write_text(text, encoding="utf-8")
        return start(path, **options)

    return make
