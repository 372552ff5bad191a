"""The user's regular expressions → compiled, or refused if they might run for ever.

Python's `re` tries every way in which a pattern can take a name, and has no limit of time: `(A+)+`
has 2^n ways to take n letters. Here the ways are counted before the pattern is used. A repetition
that what follows ends, such as the one of `[^:]+:`, has one way only; `.*` before a letter has one
for each place of the name; where repetitions stand in one another, their ways multiply.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from beancount_invwd.ground.errors import RuleError

_LONGEST_PATTERN = 2_000
_LONGEST_NAME = 60  # longer names take longer, by a power that is bounded
_MOST_WAYS = 300_000
_WIDEST_RANGE = 256

_LITERAL = re.compile(r"[\w:-]*")
_parser: Any = getattr(re, "_parser", None) or re.sre_parse  # type: ignore[attr-defined]  # 3.10


class _Letters(NamedTuple):
    """The letters that may come next: these, or all but these."""

    letters: frozenset[int]
    is_negated: bool

    def overlap(self, other: _Letters) -> bool:
        """Whether a letter may be in both; when in doubt, it may."""
        if self.is_negated and other.is_negated:
            return True
        if self.is_negated or other.is_negated:
            few, many = (other, self) if self.is_negated else (self, other)
            return bool(few.letters - many.letters)
        return bool(self.letters & other.letters)


_ANY = _Letters(frozenset(), is_negated=True)
_COLON = _Letters(frozenset({ord(":")}), is_negated=False)  # or the end of the name


def compile_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern of account names, which takes them up to a `:` or their end.

    Raises:
        RuleError: It is no regular expression, or might take too long.
    """
    if len(text) > _LONGEST_PATTERN:
        raise RuleError(f"a regular expression of at most {_LONGEST_PATTERN:,} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of brackets in brackets: they are letters
            pattern = re.compile(rf"(?:{text})(?=:|\Z)")
            ways = 1 if _LITERAL.fullmatch(text) else _count(_parser.parse(text), _COLON)
    except (re.error, OverflowError, RecursionError) as error:
        raise RuleError(f"a regular expression of accounts ({error})") from error
    if ways > _MOST_WAYS:
        raise RuleError(
            "a regular expression that takes a name in one way, without repetitions of "
            "repetitions such as (A+)+ or many of .* in a row; [^:]+ is one part of a name"
        )
    return pattern


def _count(items: Sequence[Any], following: _Letters) -> int:
    """Count the ways in which a sequence can take a name, up to a bound."""
    ways = 1
    rows = list(items)
    for index, (op, value) in enumerate(rows):
        after = _first(rows[index + 1 :], following)
        ways = min(ways * _count_one(str(op), value, after), _MOST_WAYS + 1)
    return ways


def _count_one(op: str, value: Any, following: _Letters) -> int:
    if op.endswith("REPEAT"):
        low, high, body = value
        return _count_repeat(low, high, body, following)
    if op in {"SUBPATTERN", "ATOMIC_GROUP"}:
        return _count(value[-1] if op == "SUBPATTERN" else value, following)
    if op in {"ASSERT", "ASSERT_NOT"}:
        return _count(value[1], _ANY)
    if op == "BRANCH":
        return _count_branches(value[1], following)
    if op == "GROUPREF_EXISTS":
        return 1 + sum(_count(branch, following) for branch in value[1:] if branch)
    return 1


def _count_branches(branches: Sequence[Any], following: _Letters) -> int:
    ways = [_count(branch, following) for branch in branches]
    firsts = [_first(branch, following) for branch in branches]
    is_clear = not any(
        one.overlap(other) for i, one in enumerate(firsts) for other in firsts[i + 1 :]
    )
    return max(ways) if is_clear else sum(ways)


def _count_repeat(low: int, high: Any, body: Any, following: _Letters) -> int:
    """Count the ways of a repetition: when to stop, and those of each turn."""
    times = min(int(high), _LONGEST_NAME)
    first = _first(body, following)
    turns = _count(body, first if times > 1 else following)
    if times > 1 and not _is_fixed(body):
        turns = max(turns, 1 if _is_delimited(body) else 2)
    stops = 1 if low == high or not first.overlap(following) else times - min(low, times) + 1
    return stops if turns == 1 else min(stops * turns ** min(times, 30), _MOST_WAYS + 1)


def _is_fixed(body: Any) -> bool:
    """Whether each turn of a repetition takes as many letters as any other."""
    shortest, longest = body.getwidth()
    return bool(shortest == longest)


def _is_delimited(body: Any) -> bool:
    """Whether each turn begins, or each ends, with a letter that nothing else in it takes."""
    while len(body) == 1 and str(body[0][0]) == "SUBPATTERN":
        body = body[0][1][-1]
    rows = list(body)
    return len(rows) > 1 and (_is_apart(rows[0], rows[1:]) or _is_apart(rows[-1], rows[:-1]))


def _is_apart(row: Any, others: Sequence[Any]) -> bool:
    letters = _letters_of(row)
    return str(row[0]) == "LITERAL" and not any(
        _letters_of(other).overlap(letters) for other in others
    )


def _letters_of(row: Any) -> _Letters:
    """The letters that an item takes; of more than a repeated letter, any."""
    op, value = str(row[0]), row[1]
    if op.endswith("REPEAT") and len(value[2]) == 1:
        return _letters_of(value[2][0])
    found = _read_letters(op, value)
    return _ANY if found is None else found


def _first(items: Sequence[Any], following: _Letters) -> _Letters:
    """The letters that a sequence may begin with."""
    for row in items:
        op, value = str(row[0]), row[1]
        if op in {"AT", "ASSERT", "ASSERT_NOT"}:
            continue
        found = _read_letters(op, value)
        if found is not None:
            return found
        if op == "SUBPATTERN" and value[-1].getwidth()[0]:
            return _first(value[-1], _ANY)
        if op.endswith("REPEAT") and value[0] and value[2].getwidth()[0]:
            return _first(value[2], _ANY)
        if op == "BRANCH":
            firsts = [_first(branch, _ANY) for branch in value[1]]
            if not any(each.is_negated for each in firsts):
                letters = frozenset().union(*(each.letters for each in firsts))
                return _Letters(letters, is_negated=False)
        return _ANY
    return following


def _read_letters(op: str, value: Any) -> _Letters | None:
    """The letters of an item that takes one, in either case; None of any other item."""
    if op == "LITERAL":
        return _make_letters({value}, is_negated=False)
    if op == "NOT_LITERAL":
        return _make_letters({value}, is_negated=True)
    if op == "ANY":
        return _ANY
    if op != "IN":
        return None
    letters: set[int] = set()
    is_negated = str(value[0][0]) == "NEGATE"
    for kind, what in value:
        if str(kind) == "LITERAL":
            letters.add(what)
        elif str(kind) == "RANGE" and what[1] - what[0] < _WIDEST_RANGE:
            letters.update(range(what[0], what[1] + 1))
        elif not is_negated:  # of a complement, to know less is to allow more
            return _ANY
    return _make_letters(letters, is_negated=is_negated)


def _make_letters(given: Iterable[int], *, is_negated: bool) -> _Letters:
    """Take both cases of a letter, since a part of a pattern may ignore them."""
    both = {letter: {ord(c) for c in _cases(chr(letter))} for letter in given}
    if is_negated:
        letters = frozenset(k for k, cases in both.items() if cases <= both.keys())
    else:
        letters = frozenset().union(*both.values())
    return _Letters(letters, is_negated=is_negated)


def _cases(letter: str) -> str:
    return letter + "".join(c for c in (letter.lower(), letter.upper()) if len(c) == 1)
