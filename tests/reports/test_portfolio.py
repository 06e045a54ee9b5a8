"""The portfolio page: its figures are the mart's, its stories stand under their reasons, and distrust is said aloud."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import cycle
from pathlib import Path

import duckdb
import pytest

from reports.customer import reported_customers
from reports.portfolio import Line, PortfolioContext, portfolio_context
from reports.publication import open_publication
from reports.render import render_reports
from reports.trust import trust
from tests.reports.fixture_publication import AS_OF, FixturePublication, small_company
from tests.reports.reading import Element, read_page

STORIES = {
    "Halden Robotics": ("musical_chairs", "Musical chairs", "3"),
    "Brightwater Bottling": ("ghost_owner", "Ghost owner", "112"),
    "Castell Packaging": ("courtesy_only", "Courtesy calls only", "1.0"),
    "Vanterra Foods": ("courted_in_last_quarter", "Silent all year, courted in the last quarter", "3"),
    "Lindqvist Valves": ("found_by_survey", "A survey found it", "1"),
    "Orchard Foods": ("told_you_so", "I told you so", "105"),
    "Sable Logistics": ("quiet_after_complaint", "Gone quiet after complaining", "110"),
    "Ulmer Pressen": ("two_records", "Two CRM records for one company", "2"),
    "Wexford Dairies": ("mixed_messages", "Flavour of the month", "4"),
    "Yarrow Instruments": ("could_speak_for_us", "Could speak for us", "10.0"),
}


@pytest.fixture(scope="module")
def page(report: Path) -> Element:
    return read_page(report / "index.html")


@pytest.fixture(scope="module")
def mart(publication: Path):
    with duckdb.connect(str(publication), read_only=True) as connection:
        yield lambda query, *values: connection.execute(query, list(values)).fetchall()


def _row(section: Element, name: str) -> Element:
    rows = [row for row in section.all("tr") if any(cell.text == name for cell in row.all("th", scope="row"))]
    assert rows, f"no row for {name}"
    return rows[0]


def _table(page: Element, caption: str) -> Element:
    (table,) = [table for table in page.all("table") if table.all("caption")[0].text.startswith(caption)]
    return table


def _context(publication: Path, risks: tuple[float | None, ...]) -> PortfolioContext:
    """The portfolio of customers of whom nothing is told but the risk of losing them, one risk after the other."""
    with open_publication(publication) as opened:
        lines = [
            Line(customer, True, None, None, None, risk, None, None, None, None, (), (), False)
            for customer, risk in zip(reported_customers(opened), cycle(risks), strict=False)
        ]
        return portfolio_context(opened, AS_OF, trust(opened, AS_OF), lines, ())


@pytest.mark.parametrize("customer", STORIES)
def test_each_named_story_stands_under_its_reason_with_its_number(page: Element, customer: str) -> None:
    reason, title, number = STORIES[customer]
    article = page.by_id(f"reason-{reason}")
    assert article.all("h3")[0].text.startswith(title)
    assert number in _row(article, customer).values


@pytest.mark.parametrize("customer", STORIES)
def test_a_story_stands_under_no_reason_that_is_not_its_own(page: Element, customer: str) -> None:
    listed = {
        article.attributes["id"]
        for article in page.all("article")
        if any(cell.text == customer for cell in article.all("th", scope="row"))
    }
    assert listed == {f"reason-{STORIES[customer][0]}"}


def test_a_ghost_owner_is_named_with_the_role_and_the_record(page: Element, report: Path) -> None:
    row = _row(page.by_id("reason-ghost_owner"), "Brightwater Bottling")
    (link,) = [link for link in row.all("a") if "Kim Left" in link.text]
    assert "support lead" in link.text and "a ghost for 112 days" in link.text
    file, anchor = str(link.attributes["href"]).split("#")
    assert read_page(report / file).by_id(anchor).text.startswith("support lead Kim Left")


def test_arr_and_customers_at_a_glance_are_the_marts(page: Element, mart) -> None:
    ((arr, customers),) = mart("select sum(arr), count(*) from mart.customer_lifecycle")
    tile = page.all("ul", class_="tiles")[0].all("li")[0]
    assert tile.values[:2] == [str(customers), repr(arr)]


def test_what_is_to_be_done_today_is_the_action_due_first_and_stands_first(page: Element, mart) -> None:
    ((bring, due_on, customer),) = mart(
        "select bring, due_on, customer_name from mart.recommended_actions inner join mart.customers "
        "using (customer_id) order by due_on, rank limit 1"
    )
    today = page.by_id("content").all("p")[0]
    assert today.attributes["class"] == "today" and customer in today.text
    assert bring in today.text and f"{due_on}" in today.text


def test_whom_to_act_upon_stands_once_with_what_comes_first_and_what_else(page: Element, report: Path) -> None:
    ghost, silent = page.by_id("act").all("tbody")[0].all("tr")
    assert ghost.all("th")[0].text == "Brightwater Bottling ◐ watch a person says healthy"
    for words in (
        "22,050 Ghost owner, 12.2 points. Owners in the CRM who have left our company: 1. Also: musical chairs",
        "A successor for Kim Left, and the answer to “<b>why?</b>”. Cem Dogan CSM 2026-11-24 in 3 days",
    ):
        assert words in ghost.text
    for link in ghost.all("a")[:4]:
        file, _, anchor = str(link.attributes["href"]).partition("#")
        assert not anchor or read_page(report / file).by_id(anchor)
    assert "Quiet Harbour" in silent.text and "none: that is the point" in silent.text


def test_more_than_ten_to_act_upon_are_ten_and_the_count(tmp_path: Path) -> None:
    made = FixturePublication()
    for number in range(13):
        customer = made.customer(f"hubspot:{number}", f"Company {number:02}")
        for driver in ("ghost_owner", "long_silence"):
            made.action(customer, driver, 1_000.0)
    page = read_page(render_reports(made.write(tmp_path / "kept.duckdb"), tmp_path / "out", AS_OF, lambda _: None))
    rows = page.by_id("act").all("tbody")[0].all("tr")
    assert [row.all("th")[0].text.split(" ◐")[0] for row in rows] == [f"Company {number:02}" for number in range(10)]
    assert "the first 10 of 13" in page.by_id("act").text


def test_outcomes_of_the_last_thirty_days_are_counted_and_lead_to_their_customers(page: Element, report: Path) -> None:
    table = next(table for table in page.by_id("act").all("table") if "Recorded in the last 30 days" in table.text)
    done, wrong = (row for row in table.all("tr")[1:])
    # The one of thirty days ago is older.
    listed = ["hubspot:1009, long silence", "Brightwater Bottling, cold handoffs"]
    assert done.text.startswith("✓ done 2 ") and [entry.text for entry in done.all("div")] == listed
    listed = ["no known customer, long silence", "Brightwater Bottling, detractor"]
    assert wrong.text.startswith("✖ wrong 2 ") and [entry.text for entry in wrong.all("div")] == listed
    assert "of all 6 ever recorded 33.3% found the action wrong" in table.text
    (link,) = done.all("a")
    file, _, anchor = str(link.attributes["href"]).partition("#")
    assert "Gus met them" in read_page(report / file).by_id(anchor).text


def test_where_nobody_has_recorded_an_outcome_it_says_how(tmp_path: Path) -> None:
    made = small_company()
    made.rows["action_outcomes"].clear()
    page = read_page(render_reports(made.write(tmp_path / "kept.duckdb"), tmp_path, AS_OF, lambda _: None))
    assert "seeds/actions/recorded_outcomes.csv" in page.by_id("outcomes").text


def test_more_outcomes_than_anybody_reads_are_ten_and_the_count(tmp_path: Path) -> None:
    made = small_company()
    for days_ago in range(25):
        made.outcome("hubspot:1001", "musical_chairs", "wrong", days_ago, "Not so.")
    page = read_page(render_reports(made.write(tmp_path / "kept.duckdb"), tmp_path, AS_OF, lambda _: None))
    table = next(table for table in page.by_id("act").all("table") if "Recorded in the last 30 days" in table.text)
    assert "✖ wrong 27" in table.text and "and 17 more on their pages" in table.text


def test_customers_are_counted_by_band_and_what_is_not_known_is_a_band_of_its_own(page: Element, mart) -> None:
    rows = page.by_id("score").all("tbody")[0].all("tr")
    assert [row.all("th")[0].text for row in rows] == ["⚠ at risk", "◐ watch", "✓ healthy", "not known"]
    for row, band in zip(rows, ("at_risk", "watch", "healthy", "unknown"), strict=True):
        ((count, arr),) = mart(
            "select count(*), coalesce(sum(arr), 0) from mart.customer_lifecycle where health_band = ?", band
        )
        assert [float(str(value)) for value in row.values] == [count, arr]
    assert "✓ healthy" in _row(page.by_id("customers"), "Quiet Harbour").text
    assert "not known not known" in _row(page.by_id("customers"), "Steady & Sons").text


@pytest.mark.parametrize(
    ("judged", "words"),
    [
        ({}, "no renewal has been decided that it could be held against"),
        ({"is_validatable": False}, "Not validatable yet: of 400 renewals that the score could be held against 60"),
        (
            {"is_validatable": True, "auc": 0.71, "auc_low": 0.63, "auc_high": 0.79, "predicts": True,
             "lift_worst_tenth": 2.5, "green_then_churned_share": 0.125},
            "in 71.0% of all pairs (between 63.0% and 79.0%; 50 % is chance), so it predicts. The worst tenth churned "
            "2.5 times as often as all; 12.5% of those who churned had been healthy.",
        ),
        ({"is_validatable": True, "auc": 0.51, "auc_low": 0.45, "auc_high": 0.57, "predicts": False},
         "so it does not predict"),
    ],
)  # fmt: skip
def test_how_good_the_score_is_stands_beside_it(judged: dict[str, object], words: str, tmp_path: Path) -> None:
    made = FixturePublication()
    if judged:
        made.add("health_backtest", predictor="health_score", segment="all", n=400, churned=60, **judged)
    page = read_page(render_reports(made.write(tmp_path / "kept.duckdb"), tmp_path / "out", AS_OF, lambda _: None))
    assert words in page.by_id("score").text
    assert "Held out" not in page.by_id("score").text


@pytest.mark.parametrize(
    ("gained", "words"),
    [
        ({}, "too few churned to tell whether acting helped"),
        ({"gained_by_acting": 0.25, "gained_by_acting_low": 0.06, "gained_by_acting_high": 0.47},
         "acting gained 25.0% (between 6.0% and 47.0%)"),
    ],
)  # fmt: skip
def test_while_customers_are_held_out_it_is_said_what_acting_gained(
    gained: dict[str, float], words: str, tmp_path: Path
) -> None:
    made = FixturePublication()
    made.add("health_backtest", predictor="recommended_actions", segment="all", n=100, churned=15,
             is_validatable=bool(gained), n_held_out=20, rate_acted=0.9, rate_held_out=0.65, **gained)  # fmt: skip
    page = read_page(render_reports(made.write(tmp_path / "kept.duckdb"), tmp_path / "out", AS_OF, lambda _: None))
    assert f"65.0% were kept, of the others 90.0%; {words}" in page.by_id("score").text


def test_renewals_due_are_counted_and_summed_as_the_mart_has_them(page: Element, mart) -> None:
    table = _table(page, "Undecided contract terms by due day")
    for title, low, high in (
        ("Past due, undecided", -10_000, -1),
        ("Due within 30 days", 0, 30),
        ("Due within 60 days", 0, 60),
        ("Due within 90 days", 0, 90),
        ("Due within 180 days", 0, 180),
    ):
        ((count, arr),) = mart(
            "select count(*), coalesce(sum(arr_due), 0) from mart.renewals where outcome = 'open' "
            "and due_on between cast(? as date) + ? and cast(? as date) + ?",
            AS_OF, low, AS_OF, high,
        )  # fmt: skip
        shown = _row(table, title).values
        assert shown[0] == str(count) and float(str(shown[1])) == arr


def test_a_renewal_without_arr_is_counted_and_said_to_be_unknown(page: Element) -> None:
    table = _table(page, "Undecided contract terms by due day")
    assert "and 1 not known" in _row(table, "Due within 90 days").text
    assert _row(page.by_id("renewals"), "Steady & Sons").all("span", class_="unknown")


def test_each_renewal_shows_customer_owner_due_day_and_notice_day(page: Element, mart) -> None:
    row = _row(page.by_id("renewals"), "Vanterra Foods")
    ((due, notice),) = mart("select due_on, notice_due_on from mart.renewals where customer_id = 'hubspot:1004'")
    assert [day.attributes["datetime"] for day in row.all("time")] == [str(due), str(notice)]
    assert "Ada Berg" in row.text and "in 45 days" in row.text and row.values == ["310000.0"]


def test_an_overdue_renewal_says_so_in_words(page: Element) -> None:
    assert "⚠ past due" in _row(page.by_id("renewals"), "Umbra Pumps").text
    assert "20 days ago" in _row(page.by_id("start"), "Umbra Pumps").text


def test_retention_shows_the_newest_month_of_every_segment_as_the_mart_has_it(page: Element, mart) -> None:
    columns = (
        "arr_start, arr_churned, arr_contracted, arr_expanded, arr_new, arr_end, grr, nrr, logo_retention, "
        "renewal_rate_12m, renewals_overdue"
    )
    rows = mart(f"select segment, {columns} from mart.retention_by_month qualify month = max(month) over ()")
    assert {segment for segment, *_ in rows} == {"all", "enterprise"}
    for segment, *values in rows:
        assert _row(page.by_id("retention"), segment).values == [repr(value) for value in values]


def test_retention_tiles_are_the_marts_and_every_measure_is_defined(page: Element, mart) -> None:
    ((grr, nrr, logo),) = mart(
        "select grr, nrr, logo_retention from mart.retention_by_month where segment = 'all' order by month desc limit 1"
    )
    tiles = page.all("ul", class_="tiles")[0].all("li")[3:]
    assert [tile.values for tile in tiles] == [[repr(grr)], [repr(nrr)], [repr(logo)]]
    text = page.by_id("retention").text
    for definition in ("it cannot exceed 100 %", "growth counted", "share still customers", "another denominator"):
        assert definition in text


def test_the_bridge_closes_and_is_drawn_with_the_figures_of_the_table(page: Element) -> None:
    (bridge,) = page.by_id("retention").all("svg", class_="chart bridge")
    for figure in ("900,000", "−40,000", "−10,000", "+60,000", "+90,000", "1,000,000"):
        assert figure in bridge.text


def test_the_trust_header_names_staleness_failed_checks_and_refused_loads(page: Element) -> None:
    chips = page.all("ul", class_="chips")[0].text
    for words in ("✓ as of 2026-11-21", "⚠ 2 of 3 source tables fresh", "⚠ 2 of 32 checks failed", "⚠ 1 load refused"):
        assert words in chips
    data = page.by_id("data")
    assert "The last load of hubspot calls was refused. 2 rules failed: <id__not_null>" in data.text
    assert "⚠ stale" in _row(data, "hubspot deals").text
    assert "⚠ 3 source records point to nothing known" in chips and _row(data, "zendesk").values == ["3"]


def test_a_publication_older_than_the_report_says_so_at_the_top(publication: Path, tmp_path: Path) -> None:
    late = AS_OF + timedelta(days=3)
    folder = render_reports(publication, tmp_path, late, lambda _: None).parent
    assert folder.name == late.isoformat()
    for file in (folder / "index.html", folder / "customers" / "hubspot-1001.html"):
        banner = read_page(file).all("p", class_="banner")[0].text
        assert "These numbers stand as of 2026-11-21, 3 days before this report" in banner


def test_more_than_ten_of_a_reason_show_ten_and_say_how_many_more(tmp_path: Path) -> None:
    made = FixturePublication()
    for number in range(13):
        customer = made.customer(f"hubspot:{number}", f"Company {number:02}")
        made.term(customer, 100)
        made.spell(customer, "csm", "bamboohr:9", 300, None, is_ghost=True, ghost_days=number + 1)
    page = read_page(render_reports(made.write(tmp_path / "kept.duckdb"), tmp_path / "out", AS_OF, lambda _: None))
    article = page.by_id("reason-ghost_owner")
    first, rest = article.all("table")
    assert [len(table.all("tbody")[0].all("tr")) for table in (first, rest)] == [10, 3]
    assert "3 more under “Ghost owner”" in page.by_id("reason-ghost_owner-all").all("summary")[0].text
    assert first.all("th", scope="row")[0].text == "Company 12", "the worst comes first"
    assert len(page.by_id("start").all("tbody")[0].all("tr")) == 10
    assert "3 more renewals due within 180 days" in page.by_id("renewals-all").all("summary")[0].text


def test_of_more_than_a_hundred_the_list_ends_and_says_how_many_it_leaves_to_their_pages(tmp_path: Path) -> None:
    made = FixturePublication()
    for number in range(120):
        customer = made.customer(f"hubspot:{number}", f"Company {number:03}")
        made.term(customer, 100)
        made.spell(customer, "csm", "bamboohr:9", 300, None, is_ghost=True, ghost_days=number + 1)
    page = read_page(render_reports(made.write(tmp_path / "kept.duckdb"), tmp_path / "out", AS_OF, lambda _: None))
    for fold in ("reason-ghost_owner-all", "renewals-all"):
        assert len(page.by_id(fold).all("tbody")[0].all("tr")) == 90
        assert "and 20 on the customers’ pages alone" in page.by_id(fold).all("summary")[0].text
    assert len(page.by_id("customers").all("tbody")[0].all("tr")) == 120


def test_a_broken_promise_is_not_crowded_out_by_larger_customers_with_a_milder_reason(tmp_path: Path) -> None:
    made = FixturePublication()
    for number in range(12):
        silent = made.customer(f"hubspot:{number}", f"Silent {number:02}", 100_000.0)
        made.term(silent, 100)
        made.touch(silent, 80)
    broken = made.customer("hubspot:99", "Waiting Since Monday", 50_000.0)
    made.term(broken, 100)
    made.touch(broken, 10)
    made.incident(broken, 9, None, "low", resolution_kept=False, resolution_due_at=datetime.combine(AS_OF, time(9)))
    page = read_page(render_reports(made.write(tmp_path / "kept.duckdb"), tmp_path / "out", AS_OF, lambda _: None))
    first = page.by_id("start").all("th", scope="row")
    assert len(first) == 10 and first[0].text == "Waiting Since Monday"


def test_who_could_speak_for_us_has_an_answer_and_nothing_overdue(page: Element) -> None:
    listed = [cell.text for cell in page.by_id("right").all("th", scope="row")]
    assert listed == ["Yarrow Instruments"]
    assert "Best <service> we know." in page.by_id("right").text


def test_our_own_people_are_told_by_department_and_a_small_one_is_not(page: Element) -> None:
    assert _row(page.by_id("workforce"), "Customer Success").values == ["12", "1", "2", "0.25"]
    assert "too few people" in _row(page.by_id("workforce"), "Support").text


def test_what_the_last_refresh_restated_is_listed(page: Element) -> None:
    assert "months already published: 1 value" in page.by_id("data").text
    assert "2026-10 hubspot:1007" in page.by_id("data").text


def test_what_is_not_known_lists_nobody_and_is_no_zero(page: Element, tmp_path: Path) -> None:
    made = small_company()
    made.unknown["hubspot:1002"] = ("ghost_owners",)
    page = read_page(render_reports(made.write(tmp_path / "kept.duckdb"), tmp_path / "out", AS_OF, lambda _: None))
    assert page.by_id("reason-ghost_owner").tag == "span", "the reason stands among those that list nobody"


def test_past_customers_are_listed_and_prospects_are_not(page: Element) -> None:
    customers = page.by_id("customers")
    assert "churned 2026-08-13" in _row(customers, "Gone Ltd").text
    assert "Prospect Only" not in customers.text


def test_a_publication_without_any_load_still_makes_a_report_that_says_so(tmp_path: Path) -> None:
    index = render_reports(
        FixturePublication().write(tmp_path / "kept.duckdb"), tmp_path / "out", AS_OF, lambda _: None
    )
    page = read_page(index)
    assert "Nothing has been published yet" in page.all("p", class_="banner")[0].text
    assert "no load is recorded" in page.all("ul", class_="chips")[0].text
    assert "the mart has no month of retention yet" in page.by_id("retention").text


def test_every_month_of_the_year_ahead_shows_what_the_mart_has_undecided_in_it(page: Element, mart) -> None:
    calendar = _table(page, "By the month of the due day").all("tbody")[0].all("tr")
    assert [row.all("th")[0].text for row in calendar] == [
        "past due", *(f"{2026 + (10 + number) // 12}-{(10 + number) % 12 + 1:02}" for number in range(13))
    ]  # fmt: skip
    months = mart(
        """
        select
            case when due_on < day then 'past due' else strftime(due_on, '%Y-%m') end as month,
            count(*),
            sum(coalesce(arr_due, 0)),
            count(*) filter (where arr_due is null)
        from mart.renewals cross join (select cast(? as date) as day)
        where outcome = 'open' and due_on <= day + interval 1 year
        group by month
        """,
        AS_OF,
    )
    assert len(months) > 8
    for month, count, arr, without in months:
        row = _row(_table(page, "By the month of the due day"), month)
        assert row.values[0] == str(count) and float(str(row.values[1])) == arr
        assert ("and 1 not known" in row.text) == (without == 1)
    empty = [row for row in calendar if row.all("th")[0].text not in {month for month, *_ in months}]
    assert empty and all(row.values[0] == "0" and float(str(row.values[1])) == 0 for row in empty)


def test_the_months_and_what_is_past_due_add_up_to_the_marts_year(page: Element, mart) -> None:
    calendar = _table(page, "By the month of the due day").all("tbody")[0].all("tr")
    ((arr,),) = mart(
        "select sum(arr_due) from mart.renewals where outcome = 'open' and due_on <= cast(? as date) + interval 1 year",
        AS_OF,
    )
    assert sum(float(str(row.values[1])) for row in calendar) == arr > 0


def test_a_notice_day_is_counted_in_its_own_month_and_not_in_that_of_the_due_day(page: Element, mart) -> None:
    notices = mart(
        "select strftime(notice_due_on, '%Y-%m'), count(*) from mart.renewals where outcome = 'open' "
        "and notice_due_on >= ? and due_on <= cast(? as date) + interval 1 year group by 1",
        AS_OF,
        AS_OF,
    )
    calendar = {
        row.all("th")[0].text: row.values[-1]
        for row in _table(page, "By the month of the due day").all("tbody")[0].all("tr")[1:]
    }
    assert len(notices) > 5
    assert {month: count for month, count in calendar.items() if count != "0"} == {
        month: str(count) for month, count in notices
    }


def test_the_calendar_draws_past_due_apart_and_hatches_no_loss_that_is_not_known(page: Element) -> None:
    renewals = page.by_id("renewals")
    (chart,) = renewals.all("svg", class_="chart calendar")
    assert "past due" in chart.text and "notice days" in chart.text and len(chart.all("pattern")) == 1
    assert "Hatched" not in renewals.all("p")[0].text
    assert "not known" in _row(_table(page, "By the month of the due day"), "2027-01").text


def test_a_term_due_today_lies_ahead_and_one_due_in_a_year_and_a_day_beyond_the_calendar(tmp_path: Path) -> None:
    made = FixturePublication()
    for number, due_in in enumerate((-1, 0, 365, 366)):
        made.term(made.customer(f"hubspot:{number}", f"Company {number}"), due_in, float(10**number))
    context = _context(made.write(tmp_path / "kept.duckdb"), (None,))
    assert [(month.month, month.arr) for month in context.calendar if month.count] == [
        (None, 1.0),
        (date(2026, 11, 1), 10.0),
        (date(2027, 11, 1), 100.0),
    ]


def test_the_loss_expected_in_a_month_is_that_of_its_terms_whose_risk_is_known(publication: Path) -> None:
    context = _context(publication, (0.25, None))
    risks = {line.customer.customer_id: line.renewal_risk for line in context.all_customers}
    for month in context.calendar:
        known = [
            0.25 * term.arr_due for term in month.terms if risks[str(term.customer_id)] and term.arr_due is not None
        ]
        assert month.without_loss == month.count - len(known)
        assert month.expected_loss == (sum(known) if known or not month.terms else None)
    assert {month.expected_loss is None for month in context.calendar} == {True, False}
