"""Requests that ask for more than anybody reads."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.support.fava_pages import PAGE


@pytest.mark.parametrize("address", ["rollforward.json?", "rollforward.csv?interval=day&"])
def test_thousands_of_years_are_refused(example: FlaskClient, address: str) -> None:
    answer = example.get(f"{PAGE}{address}time=0001 - 9999")
    assert answer.status_code == 400
    error = answer.get_json()["error"]
    assert "are about 119,988 periods, and at most 1,200 are shown; choose a shorter" in error


def test_what_may_be_asked_for_is_bounded_by_periods(example: FlaskClient) -> None:
    assert example.get(f"{PAGE}rollforward.csv?time=1925 - 2024").status_code == 200
    assert example.get(f"{PAGE}rollforward.csv?time=1924 - 2024").status_code == 400
    assert example.get(f"{PAGE}rollforward.csv?interval=year&time=1024 - 2024").status_code == 200
    page = example.get(f"{PAGE}?view=rollforward&time=0001 - 9999")
    assert "at most 1,200 are shown" in page.get_data(as_text=True)
