"""The plan of the house, held by its syntax tree: sizes, arrows, and who may change what."""

from __future__ import annotations

from pathlib import Path

from tests.support.house import read_house

HOUSE = read_house(Path(__file__).parents[2])


def test_the_rooms_are_few_and_so_are_their_arrows() -> None:
    arrows = HOUSE.find_arrows()
    assert len(arrows) <= 18
    assert sum(map(len, arrows.values())) <= 75
