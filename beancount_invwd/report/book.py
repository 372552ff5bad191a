"""What the plugin wrote → Beancount text that closes a period.

Included in the ledger, the text gives the same books: what was computed is a fact from then on, and
nothing is written on or before the date any more (ACCOUNTING section 11).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from beancount.core import data
from beancount.parser import printer

from beancount_invwd.engine import find_config, is_generated
from beancount_invwd.policy.templates import read_roots


def book(entries: Sequence[Any], options_map: Mapping[str, Any], through: datetime.date) -> str:
    """Write the plugin's entries up to a date as text, with the directive that closes it.

    Args:
        entries: All entries as loaded, those that the plugin generated among them.
        options_map: The ledger's options.
        through: The last date, inclusive.

    Raises:
        NotSwitchedOn: The ledger does not use the plugin.
    """
    find_config(options_map)
    written = [entry for entry in entries if is_generated(entry) and entry.date <= through]
    names = read_roots(options_map).names
    own = "".join(  # what the ledger says does not hold in the files that it includes
        f'option "name_{root.lower()}" "{name}"\n' for root, name in names.items() if name != root
    )
    head = f";; Inventory write-downs up to {through}, booked. Include this file in the ledger.\n"
    texts = [printer.format_entry(entry) for entry in data.sorted(written)]
    return "\n".join(
        [head, *filter(None, [own]), *texts, f'{through} custom "invwd-closed" TRUE\n']
    )
