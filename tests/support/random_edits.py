"""Case files whose directives were edited as people do, and entries as other plugins make them.

Strategies of Hypothesis -> the text of a ledger without the plugin line, a configuration, and what
is odd about which of its entries. Beancount's parser takes nearly all of them: directives are
deleted, doubled, swapped, taken from another ledger, given other dates and other signs.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from beancount.core import data
from beancount.core.number import MISSING
from beancount.core.position import Cost, CostSpec
from hypothesis import strategies as st

from tests.support.random_texts import configs, read_cases

Odd = tuple[str, int]
"""The name of a change, and a number that picks the entry."""

_DATED: Final = re.compile(r"^(?=\d{4}-\d\d-\d\d )", re.MULTILINE)
_UNITS: Final = re.compile(r"^(\s+\S+:\S+\s+)(-?)([\d.,]+)(?= )", re.MULTILINE)
_SHIFTS: Final = (-366, -31, -1, 1, 15, 31, 366)
_NOON: Final = datetime.datetime(2024, 1, 5, 12, tzinfo=datetime.timezone.utc)
_ISO: Final = 10  # letters of a date


def split_directives(text: str) -> list[str]:
    """Split a ledger into what stands before its first dated directive, and these."""
    return _DATED.split(text)


@st.composite
def edited(draw: st.DrawFn, text: str) -> str:
    """A ledger with a few directives edited."""
    head, *blocks = split_directives(text)
    for _ in range(draw(st.integers(1, 4))):
        if len(blocks) > 1:
            _edit(draw, blocks)
    return head + "".join(blocks)


def _edit(draw: st.DrawFn, blocks: list[str]) -> None:
    at, other = (draw(st.integers(0, len(blocks) - 1)) for _ in range(2))
    what = draw(
        st.sampled_from(("delete", "double", "swap", "re-date", "re-sign", "scale", "take"))
    )
    block = blocks[at]
    if what == "delete":
        del blocks[at]
    elif what == "double":
        blocks.insert(other, block)
    elif what == "swap":
        blocks[at] = blocks[other][:_ISO] + block[_ISO:]
        blocks[other] = block[:_ISO] + blocks[other][_ISO:]
    elif what == "re-date":
        blocks[at] = _shift(block, draw(st.sampled_from(_SHIFTS)))
    elif what == "re-sign":
        count = draw(st.integers(0, 1))  # all of its postings, or the first
        blocks[at] = _UNITS.sub(lambda row: row[1] + ("" if row[2] else "-") + row[3], block, count)
    elif what == "scale":
        share = draw(st.sampled_from(("0", "0.5", "3", "1000", "0.333")))
        blocks[at] = _UNITS.sub(lambda row: row[1] + row[2] + _scale(row[3], share), block)
    else:
        _, *more = split_directives(draw(st.sampled_from(read_cases()))[0])
        blocks.insert(at, draw(st.sampled_from(more)) if more else "")


def _scale(number: str, share: str) -> str:
    return f"{Decimal(number.replace(',', '')) * Decimal(share):f}"


def _shift(block: str, days: int) -> str:
    """The same directive on another day, if there is such a day."""
    try:
        day = datetime.date.fromisoformat(block[:_ISO]) + datetime.timedelta(days)
    except (OverflowError, ValueError):
        return block
    return day.isoformat() + block[_ISO:]


def _of_posting(**changes: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Change the first posting at cost, else the first one, of a transaction."""

    def change(entry: Any) -> Any:
        if not isinstance(entry, data.Transaction) or not entry.postings:
            return entry
        rows = list(entry.postings)
        at = next((i for i, row in enumerate(rows) if row.cost is not None), 0)
        new = {name: make(getattr(rows[at], name)) for name, make in changes.items()}
        rows[at] = rows[at]._replace(**new)
        return entry._replace(postings=rows)

    return change


