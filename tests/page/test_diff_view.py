"""What changed: the page against a revision of the ledger's git repository."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from beancount_invwd.engine import kept
from tests.support.fava_pages import ACCOUNTS, HEAD, ONE_LOSS, TEST, MakeClient, get, visit

LEDGER = HEAD + ACCOUNTS + ONE_LOSS


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose last commit has the ledger with a price of 9.00."""
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ledger Keeper")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "keeper@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    (tmp_path / "test.beancount").write_text(LEDGER, encoding="utf-8")
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)  # noqa: S607
    return tmp_path


@pytest.mark.usefixtures("repository")
def test_a_changed_price_is_told_with_its_movement(make_client: MakeClient) -> None:
    client = make_client(LEDGER.replace("9.00 USD", "8.00 USD"))
    reader = visit(client, f"{TEST}?view=diff")
    (movements, allowances, figures, directives) = reader.tables
    row = movements.find("2024-01-31")
    assert row[-4:-1] == ["30.00", "40.00", "+10.00"]
    assert allowances.column("Difference") == ["+10.00"]
    assert figures.rows
    assert "2024-01-31 price WIDGET 8.00 USD" in directives.rows[1]
    assert "not committed" in directives.rows[1]
    csv = client.get(f"{TEST}diff.csv?old=HEAD").text
    assert "2024-01-31,,USD,WIDGET,write-down,Expenses:Inventory:Write-Down,30" in csv
    assert kept._waiting == [], "the state of the revision is let go"


@pytest.mark.usefixtures("repository")
def test_figures_of_the_ledger_are_hidden_in_incognito_mode(make_client: MakeClient) -> None:
    client = make_client(LEDGER.replace("9.00 USD", "8.17 USD"), incognito=True)
    article = get(client, f"{TEST}?view=diff")
    assert "price WIDGET" in article
    assert "8.17" not in article
    assert "9.00" not in article


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("old", "words"),
    [
        ("v9", "git knows no revision v9"),
        ("--output=x", "allowed is a revision such as HEAD~1"),
        ("HEAD;id", "allowed is a revision such as HEAD~1"),
    ],
)
def test_a_revision_that_is_none_is_said(make_client: MakeClient, old: str, words: str) -> None:
    assert words in get(make_client(LEDGER), f"{TEST}?view=diff&old={old}")


@pytest.mark.usefixtures("repository")
def test_nothing_differs_from_what_is_committed(make_client: MakeClient) -> None:
    assert "No movement differs." in get(make_client(LEDGER), f"{TEST}?view=diff")


def test_without_a_repository_it_says_so(
    make_client: MakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    client = make_client(LEDGER)
    assert "is in no git repository" in get(client, f"{TEST}?view=diff")
    assert client.get(f"{TEST}diff.csv").status_code == 400
