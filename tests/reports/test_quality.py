"""The quality page: surprises and promises as the mart counts them, and what falls due before it is broken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from reports.charts import Charts
from tests.reports.fixture_publication import AS_OF, FixturePublication
from tests.reports.reading import Element, read_page
from tests.reports.rendering import rendered, rows, tile, today, write_page

Mart = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def page(report: Path) -> Element:
    return read_page(report / "quality.html")


@pytest.fixture(scope="module")
def mart(publication: Path):
    with duckdb.connect(str(publication), read_only=True) as connection:
        yield lambda query, *values: connection.execute(query, list(values)).fetchall()


def write(made: FixturePublication, folder: Path) -> Element:
    return rendered(made.write(folder / "kept.duckdb"), "quality")


def at(days_from_now: int, hour: int = 9) -> datetime:
    return datetime.combine(AS_OF + timedelta(days=days_from_now), time(hour))


# The promises of current customers, a row each, told a second time.
PROMISES = """
select arr, customer_id, kind, due_at, done_at, kept, resolved_at from (
    select customer_id, 'answer' as kind, first_response_due_at as due_at, first_responded_at as done_at,
        first_response_kept as kept, resolved_at from mart.quality_incidents
    union all
    select customer_id, 'fix', resolution_due_at, resolved_at, resolution_kept, resolved_at from mart.quality_incidents
) inner join mart.customer_lifecycle using (customer_id) where due_at is not null
"""


def test_the_first_sentence_tells_which_promises_are_overdue_and_whom_to_tell_first(page: Element) -> None:
    assert today(page) == (
        "Today: 2 promises are overdue at 2 customers worth ARR 155,000: tell Ulmer Pressen first when it comes."
    )


@pytest.mark.parametrize(
    ("section", "counted"),
    [
        ("surprises", "is_surprise and opened_on > cast(? as date) - 180"),
        ("warned", "was_warned and opened_on > cast(? as date) - 365"),
        ("seconds", "days_since_previous_incident <= 90 and opened_on > cast(? as date) - 180"),
        ("repeats", "repeat_of is not null and opened_on > cast(? as date) - 180"),
        ("late", "category = 'discrepancy' and phase <> 'before_start' and opened_on > cast(? as date) - 365"),
    ],
)
def test_each_list_holds_as_many_incidents_as_the_mart_has_and_says_so(
    page: Element, mart: Mart, section: str, counted: str
) -> None:
    incidents = mart(
        "select customer_id, arr from mart.quality_incidents inner join mart.customer_lifecycle using (customer_id) "
        f"where {counted}",
        AS_OF,
    )
    assert incidents, "the fixture has some"
    customers = dict(incidents)
    (amount, *_) = page.by_id(section).all("p")
    assert amount.values[:3] == [str(len(incidents)), str(len(customers)), repr(float(sum(customers.values())))]
    assert len(rows(page, section)) == len(incidents)


def test_overdue_due_next_and_broken_promises_are_counted_apart(page: Element, mart: Mart) -> None:
    overdue = mart(f"{PROMISES} and kept = false and done_at is null and resolved_at is null order by arr desc")
    awaited = mart(f"{PROMISES} and kept is null and resolved_at is null order by due_at")
    broken = mart(
        f"{PROMISES} and kept = false and cast(due_at as date) between cast(? as date) - 179 and ?", AS_OF, AS_OF
    )
    assert (len(overdue), len(awaited), len(broken)) == (2, 1, 3)
    assert tile(page, "Overdue now").values[0] == str(len(overdue)) and len(rows(page, "overdue")) == len(overdue)
    assert tile(page, "Due next").values[0] == str(len(awaited)) and len(rows(page, "due")) == len(awaited)
    assert len(rows(page, "broken")) == len(broken)
    ((due, kept),) = mart(
        f"select count(*), avg(cast(kept as int)) from ({PROMISES}) "
        "where kept is not null and cast(due_at as date) between cast(? as date) - 179 and ?",
        AS_OF, AS_OF,
    )  # fmt: skip
    assert tile(page, "Promises kept").values[:3] == [repr(kept), str(len(broken)), str(due)]


def test_a_promise_shows_its_day_what_it_is_for_and_who_answers_for_it(page: Element) -> None:
    (due,) = rows(page, "due")
    assert due.text.startswith("Ulmer Pressen 85,000 fix 2026-11-25 in 4 days 2026-11-18 documentation spare parts low")
    assert due.text.endswith("Cem Dogan"), "its CSM, as nobody leads its support"
    answer, fix = rows(page, "overdue")
    assert "first answer 2026-11-19 2 days ago" in answer.text
    assert "Tarn Elevators" in fix.text and fix.text.endswith("nobody named")


def test_a_promise_that_was_kept_late_is_broken_with_the_day_it_came(page: Element) -> None:
    (late,) = [row for row in rows(page, "broken") if "Orchard Foods" in row.text]
    assert "fix 2026-10-22 came 2026-11-01" in late.text


def test_each_row_leads_to_its_record_on_the_customers_page(page: Element, report: Path) -> None:
    for section in ("overdue", "due", "quiet", "surprises", "warned", "broken", "seconds", "repeats", "reopened",
                    "late", "put-off"):  # fmt: skip
        links = [str(link.attributes["href"]) for row in rows(page, section) for link in row.all("a")]
        assert [link for link in links if "#" in link], section
        for link in links:
            file, _, anchor = link.partition("#")
            assert not anchor or read_page(report / file).by_id(anchor).tag == "tr"


def test_an_incident_warned_of_in_vain_leads_to_the_warning(page: Element) -> None:
    (row,) = rows(page, "warned")
    (link,) = [link for link in row.all("a") if "days before" in link.text]
    assert link.text == "105 days before" and "#voice-" in str(link.attributes["href"])


def test_reopenings_and_holding_replies_are_the_marts(page: Element, mart: Mart) -> None:
    for section, column in (("reopened", "reopens_180d"), ("put-off", "holding_replies_180d")):
        ((total,),) = mart(f"select sum({column}) from mart.customer_lifecycle")
        assert page.by_id(section).all("p")[0].values[0] == str(int(total)) != "0"
    ((replies,),) = mart(
        "select count(*) from mart.touches inner join mart.customer_lifecycle using (customer_id) "
        "where is_holding_reply and occurred_on > cast(? as date) - 180",
        AS_OF,
    )
    assert sum(int(str(row.values[1])) for row in rows(page, "put-off")) == replies


def test_who_went_quiet_after_a_complaint_is_listed_with_the_days_of_silence(page: Element) -> None:
    (row,) = rows(page, "quiet")
    assert row.text.startswith("Sable Logistics 95,000 2026-07-26") and "110 days" in row.text


def test_every_month_shows_its_incidents_and_the_promises_that_fell_due_in_it(page: Element, mart: Mart) -> None:
    table = page.by_id("months").all("table")[0]
    shown = {row.all("th")[0].text: row.values for row in table.all("tbody")[0].all("tr")}
    assert len(shown) == 24 and list(shown)[0] == "2026-11"
    opened = mart(
        "select strftime(opened_on, '%Y-%m'), count(*), count(*) filter (where severity = 'critical'), "
        "count(*) filter (where severity = 'high'), count(*) filter (where severity = 'normal'), "
        "count(*) filter (where severity = 'low') from mart.quality_incidents group by 1"
    )
    assert len(opened) > 3
    for month, *counts in opened:
        assert shown[month][:5] == [str(count) for count in counts]
    promised = mart(
        f"select strftime(due_at, '%Y-%m'), count(*) filter (where kept), count(*) filter (where not kept) "
        f"from ({PROMISES}) where kept is not null group by 1"
    )
    for month, kept, broken in promised:
        assert shown[month][5:] == [str(kept), str(broken), repr(kept / (kept + broken))]
    for month in set(shown) - {month for month, *_ in promised}:
        assert shown[month][5:] == ["0", "0"], "no share is shown where nothing was due"


def test_the_chart_tells_severities_apart_by_more_than_colour_and_describes_itself(page: Element) -> None:
    (chart,) = page.by_id("months").all("svg", class_="chart months")
    assert "Incidents opened by month and severity" in str(chart.attributes["aria-label"])
    for severity in ("critical", "high", "normal", "low"):
        assert severity in chart.text
    assert len(chart.all("pattern")) == 3, "critical, high and low are hatched, each in its own way"


def test_a_chart_of_months_without_promises_has_no_line_and_one_without_incidents_no_bar() -> None:
    charts, months = Charts(), [date(2026, month, 1) for month in range(1, 7)]
    quiet = charts.quality_by_month(
        [(month, {"low": 0, "normal": 0, "high": 0, "critical": 0}, 0.5) for month in months]
    )
    unpromised = charts.quality_by_month(
        [(month, {"low": 2, "normal": 0, "high": 0, "critical": 1}, None) for month in months]
    )
    assert ">50% kept<" in quiet and "% kept<" not in unpromised
    assert unpromised.count(">3<") == len(months) and ">0<" not in quiet


def test_a_company_without_trouble_reads_so_in_a_sentence(tmp_path: Path) -> None:
    made = FixturePublication()
    made.customer("hubspot:1", "All Quiet")
    page = write(made, tmp_path)
    assert today(page).startswith("Today: nothing to mend: no promise is overdue or due")
    assert not page.by_id("content").all("table") and not page.all("svg")
    assert "No incident was opened" in page.by_id("months").text
    for section in ("overdue", "due"):
        assert "Nothing:" in page.by_id(section).text
    assert not tile(page, "Promises kept").values and "none was due" in tile(page, "Promises kept").text


def test_without_a_ticketing_system_nothing_is_counted_and_all_is_not_known(tmp_path: Path) -> None:
    made = FixturePublication()
    customer = made.customer("hubspot:1", "Halden Robotics")
    made.unknown = {
        customer: ("open_incidents", "surprises_180d", "repeat_incidents_180d", "second_incidents_180d",
                   "late_discrepancies_365d", "reopens_180d", "warned_incidents_365d", "is_quiet_after_complaint",
                   "holding_replies_180d")
    }  # fmt: skip
    page = write(made, tmp_path)
    assert "not known: no ticketing system is connected" in today(page)
    for section in ("overdue", "due", "broken", "surprises", "warned", "seconds", "repeats", "reopened", "late",
                    "quiet", "put-off", "months"):  # fmt: skip
        assert page.by_id(section).text.endswith("Not known: no ticketing system is connected."), section
    for one in page.all("ul", class_="tiles")[0].all("li"):
        assert "not known" in one.text and not one.values


@pytest.mark.parametrize(
    ("incident", "words"),
    [
        ({"severity": "low", "went_quiet": True, "resolved": 80, "opened": 90},
         "1 customer has gone quiet after a complaint, worth ARR 100,000"),
        ({"severity": "low", "resolved": None, "opened": 2, "resolution_due_at": at(3)},
         "1 promise falls due next, the first in 3 days at Halden Robotics"),
        ({"severity": "high", "resolved": 5, "opened": 9}, "1 surprise in 180 days at customers worth ARR 100,000"),
        ({"severity": "low", "resolved": 5, "opened": 9, "resolution_due_at": at(-7), "resolution_kept": False},
         "1 promise was broken in 180 days at customers worth ARR 100,000"),
    ],
)  # fmt: skip
def test_with_nothing_overdue_the_next_worst_is_what_to_look_at(
    incident: dict[str, Any], words: str, tmp_path: Path
) -> None:
    made = FixturePublication()
    customer = made.customer("hubspot:1", "Halden Robotics")
    made.incident(customer, incident.pop("opened"), incident.pop("resolved"), incident.pop("severity"), **incident)
    assert words in today(write(made, tmp_path))


def test_what_a_resolved_incident_still_owed_is_no_longer_overdue(tmp_path: Path) -> None:
    made = FixturePublication()
    customer = made.customer("hubspot:1", "Halden Robotics")
    made.incident(customer, 9, 5, "low", first_response_due_at=at(-8), first_response_kept=False)
    page = write(made, tmp_path)
    assert tile(page, "Overdue now").values == ["0"]
    (row,) = rows(page, "broken")
    assert "first answer 2026-11-13 came 2026-11-16" in row.text


def test_a_page_with_every_list_full_stays_light(tmp_path: Path) -> None:
    made = FixturePublication()
    for number in range(130):
        customer = made.customer(f"hubspot:{number}", "Aktiengesellschaft für Förderanlagen " * 3)
        warning = made.heard(customer, "warning", 140, "It drips. " * 60)
        for _ in range(2):
            made.incident(customer, 60, None, "critical", category="discrepancy", repeat_of="zendesk:1", reopen_count=2,
                          days_since_previous_incident=20, was_warned=True, warned_by_voice_id=warning,
                          festered_days=80, went_quiet=True, resolution_due_at=at(-3), resolution_kept=False,
                          first_response_due_at=at(-3), first_response_kept=False)  # fmt: skip
            made.incident(customer, 20, None, "low", resolution_due_at=at(3))
        for _ in range(3):
            made.touch(customer, 30, channel="ticket_reply", is_holding_reply=True)
    assert write_page(made.write(tmp_path / "kept.duckdb"), "quality").stat().st_size < 1_500_000
