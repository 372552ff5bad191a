"""The plan of the house, held by its syntax tree: sizes, arrows, and who may do what."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import beancount_invwd
from tests.support.house import (
    MOST_OF_CLASS,
    MOST_OF_FILE,
    Module,
    find_levels,
    read_house,
)

ROOT = Path(__file__).parents[2]
SOURCE = Path(beancount_invwd.__file__).parents[1]  # of a wheel, where that is tested
HOUSE = read_house(SOURCE)
ARCHITECTURE = (ROOT / "beancount_invwd/ARCHITECTURE.md").read_text(encoding="utf-8")
ASKING = ("beancount_invwd.report", "beancount_invwd.sheets", "fava_ext")
PARTS = {"timeline", "books", "assessor", "chart", "scope", "targets", "claims", "mistakes"}


def _list_attributes(module: Module) -> Iterator[ast.Attribute]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.Attribute))


def _tell(module: Module, node: ast.Attribute) -> str:
    return f"{module.name}:{node.lineno} {ast.unparse(node)}"


def _is_own(node: ast.Attribute) -> bool:
    """Whether an attribute is one of the object itself."""
    return ast.unparse(node.value) in {"self", "cls"}


def _is_hidden(name: str) -> bool:
    """Whether a name is meant for its own class; some of a NamedTuple only look so."""
    return bool(re.match("_[a-z]", name)) and name not in {"_asdict", "_fields", "_replace"}


def test_no_file_is_longer_than_one_reads_at_once() -> None:
    assert [row.name for row in HOUSE.modules if row.lines > MOST_OF_FILE] == []


def test_no_class_is_several() -> None:
    assert [row for row in HOUSE.classes if row.lines > MOST_OF_CLASS] == []


def test_the_rooms_are_few_and_their_arrows_run_down() -> None:
    arrows = HOUSE.find_arrows()
    assert len(arrows) <= 18
    assert max(find_levels(arrows).values()) <= 13
    assert sum(map(len, arrows.values())) <= 75


def test_only_lots_assigns_to_what_is_on_hand() -> None:
    fields = set(_list_fields("stock", "Lot", "Stock")) | set(_list_fields("places", "Place"))
    assert {"units", "allowance", "locked", "terms", "contra"} <= fields
    assert [
        _tell(module, node)
        for module in HOUSE.modules
        if not module.name.startswith("beancount_invwd.lots.")
        for node in _list_attributes(module)
        if isinstance(node.ctx, ast.Store | ast.Del) and node.attr in fields and not _is_own(node)
    ] == []


def _list_fields(module: str, *names: str) -> Iterator[str]:
    """What classes say that they have, and what they set when they are made."""
    (found,) = [row for row in HOUSE.modules if row.name == f"beancount_invwd.lots.{module}"]
    for parent in ast.walk(found.tree):
        if isinstance(parent, ast.ClassDef) and parent.name in names:
            for node in parent.body:
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    yield node.target.id
                elif isinstance(node, ast.FunctionDef) and node.name == "__init__":
                    inner = (row for row in ast.walk(node) if isinstance(row, ast.Attribute))
                    yield from (row.attr for row in inner if isinstance(row.ctx, ast.Store))


def test_nobody_walks_through_the_parts_of_a_run() -> None:
    assert [
        _tell(module, node)
        for module in HOUSE.modules
        if module.name.startswith(ASKING) and module.name != "fava_ext.fava_api"
        for node in _list_attributes(module)
        if not _is_own(node) and (node.attr in PARTS or _is_hidden(node.attr))
    ] == []


def test_a_run_keeps_its_parts_for_itself() -> None:
    assert [
        _tell(module, target)
        for module in HOUSE.modules
        if module.name.startswith("beancount_invwd.engine.")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assign) and re.search(r"\bparts\.", ast.unparse(node.value))
        for target in node.targets
        if isinstance(target, ast.Attribute)
        and not target.attr.startswith("_")
        and target.attr not in {"policy", "closed"}  # nouns
    ] == []


def test_the_architecture_is_one_page_and_names_what_there_is() -> None:
    assert len(ARCHITECTURE.splitlines()) <= 100
    named = re.findall(r"`([a-z_]+/[a-z_/]*(?:\.[a-z]+)?)`", ARCHITECTURE)
    assert len(named) > 30
    for name in named:
        paths = [
            folder / package / name
            for folder in (ROOT, SOURCE)
            for package in (".", "beancount_invwd")
        ]
        assert any(path.exists() or path.with_suffix(".py").exists() for path in paths), name
    for room in HOUSE.rooms:
        assert f"`{room}" in ARCHITECTURE, room
