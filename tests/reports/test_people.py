"""The people page: nobody who left goes on owning a customer unseen, and what it counts is what the mart holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.reports.fixture_publication import AS_OF, FixturePublication
from tests.reports.reading import Element, read_page
from tests.reports.rendering import rendered, rows, tile, today

Mart = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def page(report: Path) -> Element:
    return read_page(report / "people.html")


@pytest.fixture(scope="module")
def mart(publication: Path):
    with duckdb.connect(str(publication), read_only=True) as connection:
        yield lambda query, *values: connection.execute(query, list(values)).fetchall()


def write(made: FixturePublication, folder: Path) -> Element:
    return rendered(made.write(folder / "kept.duckdb"), "people")


def test_the_first_sentence_tells_what_ghosts_own_and_with_whom_to_begin(page: Element) -> None:
    assert today(page) == (
        "Today: 1 person has left and still owns 1 account worth ARR 180,000: reassign it, Brightwater Bottling first."
    )


@pytest.mark.parametrize(
    ("label", "section", "count"),
    [
        ("Ghosts", "ghosts", "is_ghost and role <> 'seller'"),
        ("Cold handoffs", "cold", "handoff = 'cold' and ended_at >= cast(? as date) - 364 and role <> 'seller'"),
    ],
)
def test_each_total_is_the_count_of_the_spells_in_the_mart(
    page: Element, mart: Mart, label: str, section: str, count: str
) -> None:
    spells = mart(
        "select customer_id, arr from mart.assignments inner join mart.customer_lifecycle using (customer_id) "
        f"where {count}",
        *[AS_OF] * count.count("?"),
    )
    assert spells, "the fixture has some"
    customers = dict(spells)
    assert tile(page, label).values == [
        str(len(spells)), str(len(customers)), repr(float(sum(customers.values())))
    ]  # fmt: skip
    assert len(rows(page, section)) == len(spells)


def test_a_role_that_nobody_fills_is_listed_with_who_held_it_last(page: Element, mart: Mart) -> None:
    ((orphaned,),) = mart(
        "select count(*) from (select 1 from mart.assignments inner join mart.customer_lifecycle using (customer_id) "
        "where role <> 'seller' group by customer_id, role having count(*) = count(ended_at))"
    )
    assert tile(page, "Roles nobody fills").values[0] == str(orphaned) == "1"
    (row,) = rows(page, "orphaned")
    assert row.text.startswith("Steady & Sons renewal in 80 days 75,000 support lead")
    assert row.values[-1] == "30"


def test_who_left_is_counted_by_employment_and_listed_with_the_customers_it_touches(page: Element, mart: Mart) -> None:
    ((left, lately),) = mart(
        "select count(*), count(*) filter (where terminated_on >= cast(? as date) - 89) from mart.employees "
        "where terminated_on between cast(? as date) - 364 and ?",
        AS_OF, AS_OF, AS_OF,
    )  # fmt: skip
    assert tile(page, "Left in").values == [str(left), str(lately)] == ["2", "1"]
    ghost, gone = rows(page, "left")
    assert ghost.all("th")[0].text == "Kim Left" and "⚠ still named" in ghost.text and "112 days ago" in ghost.text
    assert gone.all("th")[0].text == "Lou <i>Old</i>" and "Steady & Sons CSM" in gone.text
    assert gone.values == ["1", "75000.0", "0"]


def test_why_somebody_left_the_company_is_shown_of_nobody(page: Element) -> None:
    assert {row.all("td")[4].text for row in rows(page, "cold")} == {
        "left the company", "moved inside the company", "reassigned"
    }  # fmt: skip


def test_one_who_moved_to_the_customer_lately_is_a_new_face_and_one_who_came_back_is_none(
    page: Element, mart: Mart
) -> None:
    ((faces,),) = mart(
        "select count(*) from (select 1 from mart.assignments inner join mart.customer_lifecycle using (customer_id) "
        "where role <> 'seller' group by customer_id, employee_id "
        "having min(started_at) >= cast(? as date) - 89 and count(*) > count(ended_at))",
        AS_OF,
    )
    assert tile(page, "New faces").values == [str(faces), "1", "75000.0"] and faces == 2
    manager, engineer = sorted(rows(page, "new"), key=lambda row: "field engineer" in row.text)
    assert "Ida Joy" in manager.text and "Lou <i>Old</i> ⚠ cold" in manager.text
    assert "Max Nunn" in engineer.text and "nobody before" in engineer.text
    assert "Halden Robotics" not in page.by_id("new").text, "Cem Dogan was its CSM before"


def test_newcomers_are_named_where_they_serve_beside_the_size_of_the_team(page: Element, mart: Mart) -> None:
    ((newcomers,),) = mart(
        "select count(distinct (customer_id, employee_id)) from mart.assignments "
        "inner join mart.customer_lifecycle using (customer_id) inner join mart.employees using (employee_id) "
        "where role <> 'seller' and ended_at is null and hired_on > cast(? as date) - 180",
        AS_OF,
    )
    assert tile(page, "Newcomers").values[0] == str(newcomers) == "1"
    (row,) = rows(page, "newcomers")
    assert "⚠ 1" in row.text and "Max Nunn field engineer" in row.text
    assert row.values == ["75000.0", "1", "2", "800.0"]


def test_a_department_shows_its_churn_and_the_customers_it_hit_and_a_small_one_shows_neither(page: Element) -> None:
    success, support = rows(page, "departments")
    assert success.values == ["0.25", "12", "1", "2", "1", "75000.0"]
    assert support.text == "Support too few people to be told apart"


def test_who_carries_how_much_arr_counts_each_customer_once_and_no_ghost(page: Element, mart: Mart) -> None:
    carried = mart(
        "select full_name, sum(arr), count(*) from (select distinct employee_id, customer_id from mart.assignments "
        "where role <> 'seller' and ended_at is null and not is_ghost) "
        "inner join mart.employees using (employee_id) inner join mart.customer_lifecycle using (customer_id) "
        "group by all order by 2 desc"
    )
    shown = rows(page, "depended")
    assert [row.all("th")[0].text for row in shown] == [name for name, *_ in carried]
    ((whole,),) = mart("select sum(arr) from mart.customer_lifecycle")
    for row, (_, arr, customers) in zip(shown, carried, strict=True):
        assert row.values[:3] == [repr(arr), repr(arr / whole), str(customers)]


def test_who_is_the_only_one_that_a_customer_knows_is_said(tmp_path: Path) -> None:
    made = FixturePublication()
    made.employee("bamboohr:1", "Ada Berg", "Sales", 900)
    made.employee("bamboohr:2", "Cem Dogan", "Support", 900)
    for number, team in enumerate((("csm", "bamboohr:1"), ("csm", "bamboohr:1", "support_lead", "bamboohr:2"))):
        customer = made.customer(f"hubspot:{number}", f"Company {number}")
        for role, employee in zip(team[::2], team[1::2], strict=True):
            made.spell(customer, role, employee, 500, None)
    shown = rows(write(made, tmp_path), "depended")
    assert [(row.all("th")[0].text, row.values[-1]) for row in shown] == [("Ada Berg", "1"), ("Cem Dogan", "0")]


def test_a_company_with_nothing_to_mend_reads_so_in_a_sentence(tmp_path: Path) -> None:
    made = FixturePublication()
    made.customer("hubspot:1", "All Quiet")
    page = write(made, tmp_path)
    assert today(page).startswith("Today: nothing to mend: nobody who left is still named")
    assert not page.by_id("content").all("table")
    for section, words in (("ghosts", "None:"), ("new", "Nobody came"), ("newcomers", "Nowhere:")):
        assert words in page.by_id(section).text
    assert "Not known" in page.by_id("departments").text


def test_without_an_hr_system_nothing_is_said_of_who_left(tmp_path: Path) -> None:
    made = FixturePublication()
    customer = made.customer("hubspot:1", "Halden Robotics")
    made.spell(customer, "csm", "hubspot-user:1", 500, None, is_ghost=None, ghost_days=None)
    made.unknown = {customer: ("ghost_owners", "inexperienced_assignees")}
    page = write(made, tmp_path)
    assert "not known who has left, because no HR system is connected" in today(page)
    for section in ("ghosts", "left", "newcomers"):
        assert page.by_id(section).text.endswith("Not known: no HR system is connected.")
    assert [tile(page, label).values for label in ("Ghosts", "Left in", "Newcomers")] == [[], [], []]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"role": "csm", "ended": 20, "who": "bamboohr:1"}, "nobody fills 1 role at customers worth ARR 100,000"),
        ({"role": "csm", "ended": 20, "who": "bamboohr:9", "next": 20, "cause": "employee_left"},
         "1 person who served customers left in the last 90 days: call Halden Robotics, who lost Kim Left."),
        ({"role": "csm", "ended": 200, "who": "bamboohr:1", "next": 200, "cause": "reassignment"},
         "1 account was handed over cold in a year"),
        ({"role": "csm", "ended": 20, "who": "bamboohr:1", "next": 20, "handoff": "warm"},
         "1 new face came to customers in 90 days"),
    ],
)  # fmt: skip
def test_without_a_ghost_the_next_worst_is_what_to_look_at(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    made = FixturePublication()
    made.employee("bamboohr:9", "Kim Left", "Support", 900, 19)
    customer = made.customer("hubspot:1", "Halden Robotics")
    made.spell(customer, change["role"], change["who"], 600, change["ended"], end_cause=change.get("cause"),
               handoff=change.get("handoff", "cold" if "next" in change else None))  # fmt: skip
    if "next" in change:
        made.spell(customer, change["role"], "bamboohr:2", change["next"], None)
    assert words in today(write(made, tmp_path))


def test_of_more_than_a_hundred_the_page_names_a_hundred_and_says_how_many_more(tmp_path: Path) -> None:
    made = FixturePublication()
    made.employee("bamboohr:9", "Kim Left", "Support", 900, 30)
    for number in range(130):
        customer = made.customer(f"hubspot:{number}", f"Company {number:03}", 1_000.0 + number)
        made.spell(customer, "csm", "bamboohr:9", 300, None, is_ghost=True, ghost_days=30)
    page = write(made, tmp_path)
    assert tile(page, "Ghosts").values[0] == "130"
    first, rest = page.by_id("ghosts").all("table")
    assert first.all("caption")[0].text == "Most ARR first, the first 10 of 130"
    assert first.all("tbody")[0].all("th")[0].text == "Company 129"
    assert len(first.all("tbody")[0].all("tr")) == 10 and len(rest.all("tbody")[0].all("tr")) == 90
    assert page.by_id("ghosts-all").all("summary")[0].text == "90 more, and 30 on the customers’ pages alone"


def test_a_customer_who_has_gone_is_on_no_list(tmp_path: Path) -> None:
    made = FixturePublication()
    made.employee("bamboohr:9", "Kim Left", "Support", 900, 30)
    customer = made.customer("hubspot:1", "Gone Ltd", 0.0, churned_on=AS_OF - timedelta(days=3))
    made.spell(customer, "csm", "bamboohr:9", 300, None, is_ghost=True, ghost_days=30)
    page = write(made, tmp_path)
    assert tile(page, "Ghosts").values == ["0"] and "Gone Ltd" not in page.text
