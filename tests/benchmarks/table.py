"""What was measured, against what was aimed at: rows → a Markdown table."""

from __future__ import annotations

from typing import NamedTuple

HEAD = ("#", "what", "target", "never above", "measured", "", "of what")


class Target(NamedTuple):
    """A figure to reach, and one never to exceed; or to stay above, as with speed-ups."""

    aim: float
    limit: float
    unit: str = ""
    is_least: bool = False

    def judge(self, measured: float) -> str:
        """Say whether a figure is as it should be."""
        sign = -1 if self.is_least else 1
        if sign * measured <= sign * self.aim:
            return "ok"
        return "over the target" if sign * measured <= sign * self.limit else "over"

    def show(self, figure: float) -> str:
        """A figure with its unit, in three digits."""
        digits = 0 if abs(figure) >= 100 else 1 if abs(figure) >= 10 else 2
        return f"{figure:,.{digits}f} {self.unit}".rstrip()


class Row(NamedTuple):
    """A row of the table.

    Attributes:
        number: That of the target's row in the table of targets.
        of: What the figure is the ratio of, or the figures behind it.
    """

    number: int
    what: str
    target: Target
    measured: float
    of: str


def format_head() -> str:
    """The first two lines of the table."""
    return f"{_format_line(HEAD)}\n{_format_line(['---'] * len(HEAD))}"


def format_row(row: Row) -> str:
    """One line of the table."""
    target = row.target
    limit = f"{'never below ' if target.is_least else ''}{target.limit:g} {target.unit}"
    return _format_line(
        (
            str(row.number),
            row.what,
            f"{target.aim:g} {target.unit}".rstrip(),
            limit.rstrip(),
            target.show(row.measured),
            target.judge(row.measured),
            row.of,
        )
    )


def _format_line(cells: tuple[str, ...] | list[str]) -> str:
    return f"| {' | '.join(cells)} |"
