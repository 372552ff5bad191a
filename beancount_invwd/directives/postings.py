"""A posting of goods → the facts that it states of its lot, or an error.

What the posting says comes first, then what its transaction says. The facts of a lot are those of
the posting that first added to it; a later one must not contradict them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_invwd.directives.metadata import (
    DELIVERY,
    EXCLUDE,
    GROUP,
    NO_FACTS,
    RETURN,
    TAG,
    Facts,
    list_strays,
    read_facts,
    select_ours,
    show,
)
from beancount_invwd.directives.mistakes import Mistakes, find_meta

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

_NO_POOL = (
    "{names} cannot be stated in {account}: with booking NONE its goods are one pool; "
    "move these goods to an account of another booking method"
)
_OWN_LABEL = "give the new units a label of their own"
_NO_SALE = "state it where they were bought, or remove it: units that leave state nothing"


class Postings:
    """Reads what is stated of goods where they are posted.

    Args:
        is_matched: Whether the name of an account is one of inventory accounts.
        mistakes: Takes what is wrong.

    Attributes:
        batches: Items of which a label stands for goods that expire on one day.
    """

    def __init__(self, is_matched: Callable[[str], object], mistakes: Mistakes) -> None:
        self._is_matched = is_matched
        self._mistakes = mistakes
        self.batches: set[str] = set()
        self._shapes: dict[tuple[str, ...], bool] = {}

    def admit(self, txn: Any, posting: Any, known: Facts | None, *, is_pool: bool) -> Facts:
        """Read what a posting to a lot states, else (if it adds units) its transaction.

        Args:
            txn: The transaction.
            posting: The posting.
            known: The facts of the lot, if it is on hand already, which it must not contradict.
            is_pool: Whether the goods of its account are not kept apart.
        """
        stated: dict[str, Any] = {}
        is_addition = posting.units.number > 0
        if is_addition and self.states_facts(txn.meta):
            stated |= select_ours(txn.meta, "lot")
            for flag in (RETURN, DELIVERY):
                stated.pop(flag, None)
        if self.states_facts(posting.meta):
            stated |= select_ours(posting.meta, "lot")
        if not is_addition:  # it says that the sale is no evidence
            stated.pop(EXCLUDE, None)
        if not stated:
            return NO_FACTS
        meta = find_meta(txn, posting)
        found, problems = read_facts(stated, "lot", meta)
        if is_pool:
            problems = [_NO_POOL.format(names=", ".join(stated), account=posting.account)]
        elif known is not None and not problems:
            remedy = _NO_SALE if posting.units.number < 0 else _OWN_LABEL
            problems = _list_conflicts(stated, known.stated, remedy)
        if found.expires is not None and posting.cost.label:
            self.batches.add(posting.units.currency)
        for problem in problems:
            self._mistakes.block(posting.units.currency, meta, problem, txn)
        return NO_FACTS if problems else found

    def refuse(self, txn: Any, posting: Any, problem: str) -> None:
        """Report a posting that is wrong; its item is not assessed."""
        self._mistakes.block(posting.units.currency, find_meta(txn, posting), problem, txn)

    def check_places(self, txn: Any, homes: Collection[str]) -> None:
        """Report metadata of a transaction that stands where it is about no lot.

        Args:
            txn: The transaction.
            homes: Which of its accounts hold inventory.
        """
        if TAG in (txn.tags or ()) or GROUP in txn.meta:
            return  # it is a movement, or was one
        goods = [row.units for row in txn.postings if row.account in homes]
        found = [(txn.meta, problem) for problem in _list_wrong_flags(txn.meta)]
        if all(units.number <= 0 for units in goods):
            sale = {name: value for name, value in txn.meta.items() if name != EXCLUDE or not goods}
            strays = list_strays(sale, "a transaction that adds no goods")
            found += [(txn.meta, stray) for stray in strays]
        for row in txn.postings:
            if row.meta and not self._is_matched(row.account):
                strays = list_strays(row.meta, f"a posting to {row.account}")
            else:
                strays = _list_wrong_flags(row.meta or {}) if row.units.number < 0 else []
            found += [(find_meta(txn, row), stray) for stray in strays]
        for meta, problem in found:
            self._mistakes.report((id(txn), problem), meta, problem, txn)
            self._mistakes.blocked.update(units.currency for units in goods)

    def states_facts(self, meta: Mapping[str, Any] | None) -> bool:
        """Whether metadata says something of a lot; by its keys, which few ledgers vary."""
        if not meta:
            return False
        shape = tuple(meta)
        says = self._shapes.get(shape)
        if says is None:
            says = self._shapes[shape] = bool(select_ours(meta, "lot"))
        return says


def _list_wrong_flags(meta: Mapping[str, Any]) -> list[str]:
    """Tell of what a transaction or sale says of itself, if that is neither TRUE nor FALSE."""
    flags = {name: meta[name] for name in (EXCLUDE, RETURN, DELIVERY) if name in meta}
    return [
        f"{name} is {show(value)}; allowed is TRUE or FALSE"
        for name, value in flags.items()
        if not isinstance(value, bool)
    ]


def _list_conflicts(stated: Mapping[str, Any], known: Mapping[str, Any], remedy: str) -> list[str]:
    problems = []
    for name, value in stated.items():
        before = known.get(name)
        if type(before) is not type(value) or before != value:
            was = "not stated" if before is None else show(before)
            problems.append(
                f"{name} of this lot was {was} when it was bought, now it is {show(value)}; "
                f"{remedy}"
            )
    return problems
