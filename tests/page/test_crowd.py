"""Several requests at once, as a server with threads has them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from beancount_invwd.report.output.formats import WRITERS
from fava_ext import impairment
from fava_ext.request.cache import Cache
from tests.support.fava_pages import ACCOUNTS, HEAD, ONE_LOSS, TEST, start

PATIENCE = 20  # seconds, for a machine that is busy
FILES = ("positions.csv", "movements.csv", "rollforward.csv", "risk.csv")


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    path = tmp_path / "test.beancount"
    path.write_text(HEAD + ACCOUNTS + ONE_LOSS, encoding="utf-8")
    found: Flask = start(path).application
    return found


@contextmanager
def busy(monkeypatch: pytest.MonkeyPatch, app: Flask, address: str) -> Iterator[None]:
    """Somebody else's request is in the middle of its work."""
    begun, done = threading.Event(), threading.Event()
    make = impairment.Impairment._make_context

    def wait(*args: Any) -> Any:
        if not begun.is_set():
            begun.set()
            assert done.wait(PATIENCE)
        return make(*args)

    monkeypatch.setattr(impairment.Impairment, "_make_context", wait)
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(lambda: app.test_client().get(TEST + address).status_code)
        assert begun.wait(PATIENCE)
        try:
            yield
            assert not asked.done()
        finally:
            done.set()
        assert asked.result() == 200


def ask(app: Flask, address: str) -> int:
    """Ask from another thread, and wait no longer than a reader would."""
    pool = ThreadPoolExecutor()
    try:
        return pool.submit(lambda: app.test_client().get(TEST + address).status_code).result(5)
    finally:
        pool.shutdown(wait=False)


@pytest.mark.parametrize("address", ["?view=risk&partial=true", "?time=2024-01&view=risk"])
def test_long_work_keeps_nobody_waiting(
    app: Flask, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Neither for what was built before, nor for another date."""
    assert ask(app, "?view=risk&partial=true") == 200
    with busy(monkeypatch, app, "rollforward.csv"):
        assert ask(app, address) == 200


def test_a_file_is_written_when_the_state_is_free_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = []

    def write(*_: object) -> str:
        codes.append(ask(app, "?view=risk"))
        return ""

    monkeypatch.setitem(WRITERS, "csv", write)
    assert app.test_client().get(f"{TEST}audit.csv").status_code == 200
    assert codes == [200]


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], int]]:
    """Count how many are in the state of a date at the same time."""
    inside, most, guard, meet = 0, 0, threading.Lock(), threading.Event()
    make = impairment.Impairment._make_context

    def count(page: Any, cache: Cache, filters: Any) -> Any:
        nonlocal inside, most
        with guard:
            inside += 1
            most = max(most, inside)
        meet.wait(0.3)  # time for others to come in
        with guard:
            inside -= 1
        return make(page, cache, filters)

    monkeypatch.setattr(impairment.Impairment, "_make_context", count)
    yield lambda: most


@pytest.mark.parametrize("addresses", [FILES, [f"?view={name[:-4]}" for name in FILES]])
def test_the_state_of_a_date_is_for_one_request_at_a_time(
    app: Flask, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    def get(client: FlaskClient, address: str) -> int:
        return client.get(TEST + address).status_code

    with watched(monkeypatch) as count, ThreadPoolExecutor(len(addresses)) as pool:
        clients = [app.test_client() for _ in addresses]
        assert set(pool.map(get, clients, addresses)) == {200}
        assert count() == 1
