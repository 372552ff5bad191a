"""Two Fava processes on one ledger, as behind a web server, while somebody edits the file."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.support.fava_server import serve

LEDGER = """
option "title" "Test"
option "operating_currency" "USD"
plugin "beancount_invwd" "{'period': 'price'}"
2024-01-01 custom "fava-extension" "fava_ext"
2024-01-01 open Assets:Bank
2024-01-01 open Assets:Inventory:Store
2024-01-10 * "Purchase"
  Assets:Inventory:Store   10 WIDGET {12.00 USD}
  Assets:Bank
2024-01-31 price WIDGET  11.00 USD
"""
FIRST_LOSS = Decimal("10.00")
PRICES = ("10.00", "9.00", "8.00", "7.00", "6.00", "5.00")
LOSSES = [FIRST_LOSS, *(10 * (Decimal("12.00") - Decimal(price)) for price in PRICES)]
PAGE = "/test/extension/Impairment/"
PATIENCE = 60
"""Seconds within which a server has to notice that its file changed."""
PAUSE = 0.2
"""Seconds between two edits."""
CROWD = 8
"""Requests at the same time."""


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "test.beancount"
    path.write_text(LEDGER, encoding="utf-8")
    return path


@pytest.fixture
def workers(ledger: Path) -> Iterator[list[str]]:
    with serve(ledger) as first, serve(ledger) as second:
        yield [first, second]


def get(address: str) -> str:
    """Ask for an address, which must be there."""
    with build_opener(ProxyHandler({})).open(address, timeout=PATIENCE) as response:
        assert response.status == 200, address
        return str(response.read().decode())


def read_allowance(server: str) -> Decimal:
    """Ask for the page, and then for the figures on it."""
    assert "WIDGET" in get(f"{server}{PAGE}")
    (total,) = json.loads(get(f"{server}{PAGE}positions.json"))["totals"]
    return Decimal(total["allowance"])


def read_until(server: str, edited: Future[None]) -> list[Decimal]:
    """Ask again and again until the last edit shows, or it is too late."""
    answers = [read_allowance(server)]
    deadline = time.monotonic() + PATIENCE
    while not (edited.done() and answers[-1] == LOSSES[-1]) and time.monotonic() < deadline:
        answers.append(read_allowance(server))
    return answers


def edit(ledger: Path) -> None:
    """Add price after price, and save as editors do: another file takes the place of the old one.

    Beancount's parser raises if the file that it reads grows meanwhile.
    """
    text = LEDGER
    for day, price in enumerate(PRICES, start=1):
        text += f"2024-02-{day:02} price WIDGET  {price} USD\n"
        draft = ledger.with_suffix(".draft")
        draft.write_text(text, encoding="utf-8")
        draft.replace(ledger)
        time.sleep(PAUSE)


def test_both_follow_the_file_and_never_fail(ledger: Path, workers: list[str]) -> None:
    with ThreadPoolExecutor() as pool:
        edited = pool.submit(edit, ledger)
        # One reader each: Fava itself takes no lock when it loads a ledger again.
        readers = [pool.submit(read_until, server, edited) for server in workers]
        answers = [reader.result() for reader in readers]
        edited.result()
    for seen in answers:
        assert seen[-1] == LOSSES[-1]
        assert set(seen) <= set(LOSSES)
        assert seen == sorted(seen)  # prices only fall: an older state never comes back


def test_many_may_ask_one_of_them_at_once(workers: list[str]) -> None:
    with ThreadPoolExecutor(max_workers=CROWD) as pool:
        answers = list(pool.map(read_allowance, workers[:1] * CROWD * 4))
    assert set(answers) == {FIRST_LOSS}
