"""The package: what is installed, and what Beancount finds in it."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import metadata, requires
from importlib.resources import files

import beancount_invwd
from beancount_invwd.plugin import invwd


def test_beancount_finds_the_plugin() -> None:
    assert [getattr(beancount_invwd, name, name) for name in beancount_invwd.__plugins__] == [invwd]


def test_both_packages_are_typed() -> None:
    for package in ("beancount_invwd", "fava_ext"):
        assert (files(package) / "py.typed").is_file()


def test_the_page_has_its_template() -> None:
    assert (files("fava_ext") / "templates" / "Impairment.html").is_file()


def test_licence_and_bounds_are_stated() -> None:
    assert metadata("beancount-invwd")["License-Expression"] == "GPL-2.0-or-later"
    assert "beancount<4,>=3.2" in (requires("beancount-invwd") or [])


def test_the_plugin_needs_nothing_but_beancount() -> None:
    """bean-check pays for every import: neither Fava nor a spreadsheet library is among them."""
    program = "import sys, beancount_invwd; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert not {
        "beanquery",
        "click",
        "fava",
        "flask",
        "openpyxl",
        "python_calamine",
        "xlsxwriter",
    } & set(done.stdout.split())
