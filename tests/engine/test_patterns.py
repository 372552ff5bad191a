"""Regular expressions of the user's: none runs for ever, those that one writes are taken."""

from __future__ import annotations

import pytest

from beancount_invwd.ground.errors import RuleError
from beancount_invwd.policy.patterns import compile_pattern

TAKEN = [
    ("Assets:Inventory", "Assets:Inventory:Store"),
    ("Assets:[^:]+:Stock", "Assets:North:Stock"),
    ("Assets:(?P<entity>[^:]+):Inventory", "Assets:North:Inventory"),
    ("Assets:(?P<entity>[^:]+):(?P<place>[^:]+):Stock", "Assets:North:Store:Stock"),
    ("Assets:.*:Inventory", "Assets:A:B:Inventory"),
    ("Assets:.*:.*:Stock", "Assets:A:B:Stock:C"),
    (".*Stock.*", "Assets:Old-Stocks:A"),
    ("Assets(:[^:]+)*:Inventory", "Assets:A:B:Inventory"),
    ("Assets:(?:[^:]+:)*Inventory", "Assets:A:B:Inventory"),
    ("Assets:(?:[^:]+:)?Stock", "Assets:Stock"),
    ("Assets:(Inventory|Stock|Inv)", "Assets:Inv"),
    ("Assets:[A-Z][a-z]+:Stock[0-9]*", "Assets:Old:Stock12"),
    ("Assets:(?!Cash).*", "Assets:Stock"),
    ("Assets:(?i:stock)", "Assets:STOCK"),
    ("Assets:(?:Store|Depot){1,3}", "Assets:StoreDepot"),
    ("Assets:(A)?(?(1)B|C)", "Assets:AB"),
    ("Assets:[^-:]+-[^:]+", "Assets:Old-Stock"),
    ("Assets:Größe[^a]", "Assets:Größen"),
]
ENDLESS = [
    "(A+)+$",
    "(.*)*x",
    "(.*)*",
    "Assets:(.|.)*x",
    "(x+x+)+y",
    ".*.*.*.*.*x",
    "(?:a?){30}a{30}",
    "a?" * 30 + "a" * 30,
    "(A|AB|B)*x",
    "(a|b|ab)*c",
    "((a*)*)*",
    "(?i:(ab|a|A)*)x",
    "(?=(A+)+x)A",
    "(.+:?)+x",
    "(:[^:]*[^:]*)*x",
    "(?:[^:]+:?)*x",
    "(?P<a>(?P<b>x+)*)*y",
    "[^:]*[^-]*[^x]*[^y]*q",
    "(a*?)*?x",
    "(A)?(?:(?(1)A+|A+))*x",
    "(?:[Ā-￾]+)+x",
]


@pytest.mark.parametrize(("text", "account"), TAKEN)
def test_what_one_writes_is_taken(text: str, account: str) -> None:
    assert compile_pattern(text).match(account)


@pytest.mark.parametrize("text", ENDLESS)
def test_what_might_run_for_ever_is_refused(text: str) -> None:
    with pytest.raises(RuleError, match="in one way"):
        compile_pattern(text)


@pytest.mark.parametrize("text", ["(", "a" * 2_001, "a{99999999999999}", "(" * 900 + ")" * 900])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        compile_pattern(text)
