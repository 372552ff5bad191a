"""Mutation testing: small changes of the source → those that no ledger of the tests notices.

    python -m tests.support.mutate measure/rule allowance [--share 0.1] [--tests PATH …]

Operators are those of cosmic-ray. Each changed module is tried in a process of its own, which runs
the plugin on all ledgers that `tests/engine` compares: every case, to the last letter of what is
written and of each error; the random ledgers of all makers, to each amount on each account. They
are loaded once, which is why this takes a second where a run of pytest takes a minute; only those
that call the changed function are tried, and first the one that noticed the last change. What
survives is printed when it is found, and a line for each module when it is through.

What no ledger notices, as all that is in reports, is then tried by tests that are named. What
survives both is listed in `survivors.txt`, a line each, with the reason why it is no other program:

    allowance/weigh.py | find_loss | if cost <= value: | if cost < value: | nil either way

Exit status 1 if anything else survives, or if the list names what is not there any more.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib.abc
import importlib.util
import mmap
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, Final

import pytest
from beancount import loader
from beancount.core import data
from beancount.parser import printer
from cosmic_ray import plugins
from cosmic_ray.mutating import mutate_code

from tests.support.case_files import find_cases, read_case

PACKAGE: Final = Path(__file__).parents[2] / "beancount_invwd"
SURVIVORS: Final = Path(__file__).with_name("survivors.txt")
PATIENCE: Final = 120  # seconds of work for a changed module
SEEDS: Final = 60  # of each maker, as in tests/engine/test_rules.py
OPERATORS: Final = (
    *(
        f"core/ReplaceBinaryOperator_{name}"
        for name in ("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul")
    ),
    *(
        f"core/ReplaceComparisonOperator_{name}"
        for name in ("Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt")
    ),
    *(f"core/ReplaceComparisonOperator_{name}" for name in ("Eq_NotEq", "NotEq_Eq")),
    *(f"core/ReplaceComparisonOperator_{name}" for name in ("Is_IsNot", "IsNot_Is")),
    *(f"core/ReplaceUnaryOperator_{name}" for name in ("Delete_USub", "Delete_Not")),
    *(
        f"core/Replace{name}"
        for name in ("TrueWithFalse", "FalseWithTrue", "AndWithOr", "OrWithAnd")
    ),
    *(f"core/Replace{name}" for name in ("BreakWithContinue", "ContinueWithBreak")),
    *("core/AddNot", "core/NumberReplacer", "core/ZeroIterationForLoop"),
)


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger as the plugin is handed it, and what it gave before anything was changed."""

    name: str
    entries: Sequence[Any]
    options: Mapping[str, Any]
    config: str | None


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed module: path in the package, source, function, the lines before and after."""

    path: str
    source: str
    function: str
    before: str
    after: str

    @property
    def line(self) -> str:
        """As `survivors.txt` names it."""
        return f"{self.path} | {self.function} | {self.before} | {self.after}"


def list_mutants(path: Path) -> Iterator[Mutant]:
    """All changes of a module that are still Python, each once."""
    source, seen = path.read_text(encoding="utf-8"), set[str]()
    for name in OPERATORS:
        operator, occurrence = plugins.get_operator(name)(), 0
        while (changed := mutate_code(source, operator, occurrence)) is not None:
            occurrence += 1
            if changed not in seen and _is_other(source, changed):
                seen.add(changed)
                yield _describe(path, source, changed)


def _is_other(source: str, changed: str) -> bool:
    """Whether a change is a program, and another one."""
    try:
        return _dump(changed) != _dump(source)
    except SyntaxError:  # `not` before an assignment expression
        return False


def _dump(source: str) -> str:
    """The program of a source, without types, what is imported for these, and what is asserted."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.FunctionDef):
            node.returns, named = None, node.args
            named.args = [*named.posonlyargs, *named.args, *named.kwonlyargs]
            named.defaults += [default for default in named.kw_defaults if default is not None]
            named.posonlyargs, named.kwonlyargs, named.kw_defaults = [], [], []
        elif isinstance(node, ast.Call):
            node.keywords = [row for row in node.keywords if row.arg != "strict"]
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.test = ast.Constant(None)
    return ast.dump(tree)


