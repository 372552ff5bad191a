"""Case files: ledger + what the plugin shall write → the differences, if there are any.

A case is one file `tests/cases/<room>/<topic>/<rule>.beancount`. Rooms are the folders of
the engine; besides there are `errors`, whose topics are the rooms that find them, and `worked`,
without topics: examples that somebody else published. A case looks like this:

    ;; IAS 2.9: inventories are measured at the lower of cost and net realisable value.
    ;; 2024-01-31 write-down MUG 20.00 USD to Expenses:Inventory:Write-Down: 10 x (8.00 - 6.00)

    plugin "beancount_invwd"
    ...

    * Expected
    2024-01-31 * "Write-down of MUG ..." #invwd
    ...
    ;! 12: an error that is reported at line 12 of this file
    ;!| a further line of its message

The ledger above `* Expected`, loaded with the plugin, must print the same as that ledger without
the plugin and with the entries below: the plugin writes what an accountant would have typed. Where
neither entry nor error is expected, the lower half says `;; nothing`. What Beancount makes of `pad`
is not compared, and an error of its own may be expected with the plugin and without.

The calculation by hand at the top is part of the test, so that `--update-cases` cannot make a wrong
amount right. Its lines are

    ;; DATE KIND GROUP NUMBER CURRENCY [to ACCOUNT][: how it comes about]
    ;;     ACCOUNT NUMBER
    ;; error: what is wrong
    ;; nothing: why

one for each transaction (its amount in profit or loss, for a transfer what moved; the account that
takes the other side of the allowance), single postings below it, and one for each error. Lots of an
item that are written together may have a line each. Opens need no line. A file without any such
line is compared with its lower half alone.
"""

from __future__ import annotations

import difflib
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from beancount import loader
from beancount.core import data
from beancount.core.flags import FLAG_PADDING
from beancount.parser import printer

ROOT = Path(__file__).parents[1] / "cases"
MARKER = "* Expected"
NOTHING = ";; nothing"
PLUGIN = re.compile(
    r'^plugin\s+"beancount_invwd"(?:\s+"(?:[^"\\]|\\.)*")?[ \t]*(?:;.*)?$', re.MULTILINE
)
HAND = re.compile(
    r"^;; (?P<date>\d{4}-\d\d-\d\d) "
    r"(?P<kind>write-down|write-off|reversal|release|transfer|commitment-(?:loss|recovery))"
    r" (?P<group>.+?) (?P<number>[\d,]+(?:\.\d+)?) (?P<currency>[A-Z][A-Z0-9]*)"
    r"(?: to (?P<account>[^\s:]+(?::[^\s:]+)+))?(?:: .*)?$"
)
HAND_POSTING = re.compile(
    r"^;; {5}(?P<account>[^\s:]+(?::[^\s:]+)+) +(?P<number>-?[\d,]+(?:\.\d+)?)"
)


class CaseError(NamedTuple):
    """An error that a load reports: line of the case file, and the message."""

    lineno: int
    message: str


