"""What each accounting standard sets, as data with its paragraphs.

A standard only sets defaults; each of them can be set on its own in the configuration.
Nothing but reports asks for the name of a standard.
"""

from __future__ import annotations

from typing import Literal, get_args

from beancount_invwd.ground.records import NamedTuple

Measure = Literal["nrv", "replacement", "cost", "lcm", "lower"]
Basis = Literal["lot", "item", "category", "total"]
Reversals = Literal["full", "interim", "none"]
Period = Literal["month", "quarter", "year", "price"]

MaterialityLine = Literal["all", "excess"]

MEASURES: tuple[str, ...] = get_args(Measure)
BASES: tuple[str, ...] = get_args(Basis)
REVERSALS: tuple[str, ...] = get_args(Reversals)
PERIODS: tuple[str, ...] = get_args(Period)
LINES: tuple[str, ...] = get_args(MaterialityLine)


class Standard(NamedTuple):
    """The defaults of one standard and the paragraphs that they come from."""

    measure: Measure
    basis: Basis
    reversals: Reversals
    period: Period
    source: str
    materiality_line: MaterialityLine = "all"


STANDARDS = {
    "ias2": Standard("nrv", "item", "full", "month", "IAS 2.9, 2.29, 2.33"),
    "frs102": Standard("nrv", "item", "full", "month", "FRS 102 13.4, 27.2-27.4"),
    "aspe3031": Standard("nrv", "item", "full", "month", "ASPE 3031"),
    "asc330": Standard(
        "nrv", "item", "interim", "month", "ASC 330-10-35-1B, 330-10-35-14, 270-10-45-6"
    ),
    "asc330-lcm": Standard(
        "lcm", "item", "interim", "month", "ASC 330-10-35-1C, 330-10-35-14, 270-10-45-6"
    ),
    "hgb": Standard("lower", "lot", "full", "year", "HGB §252(1) 3, §253(4), §253(5)", "excess"),
}
