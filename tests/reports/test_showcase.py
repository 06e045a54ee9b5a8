"""The showcase: the mart's figures in a prospect's words, and nobody's name, number or address in them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from reports.showcase import ShowcaseContext
from tests.reports.fixture_publication import AS_OF, SCHEMA, FixturePublication
from tests.reports.reading import Element
from tests.reports.rendering import rendered, tile, today, write_page

GROUPS = "select * exclude (as_of_on) from mart.care_showcase order by segment = 'unknown', customers desc"


@pytest.fixture(scope="module")
def file(publication: Path) -> Path:
    return write_page(publication, "showcase")


@pytest.fixture(scope="module")
def page(publication: Path) -> Element:
    return rendered(publication, "showcase")


@pytest.fixture(scope="module")
def mart(publication: Path):
    with duckdb.connect(str(publication), read_only=True) as connection:
        yield lambda query: connection.execute(query).fetchall()


def test_the_first_sentence_says_of_how_many_companies_and_which_months(page: Element, mart) -> None:
    ((customers,),) = mart("select sum(customers) from mart.care_showcase")
    assert today(page) == (
        "What 1,225 companies saw of us in the twelve months from November 2025 to October 2026: "
        "counted from our records, those who have left since included."
    )
    assert page.all("p", class_="today")[0].values == [str(int(customers))]


@pytest.mark.parametrize(
    ("as_of", "first", "last"),
    [
        (date(2026, 11, 21), date(2025, 11, 1), date(2026, 10, 1)),
        (date(2026, 11, 30), date(2025, 12, 1), date(2026, 11, 1)),
        (date(2026, 12, 31), date(2026, 1, 1), date(2026, 12, 1)),
    ],
)
def test_the_months_told_are_the_twelve_whole_ones_before_the_day(as_of: date, first: date, last: date) -> None:
    context = ShowcaseContext(as_of, ())
    assert (context.first_month, context.last_month) == (first, last)


def test_every_group_shows_the_marts_figures_the_largest_first_and_the_unsorted_last(page: Element, mart) -> None:
    rows = page.all("tbody")[0].all("tr")
    groups = mart(GROUPS)
    assert [row.all("th")[0].text for row in rows] == ["Small <business>", "Enterprise", "Others"]
    for row, (_, *figures) in zip(rows, groups, strict=True):
        assert row.values == [repr(figure) for figure in figures if figure is not None]
        assert row.text.count("not known") == figures.count(None)


def test_a_tile_runs_from_the_lowest_to_the_highest_group(page: Element, mart) -> None:
    for label, column in (
        ("Days to first help", "days_to_first_substantive_touch"),
        ("Months in touch", "months_in_touch_share"),
        ("Promises kept", "promises_kept_rate"),
        ("Surprises per 100 months", "surprises_per_100_customer_months"),
    ):
        (range_,) = mart(f"select min({column}), max({column}) from mart.care_showcase")
        assert tile(page, label).values == [repr(figure) for figure in range_]


def test_the_chart_says_every_figure_of_the_table_and_what_is_not_known(page: Element) -> None:
    (chart,) = page.all("svg", class_="chart care")
    for word in ("Small <business>", "Enterprise", "Others", "6.5", "12.0", "87.5%", "96.0%", "1.2", "0.0"):
        assert word in chart.text
    assert chart.text.count("not known") == 3


def test_a_measure_that_no_group_knows_is_not_known_and_no_zero(tmp_path: Path) -> None:
    made = FixturePublication()
    made.add("care_showcase", segment="enterprise", as_of_on=AS_OF, customers=5, months_in_touch_share=0.5)
    page = rendered(made.write(tmp_path / "kept.duckdb"), "showcase")
    assert "Promises kept not known" in tile(page, "Promises kept").text and not tile(page, "Promises kept").values
    assert tile(page, "Months in touch").values == ["0.5"], "one group has no range"
    assert page.all("tbody")[0].all("tr")[0].values == ["5", "0.5"]


def test_nobody_and_no_record_is_named(page: Element, file: Path, mart) -> None:
    written, read = file.read_text(encoding="utf-8"), page.text
    searched = 0
    for table, columns in SCHEMA.items():
        for name in [column.split()[0] for column in columns.split(", ")]:
            if not (name.endswith(("_name", "_id")) or name in ("domain", "full_name", "quote", "comment")):
                continue
            for (value,) in mart(f'select distinct "{name}" from mart.{table} where length("{name}") > 3'):
                searched += 1
                assert value not in written and value not in read, (table, name)
    assert searched > 300


def test_nothing_leads_away_from_it_and_nothing_runs_on_it(page: Element, file: Path) -> None:
    assert not page.all("a") and not page.all("nav") and not page.all("button")
    assert "<script" not in file.read_text(encoding="utf-8")


def test_without_a_group_large_enough_it_says_so_and_shows_nothing(tmp_path: Path) -> None:
    page = rendered(FixturePublication().write(tmp_path / "kept.duckdb"), "showcase")
    assert page.by_id("content").text == "Not known: there is no group of at least five customers to tell of yet."
    assert not page.all("svg")