def _describe(path: Path, source: str, changed: str) -> Mutant:
    """Name a change by its function and its first line."""
    old, new = source.split("\n"), changed.split("\n")
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    _, start, end, start_new, end_new = next(block for block in blocks if block[0] != "equal")
    function = ""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.lineno <= start + 1 <= (node.end_lineno or 0):
            function = node.name
    before = " ".join(line.strip() for line in old[start:end])
    after = " ".join(line.strip() for line in new[start_new:end_new])
    return Mutant(path.relative_to(PACKAGE).as_posix(), changed, function, before, after)


def load_ledgers(folder: Path) -> list[Ledger]:
    """Load what the plugin is handed for each ledger, by a recorder in its place."""
    from tests.support.compare_models import MAKERS  # noqa: PLC0415 (it imports the package)
    from tests.support.random_ledgers import with_plugin  # noqa: PLC0415

    texts = {str(path): read_case(path).ledger for path in find_cases()}
    for maker, make in MAKERS.items():
        texts |= {f"{maker}:{seed}": with_plugin(*make(seed)) for seed in range(SEEDS)}
    found: list[Ledger] = []
    with _recorder(found) as recorder:
        for name, text in texts.items():
            recorder.name = name  # type: ignore[attr-defined]
            path = folder / f"{len(found)}.beancount"
            path.write_text(text, encoding="utf-8")
            loader.load_file(str(path))
    return found


class _recorder:  # noqa: N801 (used as a function)
    """A module in place of the plugin that keeps what it is handed."""

    def __init__(self, found: list[Ledger]) -> None:
        self.module = ModuleType("beancount_invwd")
        self.module.__plugins__ = ("keep",)  # type: ignore[attr-defined]

        def keep(entries: Any, options: Any, config: str | None = None) -> tuple[Any, list[Any]]:
            name = self.module.name
            found.append(Ledger(name, entries, options, config))
            return entries, []

        self.module.keep = keep  # type: ignore[attr-defined]

    def __enter__(self) -> ModuleType:
        _forget()
        sys.modules["beancount_invwd"] = self.module
        return self.module

    def __exit__(self, *_: object) -> None:
        _forget()


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


def write_all(ledger: Ledger) -> str:
    """What the plugin writes and finds, as text: of a random ledger the amounts alone."""
    from beancount_invwd.plugin import invwd  # noqa: PLC0415 (the changed one)

    output, errors = invwd(ledger.entries, ledger.options, ledger.config)
    written = output[len(ledger.entries) :]
    if ":" in ledger.name:
        return repr([_amounts(entry) for entry in written if isinstance(entry, data.Transaction)])
    mistakes = sorted((error.source["lineno"], error.message) for error in errors)
    return repr(([printer.format_entry(entry) for entry in written], mistakes))


def _amounts(entry: data.Transaction) -> Any:
    units = [(posting.account, posting.units) for posting in entry.postings]
    return entry.date, entry.meta.get("invwd"), entry.meta.get("invwd-group"), units


class Oracle:
    """All ledgers with what is right, those first that noticed something last; tests for the rest.

    Args:
        ledgers: The ledgers.
        tests: Paths of tests.
    """

    def __init__(self, ledgers: Sequence[Ledger], tests: Sequence[str]) -> None:
        self.tests = tests
        self.oracles = [(ledger, *_watch(ledger)) for ledger in ledgers]

    def is_noticed(self, mutant: Mutant) -> bool:
        """Whether anything gives something else, in a process of its own."""
        called = (mutant.path, mutant.function)
        tried = [one for one in self.oracles if not mutant.function or called in one[2]]
        shared = mmap.mmap(-1, 8)
        if _is_red(mutant, lambda: _compare(tried, shared)):
            if tried:
                first = tried[int.from_bytes(shared, "little")]
                self.oracles = [first, *(one for one in self.oracles if one is not first)]
            return True
        return bool(self.tests) and _is_red(mutant, lambda: _test(self.tests))


