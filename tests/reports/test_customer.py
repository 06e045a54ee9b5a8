"""The customer page: every number with its definition and its records, and nothing unknown looks known."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from reports.customer import CustomerReader, reported_customers
from reports.measures import IDENTITY, unit
from reports.publication import open_publication
from reports.reasons import read_reasons
from reports.records import COUNTS
from reports.render import render_reports
from tests.reports.fixture_publication import AS_OF, small_company
from tests.reports.reading import Element, read_page


@pytest.fixture(scope="module")
def pages(report: Path) -> dict[str, Element]:
    return {file.stem.replace("-", ":"): read_page(file) for file in (report / "customers").glob("hubspot-*.html")}


def test_every_number_of_the_mart_is_on_the_page_exactly(pages: dict[str, Element], publication: Path) -> None:
    with duckdb.connect(str(publication), read_only=True) as connection:
        rows = connection.execute("select * from mart.customer_lifecycle").fetchall()
        columns = [column[0] for column in connection.description]
    for row in (dict(zip(columns, row, strict=True)) for row in rows):
        if row["customer_id"] not in pages:
            continue
        page = pages[row["customer_id"]]
        for column in set(columns) - IDENTITY:
            cell = page.by_id(f"n-{column}").all("td")[0]
            value = row[column]
            if value is None:
                assert cell.text == "not known", column
            elif column.endswith("_on"):
                assert cell.text == str(value), column
            elif isinstance(value, str):
                assert cell.text == value, column
            elif isinstance(value, bool):
                assert cell.values == [str(value).lower()], column
            else:
                assert cell.values == [repr(value)], column


def test_each_count_equals_the_records_behind_it(publication: Path) -> None:
    checked = set()
    with open_publication(publication) as opened:
        for context in CustomerReader(opened, AS_OF, read_reasons()).contexts(reported_customers(opened)):
            assert not context.numbers_that_differ, context.customer.customer_id
            for _, numbers in context.groups:
                for number in numbers:
                    if number.column in COUNTS and number.value is not None:
                        assert len(number.records) == number.value
                        checked.add((number.column, number.value > 0))
    for column in ("touches_90d", "assignment_changes_365d", "severe_incidents_180d", "second_incidents_180d"):
        assert {(column, True), (column, False)} <= checked


def test_a_number_that_differs_from_its_records_says_so(tmp_path: Path) -> None:
    path = small_company().write(tmp_path / "kept.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("update mart.customer_lifecycle set touches_90d = 99 where customer_id = 'hubspot:1003'")
    said: list[str] = []
    folder = render_reports(path, tmp_path / "out", AS_OF, said.append).parent
    row = read_page(folder / "customers" / "hubspot-1003.html").by_id("n-touches_90d")
    assert "⚠ differs from its 6 records" in row.text
    assert any("1 customers have a number that differs" in line for line in said)


def test_a_number_leads_to_its_records_and_they_to_their_source(pages: dict[str, Element]) -> None:
    page = pages["hubspot:1001"]
    links = page.by_id("n-assignment_changes_365d").all("a")
    assert len(links) == 3
    for link in links:
        row = page.by_id(str(link.attributes["href"])[1:])
        assert row.tag == "tr" and row.all("a")[-1].attributes["href"] == "https://hubspot.example/records/1001"


def test_a_definition_comes_from_the_publication_and_a_missing_one_is_said(pages: dict[str, Element]) -> None:
    page = pages["hubspot:1002"]
    assert "although HR says they left; <b>null</b> if unknown." in page.by_id("n-ghost_owners").text
    assert "no description is published" in page.by_id("n-roles_filled").text


def test_the_page_says_what_is_wrong_with_its_numbers_and_records(pages: dict[str, Element]) -> None:
    for customer, reason, words in (
        ("hubspot:1001", "musical_chairs", "Assignment changes, last 365 days: 3 (listed from 3)"),
        ("hubspot:1002", "ghost_owner", "support lead: Kim Left, 2025-03-31 to now, a ghost for 112 days"),
        ("hubspot:1003", "courtesy_only", "Substantive touches, last 90 days: 0"),
        ("hubspot:1004", "courted_in_last_quarter", "Days to renewal: 45 (listed from 0 and up to 90)"),
    ):
        assert words in pages[customer].by_id(f"reason-{reason}").text


@pytest.mark.parametrize(
    ("customer", "reason", "records"),
    [
        (
            "hubspot:1010",
            "found_by_survey",
            ["2026-10-08 NPS answered 2026-10-11: 2 of 10", "2026-10-14 high defect, found by a survey"],
        ),
        (
            "hubspot:1011",
            "told_you_so",
            [
                "2026-07-04 warning about sealing, not acted on",
                "2026-08-23 warning about sealing, not acted on",
                "2026-10-17 normal defect, warned of 105 days before",
            ],
        ),
        (
            "hubspot:1012",
            "quiet_after_complaint",
            ["2026-07-26 normal defect", "2026-07-24 call, substantive, from the customer"],
        ),
        ("hubspot:1013", "promise_broken", ["2026-11-06 normal defect, open, promised for 2026-11-16"]),
        ("hubspot:1014", "two_records", ["Ulmer Pressen GmbH, awareness", "ULMER-Pressen A/S, not known"]),
        ("hubspot:1017", "could_speak_for_us", ["2026-09-12 NPS answered 2026-09-14: 10 of 10"]),
    ],
)
def test_a_reason_leads_to_the_records_that_tell_its_story(
    pages: dict[str, Element], customer: str, reason: str, records: list[str]
) -> None:
    page = pages[customer]
    links = page.by_id(f"reason-{reason}").all("a")
    assert [link.text for link in links] == records
    for link in links:
        assert page.by_id(str(link.attributes["href"])[1:]).tag == "tr"


def test_a_number_of_contacts_leads_to_people_with_persona_and_last_touch(pages: dict[str, Element]) -> None:
    page = pages["hubspot:1011"]
    links = page.by_id("n-personas_touched_180d").all("a")
    assert [link.text for link in links] == ["Nia Obi, user", "Per Quist, executive"]
    assert "Nia Obi user Line manager 2026-10-27 25 days ago" in page.by_id("contacts").text


def test_survey_answers_and_things_heard_are_quoted_and_say_whether_anybody_acted(pages: dict[str, Element]) -> None:
    surveys = pages["hubspot:1010"].by_id("surveys").text
    assert "2 of 10 negative The valves leak, nobody asked. 2026-10-14 after 3 days" in surveys
    assert "no answer CSAT" in surveys
    voice = pages["hubspot:1011"].by_id("voice").text
    assert "It drips again. Somebody <should> look. ⚠ not yet" in voice
    assert "A spare seal on the shelf. 2026-09-27" in voice


def test_promises_reopenings_warnings_and_silence_stand_with_the_incident(pages: dict[str, Element]) -> None:
    incidents = pages["hubspot:1011"].by_id("incidents").text
    assert "Answer by 2026-10-17: ✓ kept" in incidents and "Fix by 2026-10-22: ⚠ broken" in incidents
    assert "2 ⚠ 105 days before" in incidents
    assert "⚠ yes" in pages["hubspot:1012"].by_id("incidents").text


def test_trainings_of_those_who_serve_the_customer_now_are_listed(pages: dict[str, Element]) -> None:
    assert "2026-10-02 Cem Dogan Sealing <2>" in pages["hubspot:1001"].by_id("assignments").text


def test_what_the_last_refresh_restated_stands_with_the_source_records(pages: dict[str, Element]) -> None:
    assert "2026-10 Touches, last 90 days touches_90d 4 5" in pages["hubspot:1007"].by_id("identity").text


def test_the_timeline_shows_survey_answers_and_things_heard(pages: dict[str, Element]) -> None:
    (chart,) = pages["hubspot:1010"].all("svg", class_="chart timeline")
    assert "Surveys" in chart.text and "2 surveys, 0 things heard" in str(chart.attributes["aria-label"])
    assert "Heard" in pages["hubspot:1011"].all("svg", class_="chart timeline")[0].text


def test_the_points_lost_add_up_to_the_score_and_what_is_not_known_is_no_zero(pages: dict[str, Element]) -> None:
    health = pages["hubspot:1002"].by_id("health")
    costing, unknown, rest = health.all("table")
    assert [row.all("td")[-1].values for row in costing.all("tbody")[0].all("tr")] == [["33.333333333"], ["12.25"]]
    total, score = costing.all("tfoot")[0].all("tr")
    assert (total.values, score.values) == (["45.583333333"], ["54.416666667"])
    assert unknown.all("tbody")[0].text == "overdue incident quality Incidents past their promised fix" + (
        " not known not known 2 not known"
    )
    assert [row.all("td")[-1].text for row in rest.all("tbody")[0].all("tr")] == ["0.00", "does not apply"]
    assert "Known: 75.0% of what the score asks." in health.text
    tile = pages["hubspot:1002"].all("ul", class_="tiles")[0].all("li")[3]
    assert tile.values == ["54.416666667"] and "watch a person says healthy" in tile.text
    assert "A person says ✓ healthy until 2027-01-20: The <new> plant opens in May." in health.text


def test_a_score_that_differs_from_its_points_says_so(tmp_path: Path) -> None:
    path = small_company().write(tmp_path / "kept.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("update mart.customer_lifecycle set health_score = 54.4 where customer_id = 'hubspot:1002'")
    said: list[str] = []
    folder = render_reports(path, tmp_path / "out", AS_OF, said.append).parent
    health = read_page(folder / "customers" / "hubspot-1002.html").by_id("health")
    assert "⚠ differs from its points" in health.text
    assert any("1 customers have a number that differs" in line for line in said)


def test_a_customer_without_a_score_is_neither_zero_nor_healthy(pages: dict[str, Element]) -> None:
    page = pages["hubspot:1007"]
    tile = page.all("ul", class_="tiles")[0].all("li")[3]
    assert not tile.values and tile.text == "Health score, 100 is good not known not known what it is made of"
    assert "no driver of the health score is published" in page.by_id("health").text
    assert "Nothing is recommended" in page.by_id("act").text
    assert "scored for current customers only" in pages["hubspot:1008"].by_id("health").text


def test_an_action_says_why_what_to_bring_who_and_by_when_and_leads_to_its_records(pages: dict[str, Element]) -> None:
    page = pages["hubspot:1002"]
    first, second = page.by_id("act").all("article")
    assert first.all("h3")[0].text == "Ghost owner costs 12.2 points, +2.0 since the month before; no. 1 of all actions"
    for words in (
        "Owners in the CRM who have left our company: 1.",
        "Bring: A successor for Kim Left, and the answer to “<b>why?</b>”.",
        "Who: Cem Dogan CSM By: 2026-11-24 in 3 days, pressed by the notice day",
    ):
        assert words in first.text
    spell, source = first.all("a")
    assert page.by_id(str(spell.attributes["href"])[1:]).text.startswith("support lead Kim Left")
    assert source.attributes["href"] == "https://hubspot.example/1002"
    assert "the account team's <session> hubspot 7" in first.text, "an address that is none is no link"
    assert "No record: that nothing is on record is the point." in second.text
    assert "Who: nobody nobody: no one was ever named" in pages["hubspot:1006"].by_id("act").text


def test_what_came_of_earlier_actions_says_by_whom_when_why_and_until_when_it_rests(pages: dict[str, Element]) -> None:
    table = pages["hubspot:1002"].by_id("act").all("table")[0]
    assert "3 outcomes that people recorded, newest first" in table.text
    rows = [row.text for row in table.all("tr")[1:]]
    assert [row.split(" seeds ")[0] for row in rows] == [
        "2026-11-16 Cold handoffs ✓ done Gus met them with <b>Ida</b>. Cem Dogan 2026-12-16 in 25 days",
        "2026-10-23 Detractor ✖ wrong He answered for another plant. kim@us.example 2027-04-21 in 151 days",
        "2026-08-13 Cold handoffs ✓ done A call. <i>Somebody</i> 2026-09-12 over",
    ]
    assert all("actions/recorded_outcomes.csv:" in row for row in rows)
    assert "earlier actions" not in pages["hubspot:1006"].by_id("act").text


def test_a_number_that_a_reason_blames_is_marked(pages: dict[str, Element]) -> None:
    assert "⚠ Ghost owner" in pages["hubspot:1002"].by_id("n-ghost_owners").text


def test_unknown_incidents_are_neither_zero_nor_good(pages: dict[str, Element]) -> None:
    page = pages["hubspot:2001"]
    tile = page.all("ul", class_="tiles")[0].all("li")[-1]
    assert "Open incidents not known" in tile.text and not tile.values
    assert "no ticketing system is connected" in page.by_id("incidents").text
    assert "Incidents not known" in page.all("svg")[0].text


def test_an_open_incident_and_a_running_role_are_not_shown_as_unknown(pages: dict[str, Element]) -> None:
    assert "⚠ open" in pages["hubspot:1005"].by_id("incidents").text
    assert "now running" in pages["hubspot:1002"].by_id("assignments").text


def test_all_records_of_a_customer_stand_on_its_page(pages: dict[str, Element], publication: Path) -> None:
    with duckdb.connect(str(publication), read_only=True) as connection:
        for table, section in (("touches", "touches"), ("contacts", "contacts"), ("assignments", "assignments"),
                               ("quality_incidents", "incidents"), ("survey_responses", "surveys"),
                               ("voice_of_customer", "voice"), ("renewals", "renewals")):  # fmt: skip
            for customer_id, page in pages.items():
                ((count,),) = connection.execute(
                    f"select count(*) from mart.{table} where customer_id = ?", [customer_id]
                ).fetchall()
                tables = page.by_id(section).all("tbody")[:1]
                assert sum(len(body.all("tr")) for body in tables) == count, (customer_id, table)


def test_the_timeline_has_lanes_for_terms_people_touches_and_incidents(pages: dict[str, Element]) -> None:
    (chart,) = pages["hubspot:1002"].all("svg", class_="chart timeline")
    for lane in ("Contract", "CSM", "Support lead", "Kim Left", "Substantive", "Courtesy", "Severe incidents", "as of"):
        assert lane in chart.text
    assert "2 spells of people in roles" in str(chart.attributes["aria-label"])


def test_a_past_customer_has_records_and_no_current_numbers(pages: dict[str, Element]) -> None:
    page = pages["hubspot:1008"]
    assert "✖ churned 2026-08-13" in page.all("header")[0].text
    assert "it has no current numbers" in page.by_id("numbers").text
    assert "churned <u>price</u>" in page.by_id("renewals").text


def test_source_records_and_removed_facts_are_listed(pages: dict[str, Element]) -> None:
    text = pages["hubspot:1007"].by_id("identity").text
    assert "companies 1007 native" in text and "hubspot:call:9999" in text and "2026-04-01 00:00 UTC" in text


def test_a_file_name_is_safe_and_its_own_whatever_the_id() -> None:
    from reports.figures import file_name

    ids = [
        "hubspot:1",
        "hubspot-1",
        "hubspot:a",
        "hubspot:A",
        "a/b",
        "a_2fb",
        "..",
        "x" * 300,
        "x" * 301,
        "ä",
        "a b",
        "é",
    ]
    names = [file_name(identifier) for identifier in ids]
    assert len({name.casefold() for name in names}) == len(ids)
    for name in names:
        assert set(name.removesuffix(".html")) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-") and len(name) < 130


def test_units_follow_the_columns_names() -> None:
    assert [unit(column) for column in ("arr", "courtesy_share_90d", "cadence_cv_365d", "touches_90d")] == [
        "money",
        "share",
        "ratio",
        "plain",
    ]
