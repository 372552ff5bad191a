"""Case files: the plugin writes what an accountant would have typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.case_files import (
    NOTHING,
    ROOT,
    case_name,
    find_cases,
    find_problems,
    is_calculated,
    parse_case,
    read_case,
    update,
    without_plugin,
)
from tests.support.case_index import INDEX, first_sentence, make_index

pytest_plugins = ["pytester"]

ROOMS_NOT_CALCULATED = {"errors", "worked"}  # messages; figures that somebody else published


@pytest.mark.parametrize("path", find_cases(), ids=case_name)
def test_case(path: Path, request: pytest.FixtureRequest) -> None:
    """Every case passes; with `--update-cases` its expected half is written first."""
    case = read_case(path)
    if request.config.getoption("--update-cases"):
        case = update(case)
        path.write_text(case.text, encoding="utf-8")
    problems = find_problems(case)
    assert not problems, "\n\n".join(problems)


def test_every_rule_is_calculated_by_hand() -> None:
    cases = [read_case(path) for path in find_cases()]
    rules = [case for case in cases if case.room not in ROOMS_NOT_CALCULATED]
    assert [case.name for case in rules if not is_calculated(case)] == []


def test_the_index_is_up_to_date() -> None:
    """Write it anew with `python -m tests.support.case_index`."""
    assert INDEX.read_text(encoding="utf-8") == make_index()


def test_the_first_sentence_may_go_on_in_further_lines(tmp_path: Path) -> None:
    path = tmp_path / "rule.beancount"
    for text, sentence in (
        (";; One rule. Another.\n", "One rule."),
        (";; One rule\n;; in two lines.\n;; and figures\n", "One rule in two lines."),
        (";; One rule\n;; error: it is none\n", "One rule"),
        (";; One rule\n;; 2024-01-31 write-down MUG 20.00 USD\n", "One rule"),
    ):
        path.write_text(text, encoding="utf-8")
        assert first_sentence(path) == sentence


# The harness itself: a case that is wrong is noticed.

WRITE_DOWN = ROOT / "timeline/flow" / "lower-of-cost-and-nrv.beancount"
NOTHING_WRITTEN = ROOT / "timeline/flow" / "nrv-above-cost.beancount"
WITH_ERROR = ROOT / "lots/identity" / "units-without-cost.beancount"
SEVERAL_A_DAY = ROOT / "transactions/written" / "order-of-a-day.beancount"
SEVERAL_LINES = ROOT / "directives/accounts" / "own-loss-and-write-off.beancount"


def problems_after(path: Path, old: str, new: str, *, times: int = 1) -> str:
    """Return the problems of a case file that was changed in one place."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == times
    return "\n".join(find_problems(parse_case(case_name(path), text.replace(old, new))))


def test_wrong_expected_amount_is_noticed() -> None:
    text = WRITE_DOWN.read_text(encoding="utf-8")
    wrong = text.replace("-20.00 USD\n", "-21.00 USD\n").replace(" 20.00 USD\n", " 21.00 USD\n")
    assert text != wrong
    assert "entries by day" in "\n".join(find_problems(parse_case("timeline/flow/wrong", wrong)))


def test_wrong_metadata_is_noticed() -> None:
    assert "-  invwd-quantity: 11" in problems_after(
        WRITE_DOWN, "invwd-quantity: 10", "invwd-quantity: 11"
    )


def test_missing_entry_is_noticed() -> None:
    text = WRITE_DOWN.read_text(encoding="utf-8").partition("* Expected\n")[0]
    case = parse_case("timeline/flow/empty", f"{text}* Expected\n{NOTHING}\n")
    assert "entries by day" in "\n".join(find_problems(case))


def test_changed_ledger_is_noticed() -> None:
    assert "calculated by hand, but not written" in problems_after(
        WRITE_DOWN, "price MUG 6.00 USD", "price MUG 6.50 USD"
    )


def test_wrong_calculation_is_noticed_also_after_an_update() -> None:
    text = WRITE_DOWN.read_text(encoding="utf-8")
    case = parse_case(
        "timeline/flow/wrong", text.replace("write-down MUG 20.00", "write-down MUG 25.00")
    )
    assert "calculated by hand, but not written" in "\n".join(find_problems(update(case)))


def test_transaction_that_was_not_calculated_is_noticed() -> None:
    hand = ";; 2024-01-31 release VASE 10.00 USD to Expenses:COGS: all of it\n"
    assert "written, but not calculated" in problems_after(SEVERAL_A_DAY, hand, "")


def test_unlisted_error_is_noticed() -> None:
    text = WITH_ERROR.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith(";!")]
    case = parse_case("lots/identity/unlisted", "\n".join(lines))
    assert "+;! " in "\n".join(find_problems(case))


def test_error_that_is_not_reported_is_noticed() -> None:
    text = f"{WRITE_DOWN.read_text(encoding='utf-8')}\n;! 9: nobody says this\n"
    case = parse_case("timeline/flow/listed", text)
    assert "-;! 9: nobody says this" in "\n".join(find_problems(case))


def test_wrong_line_of_an_error_is_noticed() -> None:
    assert "errors:" in problems_after(WITH_ERROR, ";! 16: ", ";! 17: ")


def test_order_within_a_day_is_noticed() -> None:
    """The entries of a day are compared as a set, those that the plugin writes in their order."""
    text = SEVERAL_A_DAY.read_text(encoding="utf-8")
    head, _, expected = text.partition("* Expected\n")
    blocks = expected.strip().split("\n\n")
    swapped = "\n\n".join([*blocks[:-2], blocks[-1], blocks[-2]])
    case = parse_case(case_name(SEVERAL_A_DAY), f"{head}* Expected\n{swapped}\n")
    (problem,) = find_problems(case)
    assert problem.startswith("order of what the plugin writes")


def test_empty_half_has_to_be_meant() -> None:
    assert NOTHING in problems_after(NOTHING_WRITTEN, f"{NOTHING}\n", "", times=1)


def test_updating_a_good_case_changes_nothing() -> None:
    for path in (WRITE_DOWN, NOTHING_WRITTEN, WITH_ERROR, SEVERAL_A_DAY, SEVERAL_LINES):
        assert update(read_case(path)).text == path.read_text(encoding="utf-8")


def test_directive_of_the_plugin_may_span_lines() -> None:
    text = SEVERAL_LINES.read_text(encoding="utf-8")
    blanked = without_plugin(text)
    assert 'plugin "beancount_invwd" "{\n' in text
    assert "beancount_invwd" not in blanked
    assert blanked.count("\n") == text.count("\n")
    assert without_plugin('plugin "beancount.plugins.leafonly"\n').startswith("plugin")


def test_updates_are_refused_where_ci_is_set(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeconftest((ROOT.parent / "conftest.py").read_text(encoding="utf-8"))
    monkeypatch.setenv("CI", "true")
    result = pytester.runpytest_subprocess("--update-cases")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--update-cases is refused where CI is set*"])
