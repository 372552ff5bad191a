"""A narration that the plugin wrote → the same in the language that is spoken.

    Write-off of MUG: 3 units, cost 30.00 EUR, nothing left   Vollabschreibung von MUG: 3 Stück, …

What a user wrote, or what no sentence of the plugin fits, stays as it is; so do the books.
"""

from __future__ import annotations

import re
from functools import cache

from beancount_invwd.ground.words import ENGLISH, current_language, translate
from beancount_invwd.policy.estimates import ESTIMATES
from beancount_invwd.policy.narrations import ADDED, CHANGES, PIECES, TAILS

_AMOUNT, _NAME = r"-?[0-9][0-9,.]*", ".+?"
_SHAPES = {
    "amount": _AMOUNT,
    "cost": _AMOUNT,
    "measure": _AMOUNT,
    "count": _AMOUNT,
    "units": rf"{_AMOUNT} units?",
    "currency": r"[^\s;]+",
    "date": r"\d{4}-\d\d-\d\d",
    "own": r"\d{4}-\d\d-\d\d",
    "why": r"(?: \((?!lot\b|pool\b)(?:[^()]|\([^()]*\))*\))?",
    "entity": "(?: of .+?)?",
    "place": r"[^ ]+(?: [^ ()]+)*",
    "label": '(?: ".*")?',
    "short": r"\D+?",
    "estimate": "|".join(map(re.escape, ESTIMATES.values())),
    "share": r"[0-9.]+%",
}


def tell_narration(text: str) -> str:
    """Tell what an entry says."""
    if current_language() == ENGLISH:
        return text
    for template in TAILS:
        found = re.fullmatch(f"(.*?)({_compile(template).pattern})", text)
        if found is not None:
            return tell_narration(found[1]) + _tell(found[2], (template,))
    parts = text.split("; ")
    for count in range(len(parts), 0, -1):
        change = "; ".join(parts[:count])
        told = _tell(change, CHANGES)
        if told != change:
            return "; ".join((told, *(_tell(part, ADDED) for part in parts[count:])))
    return text


def translate_value(text: str) -> str:
    """Tell the value of an estimate, which was told in English."""
    if current_language() == ENGLISH:
        return text
    return ", ".join(_tell(part, PIECES["value"]) for part in text.split(", "))


def _tell(text: str, templates: tuple[str, ...]) -> str:
    for template in templates:
        found = _compile(template).fullmatch(text)
        if found is not None:
            told = {name: _tell_piece(name, piece) for name, piece in found.groupdict().items()}
            return translate(template).format(**told)
    return text


def _tell_piece(name: str, text: str) -> str:
    if name == "why":
        code = text[2:-1]
        return f" ({translate(code)})" if code else ""
    if name in {"short", "long", "estimate"}:
        return translate(text)
    if name in {"value", "before"}:
        return translate_value(text)
    return _tell(text, PIECES.get(name, ()))


@cache
def _compile(template: str) -> re.Pattern[str]:
    parts = re.split(r"{(\w+)}", template)
    pattern = "".join(
        f"(?P<{part}>{_SHAPES.get(part, _NAME)})" if number % 2 else re.escape(part)
        for number, part in enumerate(parts)
    )
    return re.compile(pattern)
