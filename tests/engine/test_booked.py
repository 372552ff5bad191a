"""What was booked is a fact, and what is closed stays closed (ACCOUNTING section 11).

The plugin's own output, printed and included in the ledger, whole or in part, gives the same books;
after `invwd-closed` nothing moves on or before its date, whatever comes in late.
"""

from __future__ import annotations

import ast
import random
import re
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from beancount import loader
from beancount.core import data
from beancount.parser import printer
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from beancount_invwd.engine import follow_ledger
from beancount_invwd.report.book import book
from beancount_invwd.report.ledger.holdings import list_positions
from beancount_invwd.report.ledger.tie_out import tie_out
from tests.support import steady
from tests.support.random_even import even_ledgers
from tests.support.random_evidence import evidence_ledgers
from tests.support.random_ledgers import ledgers, with_plugin
from tests.support.random_situations import situations
from tests.support.rules.model import run

STEADY = settings(steady.STEADY, max_examples=80)

LEDGERS = st.one_of(ledgers(), evidence_ledgers(), even_ledgers())
SITUATIONS = st.one_of(LEDGERS, situations())

Sums = dict[tuple[str, str], Decimal]
Changes = dict[date, Sums]


class Books:
    """A ledger with the plugin, loaded."""

    def __init__(self, text: str, config: str) -> None:
        self.text, self.config = text, config
        self.entries, errors, self.options = loader.load_string(
            with_plugin(text, config), dedent=False
        )
        self.messages = sorted(str(error.message) for error in errors)
        self.written = [entry for entry in self.entries if is_written(entry)]

    def with_more(self, *texts: str) -> Books:
        """Return the ledger with texts behind it, as if they were included."""
        return Books("\n".join([self.text, *texts]), self.config)

    def book_through(self, day: date) -> Books:
        """Return the ledger with the plugin's output up to a date booked, and the date closed."""
        return self.with_more(book(self.entries, self.options, day))

    def written_after(self, day: date) -> list[str]:
        """Return what the plugin wrote after a date, as text."""
        return print_entries(entry for entry in self.written if entry.date > day)

    def changes(self) -> Changes:
        """Return what happened on each account on each date, the user's transactions included."""
        days: Changes = defaultdict(lambda: defaultdict(Decimal))
        for entry in self.entries:
            if isinstance(entry, data.Transaction):
                for posting in entry.postings:
                    assert posting.units is not None
                    assert posting.units.number is not None
                    key = (posting.account, posting.units.currency)
                    days[entry.date][key] += posting.units.number
        return {
            day: changed
            for day, sums in sorted(days.items())
            if (changed := {key: number for key, number in sums.items() if number})
        }


def is_written(entry: Any) -> bool:
    """Whether the plugin wrote an entry."""
    return bool(entry.meta.get("filename") == "<beancount_invwd>")


def print_entries(entries: Any) -> list[str]:
    """Return entries as text, each as it would be booked."""
    return [str(printer.format_entry(entry)) for entry in entries]


def load(texts: tuple[str, str]) -> Books:
    """Load a random ledger; one that Beancount itself finds fault with is thrown away."""
    _, errors, _ = loader.load_string(texts[0], dedent=False)
    assume(not errors)
    return Books(*texts)


def pick_day(books: Books, share: int) -> date:
    """Pick a date between the first and the last entry of a ledger, by a share of a thousand."""
    days = [entry.date for entry in books.entries if isinstance(entry, data.Transaction)]
    assume(days)
    return min(days) + timedelta(round((max(days) - min(days)).days * share / 1000))


SHARES = st.integers(0, 1000)


@STEADY
@given(SITUATIONS)
def test_booked_whole_it_gives_the_same_books_and_adds_nothing(texts: tuple[str, str]) -> None:
    books = load(texts)
    again = books.with_more(*print_entries(books.written))
    assert print_entries(again.written) == []
    assert again.changes() == books.changes()
    assert again.messages == books.messages


@STEADY
@given(SITUATIONS, st.integers(0, 2**32), st.sampled_from([50, 20, 80]))
def test_booked_in_part_it_adds_what_is_missing(
    texts: tuple[str, str], seed: int, percent: int
) -> None:
    books = load(texts)
    chance = random.Random(seed)  # noqa: S311  # nothing secret about it
    some = [
        entry
        for entry in books.written
        if isinstance(entry, data.Open) or chance.randrange(100) < percent
    ]
    again = books.with_more(*print_entries(some))
    assert again.changes() == books.changes()
    assert again.messages == books.messages


@STEADY
@given(SITUATIONS, SHARES)
def test_closed_it_goes_on_as_if_nothing_had_happened(texts: tuple[str, str], share: int) -> None:
    books = load(texts)
    day = pick_day(books, share)
    assert_closed(books, books.book_through(day), day)


