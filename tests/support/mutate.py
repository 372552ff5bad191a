"""Mutation testing: small changes of the source → those that no test notices.

    python -m tests.support.mutate measure/rule allowance [--share 0.1] [--tests PATH …]

Each change is tried in a process of its own, which runs the plugin on all ledgers that
`tests/engine` compares: every case, to the last letter of what is written and of each error; the
random ledgers of all makers, to each amount on each account. They are loaded once and the functions
changed in place, which is why a change takes a tenth of a second where a run of pytest takes a
minute; only those that call the changed function are tried, and first the one that noticed the last
change. What survives is printed when it is found, and a line for each module when it is through.
`--share 0.25 --start 0.25` takes the second quarter of each module's changes; `--again FILE` those
alone that an earlier run printed, `--cases allowance lots` tries them by some cases alone first.

What no ledger notices, as all that is in reports, is then tried by tests that are named; these are
collected once. What survives both is listed in `survivors.txt`, a line each, with the reason why
it is no other program:

    allowance/weigh.py | find_loss | if cost <= value: | if cost < value: | nil either way

Exit status 1 if anything else survives, or if the list names what is not there any more.
"""

from __future__ import annotations

import argparse
import mmap
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
from _pytest.runner import runtestprotocol
from beancount import loader
from beancount.core import data
from beancount.parser import printer

from tests.support.case_files import case_name, find_cases, read_case
from tests.support.changed import Called, Package, import_changed, watch
from tests.support.mutants import Mutant, choose

SURVIVORS: Final = Path(__file__).with_name("survivors.txt")
PATIENCE: Final = 3  # times as long as without a change, and as many seconds more
SEEDS: Final = 60  # of each maker, as in tests/engine/test_rules.py


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger as the plugin is handed it."""

    name: str
    entries: Sequence[Any]
    options: Mapping[str, Any]
    config: str | None


def load_ledgers(folder: Path, cases: Sequence[str] = ()) -> list[Ledger]:
    """Load what the plugin is handed for each ledger, by a recorder in its place.

    Args:
        folder: Where they are written.
        cases: How the names of some cases begin, which are taken alone.
    """
    from tests.support.compare_models import MAKERS  # noqa: PLC0415 (it imports the package)
    from tests.support.random_ledgers import with_plugin  # noqa: PLC0415

    chosen = [path for path in find_cases() if case_name(path).startswith(tuple(cases) or "")]
    texts = {str(path): read_case(path).ledger for path in chosen}
    for maker, make in MAKERS.items() if not cases else ():
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
        self.kept = sys.modules["beancount_invwd"]
        sys.modules["beancount_invwd"] = self.module
        return self.module

    def __exit__(self, *_: object) -> None:
        sys.modules["beancount_invwd"] = self.kept


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


@dataclass(frozen=True, slots=True)
class Check:
    """Something that is right as long as nothing is changed, what it calls, and its seconds."""

    is_right: Callable[[], bool]
    called: Called
    seconds: float


def watch_ledger(ledger: Ledger) -> Check:
    """What a ledger gives, as a check."""
    text, called = watch(lambda: write_all(ledger))
    started = time.process_time()
    assert write_all(ledger) == text, ledger.name
    return Check(
        lambda: write_all(ledger) == text,
        called,
        time.process_time() - started,
    )


def watch_test(test: pytest.Item) -> Check:
    """A test of pytest as a check.

    Raises:
        ValueError: It fails without any change.
    """

    def is_right() -> bool:
        return not any(report.failed for report in runtestprotocol(test, log=False, nextitem=None))

    started = time.process_time()
    is_green, called = watch(is_right)
    if not is_green:
        raise ValueError(test.nodeid)
    return Check(is_right, called, time.process_time() - started)


class Oracle:
    """All checks, those first that noticed something last.

    Args:
        package: What is changed.
        ledgers: Checks that import what they call.
        tests: Checks that have imported it already.
        paths: Of the tests, for those that have to import it anew.
    """

    def __init__(
        self,
        package: Package,
        ledgers: Sequence[Check],
        tests: Sequence[Check] = (),
        paths: Sequence[str] = (),
    ) -> None:
        self.package, self.ledgers, self.tests, self.paths = package, ledgers, tests, paths

    def is_right(self) -> bool:
        """Whether all is right without a change."""
        checks = [*self.ledgers, *self.tests]
        return not checks or _is_green(self.package, None, checks, mmap.mmap(-1, 8))

    def is_noticed(self, mutant: Mutant) -> bool:
        """Whether anything gives something else, in a process of its own."""
        is_red, self.ledgers = _ask(self.package, mutant, self.ledgers)
        if is_red or not self.paths:
            return is_red
        if self.package.plan(mutant):
            is_red, self.tests = _ask(self.package, mutant, self.tests)
            return is_red
        return _test_anew(mutant, self.paths)


def _ask(package: Package, mutant: Mutant, checks: Sequence[Check]) -> tuple[bool, Sequence[Check]]:
    """Whether a check notices a change, and the checks with that one first."""
    called = (mutant.path, mutant.function)
    tried = [one for one in checks if not mutant.function or called in one.called]
    shared = mmap.mmap(-1, 8)
    if not tried or _is_green(package, mutant, tried, shared):
        return False, checks
    first = tried[int.from_bytes(shared, "little")]
    return True, [first, *(one for one in checks if one is not first)]


def _is_green(
    package: Package, mutant: Mutant | None, tried: Sequence[Check], shared: mmap.mmap
) -> bool:
    """Whether all checks are right in a process of its own, in which number is the last tried."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    is_green = False
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        planned = [] if mutant is None else package.plan(mutant)
        for function, code in planned:
            function.__code__ = code
        if mutant is not None and not planned:
            import_changed(mutant)
        for number, check in enumerate(tried):
            shared[:] = number.to_bytes(8, "little")
            signal.setitimer(signal.ITIMER_PROF, PATIENCE * (1 + check.seconds))
            if not check.is_right():
                break
        else:
            is_green = True
    finally:
        os._exit(0 if is_green else 1)


