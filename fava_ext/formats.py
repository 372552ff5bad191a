"""Numbers and sentences → as Fava shows them: by its locale, without figures in incognito mode."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.report.output.numbers import places_of

from . import fava_api
from .words import list_citations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fava.core import FavaLedger

_CENT = Decimal("0.01")


class Formats:
    """Writes numbers as Fava does, and hides them in incognito mode.

    Args:
        ledger: Fava's ledger.
        find_quantum: The smallest unit of a currency; amounts have no fewer decimals than it.
    """

    def __init__(
        self, ledger: FavaLedger, find_quantum: Callable[[str], Decimal] = lambda _: _CENT
    ) -> None:
        self._ledger = ledger
        self._find_quantum = find_quantum
        self._is_incognito = fava_api.is_incognito()

    def show_money(self, number: Decimal, currency: str) -> str:
        """An amount."""
        return self.digits(number, self._count_places(currency))

    def price(self, number: Decimal, currency: str) -> str:
        """A value per unit: as `show_money`, but no digit is rounded away."""
        return self.digits(number, max(_count_digits(number), self._count_places(currency)))

    def show_exact(self, number: Decimal, commodity: str = "") -> str:
        """A quantity, or a value per unit of whatever currency: no digit is rounded away."""
        places = fava_api.count_places(self._ledger, commodity)
        return self.digits(number, max(_count_digits(number), places))

    def _count_places(self, currency: str) -> int:
        """Fava's decimals: those that the ledger is written with, which may be none."""
        places = fava_api.count_places(self._ledger, currency)
        return max(places, places_of(self._find_quantum(currency)))

    def digits(self, number: Decimal, places: int) -> str:
        """A number with so many decimals."""
        text = fava_api.write_number(self._ledger, number, places)
        return re.sub("[0-9]", "X", text) if self._is_incognito else text

    def formula(self, text: str) -> str:
        """Numbers and words of an explanation; decimals are written as those beside them."""
        if fava_api.has_locale(self._ledger):
            text = _DECIMAL.sub(lambda m: self.digits(Decimal(m[0]), len(m[1])), text)
        return self.sentence(text)

    def sentence(self, text: str) -> str:
        """Words that may have figures in them; dates and cited paragraphs stay."""
        return _FIGURE.sub(lambda m: m[1] or "X", text) if self._is_incognito else text


def _count_digits(number: Decimal) -> int:
    """How many decimals a number has, but for idle zeros."""
    return places_of(number.normalize())


def _match_figures(citations: Iterable[str]) -> re.Pattern[str]:
    """Match digits, and as a group what is kept; of citations the longest first."""
    texts = sorted({text for text in citations if text}, key=len, reverse=True)
    kept = [_DATE, *(rf"{re.escape(text)}(?![0-9])" for text in texts), _PARAGRAPH]
    return re.compile(f"({'|'.join(kept)})|[0-9]")


_DATE = r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b"
_PARAGRAPH = (
    r"\bFRS 102(?: [0-9]+\.[0-9]+)?|\b(?:IAS|ASC|ASPE) [0-9]+(?:[.-][0-9]+[A-Z]?)*"
    r"|§[0-9]+(?:\([0-9]+\))*(?: [0-9]\b)?"
)
_DECIMAL = re.compile(r"(?<![\w.,])(?<!\w-)[0-9]+\.([0-9]{2,}|[0-9](?=%))(?!\w|\.[0-9])")
"""6000.00 and 8.5%, as the engine writes them, but not V2.50 or the 6,000.00 of a narration."""
_FIGURE = _match_figures(list_citations())
