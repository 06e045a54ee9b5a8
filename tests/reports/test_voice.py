"""The voice page: what was heard and not acted on, with its age, and who has stopped speaking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.reports.fixture_publication import AS_OF, FixturePublication
from tests.reports.reading import Element, read_page
from tests.reports.rendering import rendered, rows, tile, today, write_page

Mart = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def page(report: Path) -> Element:
    return read_page(report / "voice.html")


@pytest.fixture(scope="module")
def mart(publication: Path):
    with duckdb.connect(str(publication), read_only=True) as connection:
        yield lambda query, *values: connection.execute(query, list(values)).fetchall()


def write(made: FixturePublication, folder: Path) -> Element:
    return rendered(made.write(folder / "kept.duckdb"), "voice")


def test_the_first_sentence_tells_what_waits_and_whom_to_answer_first(page: Element) -> None:
    assert today(page) == (
        "Today: 2 warnings wait at 1 customer worth ARR 160,000 and nobody has acted: answer Orchard Foods first, "
        "who told us 90 days ago."
    )


@pytest.mark.parametrize(
    ("label", "section", "table", "counted"),
    [
        ("Warnings nobody", "warnings", "voice_of_customer", "kind = 'warning' and acted_on_at is null"),
        ("Warnings that", "proved", "quality_incidents", "was_warned and opened_on > cast(? as date) - 365"),
        ("Survey answers", "answers", "survey_responses",
         "acted_on_at is null and cast(responded_at as date) > cast(? as date) - 365"),
        ("Heard in", None, "voice_of_customer", "heard_on > cast(? as date) - 90"),
    ],
)  # fmt: skip
def test_each_total_is_the_count_of_the_records_in_the_mart(
    page: Element, mart: Mart, label: str, section: str | None, table: str, counted: str
) -> None:
    found = mart(
        f"select customer_id, arr from mart.{table} inner join mart.customer_lifecycle using (customer_id) "
        f"where {counted}",
        *[AS_OF] * counted.count("?"),
    )
    customers = dict(found)
    assert found, "the fixture has some"
    assert tile(page, label).values[:3] == [
        str(len(found)), str(len(customers)), repr(float(sum(customers.values())))
    ]  # fmt: skip
    if section:
        assert len(rows(page, section)) == len(found)


def test_a_warning_shows_its_age_its_words_and_who_heard_it(page: Element) -> None:
    latest, first = rows(page, "warnings")
    assert latest.values == ["160000.0", "90"] and first.values == ["160000.0", "140"]
    assert "It drips again. Somebody <should> look. <b>Eve</b> Fox & Co $x$Support" in latest.text


def test_a_warning_that_proved_right_stands_beside_the_incident_with_the_days_it_festered(
    page: Element, report: Path
) -> None:
    (row,) = rows(page, "proved")
    assert row.text.startswith("Orchard Foods renewal in 170 days 160,000 2026-10-17 defect normal 105 2026-08-23")
    incident, warning = [str(link.attributes["href"]) for link in row.all("a")[1:]]
    assert "#incident-" in incident and "#voice-" in warning
    for link in (incident, warning):
        file, _, anchor = link.partition("#")
        assert read_page(report / file).by_id(anchor)


def test_what_was_heard_lately_is_counted_by_kind_and_department(page: Element, mart: Mart) -> None:
    table = page.by_id("heard").all("table")[0]
    assert [row.all("th")[0].text for row in table.all("tbody")[0].all("tr")] == [
        "warning", "aversion", "expectation", "preference", "opportunity"
    ]  # fmt: skip
    for row in table.all("tbody")[0].all("tr"):
        ((count,),) = mart(
            "select count(*) from mart.voice_of_customer inner join mart.customer_lifecycle using (customer_id) "
            "where kind = ? and heard_on > cast(? as date) - 90",
            row.all("th")[0].text, AS_OF,
        )  # fmt: skip
        assert row.values == [str(count), str(count)], "all of it by Support"


def test_departments_that_heard_nothing_of_a_kind_show_none_and_unknown_ones_say_so(tmp_path: Path) -> None:
    made = FixturePublication()
    customer = made.customer("hubspot:1", "Halden Robotics")
    made.heard(customer, "warning", 3, "It drips.", department="Sales")
    made.heard(customer, "aversion", 3, "No calls.", department=None)
    made.heard(customer, "warning", 90, "Too long ago.", department="Support")
    table = write(made, tmp_path).by_id("heard").all("table")[0]
    assert [head.text for head in table.all("th", scope="col")] == ["Kind", "Sales", "not known", "All"]
    warning, aversion, *rest = table.all("tbody")[0].all("tr")
    assert (warning.values, aversion.values) == (["1", "0", "1"], ["0", "1", "1"])
    assert all(row.values == ["0", "0", "0"] for row in rest)


def test_an_answer_nobody_acted_on_shows_its_lag_and_whether_there_is_still_time(page: Element) -> None:
    (late,) = [row for row in rows(page, "answers") if "68" in row.values]
    (early,) = [row for row in rows(page, "answers") if "19" in row.values]
    assert "Yarrow Instruments" in late.text and late.text.endswith("⚠ no longer")
    assert "CSAT 5 of 5" in early.text and early.text.endswith("for 11 days")


def test_response_rates_count_only_surveys_whose_sending_is_recorded(page: Element, mart: Mart, tmp_path: Path) -> None:
    asked = mart(
        "select survey_type, count(*), count(responded_at), count(acted_on_at), avg(score / score_max) "
        "from mart.survey_responses inner join mart.customer_lifecycle using (customer_id) "
        "where cast(sent_at as date) > cast(? as date) - 365 group by 1 order by 1",
        AS_OF,
    )
    shown = page.by_id("surveys").all("tbody")[0].all("tr")
    assert [row.all("th")[0].text for row in shown] == [kind.upper() for kind, *_ in asked] == ["CSAT", "NPS"]
    for row, (_, sent, answered, acted_on, mean) in zip(shown, asked, strict=True):
        assert row.values[:4] == [str(sent), repr(answered / sent), str(answered), str(acted_on)]
        assert float(str(row.values[4])) == pytest.approx(mean)
    made = FixturePublication()
    made.survey(made.customer("hubspot:1", "Halden Robotics"), 30, 25, 9, sent_at=None)
    (row,) = write(made, tmp_path).by_id("surveys").all("tbody")[0].all("tr")
    assert "NPS not known not known 1 0 90.0%" in row.text


def test_last_scores_make_promoters_passives_and_detractors_of_whom_the_last_are_listed(
    page: Element, mart: Mart
) -> None:
    scores = [score for (score,) in mart("select last_nps from mart.customer_lifecycle where last_nps is not null")]
    (sentence,) = [text for text in page.by_id("surveys").all("p") if "promoters" in text.text]
    assert sentence.values == [
        str(sum(score >= 9 for score in scores)),
        str(sum(6 < score < 9 for score in scores)),
        str(sum(score <= 6 for score in scores)),
    ]
    listed = page.by_id("surveys").all("tbody")[1].all("tr")
    assert len(listed) == sum(score <= 6 for score in scores)
    assert (
        "Lindqvist Valves" in listed[0].text and "2 of 10 The valves leak, nobody asked. after 3 days" in listed[0].text
    )


def test_who_has_gone_quiet_is_told_by_complaint_and_by_surveys(page: Element) -> None:
    complaint, surveys = rows(page, "quiet")
    assert "Sable Logistics" in complaint.text and complaint.values == ["95000.0", "110"]
    assert "Castell Packaging" in surveys.text and surveys.values == ["90000.0", "2"]


@pytest.mark.parametrize(
    ("surveys", "is_listed"),
    [
        (((10, None), (20, None)), True),
        (((10, None),), False),
        (((10, None), (20, None), (40, 39)), False),
        (((10, None), (20, None), (400, 366)), True),
        (((10, None), (370, None)), False),
    ],
)
def test_one_who_answers_none_of_several_surveys_has_gone_quiet(
    surveys: tuple[tuple[int, int | None], ...], is_listed: bool, tmp_path: Path
) -> None:
    made = FixturePublication()
    customer = made.customer("hubspot:1", "Halden Robotics")
    for sent_ago, answered_ago in surveys:
        made.survey(customer, sent_ago, answered_ago, 9 if answered_ago else None)
    assert len(rows(write(made, tmp_path), "quiet")) == is_listed


def test_an_expectation_waits_until_somebody_acts_on_it(tmp_path: Path) -> None:
    made = FixturePublication()
    customer = made.customer("hubspot:1", "Halden Robotics")
    made.heard(customer, "expectation", 300, "An answer within a day.")
    made.heard(customer, "expectation", 10, "A spare seal.", acted_on_at=datetime.combine(AS_OF, time(9)))
    made.heard(customer, "expectation", 366, "Long ago.")
    page = write(made, tmp_path)
    (row,) = rows(page, "expectations")
    assert "An answer within a day." in row.text and row.values[1] == "300"
    assert "at 1 customer, ARR 100,000, of 2 heard" in page.by_id("expectations").text
    assert "1 expectation waits at customers worth ARR 100,000" in today(page)


def test_opportunities_are_shown_only_where_nothing_is_overdue(page: Element, tmp_path: Path) -> None:
    (row,) = rows(page, "opportunities")
    assert row.text.startswith("Orchard Foods") and "sealing, <b>valves</b>" in row.text
    assert "They plan a second line." in row.text
    made = FixturePublication()
    made.heard(made.customer("hubspot:1", "Halden Robotics"), "opportunity", 20, "They plan a third line.")
    elsewhere = write(made, tmp_path).by_id("opportunities")
    assert "1 opportunity waits, but only where something is overdue" in elsewhere.text
    assert not elsewhere.all("table")


def test_opportunities_are_a_short_list_with_the_count_of_all(tmp_path: Path) -> None:
    made = FixturePublication()
    for number in range(13):
        customer = made.customer(f"hubspot:{number}", f"Company {number:02}", 1_000.0 + number)
        made.heard(customer, "opportunity", 20, "They plan a third line.")
        made.add("opportunities", customer_id=customer, opportunities_open=1, themes="sealing", departments="Sales")
    page = write(made, tmp_path)
    assert [row.all("th")[0].text for row in rows(page, "opportunities")] == [
        f"Company {number:02}" for number in range(12, 2, -1)
    ]
    assert "the first 10 of 13" in page.by_id("opportunities").text
    assert "13 opportunities wait in all; 13 customers have some" in page.by_id("opportunities").text


def test_an_ambassador_is_named_with_the_reason_and_the_answer(page: Element, report: Path) -> None:
    (row,) = rows(page, "ambassadors")
    assert row.text == "Yarrow Instruments 125,000 1 would recommend us: <10> of 10 2026-09-14"
    file, _, anchor = str(row.all("a")[1].attributes["href"]).partition("#")
    assert "Best <service> we know." in read_page(report / file).by_id(anchor).text


def test_a_company_that_nobody_listened_to_reads_so_in_a_sentence(tmp_path: Path) -> None:
    made = FixturePublication()
    made.customer("hubspot:1", "All Quiet")
    page = write(made, tmp_path)
    assert today(page).startswith("Today: nothing waits: no warning, no survey answer and no expectation")
    assert not page.by_id("content").all("table")
    for section, words in (
        ("warnings", "None: whoever warned us has been answered."),
        ("proved", "None in the last 365 days."),
        ("heard", "Nothing: nobody of ours wrote down"),
        ("surveys", "No survey was sent or answered"),
        ("expectations", "No expectation was heard"),
        ("opportunities", "None waits."),
        ("ambassadors", "Nobody as of now"),
    ):
        assert words in page.by_id(section).text, section


def test_without_a_crm_or_ticketing_what_they_would_tell_is_not_known(tmp_path: Path) -> None:
    made = FixturePublication()
    customer = made.customer("hubspot:1", "Halden Robotics")
    made.unknown = {
        customer: ("voice_365d", "warnings_unacted", "opportunities_open", "warned_incidents_365d",
                   "is_quiet_after_complaint")
    }  # fmt: skip
    page = write(made, tmp_path)
    assert "not known: no CRM is connected" in today(page)
    for section in ("warnings", "answers", "surveys", "expectations", "heard", "opportunities"):
        assert "Not known: no CRM is connected" in page.by_id(section).text, section
    for one in page.all("ul", class_="tiles")[0].all("li"):
        assert "not known" in one.text and not one.values


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("quiet", "1 customer has gone quiet after a complaint, worth ARR 100,000: call Halden Robotics first."),
        ("answer", "1 survey answer waits at customers worth ARR 100,000"),
    ],
)
def test_without_a_warning_the_next_worst_is_what_to_look_at(trouble: str, words: str, tmp_path: Path) -> None:
    made = FixturePublication()
    customer = made.customer("hubspot:1", "Halden Robotics")
    if trouble == "quiet":
        made.incident(customer, 90, 80, "low", went_quiet=True)
    else:
        made.survey(customer, 30, 25, 9)
    assert words in today(write(made, tmp_path))


def test_what_a_past_customer_said_waits_for_nobody(tmp_path: Path) -> None:
    made = FixturePublication()
    customer = made.customer("hubspot:1", "Gone Ltd", 0.0, churned_on=AS_OF - timedelta(days=3))
    made.heard(customer, "warning", 30, "It drips.")
    page = write(made, tmp_path)
    assert tile(page, "Warnings nobody").values == ["0"] and "Gone Ltd" not in page.text


def test_a_page_with_every_list_full_stays_light(tmp_path: Path) -> None:
    made = FixturePublication()
    for number in range(130):
        customer = made.customer(f"hubspot:{number}", "Aktiengesellschaft für Förderanlagen " * 3)
        for kind in ("expectation", "opportunity"):
            made.heard(customer, kind, 30, "It drips. " * 60)
        warning = made.heard(customer, "warning", 30, "It drips. " * 60)
        made.incident(customer, 20, 10, "critical", was_warned=True, warned_by_voice_id=warning, festered_days=10,
                      went_quiet=True)  # fmt: skip
        made.survey(customer, 40, 39, 2, comment="Nobody calls back. " * 30)
        made.add("opportunities", customer_id=customer, opportunities_open=1)
        made.add("ambassadors", customer_id=customer, why="expanded at the last renewal", reasons=1)
    assert write_page(made.write(tmp_path / "kept.duckdb"), "voice").stat().st_size < 1_500_000
