"""`make demo`, as a newcomer runs it: it ends in a report, tells every story, and changes nothing when run again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import duckdb
import pytest

from dagster_project.demo.company import DEFAULT_AS_OF
from dagster_project.demo.stories import STORIES
from tests.conftest import DemoRun, run_demo

REASONS = {
    "musical_chairs": "Musical chairs",
    "ghost_owner": "Ghost owner",
    "courtesy_calls_only": "Courtesy calls only",
    "courted_before_renewal": "Silent all year, courted in the last quarter",
    "surprise_by_survey": "A survey found it",
    "told_you_so": "I told you so",
    "gone_quiet": "Gone quiet after complaining",
    "two_records": "Two CRM records for one company",
    "flavour_of_the_month": "Flavour of the month",
    "happy_ambassador": "Could speak for us",
}


@pytest.fixture(scope="module")
def mart(demo: DemoRun) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo.publication), read_only=True) as connection:
        yield connection


def test_the_demo_ends_by_naming_a_report_that_is_there(demo: DemoRun) -> None:
    named = re.search(r"Open the report: (.+)", demo.told)
    assert named
    assert (demo.data_dir / "reports" / DEFAULT_AS_OF.isoformat() / "index.html").samefile(named.group(1).strip())
    assert "nothing refused, nothing failed" in demo.told


def test_the_demo_says_what_it_does_with_rows_checks_and_seconds(demo: DemoRun) -> None:
    for words in (
        r"[\d,]+ rows .*admitted  \([\d.]+ s\)",
        r"tables with [\d,]+ rows built",
        r"\d+ of \d+ rules passed",
    ):
        assert re.search(words, demo.told), words


def test_nobody_but_the_three_systems_is_asked_for_anything(demo: DemoRun) -> None:
    assert demo.asked_outside == ()


def test_the_first_refresh_leaves_no_rule_unjudged_and_no_report_says_so(demo: DemoRun) -> None:
    checks = json.loads((demo.data_dir / "check_results.json").read_text(encoding="utf-8"))
    marts = [check for check in checks if check["table"].startswith("mart.") and check["blocks"]]
    assert len(marts) > 100
    assert [check["rule"] for check in checks if check["verdict"] == "not_judged"] == []
    portfolio = demo.data_dir / "reports" / DEFAULT_AS_OF.isoformat() / "index.html"
    assert 'class="banner"' not in portfolio.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(STORIES))
def test_each_story_stands_under_its_reason_in_the_portfolio_and_on_its_page(demo: DemoRun, name: str) -> None:
    story = STORIES[name]
    folder = demo.data_dir / "reports" / DEFAULT_AS_OF.isoformat()
    portfolio = (folder / "index.html").read_text()
    sections = re.split(r"(?=<h3)", portfolio)
    own = [section for section in sections if REASONS[name] in re.sub(r"<[^>]+>", " ", section.split("</h3>")[0])]
    assert own, f"no section is headed {REASONS[name]}"
    assert any(story.customer_name in section for section in own)
    page = (folder / "customers" / f"{story.customer_id.replace(':', '-')}.html").read_text()
    assert REASONS[name] in page
    assert story.customer_name in page


@pytest.fixture(scope="module")
def again(demo: DemoRun, tmp_path_factory: pytest.TempPathFactory) -> DemoRun:
    """`make demo` once more, where it left off."""
    return run_demo(demo.copy(tmp_path_factory.mktemp("again") / "data"))


@pytest.mark.long
def test_run_again_the_demo_loads_only_what_is_new(demo: DemoRun, again: DemoRun) -> None:
    loaded = re.findall(r"^\s+([\d,]+) rows? \(.*admitted", again.told, flags=re.MULTILINE)
    assert len(loaded) == 4
    assert set(loaded) == {"0"}
    first = re.findall(r"^\s+([\d,]+) rows? \(.*admitted", demo.told, flags=re.MULTILINE)
    assert min(int(rows.replace(",", "")) for rows in first) > 100


EMPTY_IN_THE_DEMO = ("action_outcomes", "quarantined_rows", "removed_facts", "restatements", "seed_faults")


@pytest.mark.long
def test_run_again_every_mart_table_but_load_status_is_identical(
    again: DemoRun, mart: duckdb.DuckDBPyConnection
) -> None:
    mart.execute(f"attach if not exists '{again.publication}' as again (read_only)")
    tables = {
        name for (name,) in mart.execute("select table_name from duckdb_tables() where schema_name = 'mart'").fetchall()
    }
    assert len(tables) == 36
    for table in sorted(tables - {"load_status"}):
        # Nobody recorded an action, what was deleted before the first load never counted, both runs live the same day
        # with the same news, and the seeds are as they should be.
        is_empty = mart.execute(f"select count(*) from mart.{table}").fetchall() == [(0,)]
        assert is_empty == (table in EMPTY_IN_THE_DEMO), table
        for left, right in (("again.mart", "mart"), ("mart", "again.mart")):
            different = mart.execute(f"select count(*) from (from {left}.{table} except all from {right}.{table})")
            assert different.fetchall() == [(0,)], table


def test_the_mart_adds_up_on_two_roads(mart: duckdb.DuckDBPyConnection) -> None:
    ((by_customer, by_lifecycle, by_month),) = mart.execute(
        """select
            (select sum(arr) from mart.customers where not is_archived and customer_since_on is not null),
            (select sum(arr) from mart.customer_lifecycle),
            (select sum(arr) from mart.customer_months where is_current)"""
    ).fetchall()
    assert by_customer == pytest.approx(by_lifecycle, abs=1)
    assert by_lifecycle == pytest.approx(by_month, abs=1)
