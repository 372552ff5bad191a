"""Items → classes: categories of the ledger; a note of many items tells of these alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import mark, plural, say, translate
from beancount_invwd.report.note.largest import MOST_LINES, find_largest
from beancount_invwd.report.output.meanings import CODES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from beancount_invwd.report.ledger.written import Written
    from beancount_invwd.report.note.before import Class

NO_CLASS = mark("No class")
_Key = tuple[str, str, str, str]  # entity, currency, class, reason


class Classes:
    """Tells which class an item is of.

    Args:
        categories: The category of each item; the item itself if it has none.
    """

    def __init__(self, categories: Mapping[str, str]) -> None:
        self._categories = categories

    def split(self, rows: Sequence[Class]) -> tuple[list[Class], list[Class]]:
        """Split goods by category: those that are told, and items that are summed up.

        Items without a category are told as long as they are few.
        """
        single = [row for row in rows if self._is_single(row.category or "")]
        if len(single) <= MOST_LINES:
            return list(rows), []
        return [row for row in rows if not self._is_single(row.category or "")], single

    def tell_reasons(
        self, rows: Sequence[Written], write_money: Callable[[Decimal, str], str]
    ) -> Iterator[str]:
        """Tell what was lost or came back by class and reason, what is small in one line."""
        sums: Sums[_Key] = Sums()
        counts: dict[_Key, int] = {}
        for row in rows:
            key = (row.entity, row.currency, self._name(row.group), row.reason)
            sums.add(key, abs(row.change))
            counts[key] = counts.get(key, 0) + 1
        shown, others = find_largest(list(sums), lambda key: sums[key], MOST_LINES)
        for entity, currency, name, why in shown:
            key = (entity, currency, name, why)
            count = plural("{count} entry", "{count} entries", counts[key]).format(
                count=counts[key]
            )
            told = ", ".join(filter(None, (count, tell_reason(why))))
            yield f"{name}{_of(entity)}: {write_money(sums[key], currency)} ({told})"
        rest: Sums[tuple[str, str]] = Sums()
        for key in others:
            rest.add(key[:2], sums[key])
        for (entity, currency), left in sorted(rest.items()):
            yield say("Others{of}: {money}", of=_of(entity), money=write_money(left, currency))

    def _is_single(self, name: str) -> bool:
        return self._categories.get(name) == name

    def _name(self, group: str) -> str:
        name = self._categories.get(group, group)
        return translate(NO_CLASS) if self._is_single(name) else name


def tell_reason(reason: str) -> str:
    """A reason in the reader's language; the words of an `invwd-nrv` as they are."""
    return translate(reason) if reason in CODES else reason


def _of(entity: str) -> str:
    return say(" of {entity}", entity=entity) if entity else ""
