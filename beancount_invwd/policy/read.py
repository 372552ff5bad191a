"""Configuration text → a complete `Policy`, or one error per mistake.

The defaults come from the standard (ACCOUNTING section 12), each can be set on its own. The text is
a Python literal and is never evaluated as code.

    "{'standard': 'hgb', 'selling_cost': '8%'}"
"""

from __future__ import annotations

import ast
import datetime
import re
import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from beancount_invwd.ground.dates import YearEnd, parse_date
from beancount_invwd.ground.errors import RuleError, find_near
from beancount_invwd.ground.money import ZERO
from beancount_invwd.policy import standards, templates, values
from beancount_invwd.policy.patterns import compile_pattern
from beancount_invwd.policy.policy import KEYS, NO_CHARGE, Coverage, Policy, Terms, Threshold

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from beancount_invwd.policy.templates import Roots

_LONGEST_TEXT = 50_000
_MOST_PROBLEMS = 10


class _Reader:
    """Takes keys out of the configuration and collects what is wrong with them."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        self.problems: list[str] = []

    def take(self, key: str, parse: Callable[[Any], Any], default: Any) -> Any:
        if key not in self.given:
            return default
        return self.check(repr(key), self.given[key], parse, default)

    def check(self, name: str, value: Any, parse: Callable[[Any], Any], default: Any) -> Any:
        try:
            return parse(value)
        except RuleError as error:
            self.problems.append(f"{name} is {_shorten(value)}; allowed is {error}")
            return default


def read_policy(
    config: str | None, roots: Roots, year_end_option: str | None = None
) -> tuple[Policy | None, Sequence[str]]:
    """Read the configuration of the `plugin` line.

    Args:
        config: The text, a Python literal; None or blank is the default policy.
        roots: The ledger's root accounts.
        year_end_option: The ledger's `fiscal_year_end` option of Fava, if it has one.

    Returns:
        The policy and no problems, or None and what is wrong, a sentence each.
    """
    try:
        given = read_literal(config or "")
    except RuleError as error:
        return None, [str(error)]
    reader = _Reader(given)
    reader.problems += _unknown_keys(given, KEYS)
    policy = _build(reader, roots, year_end_option)
    reader.problems += _contradictions(policy)
    return (None, reader.problems) if reader.problems else (policy, [])


def read_literal(text: str) -> dict[Any, Any]:
    """Read the text of a configuration, a Python literal; blank is an empty one.

    Raises:
        RuleError: It is no dict, or says a key twice.
    """
    wanted = "the configuration must be a Python dict such as \"{'standard': 'ias2'}\""
    if not text.strip():
        return {}
    if len(text) > _LONGEST_TEXT:
        raise RuleError(f"the configuration has {len(text):,} characters, too many; {wanted}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of backslashes that mean nothing
            node = ast.parse(text.strip(), mode="eval").body
        value = ast.literal_eval(node)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        reason = str(error).partition("\n")[0].partition(" on line")[0]
        raise RuleError(f"{wanted}, but it is not ({reason or type(error).__name__})") from error
    if not isinstance(node, ast.Dict) or not isinstance(value, dict):
        raise RuleError(f"{wanted}, but it is a {type(value).__name__}")
    twice = _find_twice(node)
    if twice:
        raise RuleError(f"the key {twice[0]!r} is given twice; keep one")
    return value


def _find_twice(node: ast.expr) -> list[Any]:
    """Find keys that stand twice in a dict, or in one within it."""
    return [
        key
        for part in ast.walk(node)
        if isinstance(part, ast.Dict)
        for key, count in Counter(ast.literal_eval(key) for key in part.keys if key).items()
        if count > 1
    ]


def _shorten(value: Any, longest: int = 80) -> str:
    try:
        text = repr(value)
    except ValueError:  # a number of thousands of digits
        return "a number of too many digits"
    return text if len(text) <= longest else text[:longest] + "…"


def _unknown_keys(given: Iterable[Any], allowed: Collection[str], where: str = "") -> list[str]:
    keys = [key if isinstance(key, str) else _shorten(key) for key in given if key not in allowed]
    named = [_unknown_key(key, sorted(allowed), where) for key in keys[:_MOST_PROBLEMS]]
    more = len(keys) - len(named)
    return [*named, *([f"{more:,} more unknown keys{where}; take them out"] if more else [])]


def _unknown_key(key: str, allowed: Sequence[str], where: str) -> str:
    near = find_near(key, allowed)
    hint = f"did you mean {near!r}?" if near else f"allowed are {', '.join(allowed)}"
    return f"unknown key {_shorten(key)}{where}; {hint}"


def _build(reader: _Reader, roots: Roots, year_end_option: str | None) -> Policy:
    name = reader.take("standard", _one_of(tuple(standards.STANDARDS)), "ias2")
    standard = standards.STANDARDS[name]
    terms = Terms(
        measure=reader.take("measure", _one_of(standards.MEASURES), standard.measure),
        selling_cost=reader.take("selling_cost", values.parse_charge, NO_CHARGE),
        completion_cost=reader.take("completion_cost", values.parse_charge, NO_CHARGE),
        normal_margin=reader.take("normal_margin", _or_none(values.parse_charge), None),
        ageing=reader.take("ageing", _or_none(values.parse_schedule), None) or (),
        price_max_age=reader.take("price_max_age", _or_none(parse_days), 365),
        price_includes=reader.take("price_includes", _or_none(values.parse_share), None) or ZERO,
    )
    patterns = reader.take("inventory", _parse_patterns, ("Assets:Inventory",))
    policy = Policy(
        standard=name,
        basis=reader.take("basis", _one_of(standards.BASES), standard.basis),
        reversals=reader.take("reversals", _one_of(standards.REVERSALS), standard.reversals),
        period=reader.take("period", _one_of(standards.PERIODS), standard.period),
        terms=terms,
        inventory=tuple(_localise_pattern(pattern, roots) for pattern in patterns),
        accounts={},
        year_end=_read_year_end(reader, year_end_option),
        roots=roots,
        release=reader.take("release", _one_of(("sale", "period")), "sale"),
        missing_price=reader.take("missing_price", _one_of(("error", "ignore")), "error"),
        start=reader.take("start", _or_none(parse_date), None),
        until=reader.take("until", _or_none(parse_date), None),
        materiality=reader.take("materiality", _or_none(parse_materiality), None) or (),
        materiality_line=reader.take(
            "materiality_line", _one_of(standards.LINES), standard.materiality_line
        ),
        evidence_after=reader.take("evidence_after", _parse_window, 90),
        idle=reader.take("idle", _or_none(values.parse_schedule), None) or (),
        coverage=reader.take("coverage", _or_none(parse_coverage), None),
    )
    return policy._replace(accounts=_read_accounts(reader, policy))


def _one_of(allowed: tuple[str, ...]) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if isinstance(value, str) and value in allowed:
            return value
        near = find_near(value, allowed) if isinstance(value, str) else None
        hint = f" (did you mean {near!r}?)" if near else ""
        raise RuleError(" or ".join(repr(name) for name in allowed) + hint)

    return parse


def _or_none(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else parse(value)


def _parse_window(value: Any) -> int:
    if not values.is_whole(value):
        raise RuleError("a whole number of days such as 90")
    return cast("int", value)


def parse_days(value: Any) -> int:
    """Parse a number of days."""
    if not values.is_whole(value):
        raise RuleError("a whole number of days, or None for any age")
    return cast("int", value)


def _parse_patterns(value: Any) -> tuple[str, ...]:
    wanted = "a regular expression of accounts, or a list of them"
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, (list, tuple)) or not texts:
        raise RuleError(wanted)
    for text in texts:
        if not isinstance(text, str) or not text:
            raise RuleError(wanted)
        _compile(text)
    return tuple(texts)


def _compile(text: str) -> re.Pattern[str]:
    pattern = compile_pattern(text)
    taken = {*templates.ACCOUNT_FIELDS, *templates.ITEM_FIELDS} & pattern.groupindex.keys()
    if taken:
        raise RuleError(f"a group of another name than {', '.join(sorted(taken))}")
    return pattern


def _localise_pattern(text: str, roots: Roots) -> re.Pattern[str]:
    if text.startswith("Assets:"):
        text = re.escape(roots.names["Assets"]) + text.removeprefix("Assets")
    return _compile(text)


def parse_coverage(value: Any) -> Coverage:
    """Parse what `coverage` is."""
    wanted = "{'window': 365, 'rates': {365: '50%', 730: '100%'}}, with 'apply' 'excess' or 'item'"
    if not isinstance(value, dict):
        raise RuleError(wanted)
    if unknown := _unknown_keys(value, ("window", "rates", "apply"), " in 'coverage'"):
        raise RuleError("; ".join([wanted, *unknown]))
    if not {"window", "rates"} <= value.keys():
        raise RuleError(wanted)
    window, apply = value["window"], value.get("apply", "excess")
    if not values.is_whole(window) or not window or apply not in ("excess", "item"):
        raise RuleError(wanted)
    return Coverage(window, values.parse_schedule(value["rates"]), apply == "item")


def parse_materiality(value: Any) -> tuple[Threshold, ...]:
    """Parse thresholds."""
    wanted = "'500 USD', '1%', or a list of both"
    parts = value if isinstance(value, (list, tuple)) else [value]
    found = {}
    for part in parts:
        try:
            charge = values.parse_charge(part)
        except RuleError as error:
            raise RuleError(wanted) from error
        if charge.of == "cost" or charge.of in found:
            raise RuleError(wanted)
        found[charge.of] = Threshold(charge.number, charge.currency)
    if not found:
        raise RuleError(wanted)
    return tuple(found.values())


def _read_year_end(reader: _Reader, option: str | None) -> YearEnd:
    default = YearEnd(12, 31)
    if "fiscal_year_end" in reader.given or option is None:
        return cast("YearEnd", reader.take("fiscal_year_end", _parse_year_end, default))
    match = re.fullmatch(r"([0-9]{2})-([0-9]{2})", option)
    if match and int(match[1]) > 12:  # Fava: '15-03' ends in March of the next year  # noqa: PLR2004
        option = f"{int(match[1]) % 12 or 12:02}-{match[2]}"
    name = "the ledger's fava-option 'fiscal_year_end'"
    return cast("YearEnd", reader.check(name, option, _parse_year_end, default))


def _parse_year_end(value: Any) -> YearEnd:
    wanted = "MM-DD, such as '06-30'"
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{2}-[0-9]{2}", value):
        raise RuleError(wanted)
    try:
        day = datetime.date.fromisoformat(f"2000-{value}")
    except ValueError as error:
        raise RuleError(wanted) from error
    return YearEnd(day.month, day.day)


def _read_accounts(reader: _Reader, policy: Policy) -> Mapping[str, str]:
    given = reader.given.get("accounts", {})
    if not isinstance(given, dict):
        reader.problems.append(f"'accounts' is {_shorten(given)}; allowed is a dict of templates")
        given = {}
    known = templates.DEFAULTS
    reader.problems += _unknown_keys(given, known, " in 'accounts'")
    groups = tuple({name for pattern in policy.inventory for name in pattern.groupindex})
    found = {}
    for key, default in known.items():
        allowed = _allowed_fields(key, policy.basis, groups)

        def parse(value: Any, allowed: tuple[str, ...] = allowed) -> str:
            return templates.read_template(value, allowed, policy.roots)

        found[key] = policy.roots.localise(default)
        if key in given:
            found[key] = reader.check(f"'accounts' {key!r}", given[key], parse, default)
    return found


def _allowed_fields(key: str, basis: str, groups: tuple[str, ...]) -> tuple[str, ...]:
    if key == "allowance":
        return (*templates.ACCOUNT_FIELDS, *templates.ITEM_FIELDS, *sorted(groups))
    entity = ("entity",) if "entity" in groups else ()
    category = () if basis == "total" else ("category",)
    commodity = ("commodity",) if basis in {"lot", "item"} else ()
    return (*commodity, *category, *entity)


def _contradictions(policy: Policy) -> list[str]:
    found = []
    if policy.start and policy.until and policy.start > policy.until:
        found.append(
            f"'start' {policy.start} is after 'until' {policy.until}; set one of them right"
        )
    if policy.period == "quarter" and not policy.year_end.is_month_end:
        found.append(
            "'period' 'quarter' needs a 'fiscal_year_end' on the last day of a month, not "
            f"'{policy.year_end.month:02}-{policy.year_end.day:02}'"
        )
    if policy.accounts["allowance"] == "{account}":
        found.append("'accounts' 'allowance' is the inventory account itself; give it its own")
    for kind, template in policy.accounts.items():
        if kind == "allowance":
            if any(policy.roots.is_under(template, root) for root in ("Income", "Expenses")):
                found.append("'accounts' 'allowance' is in profit or loss; put it under Assets")
        elif template == policy.accounts["allowance"]:
            found.append(f"'accounts' {kind!r} is the allowance account itself; give it its own")
        elif policy.match_inventory(templates.fill_sample(template, policy.roots)):
            found.append(
                f"'accounts' {kind!r} is among the inventory accounts; put it under Expenses"
            )
    return found
