"""Fuzzing: texts that nobody would write → the plugin never raises, and leaves books in order.

    python -m tests.support.fuzz --minutes 10 [--seed N] [--only cases] [--shrink]

Each round has a seed, which is printed with what it found; `--seed` begins with that round, so that
it can be run again, with `--shrink` to make what was found smaller. What was found once is not
looked for again. Exit status 1 if anything was found.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
import traceback
import warnings
from collections import defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any

from beancount import loader
from beancount.core import data
from beancount.core.flags import FLAG_PADDING
from beancount.ops import validation
from beancount.parser import printer
from beancount.plugins.leafonly import LeafOnlyError
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from beancount_invwd.engine import follow_ledger
from beancount_invwd.ground.errors import InvwdError
from beancount_invwd.ground.money import CONTEXT
from beancount_invwd.plugin import invwd
from beancount_invwd.report.ledger.tie_out import tie_cost, tie_out
from tests.support import random_edits, random_sheets, random_texts

ROUND = 150  # examples
PATIENCE = 5.0  # seconds of the processor for a ledger of a page

_NOT_ASSESSED = re.compile(r"leaves out this .* and does not assess (.*?);")
_ROUNDED = re.compile(r"\d[\d,.]{28}")  # Beancount itself reckons with 28 digits, we with 60

Entries = Sequence[Any]


def check(text: str, config: str, odd: Sequence[random_edits.Odd] = ()) -> None:
    """Check whatever has to hold of every ledger.

    Args:
        text: The ledger without the plugin line.
        config: The configuration.
        odd: What another plugin makes of its entries.

    Raises:
        AssertionError: It does not.
    """
    try:
        entries, mistakes, options = loader.load_string(text, dedent=False)
    except (InvalidOperation, ValueError):
        return  # Beancount itself gives up on numbers of so many digits, and on a plugin named ""
    entries = [row for row in entries if getattr(row, "flag", None) != FLAG_PADDING]
    entries = random_edits.make_odd(entries, odd)  # and Beancount pads after all plugins
    before = [repr(entry) for entry in entries]
    is_traced = sys.gettrace() is not None  # by coverage: loops take many times as long
    start = time.process_time()
    output, errors = invwd(entries, options, config)
    assert is_traced or time.process_time() - start < PATIENCE, "it takes too long"
    assert isinstance(output, list)
    assert isinstance(errors, list)
    assert len(output) >= len(entries)
    assert all(one is other for one, other in zip(output, entries, strict=False))
    assert [repr(entry) for entry in entries] == before
    check_errors(errors)
    written = output[len(entries) :]
    check_written(written)
    if odd:
        check_left_out(written, errors)
    else:
        check_books(output, written, options)
    if _ROUNDED.search(text):
        return
    check_again(output, options, config, errors, is_odd=bool(odd))
    if not (odd or errors or mistakes):
        check_ties(output, options, config)
        check_booked(text, output, written, config)


def check_errors(errors: Sequence[InvwdError]) -> None:
    """Errors have a file and a line, none is a fault of ours, none is there twice."""
    for error in errors:
        assert isinstance(error, InvwdError)
        assert "failed and added nothing" not in error.message, error.message
        assert isinstance(error.source["filename"], str)
        assert isinstance(error.source["lineno"], int)
        assert printer.format_error(error)  # type: ignore[no-untyped-call]
    places = [(error.source["filename"], error.source["lineno"], error.message) for error in errors]
    assert len(set(places)) == len(places), "the same error twice"


def check_written(written: Entries) -> None:
    """What is written balances, and can be printed."""
    for entry in written:
        assert printer.format_entry(entry)
        if not isinstance(entry, data.Transaction):
            continue
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for posting in entry.postings:
            assert posting.units is not None
            assert posting.units.number
            with localcontext(CONTEXT):  # an amount may have more digits than Python's default
                sums[posting.units.currency] += posting.units.number
        assert not any(sums.values()), "it does not balance"


def check_left_out(written: Entries, errors: Sequence[InvwdError]) -> None:
    """Of items that are named as not assessed nothing is written."""
    found = [_NOT_ASSESSED.search(error.message) for error in errors]
    items = {item for match in found if match for item in match[1].split(", ")}
    groups = {entry.meta.get("invwd-group") for entry in written}
    assert items.isdisjoint(groups), f"written of {items & groups}, which are not assessed"


def check_books(output: Entries, written: Entries, options: dict[str, Any]) -> None:
    """Beancount finds nothing wrong with what is written."""
    known = {id(entry) for entry in written}
    found = validation.validate(  # type: ignore[no-untyped-call]
        sorted(output, key=data.entry_sortkey),
        options,
        extra_validations=validation.HARDCORE_VALIDATIONS,
    )
    wrong = [error.message for error in found if id(error.entry) in known]
    assert not wrong, wrong[0]


def check_again(
    output: Entries,
    options: dict[str, Any],
    config: str,
    errors: Sequence[InvwdError],
    *,
    is_odd: bool = False,
) -> None:
    """A second run adds nothing, and finds no other mistakes than those."""
    if any("cannot be taken" in error.message for error in errors):
        return  # a booked movement that was refused may fit into what was written beside it
    entries = sort(output)
    again, errors_again = invwd(entries, options, config)
    added = again[len(entries) :]
    assert not added, f"the second run adds {printer.format_entry(added[0])}"
    if not is_odd:  # what is odd is only looked for where it does harm
        more = {error.message for error in errors_again} - {error.message for error in errors}
        assert not more, f"the second run finds {more}"


def sort(entries: Entries) -> list[Any]:
    """As Beancount sorts what is written, after all of its kind and day; it ends at a lost line."""
    return sorted(entries, key=lambda entry: (entry.date, data.SORT_ORDER.get(type(entry), 0)))


def check_ties(output: Entries, options: dict[str, Any], config: str) -> None:
    """The accounts hold what the lots carry, and what they cost."""
    entries = sorted(output, key=data.entry_sortkey)
    run = follow_ledger(entries, {**options, "plugin": [("beancount_invwd", config)]})
    for row in tie_out(run):
        assert row.is_tied, f"not tied: {row}"
    for cost in tie_cost(run):
        assert not cost.difference, f"not tied: {cost}"


def check_booked(text: str, output: Entries, written: Entries, config: str) -> None:
    """What is written can be booked: then the books are the same, and nothing is added."""
    if any(isinstance(entry, data.Pad) for entry in output):
        return  # Beancount pads after all plugins, and by what is booked
    booked = "".join(f"{printer.format_entry(entry)}\n" for entry in written)
    entries, found, options = loader.load_string(f"{text}\n{booked}", dedent=False)
    mistakes = [row for row in found if not isinstance(row, LeafOnlyError)]  # of the configuration
    assert not mistakes, f"booked, it is refused: {mistakes[0].message}"
    again, errors = invwd(entries, options, config)
    assert not errors, f"booked, it finds {errors[0].message}"
    added = again[len(entries) :]
    assert not added, f"booked, it adds {printer.format_entry(added[0])}"


KINDS: Mapping[str, tuple[SearchStrategy[Any], Callable[..., None]]] = {
    **{name: (texts, check) for name, texts in random_texts.ALL.items()},
    "edits": (random_edits.edits(), check),
    "entries": (random_edits.odd_entries(), check),
    "sheets": (random_sheets.ALL, random_sheets.check),
}


def make_test(
    name: str, examples: int, known: Container[str] = (), *, can_shrink: bool = True
) -> Callable[[], None]:
    """Make the test of a kind of texts, which passes over what is known.

    Args:
        name: The kind.
        examples: How many.
        known: What was found before, as `describe` tells it.
        can_shrink: Whether to look for a smaller example.
    """
    values, check_one = KINDS[name]

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink] if can_shrink else [Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(values)
    def test(texts: tuple[Any, ...]) -> None:
        try:
            check_one(*texts)
        except Exception as error:
            if describe(error) not in known:
                raise

    return test


def describe(error: Exception) -> str:
    """The kind of a finding: where it was noticed, and the first words."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.name}:{frame.lineno} {str(error)[:60]}"


def main() -> None:
    """Run rounds until the time is over."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.support.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, help="of the first round (default: any)")
    parser.add_argument("--only", choices=sorted(KINDS), help="one kind of texts")
    parser.add_argument("--shrink", action="store_true", help="make what is found smaller")
    args = parser.parse_args()
    warnings.simplefilter("error")
    first = args.seed if args.seed is not None else random.SystemRandom().randrange(10**9)
    names = [args.only] if args.only else sorted(KINDS)
    end = time.monotonic() + args.minutes * 60
    rounds, found = 0, set[str]()
    print(f"seed {first}")
    while time.monotonic() < end:
        name, number = names[rounds % len(names)], first + rounds // len(names)
        rounds += 1
        try:
            seed(number)(make_test(name, ROUND, found, can_shrink=args.shrink))()
        except Exception as error:  # noqa: BLE001 (whatever it is, it is a finding)
            found.add(describe(error))
            print(f"\n== {name}, --seed {number}\n{traceback.format_exc()}", flush=True)
    print(f"{rounds} rounds, {rounds * ROUND:,} examples, {len(found)} findings")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
