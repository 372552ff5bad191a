"""Account templates: which accounts a movement is written to.

`{account}:Allowance` for goods in `Assets:Inventory:Store` is `Assets:Inventory:Store:Allowance`.
A value that cannot stand in an account name is made into one: item `box.small` becomes `Box-small`.
"""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

from beancount_invwd.ground.errors import RuleError
from beancount_invwd.ground.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULTS = {
    "allowance": "{account}:Allowance",
    "loss": "Expenses:Inventory:Write-Down",
    "write_off": "Expenses:Inventory:Write-Off",
    "reversal": "Expenses:Inventory:Reversal",
    "cogs": "Expenses:COGS",
    "commitment": "Liabilities:Inventory:Commitments",
    "commitment_loss": "Expenses:Inventory:Commitments",
}
ACCOUNT_FIELDS = ("account", "parent", "leaf")
ITEM_FIELDS = ("commodity", "category")
_LONGEST_TEMPLATE = 250
ROOTS = ("Assets", "Liabilities", "Equity", "Income", "Expenses")


class Roots(NamedTuple):
    """The ledger's own names of the five root accounts."""

    names: Mapping[str, str]

    def localise(self, template: str) -> str:
        """Replace an English root by the ledger's own name of it."""
        root, colon, rest = template.partition(":")
        return f"{self.names.get(root, root)}{colon}{rest}"

    def is_under(self, account: str, root: str) -> bool:
        """Whether an account is under a root that is named in English."""
        return self.find(account) == root

    def find(self, account: str) -> str:
        """Find the root that an account is under, named in English; empty if there is none."""
        own, colon, _ = account.partition(":")
        for root, name in self.names.items():
            if name == own:
                return root if colon else ""
        return ""


def read_roots(options_map: Mapping[str, object]) -> Roots:
    """Read the names of the root accounts from the ledger's options."""
    return Roots({root: str(options_map.get(f"name_{root.lower()}", root)) for root in ROOTS})


def read_template(text: object, allowed: tuple[str, ...], roots: Roots) -> str:
    """Check a template and return it with the ledger's own root.

    Raises:
        RuleError: An unknown field, a format, or no account name.
    """
    if not isinstance(text, str):
        raise RuleError("a text such as 'Expenses:Inventory:Write-Down'")
    if len(text) > _LONGEST_TEMPLATE:
        raise RuleError(f"a text of at most {_LONGEST_TEMPLATE} characters")
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise RuleError(f"a text with fields in braces ({error})") from error
    for _, field, spec, conversion in parts:
        if field is not None and (field not in allowed or spec or conversion):
            fields = ", ".join(f"{{{name}}}" for name in allowed) or "none"
            raise RuleError(f"one with the fields that may stand there: {fields}")
    template = roots.localise(text)
    starts = (*roots.names.values(), "{account}", "{parent}")
    if template.partition(":")[0] not in starts or not _is_account(fill_sample(template, roots)):
        names = ", ".join(roots.names.values())
        raise RuleError(f"an account under one of {names}, such as {roots.names['Expenses']}:Loss")
    return template


def fill_sample(template: str, roots: Roots) -> str:
    """Fill a template in with made-up values."""
    account = f"{roots.names['Assets']}:Sample"
    values = {name: "Sample" for _, name, _, _ in Formatter().parse(template) if name}
    return template.format(**{**values, "account": account, "parent": account})


def _is_account(name: str) -> bool:
    first, *rest = name.split(":")
    return bool(first) and bool(rest) and all(to_component(part) == part for part in rest)


def to_component(value: str) -> str:
    """Make a value a valid component of an account name."""
    text = value
    if not (value.isascii() and value.replace("-", "").isalnum()):
        text = "".join(char if _is_plain(char) else "-" for char in value)
    text = text.lstrip("-") or "X"
    first = text[0].upper()
    return first + text[1:] if _begins_well(first) else f"X{text}"


def _is_plain(char: str) -> bool:
    """Whether a component of an account name may have a character behind its first one."""
    return char == "-" or char.isalpha() or char.isdecimal()


def _begins_well(char: str) -> bool:
    """Whether a component may begin so: with a capital letter, which not all scripts have."""
    return len(char) == 1 and (char.isupper() or char.isdecimal())


def expand(template: str, fields: Mapping[str, str]) -> str:
    """Fill a template in; a field without a value stands for nothing."""
    return template.format(**{name: _fill(name, value) for name, value in fields.items()})


def _fill(name: str, value: str) -> str:
    if name in ACCOUNT_FIELDS:
        return value
    if name in ITEM_FIELDS:
        return to_component(value)
    return ":".join(map(to_component, value.split(":")))  # a part of an account, or several


def account_fields(account: str) -> dict[str, str]:
    """The fields that an inventory account gives to its allowance account."""
    parent, _, leaf = account.rpartition(":")
    return {"account": account, "parent": parent, "leaf": leaf}