def _of_price(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def change(entry: Any) -> Any:
        return entry._replace(amount=make(entry.amount)) if isinstance(entry, data.Price) else entry

    return change


def _with_number(number: Any) -> Callable[[Any], Any]:
    """Change the number of an amount or a cost, if it has one."""
    return lambda row: row._replace(number=number) if hasattr(row, "number") else row


def _unbook(cost: Any) -> Any:
    if not isinstance(cost, Cost):
        return cost
    return CostSpec(cost.number, None, cost.currency, cost.date, None, merge=False)


def _known(meta: Any) -> dict[Any, Any]:
    return meta if isinstance(meta, dict) else {}


def _of_metadata(**changes: Any) -> Callable[[Any], Any]:
    """Change or leave out (`MISSING`) where an entry stands."""

    def change(entry: Any) -> Any:
        meta = {**_known(entry.meta), **changes}
        return entry._replace(meta={key: row for key, row in meta.items() if row is not MISSING})

    return change


ODD: Final[dict[str, Callable[[Any], Any]]] = {
    "datetime of a cost": _of_posting(cost=lambda cost: cost and cost._replace(date=_NOON)),
    "no date of a cost": _of_posting(cost=lambda cost: cost and cost._replace(date=None)),
    "unbooked cost": _of_posting(cost=_unbook),
    "cost of float": _of_posting(cost=_with_number(8.0)),
    "cost that is no number": _of_posting(cost=_with_number(Decimal("NaN"))),
    "label of int": _of_posting(cost=lambda cost: cost and cost._replace(label=7)),
    "units that are missing": _of_posting(units=_with_number(MISSING)),
    "units of int": _of_posting(units=_with_number(3)),
    "endless units": _of_posting(units=_with_number(Decimal("Infinity"))),
    "no units": _of_posting(units=lambda _: None),
    "price of a posting of float": _of_posting(price=_with_number(2.5)),
    "no metadata of a posting": _of_posting(meta=lambda _: None),
    "odd key of a posting": _of_posting(meta=lambda meta: {**_known(meta), 7: "seven"}),
    "list in the metadata of a posting": _of_posting(
        meta=lambda meta: {**_known(meta), "invwd-nrv": [1]}
    ),
    "price of int": _of_price(_with_number(6)),
    "price of float": _of_price(_with_number(6.5)),
    "price that is no number": _of_price(_with_number(Decimal("NaN"))),
    "odd key": lambda entry: entry._replace(meta={**_known(entry.meta), 7: "seven"}),
    "no line": _of_metadata(lineno=MISSING),
    "line that is None": _of_metadata(lineno=None),
    "line of text": _of_metadata(lineno="7"),
    "no file": _of_metadata(filename=MISSING),
    "file that is None": _of_metadata(filename=None),
    "file that is no text": _of_metadata(filename=Path("books")),
    "no place": _of_metadata(filename=MISSING, lineno=MISSING),
    "no metadata": lambda entry: entry._replace(meta=None),
    "no line of a posting": _of_posting(
        meta=lambda meta: {key: row for key, row in _known(meta).items() if key != "lineno"}
    ),
    "metadata of a posting that is a list": _of_posting(meta=lambda _: ["lineno"]),
    "account that is None": _of_posting(account=lambda _: None),
    "no tags": lambda entry: entry._replace(tags=None) if hasattr(entry, "tags") else entry,
    "no links": lambda entry: entry._replace(links=None) if hasattr(entry, "links") else entry,
    "no postings": lambda entry: (
        entry._replace(postings=[]) if isinstance(entry, data.Transaction) else entry
    ),
    "no narration": lambda entry: (
        entry._replace(narration=None) if isinstance(entry, data.Transaction) else entry
    ),
    "no values": lambda entry: (
        entry._replace(values=[]) if isinstance(entry, data.Custom) else entry
    ),
}


def make_odd(entries: Sequence[Any], odd: Sequence[Odd]) -> list[Any]:
    """Change entries of those that a change is about."""
    found = list(entries)
    for name, number in odd:
        change = ODD[name]
        places = [i for i, entry in enumerate(found) if repr(change(entry)) != repr(entry)]
        if places:
            at = places[number % len(places)]
            found[at] = change(found[at])
    return found


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, str]:
    """Case files with directives edited."""
    text, config = draw(st.sampled_from(read_cases()))
    return draw(edited(text)), draw(configs()) if draw(st.integers(0, 5)) == 5 else config


@st.composite
def odd_entries(draw: st.DrawFn) -> tuple[str, str, list[Odd]]:
    """Case files, some edited, with entries as another plugin may hand them on."""
    text, config = draw(st.sampled_from(read_cases()))
    if draw(st.booleans()):
        text = draw(edited(text))
    odd = st.tuples(st.sampled_from(sorted(ODD)), st.integers(0, 99))
    return text, config, draw(st.lists(odd, min_size=1, max_size=3))
