"""Fava's private parts: the only file that reaches into Fava behind its extension interface.

Fava calls that interface unstable, and patch releases have broken it. What the page needs beyond
`FavaExtensionBase` stands here, so that a new Fava is one file to look at: filters, formats, the
links, and the names of the pages that they lead to.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from beancount.core.account import has_component
from fava.beans.funcs import hash_entry
from fava.context import g
from fava.core.filters import AccountFilter, AdvancedFilter, Match, TimeFilter
from fava.core.inventory import CounterInventory
from fava.core.number import get_locale_format
from fava.helpers import FavaAPIError
from fava.util.date import INTERVALS, dateranges
from flask import Response, after_this_request, current_app, request, url_for
from flask_babel import get_locale  # type: ignore[import-untyped]

from beancount_invwd.ground.words import ENGLISH, find_language, say, speaking

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fava.core import FavaLedger
    from werkzeug.datastructures import MultiDict

_Error = TypeVar("_Error")

_MOST_INTERVALS = 400
_ZERO, _ONE = Decimal(), Decimal(1)
_PLACES = 2
_NO_CURRENCY = {"at_cost", "at_value", "units"}
NAME = "Impairment"


class BadFilterError(Exception):
    """A filter of Fava's that cannot be read; the text says which and why."""


# Filters


@dataclass(frozen=True, slots=True)
class Filters:
    """Fava's three filters.

    Attributes:
        start: The first day of the time filter, inclusive; None without one.
        end: Its last day, inclusive.
        account: The account filter as it was typed: a part of a name or a pattern; so is `text`.
    """

    start: date | None
    end: date | None
    time: str
    account: str
    text: str

    def accepts(self, account: str) -> bool:
        """Tell whether the account filter accepts an account."""
        pattern = self.account
        return not pattern or has_component(account, pattern) or Match(pattern)(account)

    def pick(self, entries: Sequence[Any]) -> Sequence[Any]:
        """Pick entries by account and text, as Fava's journal does."""
        if self.account:
            entries = AccountFilter(self.account).apply(entries)
        return self.pick_by_text(entries)

    def pick_by_text(self, entries: Sequence[Any]) -> Sequence[Any]:
        """Pick entries by text alone."""
        return AdvancedFilter(self.text).apply(entries) if self.text else entries


def read_filters(ledger: FavaLedger) -> Filters:
    """Read Fava's filters from the address.

    Raises:
        BadFilterError: One of them cannot be read.
    """
    time, account = request.args.get("time", ""), request.args.get("account", "")
    text = request.args.get("filter", "").strip()
    start = end = None
    try:
        if time:
            span = TimeFilter(ledger.options, ledger.fava_options, time).date_range
            start, end = span.begin, span.end_inclusive
        filters = Filters(start, end, time, account, text)
        filters.accepts("Assets")
        filters.pick_by_text(())
    except FavaAPIError as error:
        raise BadFilterError(str(error)) from error
    except (ValueError, OverflowError, re.error) as error:  # Fava lets some of these through
        raise BadFilterError(say("{error} (time, account or text filter)", error=error)) from error
    return filters


def read_arguments() -> MultiDict[str, str]:
    """Read what the address asks for."""
    return request.args


def read_language() -> str:
    """Read the language of Fava, if it can be spoken here; English outside of requests."""
    return find_language(str(get_locale() or ENGLISH))


def speak() -> None:
    """Speak Fava's language until this request is answered."""
    speech = ExitStack()
    speech.enter_context(speaking(read_language()))

    @after_this_request
    def end(response: Response) -> Response:
        speech.close()
        return response


def key_of_request() -> tuple[object, ...]:
    """Tell requests apart that may be answered differently."""
    names = sorted(name for name in request.args if name != "partial")
    values = [(name, *request.args.getlist(name)) for name in names]
    return (request.script_root, is_incognito(), *values)


def read_interval() -> str:
    """Read the interval: day, week, month, quarter or year."""
    return next((name for name, value in INTERVALS.items() if value is g.interval), "month")


def split_time(start: date, end: date) -> Sequence[tuple[date, date]]:
    """Split a time, both days inclusive, into Fava's intervals; the newest ones, if many."""
    interval = g.interval
    days = interval.number_of_days(date(2001, 1, 1)) * _MOST_INTERVALS
    start = max(start, end - timedelta(min(days, end.toordinal() - 1)))
    if end == date.max or start > end:
        return []
    ranges = dateranges(start, end + timedelta(1), interval, complete=True)
    return [(row.begin, row.end_inclusive) for row in ranges]


