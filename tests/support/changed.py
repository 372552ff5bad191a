"""A mutant → the package with that change, in the process that asks: this one forks first.

Where only bodies of functions change, the functions that are there get the changed code, which
takes no time. What is read at import (a constant, a default, what a decorator calls) is changed by
importing the package once more.
"""

from __future__ import annotations

import gc
import importlib
import importlib.abc
import importlib.util
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any, Final

import pytest

from tests.support.mutants import PACKAGE, Mutant

_ROOT: Final = f"{PACKAGE}/"
Called = set[tuple[str, str]]
"""Functions, each as path in the package and name."""


def watch(check: Callable[[], Any]) -> tuple[Any, Called]:
    """What something gives, and which functions of the package it calls."""
    called: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            called.add(frame.f_code)

    sys.setprofile(note)
    try:
        given = check()
    finally:
        sys.setprofile(None)
    codes = [code for code in called if code.co_filename.startswith(_ROOT)]
    return given, {(code.co_filename[len(_ROOT) :], code.co_name) for code in codes}


class Package:
    """The whole package, imported once, and its functions."""

    def __init__(self) -> None:
        _, self._early = watch(_import_all)
        self._functions: dict[CodeType, list[FunctionType]] = {}

    def settle(self) -> None:
        """Take all functions there are, forget what they remember, and let nobody sweep it."""
        gc.unfreeze()
        self._functions = {}
        for one in gc.get_objects():
            if isinstance(one, FunctionType) and one.__code__.co_filename.startswith(_ROOT):
                self._functions.setdefault(one.__code__, []).append(one)
            elif isinstance(one, _Cached) and str(one.__module__).startswith("beancount_invwd"):
                one.cache_clear()
        gc.collect()
        gc.freeze()

    def plan(self, mutant: Mutant) -> list[tuple[FunctionType, CodeType]]:
        """Functions and what they become; none, if that is not all there is to a change."""
        if not mutant.function or (mutant.path, mutant.function) in self._early:
            return []
        path = PACKAGE / mutant.path
        old = compile(path.read_text(encoding="utf-8"), str(path), "exec")
        new = compile(mutant.source, str(path), "exec")
        planned = list[tuple[FunctionType, CodeType]]()
        for was, becomes in _pair(old, new):
            found = self._find(was)
            if becomes is None or not found or was.co_freevars != becomes.co_freevars:
                return []
            planned += [(function, becomes) for function in found]
        return planned

    def _find(self, code: CodeType) -> list[FunctionType]:
        found = self._functions.get(code, ())
        return [one for one in found if one.__code__.co_filename == code.co_filename]


_Cached: Final = type(lru_cache(lambda: None))


def _import_all() -> None:
    package = importlib.import_module("beancount_invwd")
    for found in pkgutil.walk_packages(package.__path__, "beancount_invwd."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)


def _pair(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType | None]]:
    """The functions that differ, old and new; without new: what is no function differs."""
    codes, others = zip(*map(_split, (old, new)), strict=True)
    if others[0] != others[1] or len(codes[0]) != len(codes[1]):
        yield old, None
        return
    for one, two in zip(*codes, strict=True):
        if one == two:
            continue
        if one.co_flags & inspect.CO_OPTIMIZED:
            yield one, two
        else:
            yield from _pair(one, two)


def _split(code: CodeType) -> tuple[list[CodeType], Any]:
    """The code in a code, and all else that it does."""
    constants = [one for one in code.co_consts if not isinstance(one, CodeType)]
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    return inner, (code.co_code, repr(constants), code.co_names, code.co_varnames)


def import_changed(mutant: Mutant) -> None:
    """Have the package imported anew with one module changed."""
    _forget()
    sys.meta_path.insert(0, _Changed(mutant))


def _forget() -> None:
    """Forget what was imported of the package."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "beancount_invwd"]:
        del sys.modules[name]


class _Source(SourceFileLoader):
    """Loads a module from a changed source."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self.source = source

    def get_code(self, _fullname: str) -> Any:
        return compile(self.source, self.path, "exec")


class _Changed(importlib.abc.MetaPathFinder):
    """Finds one module changed."""

    def __init__(self, mutant: Mutant) -> None:
        path = PACKAGE / mutant.path
        self.name = ".".join(("beancount_invwd", *Path(mutant.path).with_suffix("").parts))
        self.loader = _Source(self.name, str(path), mutant.source)

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """The module, if it is the one."""
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, loader=self.loader)


def main() -> None:
    """Run tests of pytest with a module of the package changed: its path, the source's, tests."""
    path, source, *tests = sys.argv[1:]
    import_changed(Mutant(path, Path(source).read_text(encoding="utf-8"), "", "", ""))
    sys.exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests]))


if __name__ == "__main__":
    main()
