"""What the user has to mend: the list of errors, and the words of those about lots and prices.

One error per directive and cause, at the file and line of what has to be mended, with the remedy as
a line that can be pasted; of thousands that are alike, the first twenty. An item that a mistake
concerns is blocked: it is not measured.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.errors import InvwdError, error_at
from beancount_invwd.ground.money import round_money

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Iterable, Mapping

    from beancount_invwd.lots.stock import Lot, Pool, Stock
    from beancount_invwd.measure.prices import PriceBook


_MOST_ALIKE = 20
_FIGURES = re.compile(r""""[^"]*"|(?<![\w.'-])-?[0-9][0-9.,-]*""")  # names of items are none


class Mistakes:
    """Collects errors.

    Args:
        find_plugin: Finds the `plugin` line, for what concerns the whole ledger.
        blocked: Items that are known to be concerned by a mistake.

    Attributes:
        blocked: Items that are not measured.
        commodities: Commodity directives by name, to point at.
    """

    def __init__(
        self, find_plugin: Callable[[], Mapping[str, Any]], blocked: Iterable[str] = ()
    ) -> None:
        self.blocked = set(blocked)
        self.commodities: dict[str, Any] = {}
        self._find_plugin = cache(find_plugin)  # it reads the ledger's file
        self._errors: dict[Any, InvwdError] = {}

    @property
    def errors(self) -> list[InvwdError]:
        """The errors so far in the order of the ledger, of each item and cause a few."""
        alike: dict[str, list[InvwdError]] = {}
        for error in sorted(self._errors.values(), key=_place):
            alike.setdefault(_FIGURES.sub("#", error.message), []).append(error)
        shown = [error for errors in alike.values() for error in _fold(errors)]
        return sorted(shown, key=_place)

    def report(
        self, key: Any, meta: Mapping[str, Any] | None, message: str, entry: Any = None
    ) -> None:
        """Report a mistake, once per key; without `meta` at the ledger's `plugin` line."""
        if key not in self._errors:
            self._errors[key] = error_at(meta or self._find_plugin(), message, entry)

    def adopt_missing(self, other: Mistakes) -> None:
        """Take over which items lack a price."""
        for key, error in other._errors.items():
            if key == "missing" or (isinstance(key, tuple) and key[0] in {"missing", "product"}):
                self._errors[key] = error

    def block(
        self, commodity: str, meta: Mapping[str, Any] | None, message: str, entry: Any = None
    ) -> None:
        """Report a mistake and measure the item no more."""
        self.blocked.add(commodity)
        self.report((commodity, message), meta, message, entry)

    def report_unbooked(self, txn: Any, posting: Any) -> None:
        """Report a posting on an allowance account that is no allowance of a lot."""
        account = posting.account
        message = (
            f"{account} is an allowance account, but the goods in this posting are assessed in an "
            "inventory account only; post them to one, or set another 'allowance' in 'accounts'"
            if posting.cost is not None
            else f"this posting makes {account} differ from the allowances of its lots; add the "
            'tag #invwd and invwd-group: "…" (the item) to it, or post to another account'
        )
        self.report(("unbooked", posting.account), find_meta(txn, posting), message, txn)

    def report_negative(self, lot: Lot) -> None:
        """Report a lot or pool of which more left than there was."""
        label = f' lot "{lot.label}"' if lot.label else ""
        message = (
            f"{lot.units:f} {lot.stock.key.commodity}{label} in {lot.account} is less than nothing "
            "and is not measured; enter the missing purchase, or correct the sale"
        )
        where = lot.drained or lot.origin
        self.report(("negative", lot.number), find_meta(*where), message, where[0])

    def report_emptied(self, pool: Pool) -> None:
        """Report a pool that ran out of units and has cost left."""
        currency, commodity = pool.stock.key.currency, pool.stock.key.commodity
        message = (
            f"{commodity} in {pool.account} has no units left, but a cost of "
            f"{round_money(pool.cost, pool.stock.quantum)} {currency}; book its last units out at "
            "their cost"
        )
        where = pool.drained or pool.origin
        self.report(("emptied", pool.number), find_meta(*where), message, where[0])

    def report_margin(self, stock: Stock) -> None:
        """Report an item that is measured by `lcm` without a normal margin."""
        commodity = stock.key.commodity
        message = (
            f"{commodity} has no normal margin, which measure 'lcm' needs for its floor; "
            "add to its Commodity: invwd-normal-margin: \"20%\", or set 'normal_margin'"
        )
        self._report_item(("margin", commodity), stock, message)

    def report_missing(
        self, lots: Mapping[str, Lot], prices: PriceBook, day: datetime.date, *, is_all: bool
    ) -> None:
        """Report items on hand without a price that is new enough.

        Args:
            lots: The items, each with a lot that cannot be assessed.
            prices: All prices.
            day: The last measurement date.
            is_all: Whether no item has a price.
        """
        if is_all and len(lots) > 1:
            lines = "\n".join(
                _price_line(lots[item], day) + _comment_lack(lots[item], prices, day)
                for item in sorted(lots)
            )
            message = (
                f"no item on hand has a price that counts on {day}, so these are not assessed; "
                f'add what they sell for:\n{lines}\nor put invwd-measure: "cost" or '
                "invwd-exclude: TRUE on their Commodity"
            )
            self.report("missing", None, message)
            return
        for item, lot in lots.items():
            message = (
                f"{item} {_describe_lack(lot, prices, day)} on {day} and is not assessed; "
                f"add: {_find_remedy(lot, prices, day)}, or put on its Commodity "
                f'invwd-measure: "{_find_other_measure(lot)}" or invwd-exclude: TRUE'
            )
            self._report_item(("missing", item), lot.stock, message)

    def report_product(
        self, lot: Lot, product: str, day: datetime.date, *, is_excluded: bool
    ) -> None:
        """Report a raw material of which a product cannot be judged."""
        item = lot.stock.key.commodity
        why = f"has no price on {day}, or was never made or bought"
        remedy = f"add: {day} price {product} … {lot.stock.key.currency}"
        until = " until there is one"
        if is_excluded:
            why, remedy, until = "is excluded itself", f"remove invwd-exclude of {product}", ""
        message = (
            f"{item} is used in {product}, which {why}, so {item} is not assessed; {remedy}, or "
            f"take {product} out of invwd-used-in{until}"
        )
        self._report_item(("product", item), lot.stock, message)

    def _report_item(self, key: Any, stock: Stock, message: str) -> None:
        """Report at the item's Commodity, or where its first lot on hand was bought.

        Of several entities or currencies it is the place that comes first in the ledger: in which
        order they are tested is not told by the ledger.
        """
        entry = self.commodities.get(stock.key.commodity)
        meta = entry.meta if entry else find_meta(*next(iter(stock.lots.values())).origin)
        known, found = self._errors.get(key), error_at(meta, message, entry)
        if known is None or _place(found) < _place(known):
            self._errors[key] = found


