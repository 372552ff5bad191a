"""A module of the package → its mutants: small changes that are still Python, and another program.

Operators are those of cosmic-ray. A module is parsed once; each change is made, read and undone.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import parso
from cosmic_ray import plugins

PACKAGE: Final = Path(__file__).parents[2] / "beancount_invwd"
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

_GUARDS: Final = {"strict", "frozen", "slots"}  # against mistakes of ours, and memory


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


def choose(
    names: Sequence[str], share: float, start: float = 0.0, seed: int = 0
) -> Iterator[tuple[str, list[Mutant], set[str]]]:
    """Choose mutants of each module named, or in a folder named, by module; and name them all.

    Args:
        names: Modules and folders, such as `measure/rule`.
        share: Of the mutants of each module, in an order by chance.
        start: How much of that order to pass over.
        seed: Of the order.
    """
    for path in (PACKAGE / name for name in names):
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]:
            mutants = list(list_mutants(file))
            lines = {row.line for row in mutants}
            random.Random(seed).shuffle(mutants)  # noqa: S311
            first, last = (round(len(mutants) * part) for part in (start, start + share))
            if chosen := mutants[first:last]:
                yield file.relative_to(PACKAGE).as_posix(), chosen, lines


def list_mutants(path: Path) -> Iterator[Mutant]:
    """All changes of a module that are still Python, each once."""
    source = path.read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    tree = parso.parse(source)  # type: ignore[no-untyped-call]
    parts = [part.get_code() for part in tree.children]
    seen = [{_dump(part)} for part in parts]
    for number, changed in _list_changes(tree):
        try:
            program = _dump(changed)
        except SyntaxError:  # `not` before an assignment expression
            continue
        if program not in seen[number]:
            seen[number].add(program)
            whole = "".join((*parts[:number], changed, *parts[number + 1 :]))
            yield _describe(path, source, whole, functions)


def _list_changes(tree: Any) -> Iterator[tuple[int, str]]:
    """The number of a part of a module, and how it reads after a change, for each change."""
    nodes = [(number, node) for number, part in enumerate(tree.children) for node in _walk(part)]
    for operator in [plugins.get_operator(name)() for name in OPERATORS]:
        for number, node in nodes:
            for index, _ in enumerate(list(operator.mutation_positions(node))):
                children = list(getattr(node, "children", ()))
                leaves = [(leaf, leaf.value) for leaf in (node, *children) if _is_leaf(leaf)]
                changed, siblings = operator.mutate(node, index), node.parent.children
                place = next(place for place, one in enumerate(siblings) if one is node)
                siblings[place] = changed
                yield number, tree.children[number].get_code()
                siblings[place] = node
                if children:
                    node.children = children
                for leaf, value in leaves:
                    leaf.value = value


def _walk(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "children", ()):
        yield from _walk(child)


def _is_leaf(node: Any) -> bool:
    return isinstance(node, parso.tree.Leaf)


def _dump(source: str) -> str:
    """The program of a source, without types and what is imported for these, and without guards."""
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
            node.keywords = [row for row in node.keywords if row.arg not in _GUARDS]
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.test = ast.Constant(None)
    return ast.dump(tree)


def _describe(
    path: Path, source: str, changed: str, functions: Sequence[ast.FunctionDef]
) -> Mutant:
    """Name a change by its function and its lines."""
    old, new = source.split("\n"), changed.split("\n")
    start = next(number for number, line in enumerate(old) if line != new[number])
    end, end_new = len(old), len(new)
    while min(end, end_new) > start + 1 and old[end - 1] == new[end_new - 1]:
        end, end_new = end - 1, end_new - 1
    around = [row for row in functions if row.lineno <= start + 1 <= (row.end_lineno or 0)]
    function = around[-1].name if around else ""
    before = " ".join(line.strip() for line in old[start:end])
    after = " ".join(line.strip() for line in new[start:end_new])
    return Mutant(path.relative_to(PACKAGE).as_posix(), changed, function, before, after)
