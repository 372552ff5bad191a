"""The engine against the slow model of the rules, transaction by transaction.

ledger, configuration -> what is missing and what is too much. As a command it compares many seeds:

    python -m tests.support.compare_models --seeds 2000 --makers situations,trade
    python -m tests.support.compare_models --shrink situations:38
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from beancount import loader
from beancount.core import data

from tests.support.random_closed import closed_from_seed
from tests.support.random_evidence import evidence_from_seed
from tests.support.random_later import later_from_seed
from tests.support.random_ledgers import ledger_from_seed, with_plugin
from tests.support.random_situations import situations_from_seed
from tests.support.random_trade import trade_from_seed
from tests.support.rules.goods import Expected
from tests.support.rules.model import reference
from tests.support.shrink_ledger import shrink

GENERATED: Final = "<beancount_invwd>"
Maker = Callable[[int], tuple[str, str]]
MAKERS: Final[Mapping[str, Maker]] = {
    "situations": situations_from_seed,
    "closed": closed_from_seed,
    "ledgers": ledger_from_seed,
    "evidence": evidence_from_seed,
    "trade": trade_from_seed,
    "later": later_from_seed,
}
"""Makers of random ledgers: a seed -> text without the plugin line, and configuration."""

Difference = tuple[list[Expected], list[Expected]]
"""What the model expects and the engine did not write, and what it wrote instead."""

MISTAKES: Final = re.compile(
    r"a label of their own|that are put together here|invwd-temporary needs|"
    r"which is no inventory account|matches no account|is no item of this ledger|never had"
)
"""What a random ledger may state of goods that cannot be: the item is not assessed."""

NAMED: Final = frozenset({"supplier-return", "customer-return", "own-use", "count"})
"""Reasons of releases that the rules name; the others (sale, use …) are `other`."""


def compare(text: str, config: str) -> Difference | None:
    """Return what is missing and what is too much; None if the ledger has mistakes."""
    entries, errors, options = loader.load_string(text, dedent=False)
    if errors:
        return None
    wanted = add_up(reference(entries, options, config))
    entries, errors, _ = loader.load_string(with_plugin(text, config), dedent=False)
    faults = [error.message for error in errors if "fault of the plugin" in error.message]
    assert faults == [], faults
    if any(MISTAKES.search(error.message) for error in errors):
        return None
    found = add_up(read_written(entries))
    missing, surplus = ordered(wanted - found), ordered(found - wanted)
    for row in [*missing]:
        same = next((other for other in surplus if tells_one_reason(other, row)), None)
        if same is not None:
            missing.remove(row)
            surplus.remove(same)
    return missing, surplus


def tells_one_reason(written: Expected, wanted: Expected) -> bool:
    """Whether one transaction for several goods tells one of the reasons why they left."""
    is_one = set(written.reasons) <= set(wanted.reasons) and len(wanted.reasons) > 1
    return is_one and written._replace(reasons=()) == wanted._replace(reasons=())


def read_written(entries: Sequence[data.Directive]) -> Iterator[Expected]:
    """Return what the plugin wrote, in the words of the model."""
    return read_transactions(
        entry
        for entry in entries
        if isinstance(entry, data.Transaction) and entry.meta.get("filename") == GENERATED
    )


def read_transactions(entries: Iterable[data.Transaction]) -> Iterator[Expected]:
    """Return transactions that say what they are in their metadata, in the words of the model."""
    for entry in entries:
        meta = entry.meta
        (currency,) = {row.units.currency for row in entry.postings if row.units} or {"nothing"}
        kind, source = str(meta["invwd"]), str(meta.get("invwd-source", ":0"))
        reason = str(meta.get("invwd-reason")).replace("rounding", "supplier-return")  # step 6
        rows = [
            (row.account, row.units.number)
            for row in entry.postings
            if row.units is not None and row.units.number is not None
        ]
        yield Expected(
            date=entry.date,
            kind=kind,
            entity=str(meta.get("invwd-entity", "")),
            currency=currency,
            group=str(meta["invwd-group"]),
            source=int(source.rpartition(":")[2]),
            postings=tuple(sorted(rows)),
            reasons=(reason if reason in NAMED else "other",) if kind == "release" else (),
        )


def add_up(rows: Iterator[Expected] | Sequence[Expected]) -> Counter[Expected]:
    """Add up what differs by its reason only, which may be one transaction or several.

    What is lost on orders and recovered again on one day comes to the same as nothing.
    """
    sums: dict[Expected, tuple[dict[str, Decimal], set[str]]] = {}
    for row in rows:
        is_moved = row.kind == "transfer" and all("Allow" not in name for name, _ in row.postings)
        kind = "commitment" if row.kind.startswith("commitment-") else row.kind
        moved = (("materiality", Decimal(0)),) * is_moved
        key = row._replace(kind=kind, postings=moved, reasons=())
        legs, reasons = sums.setdefault(key, ({}, set()))
        reasons |= set(row.reasons)
        for account, number in row.postings:
            legs[account] = legs.get(account, Decimal(0)) + number
    found: Counter[Expected] = Counter()
    for key, (legs, reasons) in sums.items():
        postings = tuple(sorted((name, number) for name, number in legs.items() if number))
        if postings or key.currency == "nothing":
            is_one = key.source > 0  # what is released by period has several reasons
            told = tuple(sorted(reasons)) if is_one else ()
            found[key._replace(postings=postings, reasons=told)] += 1
    return found


def ordered(counted: Counter[Expected]) -> list[Expected]:
    """Return the elements by date."""
    return sorted(counted.elements(), key=lambda row: (row.date, row.kind, row.postings))


def describe(sign: str, rows: Sequence[Expected]) -> Iterator[str]:
    """Return one line for each transaction."""
    for row in rows:
        legs = ", ".join(f"{account} {number}" for account, number in row.postings)
        what = f"{row.date} {row.kind} {row.entity} {row.group} line {row.source}"
        yield f"  {sign} {what}: {legs} {row.currency} {' '.join(row.reasons)}"


def differs(text: str, config: str) -> bool:
    """Whether engine and model differ on a ledger that loads."""
    return compare(text, config) not in (None, ([], []))


def list_errors(text: str, config: str) -> list[str]:
    """Return the plugin's errors, which may be why it left an item out."""
    _, errors, _ = loader.load_string(with_plugin(text, config), dedent=False)
    return [f"  ! {error.message.splitlines()[0]}" for error in errors]


