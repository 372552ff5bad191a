"""Titles, tables and text → one page of HTML that reads and prints well, and needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from beancount_invwd.ground.words import current_language
from beancount_invwd.report.output.cells import clean

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem;
  color: #1b1b1b; background: #fff; }
h1 { font-size: 1.6rem }
h2 { font-size: 1.25rem; margin-top: 2.5rem; border-bottom: 1px solid #999 }
h3 { font-size: 1rem; margin-bottom: .3rem }
nav ul { columns: 3; padding-left: 1.2rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-size: .85rem; margin: .6rem 0 }
th, td { padding: .15rem .6rem .15rem 0; text-align: left; vertical-align: top }
th { border-bottom: 1px solid #666 } tfoot td { border-top: 1px solid #666; font-weight: 600 }
.num { text-align: right; font-variant-numeric: tabular-nums } .num, .date { white-space: nowrap }
.gap, .check { background: #fff3c4; padding: .1rem .4rem }
@media (prefers-color-scheme: dark) { @media screen {
  body { color: #e6e6e6; background: #16181b }
  .gap, .check { background: #4a3d08 } a { color: #8ab4f8 }
} }
@media print {
  html { font-size: 12px } body { font-size: 10.5px; line-height: 1.3 }
  body { max-width: none; margin: 0; padding: 0 }
  nav { display: none } section { break-before: page } section:first-of-type { break-before: auto }
  .wide { overflow: visible } tr, h2, h3 { break-inside: avoid } h2, h3 { break-after: avoid }
  thead { display: table-header-group } tfoot { display: table-row-group }
  body:has(.note) { page: upright } p, ul, table { margin: .3rem 0 } h3 { margin: .6rem 0 .2rem }
}
@page { size: A4 landscape; margin: 12mm }
@page upright { size: A4 portrait; margin: 12mm }
"""

NUMBER = ' class="num"'


def write_text(text: str) -> str:
    """Text of the ledger, so that nothing in it is taken for HTML or moves a cursor."""
    return escape(clean(text))


def draw_table(
    head: Sequence[str],
    classes: Sequence[str],
    rows: Sequence[Sequence[str]],
    totals: Sequence[Sequence[str]] = (),
) -> str:
    """A table; `classes` are the attributes of its columns."""

    def line(cells: Sequence[str], tag: str = "td") -> str:
        parts = zip(cells, classes, strict=True)
        texts = (f"<{tag}{name}>{write_text(cell)}</{tag}>" for cell, name in parts)
        return f"<tr>{''.join(texts)}</tr>"

    foot = f"<tfoot>{''.join(map(line, totals))}</tfoot>" if totals else ""
    body = "\n".join(map(line, rows))
    return (
        f'<div class="wide"><table><thead>{line(head, "th")}</thead>\n'
        f"<tbody>{body}</tbody>{foot}</table></div>"
    )


def write_page(title: str, body: Iterable[str]) -> str:
    """The whole page.

    Args:
        title: What it is, and of which ledger.
        body: What it holds, as HTML.
    """
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{current_language()}"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{write_text(title)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{write_text(title)}</h1>",
            *body,
            "</body></html>\n",
        ]
    )
