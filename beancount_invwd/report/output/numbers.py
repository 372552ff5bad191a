"""Numbers → text, by the display context of the ledger.

Amounts have as many decimals as the ledger usually writes in that currency, and not fewer than the
plugin rounds to; thousands are set apart if the ledger's `render_commas` says so.
"""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, Protocol

from beancount.core.display_context import Precision

from beancount_invwd.ground.money import CONTEXT, ONE, round_money, round_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beancount_invwd.engine import Run

_MOST_DECIMALS = 6
_DEFAULT = 2
_CALCULATOR_DECIMALS = 10
MANY = r"(?<![\w.,])(?<!\w-)[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?(?!\w|[.,][0-9])"
"""6,000 and 6,000.00, as sentences have it."""
_MANY = re.compile(MANY)


class NumberWriter(Protocol):
    """Whoever writes the numbers of a text."""

    def show_money(self, amount: Decimal, currency: str) -> str:
        """An amount."""

    def show_exact(self, number: Decimal, commodity: str = "") -> str:
        """A quantity of a commodity, or a value per unit."""

    def sentence(self, text: str) -> str:
        """Words of ours with figures in them."""


class Numbers:
    """Writes numbers as the ledger does.

    Args:
        options_map: The ledger's options.
        quanta: The smallest unit that the plugin writes, by currency.
    """

    def __init__(self, options_map: Mapping[str, Any], quanta: Mapping[str, Decimal]) -> None:
        self._context = options_map.get("dcontext")
        self._commas = "," if options_map.get("render_commas") else ""
        self._quanta = quanta
        self._places: dict[str, int] = {}

    def count_places(self, currency: str) -> int:
        """The decimals of amounts in a currency."""
        if currency not in self._places:
            self._places[currency] = self._find_places(currency)
        return self._places[currency]

    def _find_places(self, currency: str) -> int:
        counts = [places_of(self._quanta[currency])] if currency in self._quanta else []
        known = self._context.ccontexts if self._context is not None else {}
        if currency in known:
            counts.append(known[currency].get_fractional(Precision.MOST_COMMON) or 0)
        return max(counts, default=_DEFAULT)

    def show_money(self, amount: Decimal, currency: str) -> str:
        """An amount, rounded half up."""
        return f"{round_shown(amount, self.count_places(currency)):{self._commas}f}"

    def show_exact(self, number: Decimal, commodity: str = "") -> str:  # noqa: ARG002 (Fava's)
        """A quantity or a value per unit; endless decimals and idle zeros are cut."""
        with localcontext(CONTEXT):
            if places_of(number) > _MOST_DECIMALS:
                number = round_number(number, _MOST_DECIMALS)
            text = f"{number + 0:{self._commas}f}"
            whole, point, places = text.partition(".")
            if len(places) <= _DEFAULT:
                return text
            return whole + point + places.rstrip("0").ljust(_DEFAULT, "0")

    def sentence(self, text: str) -> str:
        """Words of ours with figures in them, which are written as in tables."""
        return text if self._commas else _MANY.sub(lambda found: found[0].replace(",", ""), text)

    def show_share(self, share: Decimal) -> str:
        """A share as a percentage with one decimal."""
        with localcontext(CONTEXT):
            return f"{round_shown(share * 100, 1):f}%"


def round_shown(number: Decimal, places: int) -> Decimal:
    """Round a number half up, to decimals; what is nothing then has no sign."""
    rounded = round_money(number, ONE.scaleb(-places))
    return rounded or abs(rounded)


def places_of(number: Decimal) -> int:
    """How many decimals a number has."""
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def show(number: Decimal) -> str:
    """A number as it is typed into a calculator; endless decimals and idle zeros are cut."""
    text = f"{number:f}"
    whole, point, places = text.partition(".")
    if len(places) <= _DEFAULT:
        return text
    if len(places) > _CALCULATOR_DECIMALS:
        whole, point, places = f"{round_number(number, _CALCULATOR_DECIMALS):f}".partition(".")
    return whole + point + places.rstrip("0").ljust(_DEFAULT, "0")


def show_share(share: Decimal) -> str:
    """A share as a percentage."""
    text = f"{round_number(share * 100, _CALCULATOR_DECIMALS):f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"


def make_numbers(run: Run) -> Numbers:
    """Take display context and quanta from the ledger of a run."""
    return Numbers(run.options_map, {row.key.currency: row.quantum for row in run.stocks})