def show_smallest(name: str) -> None:
    """Print the smallest ledger that still differs, of a maker and seed such as `trade:12`."""
    maker, _, seed = name.partition(":")
    text, config = shrink(*MAKERS[maker](int(seed)), differs)
    print(text + f"; {config}", *list_errors(text, config), sep="\n")
    missing, surplus = compare(text, config) or ([], [])
    print(*describe("-", missing), *describe("+", surplus), sep="\n")


def compare_many(maker: str, seeds: range) -> None:
    """Print every seed that differs, with a short difference, and how many do."""
    began, same, rejected, differing = time.monotonic(), 0, 0, list[int]()
    for seed in seeds:
        text, config = MAKERS[maker](seed)
        difference = compare(text, config)
        if difference is None:
            rejected += 1
        elif difference == ([], []):
            same += 1
        else:
            differing.append(seed)
            missing, surplus = difference
            print(f"{maker}:{seed}", *list_errors(text, config)[:2], sep="\n", flush=True)
            print(*describe("-", missing[:4]), *describe("+", surplus[:4]), sep="\n")
    seconds = time.monotonic() - began
    print(f"{maker}: {same} agree, {len(differing)} differ, {rejected} have mistakes", end=" ")
    print(f"({seconds:.0f} s): {differing[:60]}", flush=True)


def main() -> None:
    """Compare many seeds, or shrink one that differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=100, help="how many of each maker")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--makers", default=",".join(MAKERS), help="which makers, by comma")
    parser.add_argument("--shrink", metavar="MAKER:SEED", help="print a small ledger that differs")
    given = parser.parse_args()
    if given.shrink:
        show_smallest(given.shrink)
        return
    for maker in given.makers.split(","):
        compare_many(maker, range(given.first, given.first + given.seeds))


if __name__ == "__main__":
    main()
