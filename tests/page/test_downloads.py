"""Downloads of the page: the bytes that the command line writes for the same question."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from openpyxl import load_workbook

from beancount_invwd.cli.commands import main
from fava_ext import downloads
from tests.support.fava_pages import (
    ACCOUNTS,
    EXAMPLE,
    HEAD,
    ONE_LOSS,
    PAGE,
    TEST,
    MakeClient,
    get,
    refuse,
    visit,
)

QUESTIONS = [
    ("positions", "", ["report"]),
    ("positions", "by=lot", ["report", "--by", "lot"]),
    ("positions", "by=category&time=2023", ["report", "--by", "category", "--as-of", "2023-12-31"]),
    ("rollforward", "", ["rollforward", "--period", "month"]),
    ("rollforward", "interval=year", ["rollforward"]),
    (
        "rollforward",
        "interval=quarter&time=2024",
        ["rollforward", "--period", "quarter", "--from", "2024-01-01", "--to", "2024-12-31"],
    ),
    (
        "rollforward",
        "each=item&period=quarter",
        ["rollforward", "--by", "item", "--period", "quarter"],
    ),
    ("todo", "", ["todo"]),
    ("todo", "within=60&time=2023", ["todo", "--within", "60", "--as-of", "2023-12-31"]),
    ("prices", "within=400", ["prices", "--within", "400"]),
    ("risk", "", ["risk"]),
    ("risk", "headroom=25&within=10&time=2023-09", ["risk", "--headroom", "25%", "--within", "10",
                                                    "--as-of", "2023-09-30"]),
    ("compare", "", ["compare", "--with", "price=-10%"]),
    (
        "compare",
        f"standard=hgb&price=-5&with={quote('basis=total')}",
        ["compare", "--with", "basis=total", "--with", "standard=hgb", "--with", "price=-5%"],
    ),
    ("lookback", "", ["lookback", "--as-of", "2023-12-31"]),
    (
        "lookback",
        "date=2023-06-30&within=10",
        ["lookback", "--as-of", "2023-06-30", "--within", "10"],
    ),
    ("audit", "", ["audit"]),
    ("audit", "time=2023&within=10", ["audit", "--as-of", "2023-12-31", "--after", "10"]),
    ("explain", "item=LAMP", ["explain", "LAMP"]),
    ("explain", "item=MUG&lot=M-0823&time=2023-10", ["explain", "MUG", "--lot", "M-0823",
                                                     "--as-of", "2023-10-31"]),
]  # fmt: skip


def _run(command: list[str], *options: str) -> str:
    name, *rest = command
    result = CliRunner().invoke(main, [name, str(EXAMPLE), *rest, *options])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("style", ["csv", "json"])
@pytest.mark.parametrize(("view", "query", "command"), QUESTIONS)
def test_a_download_has_the_bytes_of_the_command_line(
    example: FlaskClient, view: str, query: str, command: list[str], style: str
) -> None:
    response = example.get(f"{PAGE}{view}.{style}?{query}")
    assert response.status_code == 200
    assert response.data.decode() == _run(command, "--format", style)


@pytest.mark.parametrize(("view", "query", "command"), QUESTIONS)
def test_a_workbook_has_the_cells_of_the_command_line(
    example: FlaskClient, tmp_path: Path, view: str, query: str, command: list[str]
) -> None:
    path = tmp_path / "cli.xlsx"
    _run(command, "--format", "xlsx", "--output", str(path))
    response = example.get(f"{PAGE}{view}.xlsx?{query}")
    ours, theirs = load_workbook(io.BytesIO(response.data)), load_workbook(path)
    assert ours.sheetnames == theirs.sheetnames
    for sheet in ours.sheetnames:
        assert list(ours[sheet].values) == list(theirs[sheet].values)


def test_the_note_has_the_text_of_the_command_line(example: FlaskClient) -> None:
    assert example.get(f"{PAGE}disclosure.md").text == _run(["disclose"])
    page = example.get(f"{PAGE}disclosure.html").text
    assert page == _run(["disclose", "--format", "html"])
    year = example.get(f"{PAGE}disclosure.md?time=2023").text
    assert year == _run(["disclose", "--from", "2023-01-01", "--to", "2023-12-31"])


def test_a_download_is_an_attachment_with_a_name(example: FlaskClient) -> None:
    response = example.get(f"{PAGE}positions.csv?time=2023")
    assert response.headers["Content-Disposition"] == (
        'attachment; filename="positions-2023-12-31.csv"'
    )
    assert response.mimetype == "text/csv"


@pytest.mark.parametrize(
    "view",
    ["todo", "positions", "movements", "rollforward", "risk", "prices", "compare", "explain"],
)
def test_links_of_a_view_lead_to_what_it_shows(example: FlaskClient, view: str) -> None:
    query = f"view={view}&item=LAMP&by=lot&time=2024-10&account=Store&price=-20&headroom=20"
    article = get(example, f"{PAGE}?{query}")
    links = re.findall(r'<a data-remote download href="([^"]*)"', article)
    assert [re.search(r"\.(\w+)\?", link)[1] for link in links] == ["csv", "xlsx", "json"]  # type: ignore[index]
    for link in links:
        assert "partial" not in link
        assert "time=2024-10" in link
        assert example.get(link.replace("&amp;", "&")).status_code == 200


def test_downloads_honour_account_and_text(example: FlaskClient) -> None:
    data = example.get(f"{PAGE}positions.json?account=Workshop").json
    assert data is not None
    assert [row["commodity"] for row in data["positions"]] == ["CANDLE", "WAX"]
    assert data["totals"][0]["cost"] == "1680.00"
    lines = example.get(f"{PAGE}movements.csv?filter=SCARF&time=2024").text.splitlines()
    table = visit(example, f"{PAGE}?view=movements&filter=SCARF&time=2024").table("Movements")
    assert len(lines) - 1 == len(table.column("Date")) == 3


def test_movements_are_those_of_the_table_in_the_order_of_dates(example: FlaskClient) -> None:
    rows = json.loads(example.get(f"{PAGE}movements.json?time=2024").text)["movements"]
    table = visit(example, f"{PAGE}?view=movements&time=2024").table("Movements")
    assert [row["date"] for row in rows] == table.column("Date")[::-1]
    assert rows[-1] == {
        "date": "2024-12-31", "kind": "write-down", "entity": "", "currency": "USD",
        "group": "LAMP", "reason": "price", "quantity": "40", "cost": "1088.00",
        "measure": "920.00", "price": "26.0000", "price_date": "2024-10-14", "change": "60.00",
        "narration": rows[-1]["narration"], "cause": rows[-1]["cause"],
    }  # fmt: skip
    assert rows[-1]["cause"].startswith("example.beancount:")


def test_some_movements_are_not_said_to_tie_to_the_ledger(example: FlaskClient) -> None:
    book = load_workbook(io.BytesIO(example.get(f"{PAGE}rollforward.xlsx?account=Workshop").data))
    assert "notes" not in book.sheetnames


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("positions.csv?by=colour", "by is 'colour'"),
        ("positions.csv?time=garbage", "garbage"),
        ("positions.json?filter=((", "filter"),
        ("risk.csv?headroom=200", "headroom is '200'"),
        ("risk.xlsx?within=x", "within is 'x'"),
        ("compare.csv?with=nothing", "is no setting"),
        ("compare.json?with=basis%3Dcolour", "allowed is"),
        ("explain.csv", "no inventory account held"),
        ("explain.json?item=LAMPS", "did you mean LAMP?"),
        ("explain_panel?item=LAMPS", "did you mean LAMP?"),
        ("fragment?view=profits", "view is 'profits'"),
        ("fragment?view=positions&sort=colour", "sort is 'colour'"),
        ("disclosure.md?account=((", "account"),
    ],
)
def test_what_cannot_be_answered_is_an_error_in_json(
    example: FlaskClient, address: str, words: str
) -> None:
    assert words in refuse(example, PAGE + address)


def test_an_unknown_endpoint_is_not_found(example: FlaskClient) -> None:
    assert example.get(f"{PAGE}positions.pdf").status_code == 404


def test_without_the_plugin_downloads_say_what_to_add(make_client: MakeClient) -> None:
    client = make_client(HEAD.replace('plugin "beancount_invwd"\n', ""))
    assert 'add: plugin "beancount_invwd"' in refuse(client, f"{TEST}positions.csv")


def test_with_a_wrong_configuration_there_is_nothing_to_download(make_client: MakeClient) -> None:
    text = HEAD.replace('"beancount_invwd"', '"beancount_invwd" "{\'standrad\': 1}"')
    client = make_client(text + ACCOUNTS + ONE_LOSS)
    for name in ("positions.csv", "rollforward.json", "disclosure.md", "explain.csv?item=WIDGET"):
        assert "configuration" in refuse(client, TEST + name)


def test_without_xlsxwriter_workbooks_are_refused_and_not_offered(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "has_xlsx", lambda: False)
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS)
    assert "pip install" in refuse(client, f"{TEST}positions.xlsx")
    assert "positions.xlsx" not in get(client, f"{TEST}?view=positions")
    assert "positions.csv" in get(client, f"{TEST}?view=positions")
