"""Numbers and sentences → as Fava shows them: by its locale, without figures in incognito mode."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.report.output.numbers import MANY, places_of, round_shown

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
        text = fava_api.write_number(self._ledger, round_shown(number, places), places)
        return re.sub("[0-9]", "X", text) if self._is_incognito else text

    def formula(self, text: str) -> str:
        """Numbers and words of an explanation; decimals are written as those beside them."""
        if fava_api.has_locale(self._ledger):
            text = _DECIMAL.sub(self._write_again, text)
        return self.hide(text)

    def sentence(self, text: str) -> str:
        """Words of ours with figures in them, written as in tables; a line to paste stays."""
        line = _LINE.search(text)
        end = len(text) if line is None else line.start()
        numbers = _NUMBER if fava_api.has_locale(self._ledger) else _GROUPED
        words = numbers.sub(lambda m: m["kept"] or self._write_again(m), text[:end])
        return self.hide(words + text[end:])

    def hide(self, text: str) -> str:
        """Words that stay as they are, but for figures in incognito mode; dates stay."""
        return _FIGURE.sub(lambda m: m["kept"] or "X", text) if self._is_incognito else text

    def _write_again(self, found: re.Match[str]) -> str:
        number = found[0].replace(",", "")
        return self.digits(Decimal(number), len(number.partition(".")[2]))


def _count_digits(number: Decimal) -> int:
    """How many decimals a number has, but for idle zeros."""
    return places_of(number.normalize())


def _match(citations: Iterable[str], *figures: str) -> re.Pattern[str]:
    """Match figures, and as a group what is none; of citations the longest first."""
    texts = sorted({text for text in citations if text}, key=len, reverse=True)
    kept = [_DATE, *(rf"{re.escape(text)}(?![0-9])" for text in texts), _PARAGRAPH]
    return re.compile(f"(?P<kept>{'|'.join(kept)})|{'|'.join(figures)}")


_DATE = r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b"
_PARAGRAPH = (
    r"\bFRS 102(?: [0-9]+\.[0-9]+)?|\b(?:IAS|IFRS|ASC|ASPE) [0-9]+(?:[.-][0-9]+[A-Z]?)*"
    r"|§[0-9]+(?:\([0-9]+\))*(?: [0-9]\b)?"
)
_FEW = r"(?<![\w.,])(?<!\w-)[0-9]+\.(?:[0-9]{2,}|[0-9](?=%))(?!\w|\.[0-9])"
"""6000.00 and 8.5%, as the engine writes them, but not V2.50 or the 6,000.00 of a narration."""
_DECIMAL = re.compile(_FEW)
_CITATIONS = list_citations()
_GROUPED = _match(_CITATIONS, MANY)
_NUMBER = _match(_CITATIONS, MANY, _FEW)
_FIGURE = _match(_CITATIONS, "[0-9]")
_LINE = re.compile(rf"{_DATE} (?:balance|custom|open|price) ")