def _test_anew(mutant: Mutant, paths: Sequence[str]) -> bool:
    """Whether tests fail in a new process, which imports a changed module."""
    with tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8") as file:
        file.write(mutant.source)
        file.flush()
        command = (sys.executable, "-m", "tests.support.changed", mutant.path, file.name, *paths)
        return subprocess.run(command, check=False, capture_output=True).returncode != 0


def read_survivors() -> set[str]:
    """The lines of what is known to be the same program, without their reasons."""
    lines = SURVIVORS.read_text(encoding="utf-8").splitlines()
    return {line.rpartition(" | ")[0] for line in lines if line and not line.startswith("#")}


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


def try_all(args: argparse.Namespace, package: Package, tests: Sequence[pytest.Item]) -> bool:
    """Try what is chosen → nothing unexpected."""
    is_report = all(name.startswith("report") for name in args.names)  # no plugin asks these
    lines = args.again.read_text(encoding="utf-8").splitlines() if args.again else None
    results = []
    with tempfile.TemporaryDirectory() as folder:  # some messages are of a ledger's text
        ledgers = [] if is_report else load_ledgers(Path(folder), args.cases)
        checks = sorted(map(watch_test, tests), key=lambda check: check.seconds)
        oracle = Oracle(package, [*map(watch_ledger, ledgers)], checks, args.tests)
        package.settle()
        seconds = sum(check.seconds for check in oracle.ledgers)
        print(f"{len(ledgers)} ledgers ({seconds:.0f} s), {len(tests)} tests", flush=True)
        if not oracle.is_right():
            message = "what is not changed gives something else the second time"
            raise RuntimeError(message)
        for name, mutants, all_lines in choose(args.names, args.share, args.start, args.seed):
            gone = [row for row in read_survivors() - all_lines if row.startswith(f"{name} | ")]
            for row in sorted(gone):
                print(f"not there any more, yet on the list: {row}", flush=True)
            results.append(not gone)
            chosen = [row for row in mutants if lines is None or row.line in lines]
            if chosen:
                results.append(try_module(name, chosen, oracle, args.processes))
    return all(results)


class Session:
    """A run of pytest that tries changes by the tests that it has collected."""

    def __init__(self, args: argparse.Namespace, package: Package) -> None:
        self.args, self.package, self.is_all_right = args, package, False

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of the run."""
        self.is_all_right = try_all(self.args, self.package, session.items)
        return True


def main() -> None:
    """Try mutants, and print what survives."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.support.mutate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="+", help="modules or folders, such as measure/rule")
    parser.add_argument("--share", type=float, default=1.0, help="of the mutants of each module")
    parser.add_argument("--start", type=float, default=0.0, help="where that share begins")
    parser.add_argument("--seed", type=int, default=0, help="of the order of mutants")
    parser.add_argument("--cases", nargs="+", default=(), help="ledgers for a first, fast look")
    parser.add_argument("--again", type=Path, help="what an earlier run printed: only that")
    parser.add_argument("--tests", nargs="+", default=(), help="for what no ledger notices")
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    package = Package()
    if args.tests:
        session = Session(args, package)
        quiet = ("-W", "ignore::pytest.PytestAssertRewriteWarning", "-p", "no:cacheprovider")
        pytest.main(["-q", "-s", *quiet, *args.tests], plugins=[session])
        sys.exit(0 if session.is_all_right else 1)
    sys.exit(0 if try_all(args, package, ()) else 1)


if __name__ == "__main__":
    main()