def _watch(ledger: Ledger) -> tuple[str, set[tuple[str, str]]]:
    """What a ledger gives, and which functions it calls."""
    called: set[tuple[str, str]] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            called.add((frame.f_code.co_filename, frame.f_code.co_name))

    sys.setprofile(note)
    try:
        text = write_all(ledger)
    finally:
        sys.setprofile(None)
    root = f"{PACKAGE}/"
    return text, {(path[len(root) :], name) for path, name in called if path.startswith(root)}


def _is_red(mutant: Mutant | None, check: Callable[[], bool]) -> bool:
    """Whether a check of the changed package, in a process of its own, is not true."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] != 0
    is_green = False
    try:
        signal.setitimer(signal.ITIMER_PROF, PATIENCE)
        if mutant is not None:
            sys.meta_path.insert(0, _Changed(mutant))
        is_green = check()
    finally:
        os._exit(0 if is_green else 1)


def _compare(tried: Sequence[tuple[Ledger, str, Any]], shared: mmap.mmap) -> bool:
    """Run the package on ledgers until one differs, whose number is told."""
    for number, (ledger, text, _) in enumerate(tried):
        shared[:] = number.to_bytes(8, "little")
        if write_all(ledger) != text:
            return False
    return True


def _test(paths: Sequence[str]) -> bool:
    """Run tests of pytest up to the first that fails."""
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    return pytest.main(["-x", "-q", "-p", "no:cacheprovider", *paths]) == pytest.ExitCode.OK


def read_survivors() -> set[str]:
    """The lines of what is known to be the same program, without their reasons."""
    lines = SURVIVORS.read_text(encoding="utf-8").splitlines()
    return {line.rpartition(" | ")[0] for line in lines if line and not line.startswith("#")}


def choose(names: Sequence[str], share: float, seed: int) -> Iterator[tuple[str, list[Mutant]]]:
    """Choose mutants of each module named, or in a folder named, by module."""
    for path in (PACKAGE / name for name in names):
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]:
            if mutants := list(list_mutants(file)):
                number = max(1, round(len(mutants) * share))
                chosen = random.Random(seed).sample(mutants, number)  # noqa: S311
                yield file.relative_to(PACKAGE).as_posix(), chosen


def try_module(name: str, mutants: Sequence[Mutant], oracle: Oracle, processes: int) -> bool:
    """Try the mutants of a module, print what survives and the score → nothing unexpected."""
    known, started = read_survivors(), time.monotonic()
    counts = Counter[str]()
    with ThreadPoolExecutor(processes) as pool:
        for mutant, seen in zip(mutants, pool.map(oracle.is_noticed, mutants), strict=True):
            listed = mutant.line in known
            verdict = (
                ("stale" if listed else "noticed") if seen else "same" if listed else "survive"
            )
            counts[verdict] += 1
            if verdict in ("stale", "survive"):
                said = "noticed, yet on the list: " if seen else ""
                print(f"{said}{mutant.line}", flush=True)
    print(
        f"{name}: {counts['noticed'] + counts['stale']} of {len(mutants)} noticed, "
        f"{counts['same']} are the same program, {counts['survive']} survive "
        f"({time.monotonic() - started:.0f} s)",
        flush=True,
    )
    return not counts["stale"] and not counts["survive"]


def main() -> None:
    """Try mutants, and print what survives."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.support.mutate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="+", help="modules or folders, such as measure/rule")
    parser.add_argument("--share", type=float, default=1.0, help="of the mutants of each module")
    parser.add_argument("--seed", type=int, default=0, help="of the choice")
    parser.add_argument("--tests", nargs="+", default=(), help="for what no ledger notices")
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        is_report = all(name.startswith("report") for name in args.names)  # no plugin asks these
        oracle = Oracle([] if is_report else load_ledgers(Path(folder)), args.tests)
        _forget()
        if args.tests and _is_red(None, lambda: _test(args.tests)):
            parser.error("the tests fail without any change")
        print(f"{len(oracle.oracles)} ledgers", flush=True)
        results = [
            try_module(name, mutants, oracle, args.processes)
            for name, mutants in choose(args.names, args.share, args.seed)
        ]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
