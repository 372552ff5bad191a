"""`NamedTuple` as in `typing`, made in less than half the time.

Bean-check imports some sixty of them on every run. `typing` compiles the type of each field, which
only type checkers need; here a field is its name and its default.
"""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple  # noqa: PLC0414 (exported)
else:

    class _Maker(type):
        """Makes a named tuple of what a class states."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:  # of NamedTuple itself
                return super().__new__(cls, name, bases, body)
            types = body[
                "__annotations__"
            ]  # their texts, by the `__future__` that every module has
            defaults = [body.pop(field) for field in types if field in body]
            made = namedtuple(name, types, defaults=defaults, module=body.pop("__module__"))  # noqa: PYI024
            for key, value in body.items():
                setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Maker):
        """Base of classes that state fields."""
