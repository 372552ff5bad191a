"""The pictures in the README: the example's page, light and dark, as small PNGs beside this file.

python -m tests.browser.screenshots
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, ViewportSize

from tests.browser.addresses import PAGE
from tests.browser.chromium import find_chromium, launch
from tests.support.fava_server import serve

FOLDER = Path(__file__).parent
EXAMPLE = FOLDER.parents[1] / "example.beancount"
SIZE: ViewportSize = {"width": 1120, "height": 1000}
COLOURS = 192


def main() -> None:
    """Take the pictures anew."""
    program = find_chromium()
    if program is None:
        sys.exit("no Chromium on this machine; install it: apt-get install chromium")
    with serve(EXAMPLE) as root, launch(program) as browser:
        page = f"{root}/harbour-lane-goods{PAGE}?view=positions"
        take(browser, page, "light", FOLDER / "positions-light.png")
        take(browser, page, "dark", FOLDER / "positions-dark.png")
        take(browser, page, "light", FOLDER / "explanation.png", item="Wool scarf")


def take(
    browser: Browser, address: str, scheme: Literal["light", "dark"], path: Path, item: str = ""
) -> None:
    """Take a picture of the page, with the explanation of an item if one is named."""
    page = browser.new_page(color_scheme=scheme, viewport=SIZE, locale="en-US")
    page.goto(address)
    page.locator(".impairment[data-ready]").wait_for()
    page.locator(".impairment .plot svg").first.wait_for()
    if item:
        page.get_by_role("link", name=item).first.click()
        page.get_by_role("dialog").wait_for()
    page.evaluate("document.fonts.ready")
    save(page.screenshot(animations="disabled"), path)
    page.close()


def save(picture: bytes, path: Path) -> None:
    """Write a picture with few colours, which makes the file small."""
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
