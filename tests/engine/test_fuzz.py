"""A short run of the fuzzing, always the same; `python -m tests.support.fuzz` runs for longer."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import seed

from beancount_invwd import plugin
from beancount_invwd.transactions.journal import Journal
from tests.support import fuzz, random_texts
from tests.support.case_files import find_cases


@pytest.mark.parametrize("name", sorted(fuzz.KINDS))
def test_texts_that_nobody_would_write(name: str) -> None:
    seed(20_241_231)(fuzz.make_test(name, 60))()


def test_the_case_files_hold_what_is_asked_of_all() -> None:
    """As they stand: run twice they add nothing, tie, and give the same books once booked."""
    wrong = {}
    for path, (text, config) in zip(find_cases(), random_texts.read_cases(), strict=True):
        try:
            fuzz.check(text, config)
        except AssertionError as error:
            wrong[path.stem] = str(error)
    assert not wrong


def test_amounts_of_which_nobody_keeps_all_digits_raise_nothing() -> None:
    nines = "9" * 74
    goods = f"  Assets:Inventory:Store  {nines} MUG {{{nines} USD}}\n  Assets:Bank\n"
    fuzz.check(f'{random_texts.BASE}\n2024-02-05 * "Bought"\n{goods}', "{}")


def test_what_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(plugin, "follow_and_write", fail)
    with pytest.raises(AssertionError, match="on purpose"):
        fuzz.check(random_texts.BASE, "{}")


def test_what_does_not_balance_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    fuzz.check(random_texts.BASE, "{}")
    make = Journal.write
    monkeypatch.setattr(Journal, "write", lambda *args: (make(*args)[0] * 2, []))
    with pytest.raises(AssertionError):
        fuzz.check(random_texts.BASE, "{}")


def test_the_command_names_its_seed() -> None:
    call = [sys.executable, "-m", "tests.support.fuzz", "--minutes", "0", "--seed", "7"]
    done = subprocess.run(call, check=True, capture_output=True, text=True, env=dict(os.environ))
    assert done.stdout == "seed 7\n0 rounds, 0 examples, 0 findings\n"
