"""Texts that nobody would write: configurations, directives and ledgers with something wrong.

Strategies of Hypothesis -> the text of a ledger without the plugin line, and a configuration. Most
are near enough to right to get past Beancount's parser: tokens of the case files in other places,
values of another kind, numbers at the edge, lines twice or not at all.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from hypothesis import strategies as st

from beancount_invwd.directives import metadata as facts
from beancount_invwd.policy import policy
from beancount_invwd.policy import templates as accounts
from tests.support.case_files import MARKER, find_cases, without_plugin
from tests.support.random_ledgers import ledgers

TOKEN = re.compile(
    r'"[^"\n]*"|[A-Z][\w-]*(?::[\w-]+)+|\d{4}-\d\d-\d\d|-?[\d,]*\.?\d+|[A-Z][A-Z0-9\'._-]*|[\w-]+:|\w+|[{}@*#^]+'
)
CONFIG = re.compile(r'^plugin\s+"beancount_invwd"\s+"([^"]*)"', re.MULTILINE)
NUMBERS = [
    "0",
    "-0",
    "-1",
    "1",
    "0.005",
    "-7.5",
    "1000000000000000",
    "0.000000000001",
    "1234567890123456789012345678",
    "1.234567890123456789012345678",
    "99999999999999999999999999999999999999999999999999999999999999999999999999",
    "0.00000000000000000000000000000000000000000000000000000000000000000001",
]
STRANGE = [
    *NUMBERS,
    '""',
    '"end"',
    '"8%"',
    '"180:25%"',
    '"0.40 USD"',
    "0.40 USD",
    "-3 MUG",
    "TRUE",
    "FALSE",
    "NULL",
    "0001-01-01",
    "9999-12-31",
    "2024-01-31",
    "MUG",
    "USD",
    "Assets:Inventory",
    "Assets:Inventory:Store",
    "Assets:Inventory:Allowance",
    "Expenses:COGS",
    "Assets:Größe:Äpfel",
    "#invwd",
    "{}",
    "{{100 USD}}",
    "{*}",
    "@ 5 USD",
    "@@ 5 EUR",
    "*",
    '"\\"',
    '"(A+)+"',
    '"{account}"',
    "invwd-nrv:",
    "invwd-group:",
    "invwd:",
    "expires:",
    "lot:",
    "custom",
    "open",
    "close",
    "price",
    "pad",
    '"STRICT"',
    '"NONE"',
    '"FIFO"',
    '"AVERAGE"',
]
LINES = [
    "2024-01-15 custom {name} {values}",
    "2024-01-16 price {token} {token}",
    "2023-12-01 commodity {token}\n  {meta}",
    "2023-12-01 open {token}\n  {meta}",
    "2024-06-01 close {token}",
    (
        '2024-02-02 * "Odd" {token}\n  {meta}\n'
        "  Assets:Inventory:Store  {token} MUG {token}\n    {meta}\n  Assets:Bank"
    ),
    (
        '2024-02-03 * "Odd" #invwd\n  invwd-group: {token}\n  {meta}\n'
        "  Assets:Inventory:Store:Allowance  {number} USD\n  Expenses:COGS"
    ),
    '2024-02-04 * "Sold"\n  Assets:Inventory:Store  {number} MUG {{}}\n  Assets:Bank',
    (
        '2024-02-05 * "Bought"\n  Assets:Inventory:Store  {number} MUG {{{number} USD}}\n'
        "    {meta}\n  Assets:Bank"
    ),
    "2024-02-06 price MUG {number} USD",
    'option "name_assets" {token}',
    'option "booking_method" {token}',
    'plugin "beancount.plugins.implicit_prices"',
    'plugin "beancount.plugins.auto_accounts"',
]
BASE = """
2023-01-01 open Assets:Inventory:Store "FIFO"
2023-01-01 open Assets:Inventory:Pool "NONE"
2023-01-01 open Assets:Bank
2023-01-01 open Income:Sales
2023-01-01 open Expenses:COGS
2023-01-05 * "Bought"
  Assets:Inventory:Store  10 MUG {8.00 USD}
  Assets:Inventory:Pool   10 CUP {4.00 USD}
  Assets:Bank