@STEADY
@given(SITUATIONS, SHARES, SHARES)
def test_a_second_period_is_closed_like_the_first(
    texts: tuple[str, str], one: int, other: int
) -> None:
    books = load(texts)
    first, second = sorted((pick_day(books, one), pick_day(books, other)))
    once = books.book_through(first)
    assert_closed(books, once.book_through(second), second)


def assert_closed(books: Books, closed: Books, day: date) -> None:
    """Assert that the plugin is silent up to a date, and then as before."""
    assert print_entries(entry for entry in closed.written if entry.date <= day) == []
    assert closed.changes() == books.changes()
    assert closed.written_after(day) == books.written_after(day)
    assert closed.messages == books.messages


LATE = st.sampled_from(["price", "purchase", "sale", "no sale", "move"])


@STEADY
@given(LEDGERS, SHARES, LATE, st.integers(0, 2**32))
def test_what_comes_in_late_moves_nothing_that_is_closed(
    texts: tuple[str, str], share: int, what: str, seed: int
) -> None:
    books = load(texts)
    day = pick_day(books, share)
    closed, _ = change_closed(books, day, what, seed)
    assert print_entries(entry for entry in closed.written if entry.date <= day) == []
    for other in measured_after(closed, day):
        assert_tied(closed, other)


@STEADY
@given(LEDGERS, SHARES, LATE, st.integers(0, 2**32))
def test_corrected_it_is_what_it_would_have_been(
    texts: tuple[str, str], share: int, what: str, seed: int
) -> None:
    text, config = texts
    assume("invwd-nrv" not in text and "invwd-price-max-age" not in text)
    # What the ledger has locked stays, and lots without a measure keep what it has.
    plain = {"reversals": "full", "price_max_age": None, "period": "month"}
    books = load((text, repr({**ast.literal_eval(config), **plain})))
    day = pick_day(books, share)
    closed, late = change_closed(books, day, what, seed)
    days = measured_after(closed, day)
    assume(days)
    for other in days[:1]:
        state = follow_ledger(closed.entries, closed.options, other)
        # Lots without a measure keep what they have.
        assume(all(row.measure is not None for row in list_positions(state)))
        assert allowances_on(closed, other) == allowances_on(late, other)
        again = closed.book_through(other)
        assert again.messages == closed.messages
        for later in days:
            assert_tied(again, later)
            assert allowances_on(again, later) == allowances_on(closed, later)


@STEADY
@given(LEDGERS, SHARES, st.sampled_from([("sale", "period"), ("period", "sale")]))
def test_what_is_booked_stays_a_fact_when_releases_are_written_otherwise(
    texts: tuple[str, str], share: int, modes: tuple[str, str]
) -> None:
    text, config = texts
    before, after = (repr({**ast.literal_eval(config), "release": mode}) for mode in modes)
    books = load((text, before))
    day = pick_day(books, share)
    other = Books("\n".join([text, book(books.entries, books.options, day)]), after)
    assert not any("cannot be taken" in message for message in other.messages)
    for later in measured_after(other, day):
        assert_tied(other, later)
        assert allowances_on(other, later) == allowances_on(books, later)


@STEADY
@given(LEDGERS, SHARES, st.sampled_from(["lot", "item", "category", "total"]))
def test_what_is_booked_stays_a_fact_under_another_basis(
    texts: tuple[str, str], share: int, basis: str
) -> None:
    text, config = texts
    assume("invwd-nrv" not in text and "invwd-price-max-age" not in text)
    plain = {"reversals": "full", "price_max_age": None, "period": "month"}
    before = {**ast.literal_eval(config), **plain}
    books = load((text, repr(before)))
    day = pick_day(books, share)
    after = repr({**before, "basis": basis})
    late = Books(text, after)
    assume(not any("'accounts'" in message for message in late.messages))
    closed = Books("\n".join([text, book(books.entries, books.options, day)]), after)
    assert closed.messages == late.messages
    days = measured_after(closed, day)
    assume(days)
    for other in days[:1]:
        assert_tied(closed, other)
        state = follow_ledger(closed.entries, closed.options, other)
        assume(all(row.measure is not None for row in list_positions(state)))
        assert allowances_on(closed, other) == allowances_on(late, other)


def change_closed(books: Books, day: date, what: str, seed: int) -> tuple[Books, Books]:
    """Book and close a ledger up to a date, then change it before that date.

    Returns:
        The ledger that was booked, and the same without bookings.
    """
    change = {
        "price": change_price,
        "purchase": add_purchase,
        "sale": add_sale,
        "no sale": delete_sale,
        "move": add_move,
    }[what]
    text = change(books.text, day, random.Random(seed))  # noqa: S311
    assume(text is not None)
    assert text is not None
    late = load((text, books.config))
    assume(set(late.messages) <= set(books.messages))  # else the change is a mistake of its own
    closed = late.with_more(book(books.entries, books.options, day))
    assert not any("cannot be taken" in message for message in closed.messages)
    return closed, late


