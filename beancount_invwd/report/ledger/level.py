"""A policy → whether its groups are wider than the standard wants, and what that comes to.

10 MUG lost 70.00, 10 CUP gained 25.00: tested as one category 45.00, item by item 70.00
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.directives.metadata import GROUP, TAG
from beancount_invwd.engine import follow_ledger
from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import mark, say, translate
from beancount_invwd.report.ledger.notice import Notice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from beancount_invwd.engine import Run
    from beancount_invwd.policy.standards import Basis


class _Level(NamedTuple):
    """What a standard says of the unit of account.

    Attributes:
        basis: The one that it wants.
        paragraph: Where it says so.
        words: What it says of wider ones, by basis.
    """

    basis: Basis
    paragraph: str
    words: Mapping[str, str]


_LINES = mark(
    "{paragraph} allows groups only of one product line that cannot practicably be evaluated apart"
)
_WHOLE = mark("{paragraph} does not allow to test all inventory as one")
_CHOICE = mark(
    "{paragraph} leaves the choice if it most clearly reflects periodic income, and wants excess "
    "and obsolete goods item by item"
)
_APART = mark("{paragraph} 3 wants goods valued one by one, in groups only by §240(4)")
_BY_LINE = {"category": _LINES, "total": _WHOLE}
_BY_CHOICE = {"category": _CHOICE, "total": _CHOICE}
_BY_ONE = {"item": _APART, "category": _APART, "total": _APART}
_LEVELS = {
    "ias2": _Level("item", "IAS 2.29", _BY_LINE),
    "frs102": _Level("item", "FRS 102 27.3", _BY_LINE),
    "aspe3031": _Level("item", "ASPE 3031 (as IAS 2.29)", _BY_LINE),
    "asc330": _Level("item", "ASC 330-10-35-8", _BY_CHOICE),
    "asc330-lcm": _Level("item", "ASC 330-10-35-8", _BY_CHOICE),
    "hgb": _Level("lot", "HGB §252(1)", _BY_ONE),
}
_HOW = {"item": mark("item by item"), "lot": mark("lot by lot")}


def find_level(run: Run) -> list[Notice]:
    """Find what the allowance would be at the level that the standard wants, where it differs."""
    return run.share(find_level_beside)


def find_level_beside(run: Run, own: Run | None = None) -> list[Notice]:
    """Find the same beside the state under the ledger's own policy, if that is known."""
    level = _LEVELS[run.policy.standard]
    words = level.words.get(run.policy.basis)
    if words is None:
        return []
    entries = _leave_out_wide(run)
    if own is None or own.policy.basis != level.basis or entries is not own.entries:
        own = follow_ledger(entries, run.options_map, run.as_of, {"basis": level.basis})
    here, there = _sum_allowances(run), _sum_allowances(own)
    return [
        Notice(
            "level",
            say(
                "{words}: {how} the allowance{where} would be {there:,f} in place of {here:,f} "
                "{currency}",
                words=say(words, paragraph=level.paragraph),
                how=translate(_HOW[level.basis]),
                where=say(" of {entity}", entity=entity) if entity else "",
                there=there[entity, currency],
                here=here[entity, currency],
                currency=currency,
            ),
            currency=currency,
            amount=there[entity, currency] - here[entity, currency],
            date=run.as_of,
        )
        for entity, currency in sorted({*here, *there})
        if there[entity, currency] != here[entity, currency]
    ]


def _sum_allowances(run: Run) -> Sums[tuple[str, str]]:
    sums: Sums[tuple[str, str]] = Sums()
    for stock in run.stocks:
        sums.add(stock.key[:2], stock.allowance)
    return sums


def _leave_out_wide(run: Run) -> Sequence[Any]:
    """Leave out what was booked of wider groups, which have no place in narrower ones."""
    wide = {"total", *run.categories.values()} - run.categories.keys()
    if not any(row.is_booked and row.group.name in wide for row in run.movements):
        return run.entries
    return [
        entry
        for entry in run.entries
        if getattr(entry, "type", None) != "invwd-closed"
        and not (TAG in (getattr(entry, "tags", None) or ()) and entry.meta.get(GROUP) in wide)
    ]
