"""The address → what is asked for.

Fava's own parameters (time, account, filter, conversion, interval) are read in `fava_api`.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from beancount_invwd.engine import RuleError
from beancount_invwd.ground.words import say
from beancount_invwd.policy.standards import BASES, STANDARDS
from beancount_invwd.report.ledger.holdings import By
from beancount_invwd.report.ledger.rolled import RollBy
from beancount_invwd.report.ledger.spans import SpanLength
from beancount_invwd.report.risk.risk import HEADROOM, read_share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.datastructures import MultiDict

View = Literal[
    "todo", "positions", "movements", "rollforward", "risk", "prices", "compare", "disclosure",
    "help", "lookback", "audit", "diff", "explain",
]  # fmt: skip
DEFAULT_SHOCK = "-10%"
_LATEST = 100_000
_ZERO = Decimal()
_LAST_COMMIT = "HEAD"
_MOST_COLUMNS = 6


class BadQuestionError(Exception):
    """A parameter that cannot be read; the text says which and what is allowed."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for.

    Attributes:
        by: What is one position.
        kind: The kind of tasks, or of movements, that is shown alone; empty for all.
        sort: The key of a column, with a dash before it for the highest first; empty for the
            order of the view.
        is_whole: Whether all rows of a long table are asked for.
        each: What has a row of its own in the roll-forward, empty for nothing; `period` is what a
            row covers, empty for Fava's interval.
        item: The item to explain, and `lot` the label of its lots.
        scenarios: What to compare with, a column each, as on the command line.
        within: The days to look ahead, None for as many as the view does.
        sheet: Lines with prices that were filled in, of a date, and the tax that they contain; of
            a look back the date of the estimates.
        old: The revision to tell changes since, as git names it.
        standard: Another standard to compare with, empty for that of the ledger; so are `basis`
            and `price` and `replacement`, by how many per cent prices and costs change.
    """

    view: View = "todo"
    by: By = "item"
    sort: str = ""
    is_whole: bool = False
    each: str = ""
    period: str = ""
    item: str = ""
    lot: str = ""
    scenarios: tuple[str, ...] = ()
    standard: str = ""
    basis: str = ""
    price: str = ""
    replacement: str = ""
    headroom: Decimal = HEADROOM
    within: int | None = None
    kind: str = ""
    sheet: str = ""
    date: datetime.date | None = None
    tax: Decimal = _ZERO
    old: str = _LAST_COMMIT

    @property
    def policy(self) -> str:
        """The policy that the fields of the form ask for, as a scenario; empty for the ledger's."""
        return _join(standard=self.standard, basis=self.basis)

    @property
    def asked(self) -> tuple[str, ...]:
        """What the fields of the form ask for: the policy and the prices, a column each."""
        scaled = _join(price=self.price), _join(replacement=self.replacement)
        return tuple(filter(None, (self.policy, *scaled)))

    @property
    def columns(self) -> tuple[str, ...]:
        """All scenarios to compare with."""
        return tuple(dict.fromkeys((*self.scenarios, *self.asked)))

    def look_ahead(self, usual: int) -> int:
        """The days to look ahead."""
        return usual if self.within is None else self.within

    @property
    def percent(self) -> str:
        """The share by which prices may fall, in per cent."""
        return f"{(self.headroom * 100).normalize():f}"

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the view, but for its name."""
        within = {} if self.within is None else {"within": self.within}
        values: dict[str, dict[str, Any]] = {
            "prices": within,
            "audit": within,
            "lookback": {**within, **({} if self.date is None else {"date": self.date})},
            "todo": {**within, "kind": self.kind},
            "positions": {"by": self.by},
            "movements": {"kind": self.kind, "item": self.item},
            "rollforward": {"each": self.each, "period": self.period},
            "risk": {"headroom": f"{self.percent}%", **within},
            "compare": {
                "standard": self.standard,
                "basis": self.basis,
                "price": self.price.removesuffix("%"),
                "replacement": self.replacement.removesuffix("%"),
                "with": list(self.scenarios),
            },
            "diff": {"old": self.old},
            "explain": {"item": self.item, **({"lot": self.lot} if self.lot else {})},
        }
        return values.get(self.view, {})


def _join(**settings: str) -> str:
    return ",".join(f"{key}={value}" for key, value in settings.items() if value)


def read_question(args: MultiDict[str, str]) -> Question:
    """Read what is asked for.

    Raises:
        BadQuestionError: A parameter has a value that is not allowed.
    """
    view = _choose(args, "view", get_args(View), "todo")
    scenarios = tuple(dict.fromkeys(filter(None, map(str.strip, args.getlist("with")))))
    if len(scenarios) > _MOST_COLUMNS:
        raise BadQuestionError(
            say("with: at most {most} columns can be compared", most=_MOST_COLUMNS)
        )
    has_form = any(name in args for name in ("standard", "basis", "price", "replacement", "with"))
    return Question(
        view=cast("View", view),
        by=cast("By", _choose(args, "by", get_args(By), "item")),
        sort=args.get("sort", ""),
        is_whole=_choose(args, "rows", ("", "all"), "") == "all",
        each=_choose(args, "each", ("", *get_args(RollBy)), ""),
        period=_choose(args, "period", ("", *get_args(SpanLength)), ""),
        item=args.get("item", ""),
        lot=args.get("lot", ""),
        scenarios=scenarios,
        standard=_choose(args, "standard", ("", *STANDARDS), ""),
        basis=_choose(args, "basis", ("", *BASES), ""),
        price=_read_shock("price", args) if has_form else DEFAULT_SHOCK,
        replacement=_read_shock("replacement", args),
        headroom=_read_share(args.get("headroom", "")),
        within=_read_days(args.get("within", "")),
        kind=args.get("kind", ""),
        sheet=args.get("sheet", ""),
        date=_read_date(args.get("date", "")),
        tax=_read_tax(args.get("tax", "")),
        old=_read_revision(args.get("old", "")),
    )


def _choose(args: MultiDict[str, str], name: str, allowed: Iterable[str], default: str) -> str:
    value = args.get(name, default)
    if value in allowed:
        return value
    known = ", ".join(text for text in allowed if text)
    raise BadQuestionError(
        say("{name} is {quote}; allowed are {known}", name=name, quote=_quote(value), known=known)
    )


def _quote(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:60] + "…")  # noqa: PLR2004


def _read_shock(name: str, args: MultiDict[str, str]) -> str:
    """A change of prices or costs, -10 or -10%."""
    value = args.get(name, "")
    text = value.strip().removesuffix("%").replace("−", "-")
    if not text:
        return ""
    if not re.fullmatch(r"[+-]?[0-9]{1,4}(\.[0-9]{1,4})?", text, re.ASCII):
        raise BadQuestionError(
            say(
                "{name} is {quote}; allowed is a change such as -10%",
                name=name,
                quote=_quote(value),
            )
        )
    return f"{text}%" if Decimal(text) else ""


def _read_share(value: str) -> Decimal:
    value = value or f"{HEADROOM:.0%}"
    try:
        return read_share(value if value.strip().endswith("%") else f"{value}%")
    except RuleError as error:
        raise BadQuestionError(
            say("headroom is {quote}; allowed is {error}", quote=_quote(value), error=error)
        ) from error


def _read_revision(value: str) -> str:
    """A revision as git names it, which is no option of git's."""
    text = value.strip() or _LAST_COMMIT
    if not re.fullmatch(r"[\w@][\w./@^~{}+-]{0,99}", text):
        raise BadQuestionError(f"old is {_quote(value)}; allowed is a revision such as HEAD~1")
    return text


def _read_days(value: str) -> int | None:
    if not value:
        return None
    if not re.fullmatch("[0-9]{1,6}", value) or int(value) > _LATEST:
        raise BadQuestionError(
            say(
                "within is {quote}; allowed are days, 0 to {latest}",
                quote=_quote(value),
                latest=_LATEST,
            )
        )
    return int(value)


def _read_date(value: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(value) if value else None
    except ValueError as error:
        raise BadQuestionError(
            say("date is {quote}; allowed is YYYY-MM-DD", quote=_quote(value))
        ) from error


def _read_tax(value: str) -> Decimal:
    if value and not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,4})?", value, re.ASCII):
        raise BadQuestionError(
            say("tax is {quote}; allowed are per cent, 0 to 99", quote=_quote(value))
        )
    return Decimal(value or 0) / 100