def measured_after(books: Books, day: date) -> list[date]:
    """Return the first two measurement dates after a date, and the last one."""
    entries = [entry for entry in books.entries if not is_written(entry)]
    measured = run(entries, books.options, books.config).measured
    days = [other for other in measured if other > day]
    return list(dict.fromkeys(days[:2] + days[-1:]))


def assert_tied(books: Books, day: date) -> None:
    """Assert that every allowance account holds what its lots carry."""
    state = follow_ledger(books.entries, books.options, day)
    if any(str(error.message) not in books.messages for error in state.errors):
        return  # as of that date something else is wrong, and other items are left out
    for row in tie_out(state):
        assert row.lots == row.ledger, (day, row)


def allowances_on(books: Books, day: date) -> Sums:
    """Return what the allowance accounts hold at the end of a date."""
    sums: Sums = defaultdict(Decimal)
    rows = tie_out(follow_ledger(books.entries, books.options, day))
    accounts = {row.account for row in rows}
    for when, changes in books.changes().items():
        for (account, currency), number in changes.items() if when <= day else ():
            if account in accounts:
                sums[account, currency] += number
    return {key: number for key, number in sums.items() if number}


def change_price(text: str, day: date, chance: random.Random) -> str | None:
    """Halve or double a price of a date that is closed."""
    rows = list(re.finditer(r"^(\S+) price (\S+) (\S+) (\S+)$", text, re.MULTILINE))
    rows = [row for row in rows if date.fromisoformat(row[1]) <= day and row[2] not in MONEY]
    if not rows:
        return None
    row = chance.choice(rows)
    number = Decimal(row[3]) * chance.choice([Decimal("0.5"), Decimal(2), Decimal("0.8")])
    return f"{text[: row.start()]}{row[1]} price {row[2]} {number:f} {row[4]}{text[row.end() :]}"


MONEY = {"USD", "EUR", "GBP"}


def add_purchase(text: str, day: date, chance: random.Random) -> str | None:
    """Add a purchase on a date that is closed, of an item that is there."""
    rows = list(re.finditer(r"^  (Assets:\S+) \d\S* (\S+) \{(\d\S*) (\w+)", text, re.MULTILINE))
    dates = list(re.finditer(r"^(\d{4}-\d\d-\d\d) \*", text, re.MULTILINE))
    dates = [row for row in dates if date.fromisoformat(row[1]) <= day]
    if not rows or not dates:
        return None
    account, item, cost, currency = chance.choice(rows).groups()
    cost = f"{Decimal(cost) * chance.choice([1, 1, 2]):f}"
    lines = f"  {account} 7 {item} {{{cost} {currency}}}\n  Equity:Opening\n"
    return f'{text}{chance.choice(dates)[1]} * "Entered late"\n{lines}'


def add_sale(text: str, day: date, chance: random.Random) -> str | None:
    """Add a sale, on a date that is closed, of a part or all of what was bought in a lot."""
    return _add_reduction(text, day, chance, lambda *_: "  Expenses:COGS\n")


def add_move(text: str, day: date, chance: random.Random) -> str | None:
    """Add a move of a part or all of a lot to another account, on a date that is closed."""
    accounts = sorted(set(re.findall(r"^  (Assets:\S+) \d\S* \S+ \{", text, re.MULTILINE)))
    return _add_reduction(
        text, day, chance, lambda units, lot: f"  {chance.choice(accounts)} {units} {lot}\n"
    )


def _add_reduction(
    text: str, day: date, chance: random.Random, tell_rest: Callable[[str, str], str]
) -> str | None:
    rows = re.finditer(
        r"^(\d{4}-\d\d-\d\d) \* .*\n(?:  .*\n)*?  (Assets:\S+) (\d\S*) (\S+ \{\d[^}]*\})",
        text,
        re.MULTILINE,
    )
    bought = [row.groups() for row in rows if date.fromisoformat(row[1]) <= day]
    if not bought:
        return None
    when, account, units, lot = chance.choice(bought)
    units = f"{Decimal(units) * chance.choice([Decimal(1), Decimal('0.5')]):f}"
    return f'{text}{when} * "Entered late"\n  {account} -{units} {lot}\n{tell_rest(units, lot)}'


def delete_sale(text: str, day: date, chance: random.Random) -> str | None:
    """Delete a sale of a date that is closed."""
    rows = list(re.finditer(r'^(\d{4}-\d\d-\d\d) \* "Sale"\n(?:  .*\n)+', text, re.MULTILINE))
    rows = [row for row in rows if date.fromisoformat(row[1]) <= day]
    if not rows:
        return None
    row = chance.choice(rows)
    return text[: row.start()] + text[row.end() :]
