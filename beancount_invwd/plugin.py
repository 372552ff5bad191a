"""The face that Beancount sees: entries in, entries and errors out.

Nothing raises out of here: a mistake of the user's is an error with file and line, and should a
rule of ours fail, the user's entries are passed on as they came, with one error that says so.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.engine import (
    BadConfiguration,
    InvwdError,
    collector_paused,
    error_at,
    find_plugin_line,
    follow_and_write,
    list_configs,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__plugins__ = ("invwd",)

_PAGES = {"beancount_invwd.fava", "fava_ext"}


def invwd(
    entries: Sequence[Any], options_map: Mapping[str, Any], config: str | None = None
) -> tuple[list[Any], list[InvwdError]]:
    """Add write-downs, write-offs, reversals, releases and transfers to a ledger.

    Args:
        entries: The ledger's entries, sorted as Beancount sorts them.
        options_map: The ledger's options.
        config: The text of the `plugin` line, a Python literal.

    Returns:
        The same entries and the new ones (not sorted: the loader sorts), and errors.
    """
    try:
        with collector_paused():
            return _run(entries, options_map, config)
    except Exception as error:  # noqa: BLE001 (the plugin never raises)
        message = (
            f"beancount_invwd failed and added nothing ({type(error).__name__}: {error}); "
            "this is a fault of the plugin, please report it with the ledger"
        )
        return list(entries), [error_at(find_plugin_line(options_map), message)]


def _run(
    entries: Sequence[Any], options_map: Mapping[str, Any], config: str | None
) -> tuple[list[Any], list[InvwdError]]:
    configs = list_configs(options_map)
    if config in configs[1:] and config != configs[0]:
        meta = find_plugin_line(options_map, configs.index(config))
        message = (
            "beancount_invwd is switched on before with another configuration, and this one adds "
            "nothing; keep one plugin line: a lot has one allowance"
        )
        return list(entries), [error_at(meta, message)]
    try:
        added, errors = _follow(entries, options_map, config)
    except BadConfiguration as refusal:
        return list(entries), refusal.errors
    return [*entries, *added], [_without_unprintable(error) for error in errors]


def _follow(
    entries: Sequence[Any], options_map: Mapping[str, Any], config: str | None
) -> tuple[list[Any], list[InvwdError]]:
    """Follow the ledger; if the page will ask, with what it asks for, unless that fails."""
    if "fava.core" in sys.modules and _is_page_next(entries, options_map):
        try:
            from beancount_invwd.report.page import ASKED  # noqa: PLC0415 (for Fava alone)

            return follow_and_write(entries, options_map, config, ASKED)
        except BadConfiguration:
            raise
        except Exception:  # noqa: BLE001, S110 (the page says it; the books do not depend on it)
            pass
    return follow_and_write(entries, options_map, config)


def _is_page_next(entries: Sequence[Any], options_map: Mapping[str, Any]) -> bool:
    """Whether the ledger has the page, and no later plugin writes into what was followed."""
    last = {"plugin": (options_map.get("plugin") or ())[-1:]}
    return len(list_configs(options_map)) == len(list_configs(last)) == 1 and any(
        type(entry) is data.Custom
        and entry.type == "fava-extension"
        and entry.values
        and entry.values[0].value in _PAGES
        for entry in entries
    )


def _without_unprintable(error: InvwdError) -> InvwdError:
    """The same error without a directive of another plugin that Beancount itself cannot print."""
    if error.entry is not None:
        from beancount.parser import printer  # noqa: PLC0415 (the loader has it)

        try:
            printer.format_entry(error.entry)
        except Exception:  # noqa: BLE001 (whatever it is, bean-check would end in it)
            return error._replace(entry=None)
    return error
