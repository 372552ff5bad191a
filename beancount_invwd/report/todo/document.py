"""Tasks → the document that `todo` prints."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

from beancount_invwd.ground.words import say
from beancount_invwd.report.output.columns import CURRENCY, ITEM, Column
from beancount_invwd.report.output.tables import Document, Table

if TYPE_CHECKING:
    from beancount_invwd.engine import Run
    from beancount_invwd.report.todo.task import Task


def list_columns(run: Run, ledger: str) -> tuple[Column, ...]:
    """List what is told of a task.

    Args:
        run: The state of a date.
        ledger: The file, as it is to be named in commands.
    """

    def explain(row: Task) -> str | None:
        if row.commodity is None or row.commodity not in run.categories:
            return None
        names = f"{shlex.quote(ledger)} {row.commodity}"
        return f"bean-invwd explain {names} --as-of {run.as_of}"

    return (
        Column("amount", "amount", "money"),
        CURRENCY,
        Column("date", "date", "date"),
        Column("kind", "what"),
        ITEM,
        Column("reason", "reason"),
        Column("line", "add to the ledger", in_text="never"),
        Column("explain", "explanation", in_text="never", get=explain),
    )


def document_tasks(run: Run, rows: Sequence[Task], within: int, ledger: str) -> Document:
    """What to do next.

    Args:
        run: The state of a date.
        rows: What was found.
        within: The days that were looked ahead.
        ledger: The file, as it is to be named in commands.
    """
    columns = list_columns(run, ledger)
    lines = _join_lines(rows)
    return Document(
        say("To do on {as_of}, and within {within} days", as_of=run.as_of, within=within),
        {"as_of": run.as_of, "within": within},
        [Table("tasks", columns, rows, empty=say("Nothing is to be done."))],
        notes=[say("To paste, in the same order:"), *lines] if lines else [],
    )


def _join_lines(rows: Sequence[Task]) -> list[str]:
    """All lines to paste; an account that several of them open is opened once, the first day."""
    lines = list(chain.from_iterable(row.line.splitlines() for row in rows))
    opens: dict[str, str] = {}
    for line in sorted(line for line in lines if " open " in line[:16]):
        opens.setdefault(line.partition(" open ")[2], line)
    return [*opens.values(), *(line for line in lines if " open " not in line[:16])]
