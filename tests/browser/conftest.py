"""Windows onto Fava in which nothing may go wrong: no error in the console, no foreign request."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.browser.addresses import PAGE
from tests.browser.chromium import find_chromium, launch
from tests.support.fava_server import serve

EXAMPLE = Path(__file__).parents[2] / "example.beancount"
PATIENCE = 15_000
"""Milliseconds that a condition may take to come true."""

Open = Callable[..., Page]
Serve = Callable[..., str]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Run the machine's Chromium; without one, tests are skipped, or fail where it is required."""
    program = find_chromium()
    if program is None:
        reason = "no Chromium on this machine; install it: apt-get install chromium"
        if os.environ.get("INVWD_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=PATIENCE)
    with launch(program) as chromium:
        yield chromium


@pytest.fixture(scope="session")
def example() -> Iterator[str]:
    """Serve the example; give the address of its page."""
    with serve(EXAMPLE) as root:
        yield f"{root}/harbour-lane-goods{PAGE}"


@pytest.fixture
def serve_text(tmp_path: Path) -> Iterator[Serve]:
    """Return a function that writes a ledger titled "Test", serves it and gives its address."""
    with ExitStack() as servers:

        def start(text: str, *options: str) -> str:
            path = tmp_path / "test.beancount"
            path.write_text(text, encoding="utf-8")
            return servers.enter_context(serve(path, *options))

        yield start


@pytest.fixture
def window(browser: Browser) -> Iterator[Open]:
    """Return a function that opens an address in a window of its own, which may have options."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_window(address: str, **options: Any) -> Page:
        context = browser.new_context(**{"locale": "en-US"} | options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        watch(context, address, problems)
        page = context.new_page()
        go(page, address)
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert not problems


def go(page: Page, address: str) -> None:
    """Open an address; the page "Impairment" is there once its script is."""
    page.goto(address)
    if PAGE in address:
        expect(page.locator(".impairment[data-ready]")).to_be_visible()


def watch(context: BrowserContext, address: str, problems: list[str]) -> None:
    """Note down errors in the console, and requests that leave the server of the address."""
    server = "/".join(address.split("/")[:3]) + "/"

    def note_request(request: Request) -> None:
        if not request.url.startswith((server, "blob:", "data:")):
            problems.append(f"request to {request.url}")

    def note_console(kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            problems.append(f"console {kind}: {text}")

    context.on("request", note_request)
    context.on("console", lambda message: note_console(message.type, message.text))
    context.on("weberror", lambda error: problems.append(f"exception: {error.error}"))
