"""Accounts, items and currencies: what they are and how they are called.

Open and Commodity directives -> Chart (INTERFACE, Plugin and Metadata; ACCOUNTING section 2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from beancount.core import data
from beancount.core.display_context import Precision

from tests.support.rules.policy import Policy

NO_DIGITS: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
THREE_DIGITS: Final = "BHD IQD JOD KWD LYD OMR TND"
FOUR_DIGITS: Final = "CLF UYW"
TWO_DIGITS: Final = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD YER ZAR ZMW ZWG
"""
ISO_4217: Final[Mapping[str, int]] = {
    **dict.fromkeys(NO_DIGITS.split(), 0),
    **dict.fromkeys(TWO_DIGITS.split(), 2),
    **dict.fromkeys(THREE_DIGITS.split(), 3),
    **dict.fromkeys(FOUR_DIGITS.split(), 4),
}
"""Minor units of the currencies of ISO 4217, as decimals."""


def component(value: str) -> str:
    """Make a text a valid account component."""
    clean = "".join(char if char.isalpha() or char.isdecimal() else "-" for char in value)
    clean = clean[:1].upper() + clean[1:]
    return clean if clean[:1].isupper() or clean[:1].isdecimal() else f"X{clean}"


class Chart:
    """What the ledger and the policy say of accounts, items and currencies."""

    def __init__(self, entries: Sequence[Any], options: Mapping[str, Any], policy: Policy) -> None:
        self.options = options
        self.policy = policy
        self.opens = {entry.account: entry for entry in entries if isinstance(entry, data.Open)}
        self.commodities = {
            entry.currency: entry for entry in entries if isinstance(entry, data.Commodity)
        }

    # ---------------------------------------------------------------- accounts

    def is_under(self, account: str, root: str) -> bool:
        """Whether an account is under a root such as `income`, whatever the ledger calls it."""
        return account.startswith(self.options[f"name_{root}"] + ":")

    def is_below(self, account: str, above: str) -> bool:
        """Whether an account is another one, or below it."""
        return f"{account}:".startswith(f"{above}:")

    def is_own_use(self, account: str) -> bool:
        """Whether goods that go to an account under Assets are put to own use."""
        entry = self.opens.get(account)
        says_so = entry is not None and entry.meta.get("invwd-own-use") is True
        return says_so and self.is_under(account, "assets")

    def in_own_words(self, account: str) -> str:
        """Return an account or pattern with the ledger's own name of its root."""
        root, colon, rest = account.partition(":")
        return str(self.options.get(f"name_{root.lower()}", root)) + colon + rest

    def names(self, account: str) -> dict[str, str] | None:
        """Return the named groups of the inventory pattern, or None for other accounts."""
        if account in self.opens and self.opens[account].meta.get("invwd-exclude") is True:
            return None
        for pattern in self.policy.patterns:
            if match := re.match(f"(?:{self.in_own_words(pattern)})(?=:|$)", account):
                return {name: value or "" for name, value in match.groupdict().items()}
        return None

    def is_excluded(self, commodity: str) -> bool:
        """Whether an item is not assessed."""
        entry = self.commodities.get(commodity)
        return entry is not None and entry.meta.get("invwd-exclude") is True

    def is_inventory(self, account: str, commodity: str) -> bool:
        """Whether an account holds goods of this item that are assessed."""
        return not self.is_excluded(commodity) and self.names(account) is not None

    def entity(self, account: str) -> str:
        """Return the entity of an inventory account."""
        return (self.names(account) or {}).get("entity", "")

    def is_pooled(self, account: str) -> bool:
        """Whether the account is booked with method NONE."""
        booking = self.opens[account].booking if account in self.opens else None
        return bool((booking or self.options["booking_method"]) == data.Booking.NONE)

    # ---------------------------------------------------------------- accounts written to

    def category(self, commodity: str) -> str | None:
        """Return the category of an item, if it has one."""
        entry = self.commodities.get(commodity)
        value = entry.meta.get("category") if entry else None
        return None if value is None else str(value)

    def fields(self, commodity: str, entity: str) -> dict[str, str]:
        """Return the template fields of a profit and loss account."""
        return {
            "commodity": component(commodity),
            "category": component(self.category(commodity) or commodity),
            "entity": component(entity),
        }

    def pnl_account(self, key: str, commodity: str, entity: str) -> str:
        """Return a profit and loss account for an item."""
        template = self.policy.templates[key].format(**self.fields(commodity, entity))
        return self.in_own_words(template)

    def allowance_account(self, account: str, commodity: str) -> str:
        """Return the allowance account of an item in an inventory account."""
        groups = {name: component(value) for name, value in (self.names(account) or {}).items()}
        parent, _, leaf = account.rpartition(":")
        places = {"account": account, "parent": parent, "leaf": leaf}
        fields = {**self.fields(commodity, ""), **groups, **places}
        return self.in_own_words(self.policy.templates["allowance"].format(**fields))

    def group_name(self, commodity: str, *, is_apart: bool) -> str:
        """Return the name of a group as it is written in `invwd-group`."""
        if is_apart or self.policy.basis in ("lot", "item"):
            return commodity
        if self.policy.basis == "category":
            return self.category(commodity) or commodity
        return "total"

    # ---------------------------------------------------------------- currencies

    def quantum(self, currency: str) -> Fraction:
        """Return the smallest amount of a currency (section 2)."""
        return Fraction(1, 10 ** self.digits(currency))

    def digits(self, currency: str) -> int:
        """Return the decimals of a currency: its own, those of ISO 4217, or the ledger's."""
        entry = self.commodities.get(currency)
        if entry is not None and "precision" in entry.meta:
            return int(entry.meta["precision"])
        if currency in ISO_4217:
            return ISO_4217[currency]
        seen = self.options["dcontext"].ccontexts.get(currency)
        mostly = seen.get_fractional(Precision.MOST_COMMON) if seen is not None else None
        return max(2, mostly or 0)
