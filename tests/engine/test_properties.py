"""Properties of what the plugin writes, each a sentence that an auditor would sign."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from beancount import loader
from beancount.core import data
from beancount.core.position import Cost
from beancount.parser import printer
from hypothesis import assume, given
from hypothesis import strategies as st

from beancount_invwd.ground.errors import InvwdError
from beancount_invwd.plugin import invwd
from tests.support.random_ledgers import ledgers, with_plugin
from tests.support.random_situations import situations
from tests.support.rules.model import Outcome, run
from tests.support.steady import STEADY

Entries = list[Any]

LEDGERS = st.one_of(ledgers(), situations())


class Ledger:
    """A random ledger, loaded, and what the plugin makes of it."""

    def __init__(self, text: str, config: str) -> None:
        self.text, self.config = text, config
        self.entries, errors, self.options = loader.load_string(text, dedent=False)
        assume(not errors)
        self.output = self.with_plugin(self.entries)

    def with_plugin(self, entries: Entries) -> Entries:
        """Return entries after a run of the plugin, sorted as the loader does."""
        output, _ = invwd(entries, self.options, self.config)
        return sorted(output, key=data.entry_sortkey)

    def reference(self) -> Outcome:
        """Return what the reference knows of the ledger."""
        return run(self.entries, self.options, self.config)

    @property
    def inserted(self) -> Entries:
        """The entries that the plugin wrote."""
        known = {id(entry) for entry in self.entries}
        return [entry for entry in self.output if id(entry) not in known]


def transactions(entries: Sequence[Any]) -> list[data.Transaction]:
    """Return the transactions among entries."""
    return [entry for entry in entries if isinstance(entry, data.Transaction)]


def balances_by_day(inserted: Sequence[Any]) -> dict[date, dict[tuple[str, str], Fraction]]:
    """Return the balance of every account and currency after each day."""
    sums: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    by_day: dict[date, dict[tuple[str, str], Fraction]] = {}
    for transaction in transactions(inserted):
        for posting in transaction.postings:
            assert posting.units is not None
            assert posting.units.number is not None
            sums[posting.account, posting.units.currency] += Fraction(posting.units.number)
        by_day[transaction.date] = dict(sums)
    return by_day


def balance_on(
    by_day: dict[date, dict[tuple[str, str], Fraction]], day: date
) -> dict[tuple[str, str], Fraction]:
    """Return the balances at the end of a day."""
    days = [other for other in by_day if other <= day]
    return by_day[max(days)] if days else {}


def allowances(outcome: Outcome, day: date) -> dict[tuple[str, str], Fraction]:
    """Return what the lots of an allowance account carry in all, at the end of a day."""
    sums: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for lot in outcome.states[day]:
        sums[lot.contra, lot.currency] += lot.written
    return dict(sums)


def allowance_accounts(outcome: Outcome) -> set[tuple[str, str]]:
    """Return all allowance accounts and their currencies."""
    return {(lot.contra, lot.currency) for lots in outcome.states.values() for lot in lots}


@STEADY
@given(LEDGERS)
def test_inserted_entries_balance(texts: tuple[str, str]) -> None:
    for transaction in transactions(Ledger(*texts).inserted):
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for posting in transaction.postings:
            assert posting.units is not None
            assert posting.units.number is not None
            sums[posting.units.currency] += posting.units.number
        assert set(sums.values()) == {Decimal(0)}


@STEADY
@given(LEDGERS)
def test_user_entries_come_through_identical_and_in_order(texts: tuple[str, str]) -> None:
    ledger = Ledger(*texts)
    output, _ = invwd(ledger.entries, ledger.options, ledger.config)
    known = {id(entry) for entry in ledger.entries}
    passed = [entry for entry in output if id(entry) in known]
    assert len(passed) == len(ledger.entries)
    assert all(one is other for one, other in zip(passed, ledger.entries, strict=True))


@STEADY
@given(LEDGERS)
def test_a_second_run_adds_nothing(texts: tuple[str, str]) -> None:
    ledger = Ledger(*texts)
    again = ledger.with_plugin(ledger.output)
    known = {id(entry) for entry in ledger.output}
    assert [entry for entry in again if id(entry) not in known] == []
    assert len(again) == len(ledger.output)


@STEADY
@given(LEDGERS)
def test_allowance_accounts_equal_the_allowances_of_the_lots(texts: tuple[str, str]) -> None:
    ledger = Ledger(*texts)
    outcome = ledger.reference()
    by_day = balances_by_day(ledger.inserted)
    is_period = "'release': 'period'" in ledger.config
    for day in outcome.measured if is_period else outcome.states:
        carried = allowances(outcome, day)
        on_account = balance_on(by_day, day)
        for key in allowance_accounts(outcome):
            assert on_account.get(key, 0) == -carried.get(key, 0), (day, key)


@STEADY
@given(LEDGERS)
def test_carrying_amounts_are_between_zero_and_cost(texts: tuple[str, str]) -> None:
    ledger = Ledger(*texts)
    outcome = ledger.reference()
    by_day = balances_by_day(ledger.inserted)
    is_period = "'release': 'period'" in ledger.config
    quantum = quantum_of(ledger.text)
    for day in outcome.measured if is_period else outcome.states:
        on_account = balance_on(by_day, day)
        cost: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        for lot in outcome.states[day]:
            cost[lot.contra, lot.currency] += max(lot.cost, Fraction(0)) + quantum
        for key in allowance_accounts(outcome):
            assert 0 <= -on_account.get(key, Fraction(0)) <= cost[key], (day, key)


@STEADY
@given(LEDGERS)
def test_reversals_are_never_above_earlier_write_downs(texts: tuple[str, str]) -> None:
    ledger = Ledger(*texts)
    accounts = allowance_accounts(ledger.reference())
    for day, sums in balances_by_day(ledger.inserted).items():
        for key in accounts:
            assert sums.get(key, 0) <= 0, (day, key)


@STEADY
@given(LEDGERS)
def test_splitting_a_lot_changes_no_total(texts: tuple[str, str]) -> None:
    ledger = Ledger(*texts)
    split = split_first_lot(ledger.entries)
    assume(split is not None)
    assert split is not None
    assert_similar(ledger, ledger.with_plugin(split), split, 1)


@STEADY
@given(LEDGERS, st.sampled_from([2, 10, 1000]))
def test_scaling_units_scales_amounts(texts: tuple[str, str], factor: int) -> None:
    assume("invwd-contract" not in texts[0])  # a contract is for as many units as it says
    ledger = Ledger(*texts)
    scaled = change_postings(ledger.entries, lambda posting: [scale(posting, factor)])
    assert_similar(ledger, ledger.with_plugin(scaled), scaled, factor)


@STEADY
@given(texts=LEDGERS, is_shared=st.booleans())
def test_lots_are_told_by_the_value_of_their_cost(
    texts: tuple[str, str], *, is_shared: bool
) -> None:
    """A plugin in front may hand over one object for equal costs, or another for each posting."""
    ledger = Ledger(*texts)
    known: dict[str, Any] = {}

    def change(posting: data.Posting) -> list[data.Posting]:
        if not isinstance(posting.cost, Cost):
            return [posting]
        cost = Cost(*posting.cost)
        return [posting._replace(cost=known.setdefault(repr(cost), cost) if is_shared else cost)]

    changed = change_postings(ledger.entries, change)
    inserted = ledger.with_plugin(changed)
    passed = {id(entry) for entry in changed}
    assert [printer.format_entry(entry) for entry in ledger.inserted] == [
        printer.format_entry(entry) for entry in inserted if id(entry) not in passed
    ]


@STEADY
@given(LEDGERS)
def test_beancount_finds_nothing_wrong_with_the_result(texts: tuple[str, str]) -> None:
    _, errors, _ = loader.load_string(texts[0], dedent=False)
    assume(not errors)
    _, errors, _ = loader.load_string(with_plugin(*texts), dedent=False)
    assert [error for error in errors if not isinstance(error, InvwdError)] == []


def change_postings(
    entries: Sequence[Any], change: Callable[[data.Posting], list[data.Posting]]
) -> Entries:
    """Return entries with every posting replaced."""
    return [
        entry._replace(postings=[new for posting in entry.postings for new in change(posting)])
        if isinstance(entry, data.Transaction)
        else entry
        for entry in entries
    ]


def scale(posting: data.Posting, factor: Decimal | int) -> data.Posting:
    """Return a posting with more units."""
    assert posting.units is not None
    assert posting.units.number is not None
    return posting._replace(units=posting.units._replace(number=posting.units.number * factor))


def split_first_lot(entries: Sequence[Any]) -> Entries | None:
    """Return entries with the first lot without a label cut in two; None if there is none."""
    pools = {
        entry.account
        for entry in entries
        if isinstance(entry, data.Open) and entry.booking is data.Booking.NONE
    }
    lots = [
        (posting.account, posting.units.currency, posting.cost)
        for transaction in transactions(entries)
        for posting in transaction.postings
        if posting.cost
        and posting.units
        and not posting.cost.label
        and posting.account not in pools
    ]
    if not lots:
        return None

    def cut(posting: data.Posting) -> list[data.Posting]:
        if (
            posting.units is None
            or (posting.account, posting.units.currency, posting.cost) != lots[0]
        ):
            return [posting]
        half = scale(posting, Decimal("0.5"))
        assert isinstance(posting.cost, Cost)
        labelled = posting.cost._replace(label="cut")
        return [half, half._replace(cost=labelled)]

    return change_postings(entries, cut)


def quantum_of(text: str) -> Fraction:
    """Return the largest quantum of the currencies of a ledger."""
    if "precision: 0" in text or "JPY" in text:
        return Fraction(1)
    return Fraction(1, 10) if "precision: 1" in text else Fraction(1, 100)


def assert_similar(ledger: Ledger, output: Entries, entries: Entries, factor: int) -> None:
    """Assert that allowances are those of the ledger times a factor, up to rounding.

    Each movement may be off by a quantum for each lot, and what is off stays with locked
    allowances; so the bound grows with the number of postings.
    """
    known = {id(entry) for entry in entries}
    inserted = [entry for entry in output if id(entry) not in known]
    theirs, ours = balances_by_day(inserted), balances_by_day(ledger.inserted)
    outcome = ledger.reference()
    quantum = quantum_of(ledger.text)
    movements = sum(len(transaction.postings) for transaction in transactions(ledger.inserted))
    bound = quantum * factor * (2 + movements)
    is_period = "'release': 'period'" in ledger.config
    for day in outcome.measured if is_period else outcome.states:
        for key in allowance_accounts(outcome):
            mine = balance_on(ours, day).get(key, Fraction(0)) * factor
            other = balance_on(theirs, day).get(key, Fraction(0))
            assert abs(mine - other) <= bound, (day, key)