def _place(error: InvwdError) -> tuple[str, int, str]:
    """Where an error stands."""
    return str(error.source["filename"]), error.source["lineno"], error.message


def _fold(errors: list[InvwdError]) -> list[InvwdError]:
    """Leave the first few of errors that differ by words and figures of the user's alone."""
    if len(errors) <= _MOST_ALIKE:
        return errors
    shown, first = errors[: _MOST_ALIKE - 1], errors[_MOST_ALIKE - 1]
    more = len(errors) - len(shown)
    message = f"{first.message}\n(and {more - 1:,} more like this one, from here on)"
    return [*shown, first._replace(message=message)]


def find_meta(txn: Any, posting: Any) -> Mapping[str, Any]:
    """The file and line of a posting, or of its transaction."""
    meta: Mapping[str, Any] = posting.meta if "lineno" in (posting.meta or ()) else txn.meta
    return meta


def _find_other_measure(lot: Lot) -> str:
    """A measure for a lot that needs no price."""
    measure = lot.terms.measure if lot.terms is not None else ""
    return "replacement" if measure == "lower" else "cost"


def _item(lot: Lot) -> str:
    return lot.stock.key.commodity


def _price_line(lot: Lot, day: datetime.date) -> str:
    return f"{day} price {_item(lot)} … {lot.stock.key.currency}"


def _comment_lack(lot: Lot, prices: PriceBook, day: datetime.date) -> str:
    """What there is in place of a price, as a comment of Beancount's."""
    is_known = prices.newest(_item(lot)) is not None or prices.has_cost(_item(lot))
    return f"  ; it {_describe_lack(lot, prices, day)}" if is_known else ""


def _find_remedy(lot: Lot, prices: PriceBook, day: datetime.date) -> str:
    """The line that is missing: a price, or the rate of one that there is."""
    last = prices.newest(_item(lot))
    if last is not None and not _is_stale(lot, last, day):
        return f"{day} price {last.amount.currency} … {lot.stock.key.currency}"
    return _price_line(lot, day)


def _is_stale(lot: Lot, last: Any, day: datetime.date) -> bool:
    age = lot.terms.price_max_age if lot.terms is not None else None
    return age is not None and (day - last.date).days > age


def _describe_lack(lot: Lot, prices: PriceBook, day: datetime.date) -> str:
    last = prices.newest(_item(lot))
    if last is None:
        costs = " (those that implicit_prices made of its costs are none)"
        return "has no price" + (costs if prices.has_cost(_item(lot)) else "")
    if lot.terms is not None and _is_stale(lot, last, day):
        age = lot.terms.price_max_age
        return f"has no price of the last {age} days (the last one is of {last.date})"
    currencies = f"{last.amount.currency} to {lot.stock.key.currency}"
    return f"has a price of {last.amount}, but no rate from {currencies}"
