"""The plan of the house in figures: `python -m tests.support.house [FOLDER]`.

Rooms are the folders and modules at the top of `beancount_invwd`, and the page; an arrow is an
import from one room of another; a room's level is the longest way of arrows down from it. The
last figures are of one load: the first ledger of the README is followed, and what is entered is
counted.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from beancount import loader

PACKAGES = ("beancount_invwd", "fava_ext")
MOST_OF_FILE = 350
MOST_OF_CLASS = 200
_ENGINE = PACKAGES[0]


class Module(NamedTuple):
    """A module as it is written."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def lines(self) -> int:
        """The lines of the file."""
        return _count_lines(self.path)


class Block(NamedTuple):
    """A function or class: where it stands and how long it is."""

    module: str
    name: str
    lines: int


@dataclass(frozen=True, slots=True)
class House:
    """Both packages as they are written."""

    root: Path
    modules: Sequence[Module]

    @property
    def rooms(self) -> list[str]:
        """The rooms, in alphabetical order."""
        return sorted({_find_room(module.name) for module in self.modules} - {_ENGINE})

    def find_arrows(self) -> dict[str, set[str]]:
        """Find which rooms each room imports of."""
        rooms = self.rooms
        arrows: dict[str, set[str]] = {room: set() for room in rooms}
        for module in self.modules:
            room = _find_room(module.name)
            for name in list_imports(module):
                other = _find_room(name)
                if other in arrows and room in arrows and other != room:
                    arrows[room].add(other)
        return arrows

    def list_blocks(self, kinds: tuple[type[ast.AST], ...]) -> list[Block]:
        """List the functions or classes."""
        return [
            Block(module.name, node.name, (node.end_lineno or 0) - node.lineno + 1)
            for module in self.modules
            for node in ast.walk(module.tree)
            if isinstance(node, kinds) and isinstance(node, _NAMED)
        ]

    @property
    def functions(self) -> list[Block]:
        """All functions and methods."""
        return self.list_blocks((ast.FunctionDef, ast.AsyncFunctionDef))

    @property
    def classes(self) -> list[Block]:
        """All classes."""
        return self.list_blocks((ast.ClassDef,))


_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def read_house(root: Path) -> House:
    """Read the modules of the packages below a folder."""
    modules = []
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            name = ".".join(parts).removesuffix(".__init__")
            modules.append(Module(name, path, ast.parse(path.read_text(encoding="utf-8"))))
    return House(root, modules)


def list_imports(module: Module) -> list[str]:
    """List what a module imports of the packages, for types alone as well."""
    names = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return [name for name in names if name.partition(".")[0] in PACKAGES]


def _count_lines(path: Path) -> int:
    return len(path.read_bytes().splitlines())


def _find_room(name: str) -> str:
    """The room of a module: beancount_invwd.lots.books → lots; the page is one."""
    first, *rest = name.split(".")
    return rest[0] if first == _ENGINE and rest else first


def find_levels(arrows: Mapping[str, set[str]]) -> dict[str, int]:
    """Find the level of each room, 1 for one that imports of none.

    Raises:
        ValueError: Rooms import of each other in a circle.
    """
    levels: dict[str, int] = {}

    def climb(room: str, way: tuple[str, ...]) -> int:
        if room in way:
            circle = " → ".join([*way[way.index(room) :], room])
            raise ValueError(f"a circle: {circle}")
        if room not in levels:
            below = [climb(other, (*way, room)) for other in sorted(arrows[room])]
            levels[room] = 1 + max(below, default=0)
        return levels[room]

    for room in arrows:
        climb(room, ())
    return levels


def list_calls(root: Path) -> list[str]:
    """Follow the README's first ledger: the files of the functions that are called."""
    text = (root / "README.md").read_text(encoding="utf-8")
    ledger = text.partition("```beancount\n")[2].partition("```")[0]
    plugin: Any = importlib.import_module(_ENGINE)
    plain = ledger.replace(f'plugin "{_ENGINE}"', "")
    entries, _, options = loader.load_string(plain)
    options = {**options, "plugin": [(_ENGINE, None)]}
    plugin.invwd(entries, options)  # once before, since some of it is remembered
    entered: list[str] = []

    def note(frame: Any, event: str, _: object) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(str(root / _ENGINE)):
            entered.append(name)

    sys.setprofile(note)
    try:
        plugin.invwd(entries, options)
    finally:
        sys.setprofile(None)
    return entered


def _tell_lengths(blocks: Sequence[Block]) -> str:
    lengths = sorted(block.lines for block in blocks)
    middle, most = lengths[len(lengths) // 2], lengths[int(len(lengths) * 0.9)]
    return f"{len(lengths)}, median {middle}, p90 {most}, max {lengths[-1]} lines"


def tell(root: Path) -> list[str]:
    """Tell the figures, one a line."""
    house = read_house(root)
    files = [path for package in PACKAGES for path in (root / package).rglob("*")]
    files = [path for path in files if path.is_file() and path.suffix != ".pyc"]
    arrows = house.find_arrows()
    try:
        levels = str(max(find_levels(arrows).values()))
    except ValueError as error:
        levels = str(error)
    code = sum(module.lines for module in house.modules)
    big = [Block(row.name, row.name, row.lines) for row in house.modules]
    calls = [Path(name).relative_to(root / _ENGINE) for name in list_calls(root)]
    entered = {path.parts[0] for path in calls}
    return [
        f"files: {len(files)}, {sum(map(_count_lines, files))} lines",
        f"modules: {len(house.modules)}, {code} lines; {_tell_longer(big, MOST_OF_FILE)}",
        f"rooms: {len(house.rooms)}; levels: {levels}; arrows: {sum(map(len, arrows.values()))}",
        f"functions: {_tell_lengths(house.functions)}",
        f"classes: {_tell_lengths(house.classes)}; {_tell_longer(house.classes, MOST_OF_CLASS)}",
        f"a load: {len(set(calls))} modules of {len(entered)} rooms entered, {len(calls)} calls",
    ]


def _tell_longer(blocks: Sequence[Block], most: int) -> str:
    longer = [f"{row.name} {row.lines}" for row in blocks if row.lines > most]
    return f"{len(longer)} over {most} ({', '.join(longer) or 'none'})"


if __name__ == "__main__":
    print("\n".join(tell(Path(*sys.argv[1:] or ["."]).resolve())))