def name_interval(day: date) -> str:
    """Name the interval that begins on a day, as the time filter does: 2024-01, 2024-Q1, 2024."""
    return str(g.interval.format_date(day))


def shows_charts() -> bool:
    """Tell whether charts are shown: Fava's switch for them is a parameter of the address."""
    return request.args.get("charts") != "false"


# Conversion


def read_currency() -> str:
    """Read the currencies that Fava converts to, joined by commas; empty for none."""
    return "" if g.conversion in _NO_CURRENCY else g.conversion


def is_at_value() -> bool:
    """Tell whether Fava shows market value in place of cost."""
    return g.conversion == "at_value"


def convert(
    ledger: FavaLedger, amounts: Iterable[tuple[str, Decimal]], day: date
) -> dict[str, Decimal]:
    """Convert amounts at the rate of a day, by currency; without a rate they stay as they are."""
    total: dict[str, Decimal] = {}
    for currency, number in amounts:
        unit, amount = currency, number
        if read_currency():
            inventory = CounterInventory({(currency, None): number or _ONE})  # of 0 Fava makes none
            found = g.conv.apply(inventory, ledger.prices, day)
            unit, amount = next(iter(found.items()), (currency, number))
        total[unit] = total.get(unit, _ZERO) + (amount if number else number)
    return total


def find_unit(ledger: FavaLedger, currency: str, day: date) -> str:
    """The currency that amounts in another one are converted to."""
    return next(iter(convert(ledger, [(currency, _ONE)], day)))


# Formats


def write_number(ledger: FavaLedger, number: Decimal, places: int) -> str:
    """Write a number with so many decimals, as the locale has it."""
    return get_locale_format(ledger.format_decimal._locale, places)(number)  # noqa: SLF001


def has_locale(ledger: FavaLedger) -> bool:
    """Tell whether numbers are written otherwise than in the ledger."""
    return ledger.format_decimal._locale is not None  # noqa: SLF001


def count_places(ledger: FavaLedger, commodity: str) -> int:
    """The decimals that the ledger is written with; Fava's, if it never writes the commodity."""
    return ledger.format_decimal.precisions.get(commodity, _PLACES)


def is_incognito() -> bool:
    """Tell whether Fava hides figures."""
    return bool(current_app.config["INCOGNITO"])


# Links


def url_of(endpoint: str = "", **values: Any) -> str:
    """Link to a view of the page, or to one of its endpoints; Fava adds its filters."""
    if "charts" in request.args:
        values.setdefault("charts", request.args["charts"])
    page, mark, query = url_for("extension_report", extension_name=NAME, **values).partition("?")
    return f"{page}{endpoint}{mark}{query}"


def url_without_filters() -> str:
    """Link to the page without any of Fava's filters."""
    return url_for("extension_report", extension_name=NAME, time="", account="", filter="")


def url_of_account(name: str) -> str:
    """Link to Fava's page of an account."""
    return url_for("account", name=name)


def url_of_document(ledger: FavaLedger, entry: Any, key: str) -> str:
    """Link to a document that an entry names in its metadata; empty if there is none."""
    if not key.startswith("document"):
        return ""
    name = hash_entry(entry)
    try:
        ledger.statement_path(name, key)
    except FavaAPIError:
        return ""
    return url_for("statement", entry_hash=name, key=key)


def url_of_source(ledger: FavaLedger, source: Mapping[str, Any] | None) -> str:
    """Link to a directive in Fava's editor; empty where no file of the ledger holds it."""
    filename, line = (source or {}).get("filename"), (source or {}).get("lineno")
    if filename not in ledger.options["include"]:
        return ""
    if ledger.fava_options.use_external_editor:
        return f"beancount://{filename}?lineno={line}"
    return url_for("report", report_name="editor", file_path=filename, line=line)


# The ledger


def list_errors(ledger: FavaLedger, kind: type[_Error]) -> list[_Error]:
    """List the errors of one kind that loading the ledger gave."""
    errors: Sequence[object] = ledger.load_errors
    return [error for error in errors if isinstance(error, kind)]


def name_item(ledger: FavaLedger, commodity: str) -> str:
    """Name a commodity as Fava does."""
    return ledger.commodities.name(commodity)


def find_sku(ledger: FavaLedger, commodity: str) -> str:
    """The number that a commodity has in a shop; empty for none."""
    for entry in ledger.all_entries_by_type.Commodity:
        if entry.currency == commodity:
            return str(entry.meta.get("sku", ""))
    return ""
