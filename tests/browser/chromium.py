"""The machine's own Chromium, driven by Playwright: nothing is ever downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",  # the sandbox refuses to start as root, as in CI
    "--disable-gpu",
    "--font-render-hinting=none",
)


def find_chromium() -> str | None:
    """Find the browser's program."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


@contextmanager
def launch(program: str) -> Iterator[Browser]:
    """Run the browser for a while, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
