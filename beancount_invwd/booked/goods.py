"""The name of a group → the goods that a booked movement of it is about.

A name may be that of an item, of a category, or `total`: the ledger may have been written under
another basis, so each name finds the stocks that could ever be in such a group.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.lots.stock import find_room

if TYPE_CHECKING:
    from beancount_invwd.booked.claim import Claim
    from beancount_invwd.lots.books import Books
    from beancount_invwd.lots.stock import Lot, Stock


class Goods:
    """Finds stocks and lots.

    Args:
        books: The lots.
    """

    def __init__(self, books: Books) -> None:
        self.books = books

    def find_named(self, group: str) -> Sequence[Stock]:
        """Find the stocks that can be in a group."""
        return self.books.by_group.get(group, ())

    def is_kin(self, name: str, other: str) -> bool:
        """Whether the groups of two names may hold the same goods, perhaps by another basis."""
        return name == other or not set(self.find_named(name)).isdisjoint(self.find_named(other))

    def find_on_hand(self, claims: Sequence[Claim]) -> list[Stock]:
        """Find the stocks with lots that are named, in whatever currency."""
        names = dict.fromkeys(claim.group for claim in claims)
        found = dict.fromkeys(stock for name in names for stock in self.find_named(name))
        return [stock for stock in found if stock.lots]

    def list_stocks(self, claim: Claim) -> list[Stock]:
        """The stocks that can be meant, those without lots among them."""
        return [
            stock
            for stock in self.find_named(claim.group)
            if stock.key.currency == claim.currency and claim.entity in {None, stock.key.entity}
        ]

    def list_lots(self, claim: Claim) -> list[Lot]:
        """The lots on hand that can be meant."""
        stocks = self.list_stocks(claim)
        return [lot for stock in stocks for lot in stock.lots.values() if lot.units > 0]

    def find_home(self, claim: Claim) -> Stock | None:
        """Find the stock that it is about, or one of those; it may have no lots any more."""
        stocks = self.list_stocks(claim)
        behind = [self.books.by_contra.get(account, set()) for account in claim.changes]
        found = (stock for stock in stocks if any(stock in some for some in behind))
        return next(found, next(iter(stocks), None))

    def find_lacking(
        self, claim: Claim, carried: dict[int, Decimal], *, is_final: bool = False
    ) -> Sums[str]:
        """Find decreases beyond what the lots behind each account carry, negative.

        Args:
            claim: A booked movement.
            carried: What each lot carries, by its number.
            is_final: Whether that is taken off, since it will be.
        """
        lots = self.list_lots(claim)
        lacking: Sums[str] = Sums()
        for account, change in claim.changes.items():
            rest = min(ZERO, change)
            for lot in lots if rest else ():
                if lot.place.contra == account:
                    part = min(-rest, carried[lot.number])
                    rest += part
                    if is_final:
                        carried[lot.number] -= part
            lacking[account] = rest
        return lacking

    def list_first(self, claims: Sequence[Claim]) -> tuple[list[Claim], list[Claim]]:
        """Divide claims of a day into the first for any goods, and those that come after them.

        What its lots cannot take yet comes after what they can.
        """
        first: list[Claim] = []
        taken: set[Stock] = set()
        for claim in sorted(claims, key=lambda claim: not self._can_take(claim)):
            stocks = self.find_named(claim.group)
            if taken.isdisjoint(stocks):
                first.append(claim)
            taken.update(stocks)
        return first, [claim for claim in claims if not any(claim is row for row in first)]

    def _can_take(self, claim: Claim) -> bool:
        lots = self.list_lots(claim)
        for account, change in claim.changes.items():
            behind = [lot for lot in lots if lot.place.contra == account]
            rooms = [find_room(lot) if change > ZERO else lot.allowance for lot in behind]
            if abs(change) > sum(rooms, ZERO):
                return False
        return True
