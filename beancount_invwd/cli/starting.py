"""The commands for those who begin: a ledger to try, the lines that switch the plugin on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from beancount_invwd.cli.console import Refusal, load, save, write
from beancount_invwd.cli.options import LEDGER, OUTPUT
from beancount_invwd.engine import list_configs
from beancount_invwd.report.starting import find_config, list_goods, write_start


@click.command()
@LEDGER
@OUTPUT
def init(ledger: str, output: str | None) -> None:
    """Print the lines that switch the plugin on: plugin, opens, prices that are needed.

    \b
    Example:
      bean-invwd init ledger.beancount
    """
    loaded = load(ledger)
    if list_configs(loaded.options_map):
        raise Refusal("the ledger uses the plugin already; see what is to be done: bean-invwd todo")
    accounts = list_goods(loaded.entries, loaded.options_map)
    if not accounts:
        raise Refusal("no account under Assets holds anything at cost; buy goods at a cost: {…}")
    config = find_config(accounts)
    plugins = [*loaded.options_map["plugin"], ("beancount_invwd", config)]
    started = dataclasses.replace(loaded, options_map={**loaded.options_map, "plugin": plugins})
    write(loaded, write_start(started.follow(None), accounts, config), output)


@click.command()
@OUTPUT
def example(output: str | None) -> None:
    """Print a ledger to try everything on: a small company over two years.

    \b
    Example:
      bean-invwd example --output ledger.beancount
    """
    package = Path(__file__).parents[1]
    places = (package / "example.beancount", package.parent / "example.beancount")
    found = next(path for path in places if path.exists())  # as installed; in a checkout
    save(found.read_text(encoding="utf-8"), output)
