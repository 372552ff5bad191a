"""Fava's private parts: the only file that reaches into Fava behind its extension interface.

Fava calls that interface unstable, and patch releases have broken it. What the page needs beyond
`FavaExtensionBase` stands here, so that a new Fava is one file to look at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from beancount.core.account import has_component
from fava.context import g
from fava.core.filters import Match
from fava.core.number import get_locale_format
from fava.helpers import FavaAPIError
from flask import request, url_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from decimal import Decimal
    from typing import Any

    from fava.core import FavaLedger

_Error = TypeVar("_Error")


class BadFilterError(Exception):
    """A filter of Fava's that cannot be read; the text says which and why."""


def read_time_filter_end() -> date | None:
    """Read the last day of Fava's time filter, inclusive; None without a time filter.

    Raises:
        BadFilterError: One of Fava's filters cannot be read.
    """
    try:
        date_range = g.filtered.date_range
    except FavaAPIError as error:
        raise BadFilterError(str(error)) from error
    except (ValueError, OverflowError, re.error) as error:  # Fava lets some of these through
        raise BadFilterError(f"{error} (time, account or text filter)") from error
    return date_range.end_inclusive if date_range else None


def read_account_filter() -> Callable[[str], bool] | None:
    """Read Fava's account filter: a part of an account's name or a pattern; None without one."""
    pattern = request.args.get("account", "")
    if not pattern:
        return None
    match = Match(pattern)
    return lambda account: has_component(account, pattern) or match(account)


def has_text_filter() -> bool:
    """Tell whether Fava's free-text filter is set."""
    return bool(request.args.get("filter", "").strip())


def list_errors(ledger: FavaLedger, kind: type[_Error]) -> list[_Error]:
    """List the errors of one kind that loading the ledger gave."""
    errors: Sequence[object] = ledger.load_errors
    return [error for error in errors if isinstance(error, kind)]


def format_amount(ledger: FavaLedger, number: Decimal, currency: str) -> str:
    """Format an amount with the digits and separators that Fava uses for `currency`."""
    return ledger.format_decimal(number, currency)


def format_exact(ledger: FavaLedger, number: Decimal, currency: str) -> str:
    """Format a quantity or a value per unit: as `format_amount`, but no digit is rounded away."""
    formats = ledger.format_decimal
    exponent = number.normalize().as_tuple().exponent
    digits = -exponent if isinstance(exponent, int) else 0
    if digits <= formats.precisions.get(currency, 2):
        return formats(number, currency)
    return get_locale_format(formats._locale, digits)(number)  # noqa: SLF001


def find_source_url(ledger: FavaLedger, source: Mapping[str, Any] | None) -> str | None:
    """Link to a directive in Fava's editor; None where no file of the ledger holds it."""
    filename, line = (source or {}).get("filename"), (source or {}).get("lineno")
    if filename not in ledger.options["include"]:
        return None
    if ledger.fava_options.use_external_editor:
        return f"beancount://{filename}?lineno={line}"
    return url_for("report", report_name="editor", file_path=filename, line=line)
