"""The configuration and the calendar: which rules, which days.

configuration text, ledger -> Policy (ACCOUNTING sections 6 and 12).
"""

from __future__ import annotations

import ast
import calendar
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from beancount.core import data

STANDARDS: Final[Mapping[str, tuple[str, str, str, str, str]]] = {
    # standard: measure, basis, reversals, period, line of material losses
    "ias2": ("nrv", "item", "full", "month", "all"),
    "frs102": ("nrv", "item", "full", "month", "all"),
    "aspe3031": ("nrv", "item", "full", "month", "all"),
    "asc330": ("nrv", "item", "interim", "month", "all"),
    "asc330-lcm": ("lcm", "item", "interim", "month", "all"),
    "hgb": ("lower", "lot", "full", "year", "excess"),
}

ACCOUNTS: Final[Mapping[str, str]] = {
    "allowance": "{account}:Allowance",
    "loss": "Expenses:Inventory:Write-Down",
    "write_off": "Expenses:Inventory:Write-Off",
    "reversal": "Expenses:Inventory:Reversal",
    "cogs": "Expenses:COGS",
    "commitment": "Liabilities:Inventory:Commitments",
    "commitment_loss": "Expenses:Inventory:Commitments",
}


class Policy:
    """What the plugin line says, with the defaults of its standard."""

    def __init__(self, entries: Sequence[Any], config: str | None) -> None:
        self.entries = entries
        self.config: dict[str, Any] = ast.literal_eval(config) if config and config.strip() else {}
        measure, basis, reversals, period, line = STANDARDS[self.config.get("standard", "ias2")]
        self.measure: str = self.config.get("measure", measure)
        self.basis: str = self.config.get("basis", basis)
        self.reversals: str = self.config.get("reversals", reversals)
        self.period: str = self.config.get("period", period)
        self.materiality_line: str = self.config.get("materiality_line", line)
        self.is_released_by_period = self.config.get("release", "sale") == "period"
        patterns = self.config.get("inventory", "Assets:Inventory")
        self.patterns: list[str] = [patterns] if isinstance(patterns, str) else list(patterns)
        self.year_end = str(self.config.get("fiscal_year_end") or self.year_end_of_fava())
        self.templates = {**ACCOUNTS, **self.config.get("accounts", {})}

    def year_end_of_fava(self) -> str:
        """Return the ledger's own option, or the end of the calendar year."""
        for entry in self.entries:
            if isinstance(entry, data.Custom) and entry.type == "fava-option":
                key, value = (str(given.value) for given in entry.values)
                if key.replace("_", "-") == "fiscal-year-end":
                    return value
        return "12-31"

    def fiscal_year_end(self, day: date) -> date:
        """Return the last day of the fiscal year that holds `day`."""
        month, number = (int(part) for part in self.year_end.split("-"))
        for year in (day.year, day.year + 1):
            last = calendar.monthrange(year, month)[1]
            end = date(year, month, last if (month, number) == (2, 28) else number)
            if end >= day:
                return end
        raise AssertionError(self.year_end)

    def is_fiscal_year_start(self, day: date) -> bool:
        """Whether a fiscal year begins on this day."""
        eve = day - timedelta(1)
        return self.fiscal_year_end(eve) == eve

    def is_period_end(self, day: date) -> bool:
        """Whether a month, quarter or year (by `period`) ends on this day."""
        if self.period in ("year", "price"):
            return self.fiscal_year_end(day) == day
        is_month_end = (day + timedelta(1)).day == 1
        if self.period == "month":
            return is_month_end
        return is_month_end and (self.fiscal_year_end(day).month - day.month) % 3 == 0

    def is_in_bounds(self, day: date) -> bool:
        """Whether a measurement date may lie on this day."""
        start = self.config.get("start")
        return (not start or date.fromisoformat(start) <= day) and day <= self.last_day()

    def closed_through(self) -> date:
        """Return the day up to which the books are closed."""
        days = [
            entry.date
            for entry in self.entries
            if isinstance(entry, data.Custom) and entry.type == "invwd-closed"
        ]
        return max(days, default=date.min)

    def last_day(self) -> date:
        """Return the day up to which measurement dates may lie."""
        if self.config.get("until"):
            return date.fromisoformat(self.config["until"])
        days = [
            entry.date
            for entry in self.entries
            if isinstance(entry, (data.Transaction, data.Balance, data.Price))
            or (isinstance(entry, data.Custom) and entry.type.startswith("invwd-"))
        ]
        return max(days, default=date.min)