2024-01-10 price MUG 6.00 USD
2024-01-10 price CUP 3.00 USD
2024-03-31 price MUG 5.00 USD
"""


@cache
def read_cases() -> tuple[tuple[str, str], ...]:
    """The ledgers of the case files, each with its configuration."""
    found = []
    for path in find_cases():
        text = path.read_text(encoding="utf-8")
        config = CONFIG.search(text)
        ledger = without_plugin(text.partition(f"\n{MARKER}\n")[0])
        found.append((ledger, config[1] if config else ""))
    return tuple(found)


@cache
def list_tokens() -> tuple[str, ...]:
    """All tokens of the case files, the strange ones as often as all others together."""
    tokens = sorted({token for text, _ in read_cases() for token in TOKEN.findall(text)})
    times = len(tokens) // len(STRANGE)
    return (*tokens, *STRANGE * times)


def tokens() -> st.SearchStrategy[str]:
    """Words of a ledger."""
    return st.sampled_from(list_tokens())


def numbers() -> st.SearchStrategy[str]:
    """Numbers, at the edge and in the middle."""
    plain = st.decimals(-1000, 1000, places=2).map(str)
    return st.one_of(st.sampled_from(NUMBERS), plain)


def literals() -> st.SearchStrategy[Any]:
    """Values of a configuration."""
    simple = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.binary(max_size=3),
        st.sampled_from(["8%", "25% of cost", "0.40 USD", "2024-01-31", "06-30", "(A+)+", "item"]),
        st.sampled_from(["{account}:A", "{parent}:{leaf}-A", "Assets:{entity}", "price", "hgb"]),
    )
    return st.recursive(
        simple,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.tuples(inner, inner),
            st.dictionaries(st.one_of(st.integers(0, 400), st.text(max_size=5)), inner, max_size=3),
        ),
        max_leaves=6,
    )


KNOWN_VALUES: dict[str, list[Any]] = {
    "standard": ["ias2", "frs102", "aspe3031", "asc330", "asc330-lcm", "hgb"],
    "inventory": ["Assets:Inventory", ["Assets:Inventory"], "Assets:.*", "Assets:(?P<entity>.+)"],
    "period": ["month", "quarter", "year", "price"],
    "measure": ["nrv", "replacement", "cost", "lcm", "lower"],
    "basis": ["lot", "item", "category", "total"],
    "reversals": ["full", "interim", "none"],
    "release": ["sale", "period"],
    "missing_price": ["error", "ignore"],
    "normal_margin": ["20%", "0%", "100%", "1 USD"],
    "selling_cost": ["8%", "150%", "25% of cost", "0.40 USD", "3 EUR"],
    "ageing": [{30: "10%", 400: "100%"}, {0: "5%"}],
    "idle": [{30: "10%", 400: "100%"}, {0: "5%"}],
    "coverage": [
        {"window": 30, "rates": {30: "50%"}},
        {"window": 1, "rates": {0: "1%"}, "apply": "item"},
    ],
    "materiality": ["1%", ["1%", "40 USD"], "100 EUR", "0 USD"],
    "price_max_age": [None, 0, 30],
    "start": ["2024-02-01", "0001-01-01"],
    "until": ["2024-04-30", "2024-01-31", "2025-06-30", "2030-01-01", "9999-12-31"],
    "fiscal_year_end": ["06-30", "02-29", "02-28", "04-05"],
    "accounts": [
        {"allowance": "{parent}:{leaf}-Allowance"},
        {"allowance": "Assets:Allowance"},
        {"allowance": "Assets:Inventory:{commodity}"},
        {"loss": "Expenses:Loss:{commodity}"},
        {"cogs": "Expenses:COGS", "write_off": "Expenses:COGS", "loss": "Expenses:COGS"},
    ],
}


@st.composite
def configs(draw: st.DrawFn) -> str:
    """Configurations, most of them right."""
    keys = draw(st.lists(st.sampled_from(sorted(policy.KEYS)), max_size=5, unique=True))
    given: dict[Any, Any] = {}
    for key in keys:
        is_right = draw(st.integers(0, 9)) < 9 and key in KNOWN_VALUES
        given[key] = draw(st.sampled_from(KNOWN_VALUES[key]) if is_right else literals())
    if draw(st.integers(0, 19)) == 19:
        names = st.sampled_from([*accounts.DEFAULTS, "other"])
        given["accounts"] = draw(st.dictionaries(names, literals(), max_size=3))
    text = repr(given)
    return draw(mutated(text)) if draw(st.integers(0, 9)) == 9 else text


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    """A text with a few letters taken out, put in, or doubled."""
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 12))
        piece = draw(st.one_of(st.text(max_size=4), st.just(text[place : place + 9])))
        text = text[:place] + piece + text[place + length :]
    return text


@st.composite
def reworded(draw: st.DrawFn, text: str) -> str:
    """A text with a few words replaced, and lines taken out, doubled or moved."""
    for _ in range(draw(st.integers(1, 4))):
        places = list(TOKEN.finditer(text))
        what = draw(st.integers(0, 9))
        if what < 7 and places:
            place = places[draw(st.integers(0, len(places) - 1))]
            text = text[: place.start()] + draw(tokens()) + text[place.end() :]
            continue
        lines = text.splitlines()
        if lines:
            at = draw(st.integers(0, len(lines) - 1))
            line = lines.pop(at)
            if what > 7:
                lines.insert(at, line)
                lines.insert(draw(st.integers(0, len(lines))), line)
        text = "\n".join(lines) + "\n"
    return text


@st.composite
def odd_lines(draw: st.DrawFn) -> str:
    """A directive with values and metadata of any kind."""
    names = st.sampled_from([*facts.NAMES, "invwd-nvr", "fava-option"])
    keys = st.sampled_from([*facts.KEYS, "invwd-x", "lot", "account", "until", "precision"])
    line = draw(st.sampled_from(LINES))
    line = line.replace("{{", "\0").replace("}}", "\1")
    while match := re.search(r"\{(name|values|token|number|meta)\}", line):
        word = {
            "name": lambda: f'"{draw(names)}"',
            "values": lambda: " ".join(draw(st.lists(tokens(), min_size=1, max_size=4))),
            "token": lambda: draw(tokens()),
            "number": lambda: draw(numbers()),
            "meta": lambda: f"{draw(keys)}: {draw(tokens())}",
        }[match[1]]()
        line = line[: match.start()] + word + line[match.end() :]
    return line.replace("\0", "{").replace("\1", "}")


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, str]:
    """Case files with something changed."""
    text, config = draw(st.sampled_from(read_cases()))
    text = draw(mutated(text) if draw(st.integers(0, 3)) == 3 else reworded(text))
    return text, draw(configs()) if draw(st.integers(0, 3)) == 3 else config


@st.composite
def odd_ledgers(draw: st.DrawFn) -> tuple[str, str]:
    """A small ledger with directives of any kind."""
    lines = draw(st.lists(odd_lines(), min_size=1, max_size=6))
    return BASE + "\n".join(lines) + "\n", draw(configs())


@st.composite
def random_ledgers(draw: st.DrawFn) -> tuple[str, str]:
    """Random ledgers, valid but for what was changed, with their configuration or another."""
    text, config = draw(ledgers())
    what = draw(st.integers(0, 3))
    if what == 1:
        text = draw(reworded(text))
    if what == 2:
        text += draw(odd_lines()) + "\n"
    return text, draw(configs()) if what == 3 else config


@st.composite
def configured(draw: st.DrawFn) -> tuple[str, str]:
    """A small ledger with any configuration."""
    config = draw(st.one_of(configs(), literals().map(repr), mutated("{'basis': 'lot'}")))
    return BASE, config


ALL: dict[str, st.SearchStrategy[tuple[str, str]]] = {
    "configurations": configured(),
    "directives": odd_ledgers(),
    "cases": cases(),
    "ledgers": random_ledgers(),
}
