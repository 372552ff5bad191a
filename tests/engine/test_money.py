"""Rounding and sharing out."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beancount_invwd.ground.money import CONTEXT, round_money, round_number
from beancount_invwd.ground.shares import allot, overlap, part_of, share_out, spread

CENT = Decimal("0.01")
WEIGHTS = st.lists(st.integers(0, 10**6).map(Decimal), min_size=1, max_size=12).filter(any)


@pytest.mark.parametrize(
    ("amount", "quantum", "rounded"),
    [
        ("0.005", "0.01", "0.01"),
        ("0.00499", "0.01", "0.00"),
        ("2.5", "1", "3"),
        ("1.0005", "0.001", "1.001"),
    ],
)
def test_money_is_rounded_half_up(amount: str, quantum: str, rounded: str) -> None:
    assert round_money(Decimal(amount), Decimal(quantum)) == Decimal(rounded)


def test_numbers_that_are_no_money_are_rounded_half_to_even() -> None:
    assert [round_number(Decimal(number), 1) for number in ("0.25", "0.35", "0.251")] == [
        Decimal("0.2"),
        Decimal("0.4"),
        Decimal("0.3"),
    ]


def test_the_earlier_takes_the_odd_cent() -> None:
    parts = share_out(Decimal("10.00"), [Decimal(1)] * 3, CENT)
    assert parts == [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]


@given(st.integers(0, 10**7), WEIGHTS)
def test_no_cent_is_lost_and_none_is_a_whole_cent_off(cents: int, weights: list[Decimal]) -> None:
    amount = cents * CENT
    parts = share_out(amount, weights, CENT)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - amount * weight / sum(weights)) < CENT


def test_the_last_units_take_all() -> None:
    assert part_of(Decimal("0.05"), Decimal(3), Decimal(3), CENT) == Decimal("0.05")
    assert part_of(Decimal("0.05"), Decimal(1), Decimal(2), CENT) == Decimal("0.03")
    assert part_of(Decimal("0.05"), Decimal(5), Decimal(2), CENT) == Decimal("0.05")


def test_numbers_of_a_hundred_digits_are_rounded_and_shared_out() -> None:
    large = Decimal("1" * 100 + ".005")
    assert round_money(large, CENT) == Decimal("1" * 100 + ".01")
    parts = share_out(Decimal(10) ** 50, [Decimal(d * 40) for d in "123"], CENT)
    assert sum(map(Fraction, parts)) == 10**50
    assert parts[0] < parts[1] < parts[2]


def amounts(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


def test_a_share_that_just_is_what_a_lot_keeps_is_not_shared_anew() -> None:
    # 0.0075, 0.0825, 0.015 and 0.015, of which two have to be rounded up; none is below its floor
    gaps, floors = amounts("0.01", "0.11", "0.02", "0.02"), amounts("0", "0.07", "0", "0.01")
    shares = allot(Decimal("0.12"), gaps, floors, [], CENT)
    assert shares == amounts("0.01", "0.08", "0.02", "0.01")


def test_what_divisions_leave_behind_breaks_no_tie() -> None:
    with localcontext(CONTEXT):
        third = Decimal(10**10) / 3
        more = third + Decimal("1e-42")
        assert share_out(CENT, [third, more, third / 2], CENT) == amounts("0.01", "0", "0")
        assert share_out(CENT, [third / 2, third, more], CENT) == amounts("0", "0.01", "0")
        more = third + Decimal("1e-20")
        assert share_out(CENT, [third, more, third / 2], CENT) == amounts("0", "0.01", "0")


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("size", ["0.5", "2"])
def test_what_two_amounts_have_in_common(size: str, sign: int) -> None:
    one = sign * Decimal(size)
    assert overlap(one, 3 * one) == one
    assert overlap(3 * one, one) == one
    assert overlap(one, -one) == 0


def test_less_than_a_cent_goes_to_the_first_of_several() -> None:
    wishes, rooms = [amounts("1", "1")], amounts("10", "10")
    assert spread(Decimal("0.015"), wishes, rooms, CENT) == amounts("0.015", "0")
