"""Named tuples are what `typing` would make of them."""

from __future__ import annotations

import pickle
import typing

import pytest

from beancount_invwd.ground import records
from tests.benchmarks.processes import run_python


class Ours(records.NamedTuple):
    """A record."""

    name: str
    units: int | None = None
    others: tuple[str, ...] = ()

    @property
    def twice(self) -> int:
        """A figure."""
        return 2 * (self.units or 0)

    @classmethod
    def make(cls, text: str) -> Ours:
        """A record of a text."""
        return cls(text, len(text))


class Theirs(typing.NamedTuple):
    """A record."""

    name: str
    units: int | None = None
    others: tuple[str, ...] = ()


@pytest.mark.parametrize(
    "name",
    ["_fields", "_field_defaults", "__doc__", "__module__", "__bases__", "__match_args__"],
)
def test_what_a_record_is(name: str) -> None:
    assert getattr(Ours, name) == getattr(Theirs, name)


def test_what_a_record_does() -> None:
    made = Ours.make("MUG")
    assert tuple(made) == tuple(Theirs("MUG", 3)) == ("MUG", 3, ())
    assert repr(made) == "Ours(name='MUG', units=3, others=())"
    assert made._replace(units=5).twice == 10
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301
    with pytest.raises(AttributeError):
        made.units = 4  # type: ignore[misc]
    with pytest.raises(TypeError):
        Ours()  # type: ignore[call-arg]


def test_what_bean_check_imports_takes_no_others() -> None:
    program = """
import sys, beancount_invwd
from typing import NamedTuple
names = [name for name in sys.modules if name.startswith("beancount_invwd")]
kinds = [
    kind
    for name in names
    for kind in vars(sys.modules[name]).values()
    if getattr(kind, "__module__", None) == name
]
assert kinds
print({kind for kind in kinds if NamedTuple in getattr(kind, "__orig_bases__", ())})
"""
    assert run_python(program).strip() == "set()"