@dataclass(frozen=True, slots=True)
class Case:
    """A case file in its parts; `ledger` and `expected` are the text above and below the marker."""

    name: str
    ledger: str
    expected: str

    @property
    def room(self) -> str:
        """The first folder of the case."""
        return self.name.partition("/")[0]

    @property
    def text(self) -> str:
        """The whole file."""
        return f"{self.ledger}{MARKER}\n{self.expected}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What Beancount makes of a text: its directives in order, the same as printed, and errors.

    `assets` is the root of the asset accounts, among them the allowances.
    """

    entries: Sequence[data.Directive]
    printed: Sequence[str]
    errors: Sequence[CaseError]
    assets: str


@dataclass(frozen=True, slots=True)
class HandLine:
    """What the calculation by hand says of one transaction."""

    date: str
    kind: str
    group: str
    number: Decimal
    currency: str
    account: str | None
    postings: tuple[tuple[str, Decimal], ...] = ()

    def agrees_with(self, entry: data.Transaction, assets: str) -> bool:
        """Whether the transaction is the one that was calculated."""
        sums = _sum_postings(entry)
        return (
            (self.date, self.kind, self.group)
            == (str(entry.date), entry.meta.get("invwd"), entry.meta.get("invwd-group"))
            and {currency for _, currency in sums} == {self.currency}
            and self.number == _amount(sums, assets)
            and (self.account is None or (self.account, self.currency) in sums)
            and all(sums.get((name, self.currency)) == number for name, number in self.postings)
        )


def find_cases(root: Path = ROOT) -> list[Path]:
    """Return the case files, sorted."""
    return sorted(root.rglob("*.beancount"))


def case_name(path: Path) -> str:
    """Return `room/topic/rule`."""
    return path.relative_to(ROOT).with_suffix("").as_posix()


def read_case(path: Path) -> Case:
    """Read a case file; one without a marker expects what is still to be written."""
    return parse_case(case_name(path), path.read_text(encoding="utf-8"))


def parse_case(name: str, text: str) -> Case:
    """Split the text of a case at its marker."""
    ledger, _, expected = text.partition(f"\n{MARKER}\n")
    return Case(name, f"{ledger.rstrip()}\n\n", expected)


def find_problems(case: Case) -> list[str]:
    """Return what is wrong with a case: an empty list if it passes."""
    user = load(without_plugin(case.ledger), case.name)
    actual = load(case.ledger, case.name)
    typed = load(without_plugin(case.text), case.name)
    expected_errors = read_errors(case)
    written = _minus(actual, user)
    return [
        *_compare("entries by day", _by_day(typed), _by_day(actual)),
        *_compare(
            "order of what the plugin writes",
            [printed for _, printed in _minus(typed, user)],
            [printed for _, printed in written],
        ),
        *_compare("errors", _error_lines(expected_errors), _error_lines(actual.errors)),
        *(
            f"not expected without the plugin: {e}"
            for e in typed.errors
            if e not in expected_errors
        ),
        *_check_nothing(case),
        *_check_hand(case, [entry for entry, _ in written], actual),
    ]


def update(case: Case) -> Case:
    """Return the case with what the plugin writes today as its expected half."""
    user = load(without_plugin(case.ledger), case.name)
    actual = load(case.ledger, case.name)
    parts = [printed for _, printed in _minus(actual, user)]
    errors = "".join(f"{line}\n" for line in _error_lines(actual.errors))
    if errors:
        parts.append(errors)
    return replace(case, expected="\n".join(parts) or f"{NOTHING}\n")


def load(text: str, name: str) -> Loaded:
    """Load a text as a file of the case's name; the folder that it is in for now never shows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder).resolve() / f"{name.rpartition('/')[2]}.beancount"
        path.write_text(text, encoding="utf-8")
        loaded, errors, options_map = loader.load_file(str(path))
        entries = [_strip(entry) for entry in loaded if getattr(entry, "flag", "") != FLAG_PADDING]
        prefix = f"{path.parent}/"
    return Loaded(
        entries,
        [printer.format_entry(entry).replace(prefix, "") for entry in entries],
        sorted(
            CaseError(error.source["lineno"], str(error.message).replace(prefix, ""))
            for error in errors
        ),
        str(options_map["name_assets"]),
    )


def _strip(entry: data.Directive) -> data.Directive:
    """Leave out what Beancount notes at a balance that fails; it is an error as well."""
    return entry._replace(diff_amount=None) if isinstance(entry, data.Balance) else entry


def without_plugin(text: str) -> str:
    """Blank the plugin's own directive, which may span several lines; line numbers stay."""
    return PLUGIN.sub(lambda match: "\n" * match.group().count("\n"), text)


def read_errors(case: Case) -> list[CaseError]:
    """Read the error lines of the expected half."""
    errors: list[CaseError] = []
    for line in case.expected.splitlines():
        if match := re.match(r";! (\d+): (.*)$", line):
            errors.append(CaseError(int(match[1]), match[2]))
        elif line.startswith(";!|"):
            last = errors.pop()
            errors.append(last._replace(message=f"{last.message}\n{line[3:].removeprefix(' ')}"))
    return sorted(errors)


def read_hand(case: Case) -> list[HandLine]:
    """Read the calculation by hand of the lines at the top."""
    lines: list[HandLine] = []
    for line in _head(case):
        if match := HAND.match(line):
            number = _decimal(match["number"])
            date, kind, group, currency, account = match.group(
                "date", "kind", "group", "currency", "account"
            )
            lines.append(HandLine(date, kind, group, number, currency, account))
        elif lines and (match := HAND_POSTING.match(line)):
            posting = (match["account"], _decimal(match["number"]))
            lines[-1] = replace(lines[-1], postings=(*lines[-1].postings, posting))
    return lines


def is_calculated(case: Case) -> bool:
    """Whether the top says what is to come: transactions, errors, or nothing."""
    starts = (";; error: ", f"{NOTHING}: ")
    return bool(read_hand(case)) or any(line.startswith(starts) for line in _head(case))


