"""The user's regular expressions → compiled, or refused where repetitions stand in one another.

Python's `re` has no limit of time, and `(A+)+` has 2^n ways to take n letters. The author of a
pattern owns the ledger, so this is a guard against slips, not a proof: what varies may be repeated
only if a colon parts its turns, as in `([^:]+:)*`, and but a few repetitions may stand in a row.
"""

from __future__ import annotations

import re
import warnings

from beancount_invwd.ground.errors import RuleError

_LONGEST = 2_000
_TURNS = frozenset("*+?{")
_LETTERS = r"\\.|\[\^?\]?[^]]*\]"
_GROUP = r"\((?:\?(?:P<\w+>|[a-zA-Z-]*:|<?[=!]|>|\(\w+\)))?([^()]*)\)([*+?]|\{[0-9,]*\})?"
_FEW_TURNS = r"\?|\{[0-3]?(,[0-3])?\}"
_PART = r":N[*+]|N[*+]:|[^*+?{|]*"  # what may be repeated; N is no colon
_MANY = r"(?:[^*+?{|][*+?]\??){4}"


def compile_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern of account names, which takes them up to a `:` or their end.

    Raises:
        RuleError: It is no regular expression, or might take too long.
    """
    if len(text) > _LONGEST:
        raise RuleError(f"a regular expression of at most {_LONGEST:,} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of brackets in brackets: they are letters
            pattern = re.compile(rf"(?:{text})(?=:|\Z)")
    except (re.error, OverflowError, RecursionError) as error:
        raise RuleError(f"a regular expression of accounts ({error})") from error
    if _is_endless(text):
        raise RuleError(
            "a regular expression that takes a name in one way, without repetitions of "
            "repetitions such as (A+)+ or many of .* in a row; [^:]+ is one part of a name"
        )
    return pattern


def _is_endless(text: str) -> bool:
    """Take groups out from within, looking at those that are repeated."""
    if _TURNS.isdisjoint(text):
        return False
    rest = re.sub(_LETTERS, lambda match: "N" if re.match(r"\[\^.*:", match[0]) else "x", text)
    while (group := re.search(_GROUP, rest)) is not None:
        body, turns = group[1], group[2] or "?"
        is_repeated = re.fullmatch(_FEW_TURNS, turns) is None
        if is_repeated and re.fullmatch(_PART, body) is None:
            return True
        rest = rest[: group.start()] + ("x*" if is_repeated else body) + rest[group.end() :]
    return re.search(_MANY, rest) is not None
