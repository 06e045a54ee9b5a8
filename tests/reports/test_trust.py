"""The trust page: every check with what it said last, how old what is told is, and a refusal said aloud everywhere."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from reports.publication import ReportError, open_publication
from reports.render import render_reports, report_environment
from reports.trust import read_checks, trust, trust_context
from tests.reports.fixture_publication import AS_OF
from tests.reports.reading import Element, read_page

PASSED = {
    "judge": "gate 2",
    "table": "mart.touches",
    "rule": "touch_id__unique",
    "why": "Twice, it would count twice. <b>",
    "blocks": True,
    "verdict": "passed",
    "judged_at": "2026-11-21T05:00:00+00:00",
    "rows_judged": 12345,
    "rows_failing": 0,
}
WARNED = {**PASSED, "judge": "gate 1", "table": "landing.hubspot__deals", "rule": "amount__regex"}
WARNED |= {"blocks": False, "verdict": "warned", "rows_failing": 7}
FAILED = {**PASSED, "judge": "dbt", "table": "mart.renewals", "rule": "unique_renewals_renewal_id", "verdict": "failed"}
FAILED |= {"rows_judged": None, "rows_failing": 2}
NOT_JUDGED = {**PASSED, "verdict": "not_judged", "judged_at": None, "rows_judged": None, "rows_failing": None}


def written(folder: Path, *checks: dict[str, Any]) -> Path:
    path = folder / "check_results.json"
    path.write_text(json.dumps(checks))
    return path


def trust_page(publication: Path, folder: Path, *checks: dict[str, Any], days_later: int = 0) -> Element:
    """The page alone, as a report so many days later has it."""
    with open_publication(publication) as opened:
        trusted = trust(opened, AS_OF + timedelta(days=days_later), read_checks(written(folder, *checks)))
        page = trust_context(opened, trusted)
    template = report_environment({}).get_template("trust.html")
    made = folder / "trust.html"
    made.write_text(template.render(page=page, trust=trusted), encoding="utf-8")
    return read_page(made)


def test_every_report_says_that_the_last_refresh_was_refused_and_leads_to_what_refused_it(
    publication: Path, tmp_path: Path
) -> None:
    checks = written(tmp_path, PASSED, WARNED, FAILED)
    folder = render_reports(publication, tmp_path, AS_OF, lambda _: None, check_results=checks).parent
    for file in (folder / "index.html", folder / "customers" / "hubspot-1001.html"):
        page = read_page(file)
        assert "The last refresh was refused: 1 check failed." in page.all("p", class_="banner")[0].text
        (link,) = [one for one in page.all("a") if one.text == "Every check, load and source"]
        assert (file.parent / str(link.attributes["href"])).resolve() == folder / "trust.html"
    broken = read_page(folder / "trust.html").by_id("broken").all("table")[1]
    failed, warned = (row.text for row in broken.all("tbody")[0].all("tr"))
    assert failed.startswith("mart.renewals unique_renewals_renewal_id ✖ failed – 2 2026-11-21 05:00 UTC")
    assert warned.startswith("landing.hubspot__deals amount__regex ⚠ warns 12,345 7 2026-11-21 05:00 UTC")


def test_every_check_stands_with_who_judged_what_it_said_when_and_why(publication: Path, tmp_path: Path) -> None:
    page = trust_page(publication, tmp_path, PASSED, WARNED)
    assert page.all("p", class_="banner")[0].text.startswith("⚠ The last load of hubspot calls was refused.")
    (row,) = page.by_id("gate-2").all("tbody")[0].all("tr")
    assert row.text == (
        "mart.touches touch_id__unique ✓ passed 12,345 0 2026-11-21 05:00 UTC Twice, it would count twice. <b>"
    )
    counts = [one.text for one in page.by_id("broken").all("tbody")[0].all("tr")]
    assert counts == [
        "Gate 1: may a load be admitted? 2026-11-21 05:00 UTC 0 ⚠ 1 0 0",
        "Gate 2: may people read the marts? 2026-11-21 05:00 UTC 1 0 0 0",
    ]


def test_a_refresh_that_never_came_to_its_marts_is_no_good_news(publication: Path, tmp_path: Path) -> None:
    page = trust_page(publication, tmp_path, WARNED, NOT_JUDGED)
    assert "The last refresh did not come to judging its marts." in page.all("p", class_="banner")[0].text
    assert "? not judged" in page.by_id("gate-2").text


def test_without_any_word_of_the_checks_nothing_is_claimed(publication: Path, tmp_path: Path) -> None:
    with open_publication(publication) as opened:
        assert trust(opened, AS_OF, read_checks(tmp_path / "check_results.json")).judgements == ()
    assert "Not known: no refresh has left what its checks said." in trust_page(publication, tmp_path).text
    (tmp_path / "check_results.json").write_text("[{}]")
    with pytest.raises(ReportError, match="delete it, and refresh again"):
        read_checks(tmp_path / "check_results.json")


def test_every_report_tells_how_old_the_last_good_state_of_a_stale_system_is(report: Path) -> None:
    for file in ("index.html", "customers/hubspot-1001.html", "trust.html"):
        chips = read_page(report / file).all("ul", class_="chips")[0].text
        assert "⚠ hubspot: last good state of 2026-11-19 10:00 UTC, 2 days old" in chips


def test_with_every_day_without_a_publication_all_systems_grow_older(publication: Path, tmp_path: Path) -> None:
    young, old = tmp_path / "young.duckdb", tmp_path / "old.duckdb"
    shutil.copy(publication, young)
    with duckdb.connect(str(young)) as connection:
        connection.execute("update mart.load_status set freshness = 'fresh', last_good_load_at = '2026-11-20 23:00'")
    shutil.copy(young, old)
    assert "last good state" not in trust_page(young, tmp_path).text
    assert "last good state" not in trust_page(young, tmp_path, days_later=1).text
    aged = trust_page(old, tmp_path, days_later=5)
    assert "hubspot: last good state of 2026-11-20 23:00 UTC, 6 days old" in aged.text


def test_rows_held_back_are_counted_by_table_and_rule(publication: Path, tmp_path: Path) -> None:
    assert "the publication tells of no quarantine" in trust_page(publication, tmp_path).by_id("quarantine").text
    with_quarantine = tmp_path / "kept.duckdb"
    shutil.copy(publication, with_quarantine)
    with duckdb.connect(str(with_quarantine)) as connection:
        connection.execute(
            "create table mart.quarantined_rows as select * from (values "
            "('zendesk__tickets', 'id__not_be_null', 'Without it nobody finds it.', false, timestamp '2026-11-02'), "
            "('zendesk__tickets', 'id__not_be_null', 'Without it nobody finds it.', true, timestamp '2026-11-01')"
            ") as held (source_table, rule, reason, is_released, held_back_at)"
        )
    (row,) = trust_page(with_quarantine, tmp_path).by_id("quarantine").all("tbody")[0].all("tr")
    assert row.text == "zendesk__tickets id__not_be_null ⚠ 1 1 2026-11-01 00:00 UTC Without it nobody finds it."


def test_an_edited_rule_without_effect_is_named_by_file_and_row(report: Path) -> None:
    (row,) = read_page(report / "trust.html").by_id("seeds").all("tbody")[0].all("tr")
    assert row.text.startswith("seeds/health/health_drivers.csv 7 ⚠ left out `weight` is `<b>heavy</b>`")