def _head(case: Case) -> list[str]:
    """Return the lines of the calculation: those that begin with `;;` above the marker."""
    return [line for line in case.ledger.splitlines() if line.startswith(";;")]


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def _minus(more: Loaded, less: Loaded) -> list[tuple[data.Directive, str]]:
    """Return the directives of `more` that `less` has not, in their order."""
    left = Counter(less.printed)
    rest = []
    for entry, printed in zip(more.entries, more.printed, strict=True):
        if left[printed]:
            left[printed] -= 1
        else:
            rest.append((entry, printed))
    return rest


def _by_day(loaded: Loaded) -> list[str]:
    """Return the printed directives day by day, those of a day sorted by their text."""
    days = defaultdict(list)
    for entry, printed in zip(loaded.entries, loaded.printed, strict=True):
        days[entry.date].append(printed)
    return [printed for day in sorted(days) for printed in sorted(days[day])]


def _error_lines(errors: Iterable[CaseError]) -> list[str]:
    lines = []
    for error in sorted(errors):
        first, *others = error.message.split("\n")
        lines.append(f";! {error.lineno}: {first}")
        lines.extend(f";!| {other}".rstrip() for other in others)
    return lines


def _compare(what: str, expected: Sequence[str], actual: Sequence[str]) -> list[str]:
    """Return the difference of two lists of texts as one problem."""
    if list(expected) == list(actual):
        return []
    difference = difflib.unified_diff(
        "\n".join(expected).splitlines(),
        "\n".join(actual).splitlines(),
        "expected",
        "actual",
        n=2,
        lineterm="",
    )
    return ["\n".join([f"{what}:", *difference])]


def _check_nothing(case: Case) -> list[str]:
    """An empty lower half has to be meant: it says `;; nothing`, and no other one does."""
    lines = [line for line in case.expected.splitlines() if line.strip()]
    if (NOTHING in lines) == (lines == [NOTHING]) and lines:
        return []
    return [f"the expected half must hold entries or errors, or `{NOTHING}` alone"]


def _check_hand(case: Case, written: Sequence[data.Directive], actual: Loaded) -> list[str]:
    """Compare the calculation by hand, if there is one, with what was written."""
    transactions = [entry for entry in written if isinstance(entry, data.Transaction)]
    if not is_calculated(case):
        return []
    alone = _strike_out(read_hand(case), transactions, actual.assets)
    missing = _strike_out(_add_up(alone), transactions, actual.assets)
    problems = [f"calculated by hand, but not written: {line}" for line in missing]
    problems += [f"written, but not calculated by hand:\n{_print(e)}" for e in transactions]
    error_count = sum(line.startswith(";; error: ") for line in _head(case))
    if error_count != len(actual.errors):
        problems.append(f"the head names {error_count} errors, reported: {len(actual.errors)}")
    return problems


def _strike_out(
    lines: Sequence[HandLine], transactions: list[data.Transaction], assets: str
) -> list[HandLine]:
    """Take out the transactions that lines agree with; return the other lines."""
    left = []
    for line in lines:
        found = next((e for e in transactions if line.agrees_with(e, assets)), None)
        if found is None:
            left.append(line)
        else:
            transactions.remove(found)
    return left


def _add_up(lines: Sequence[HandLine]) -> list[HandLine]:
    """Add up lines of lots that are written together, under the name of their item."""
    sums: dict[tuple[str, ...], HandLine] = {}
    for line in lines:
        key = (line.date, line.kind, line.group, line.currency, line.account or "")
        known = sums.get(key)
        sums[key] = (
            line
            if known is None
            else replace(
                known, number=known.number + line.number, postings=(*known.postings, *line.postings)
            )
        )
    return list(sums.values())


def _print(entry: data.Directive) -> str:
    return str(printer.format_entry(entry))


def _sum_postings(entry: data.Transaction) -> dict[tuple[str, str], Decimal]:
    """Return the sums by account and currency."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for posting in entry.postings:
        if posting.units is not None and posting.units.number is not None:
            sums[posting.account, posting.units.currency] += posting.units.number
    return dict(sums)


def _amount(sums: dict[tuple[str, str], Decimal], assets: str) -> Decimal:
    """Return what a transaction takes to profit or loss, or else what it moves."""
    result = [
        number for (account, _), number in sums.items() if account.partition(":")[0] != assets
    ]
    return abs(sum(result, Decimal())) or sum((n for n in sums.values() if n > 0), Decimal())
