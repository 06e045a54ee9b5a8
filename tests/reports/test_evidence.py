"""The evidence page: every figure is the mart's, and it says aloud what does not predict or cannot be told yet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from reports.evidence import RENEWALS_NEEDED, evidence_context
from reports.publication import open_publication
from tests.reports.fixture_publication import AS_OF, FixturePublication
from tests.reports.reading import Element, read_page
from tests.reports.rendering import rendered, rows, tile, today

Mart = Callable[..., list[Any]]

TESTED = (
    "n, churned, auc, auc_low, auc_high, predicts, lift_worst_tenth, capture_worst_tenth, green_then_churned_share, "
    "brier_score, brier_score_of_rate_of_all, calibration_error, forecasts, forecast_churned_expected, forecast_churned"
)

JUDGED = {
    "predictor": "health_score", "predictor_kind": "score", "n": 600, "churned": 60, "is_validatable": True,
    "auc": 0.71, "auc_low": 0.63, "auc_high": 0.79, "predicts": True, "lift_worst_tenth": 2.5,
    "capture_worst_tenth": 0.25, "green_then_churned_share": 0.125, "forecasts": 200, "forecast_churned": 24,
    "forecast_churned_expected": 21.5, "brier_score": 0.08, "brier_score_of_rate_of_all": 0.09,
    "calibration_error": 0.0125,
}  # fmt: skip


@pytest.fixture(scope="module")
def page(report: Path) -> Element:
    return read_page(report / "evidence.html")


@pytest.fixture(scope="module")
def mart(publication: Path):
    with duckdb.connect(str(publication), read_only=True) as connection:
        yield lambda query: connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Element:
    """The page of a company whose score is validatable, foretold of all and one segment, and not of another."""
    made = FixturePublication()
    made.add("health_backtest", segment="all", **JUDGED)
    made.add("health_backtest", segment="small <b>& co</b>", **{**JUDGED, "n": 250})
    made.add("health_backtest", segment="enterprise", **{**JUDGED, "n": 350, "forecasts": 0, "forecast_churned": 0,
                                                         "forecast_churned_expected": None})  # fmt: skip
    return rendered(made.write(tmp_path_factory.mktemp("judged") / "kept.duckdb"), "evidence")


def exact(figures: Any) -> list[str]:
    """The figures as their elements carry them; what is not known carries none."""
    return [str(one).lower() if isinstance(one, bool) else repr(one) for one in figures if one is not None]


def drivers_said(page: Element) -> dict[str, list[str]]:
    """The drivers under each verdict, as the page lists them."""
    (listed,) = page.by_id("drivers").all("dl")
    return {
        title.all("strong")[0].text: [link.text for link in names.all("a")]
        for title, names in zip(listed.all("dt"), listed.all("dd"), strict=True)
    }


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        (None, "Not validatable yet: no renewal has been decided that the health score could be held against; "
               "50 churned ones are needed. Until then it orders what to look at, and foretells nothing."),
        ({"n": 0, "churned": 0, "is_validatable": False, "auc": None}, "Not validatable yet: no renewal"),
        ({"n": 120, "churned": 49, "is_validatable": False, "auc": None},
         "Not validatable yet: of 120 decided renewals 49 churned, and 50 are needed before the health score can be "
         "told from chance."),
        ({"is_validatable": False, "auc": None}, "60 churned, which is fewer than this company asks for"),
        ({}, "The health score predicts: of 600 decided renewals 60 churned, and in 71.0% of all pairs the one that "
             "churned had the worse score (95 % interval 63.0% to 79.0%; chance is 50 %)."),
        ({"auc": 0.53, "auc_low": 0.45, "auc_high": 0.61, "predicts": False},
         "The health score does not predict: of 600 decided renewals 60 churned, and in 53.0% of all pairs the one "
         "that churned had the worse score. Its 95 % interval, 45.0% to 61.0%, does not lie above the 50 % of chance: "
         "do not rely on it."),
    ],
)  # fmt: skip
def test_the_first_sentence_says_whether_the_score_predicts(
    known: dict[str, Any] | None, sentence: str, tmp_path: Path
) -> None:
    made = FixturePublication()
    if known is not None:
        made.add("health_backtest", segment="all", **{**JUDGED, **known})
    assert sentence in today(rendered(made.write(tmp_path / "kept.duckdb"), "evidence"))


def test_what_is_not_validatable_yet_is_said_so_and_is_no_zero(page: Element) -> None:
    figures = {row.all("th")[0].text: row for row in rows(page, "score")}
    for title in ("AUC", "Lift of the worst tenth", "Brier score", "Calibration error"):
        assert "not validatable yet" in figures[title].text and not figures[title].values
    assert figures["Healthy, then churned"].values == ["0.25"], "which counts, and foretells nothing"
    auc = tile(page, "AUC of the health score")
    assert "not yet" in auc.text and not auc.values


def test_what_is_validatable_is_shown_with_its_interval(judged: Element) -> None:
    figures = {row.all("th")[0].text: row.values for row in rows(judged, "score")}
    assert figures["AUC"] == ["0.71", "0.63", "0.79"]
    for title, column in (
        ("Lift of the worst tenth", "lift_worst_tenth"),
        ("Capture of the worst tenth", "capture_worst_tenth"),
        ("Brier score", "brier_score"),
        ("Brier score of one rate for all", "brier_score_of_rate_of_all"),
        ("Calibration error", "calibration_error"),
        ("Healthy, then churned", "green_then_churned_share"),
    ):
        assert figures[title] == [repr(JUDGED[column])]
    assert tile(judged, "AUC of the health score").values == ["0.71", "0.63", "0.79"]


def test_the_score_by_segment_and_every_predictor_are_the_marts(page: Element, judged: Element, mart: Mart) -> None:
    segments = mart(f"select {TESTED} from mart.health_backtest where predictor = 'health_score' "
                    "order by segment <> 'all', segment")  # fmt: skip
    assert [row.all("th")[0].text for row in _both_tables(page, "score")[0]] == [
        "all",
        "enterprise",
        "small <business>",
    ]
    assert _values(page, "score") == [exact(figures) for figures in segments]
    predictors = mart(f"select {TESTED} from mart.health_backtest where segment = 'all' order by predictor")
    assert _values(page, "tested") == [exact(figures) for figures in predictors]
    assert _values(judged, "tested") == [exact(JUDGED[column] for column in TESTED.split(", "))]


def _both_tables(page: Element, section: str) -> list[list[Element]]:
    """The rows of how well it ranks, and those of what was foretold."""
    return [table.all("tbody")[0].all("tr") for table in page.by_id(section).all("table")[-2:]]


def _values(page: Element, section: str) -> list[list[str]]:
    return [ranked.values + foretold.values for ranked, foretold in zip(*_both_tables(page, section), strict=True)]


def test_a_driver_shows_an_effect_none_the_contrary_or_too_few_renewals_to_tell(page: Element, mart: Mart) -> None:
    assert drivers_said(page) == {
        "Showed an effect": ["musical chairs"],
        "Showed none": ["long silence"],
        "The other way round": ["too much contact"],
        "Too few renewals to tell": ["ghost owner"],
    }
    assert tile(page, "Drivers with an effect").values == ["1", "4", "1"]
    ((ends, differing),) = mart(
        "select count(*), count(*) filter (where differs_from_all) from mart.retention_drivers "
        f"where driver <> 'health_score' and bucket in ('bad', 'good') and n >= {RENEWALS_NEEDED}"
    )
    assert f"Of {ends} ends looked at, {differing} differ" in page.by_id("drivers").text


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        ({"bad": (RENEWALS_NEEDED - 1, 8)}, "too_few"),
        ({"bad": (RENEWALS_NEEDED, 8)}, "effect"),
        ({"bad": (RENEWALS_NEEDED, 18)}, "none"),
        ({"bad": (RENEWALS_NEEDED - 1, 17), "good": (100, 90)}, "too_few"),
        ({"bad": (RENEWALS_NEEDED - 1, 17), "good": (100, 99)}, "effect"),
        ({"bad": (200, 198)}, "contrary"),
        ({"bad": (200, 180), "good": (200, 160)}, "contrary"),
        ({"middle": (200, 100), "not_applicable": (200, 100)}, "too_few"),
    ],
)  # fmt: skip
def test_the_verdict_is_read_from_the_two_ends_where_enough_renewals_lay(
    ends: dict[str, tuple[int, int]], verdict: str, tmp_path: Path
) -> None:
    made = FixturePublication()
    for bucket, (n, retained) in ends.items():
        made.rate("ghost_owner", bucket, n, retained)
    with open_publication(made.write(tmp_path / "kept.duckdb")) as opened:
        (driver,) = evidence_context(opened, AS_OF).drivers
    assert driver.verdict == verdict


def test_every_range_of_every_driver_and_every_band_are_the_marts(page: Element, mart: Mart) -> None:
    columns = "n, retained, rate, rate_low, rate_high, lift"
    ranges = mart(
        f"select {columns}, good_at, bad_at from mart.retention_drivers where driver <> 'health_score' "
        "order by driver, rate, bucket"
    )
    assert [row.values for row in page.by_id("driver-figures").all("tbody")[0].all("tr")] == [
        exact(figures) for figures in ranges
    ]
    (table,) = [table for table in page.by_id("score").all("table") if "By band" in table.text]
    bands = mart(f"select {columns} from mart.retention_drivers where driver = 'health_score' order by rate")
    assert [row.values for row in table.all("tbody")[0].all("tr")] == [exact(figures) for figures in bands]
    ((rate_of_all,),) = mart("select distinct rate_of_all from mart.retention_drivers")
    assert tile(page, "Renewal rate of all").values == [repr(rate_of_all)]


def test_a_rate_that_differs_says_which_way_unless_too_few_renewals_tell(page: Element) -> None:
    ends = {" ".join(cell.text for cell in row.all("th") + row.all("td")[:1]): row.all("td")[6].text
            for row in page.by_id("driver-figures").all("tbody")[0].all("tr")}  # fmt: skip
    assert ends["musical chairs bad"] == "▼ fewer stayed" and ends["musical chairs good"] == "▲ more stayed"
    assert ends["too much contact bad"] == "▲ more stayed" and ends["long silence bad"] == "no"
    assert ends["ghost owner bad"] == "too few to tell"


def test_the_chart_of_drivers_names_the_ends_that_tell_something_the_worst_first(page: Element) -> None:
    (_, chart) = page.all("svg", class_="chart rates")
    named = ["too much contact", "musical chairs", "free of musical chairs", "long silence", "free of too much contact"]
    found = [text.text for text in chart.all("text") if text.text in named]
    assert found == ["musical chairs", "free of too much contact", "free of musical chairs", "too much contact",
                     "long silence"]  # fmt: skip
    assert "ghost owner" not in chart.text and "all 90.0%" in chart.text and "66.7% of 30" in chart.text


def test_what_was_foretold_stands_beside_what_came_where_it_was_foretold(page: Element, judged: Element) -> None:
    assert not page.all("svg", class_="chart foretold")
    assert "told once the score is validatable" in page.by_id("score").text
    (chart,) = judged.all("svg", class_="chart foretold")
    assert "all" in chart.text and "enterprise" not in chart.text
    assert "small <b>& co</b>" in chart.text and not judged.all("b"), "a segment's name is text"


def test_survival_by_term_and_segment_is_the_marts(page: Element, mart: Mart) -> None:
    terms = mart(
        "select term_number, due, lost, running, entered_late, hazard, survival, survival_low, survival_high "
        "from mart.renewal_survival order by segment <> 'all', segment, term_number"
    )
    shown = rows(page, "survival")
    assert [row.values for row in shown] == [
        exact(figures if figures[-1] is not None else figures[:-2]) for figures in terms
    ]
    assert shown[2].text == "all 3 0 0 5 2 not known not known not known", "no third term was due"
    (chart,) = page.all("svg", class_="chart survival")
    for words in ("term 1", "10 of 100 lost", "90.0%", "term 2", "2 of 20 lost", "81.0%"):
        assert words in chart.text
    assert "term 3" not in chart.text


def test_every_lost_renewal_is_listed_and_leads_to_its_term(page: Element, report: Path, mart: Mart) -> None:
    lost = mart("select arr_due, loss_reason from mart.renewals where outcome = 'churned' order by decided_on desc")
    assert len(lost) == len(rows(page, "churned")) > 0
    for row, (arr, reason) in zip(rows(page, "churned"), lost, strict=True):
        assert row.values == [repr(arr)] and reason in row.text
        customer, term = (str(link.attributes["href"]) for link in row.all("a"))
        file, anchor = term.split("#")
        assert file == customer and read_page(report / file).by_id(anchor).tag == "tr"


def test_without_customers_held_out_nobody_knows_whether_acting_helped(page: Element) -> None:
    assert "Not known: no customer is held out" in page.by_id("acting").text


@pytest.mark.parametrize(
    ("gained", "words"),
    [
        ({}, "Not validatable yet: 15 of them churned, too few to tell whether acting helped."),
        ({"gained_by_acting": 0.25, "gained_by_acting_low": 0.06, "gained_by_acting_high": 0.47},
         "25.0% (95 % interval 6.0% to 47.0%); it lies above 0: acting helped."),
        ({"gained_by_acting": 0.05, "gained_by_acting_low": -0.06, "gained_by_acting_high": 0.17},
         "it holds 0: the difference may be chance."),
        ({"gained_by_acting": -0.25, "gained_by_acting_low": -0.47, "gained_by_acting_high": -0.06},
         "it lies below 0: acting did harm."),
    ],
)  # fmt: skip
def test_with_customers_held_out_it_says_what_acting_gained(
    gained: dict[str, float], words: str, tmp_path: Path
) -> None:
    made = FixturePublication()
    made.add("health_backtest", predictor="recommended_actions", segment="all", predictor_kind="action", n=100,
             churned=15, is_validatable=bool(gained), forecasts=0, forecast_churned=0, n_held_out=20, rate_acted=0.9,
             rate_held_out=0.65, **gained)  # fmt: skip
    acting = rendered(made.write(tmp_path / "kept.duckdb"), "evidence").by_id("acting")
    assert "Of their renewals 65.0% were kept (20 decided), of the others 90.0% (80)." in acting.text
    assert words in acting.text


RECORDED = {
    "outcomes": 90, "done": 81, "wrong": 9, "wrong_share": 0.1, "churned": 60, "is_validatable": True, "n_done": 200,
    "retained_done": 184, "rate_done": 0.92, "rate_done_low": 0.8742, "rate_done_high": 0.9501, "n_without": 400,
    "retained_without": 356, "rate_without": 0.89, "rate_without_low": 0.8556, "rate_without_high": 0.9171,
}  # fmt: skip


def test_what_came_of_recorded_actions_stands_beside_the_renewals_of_those_without(tmp_path: Path) -> None:
    made = FixturePublication()
    made.add("action_results", driver="all", **RECORDED)
    too_few = {"is_validatable": False, **dict.fromkeys(name for name in RECORDED if name.startswith("rate_"))}
    made.add("action_results", driver="broken_promises", **{**RECORDED, "outcomes": 3, "done": 2, **too_few})
    made.add("action_results", driver="surprise", **{**dict.fromkeys(RECORDED, 0), **too_few, "wrong_share": None})
    page = rendered(made.write(tmp_path / "kept.duckdb"), "evidence")
    told = [row for row in page.by_id("acting").all("tr") if row.all("th", scope="row")]
    assert [row.all("th")[0].text for row in told] == ["all drivers", "broken promises"], "of the third nobody told"
    shown = ("outcomes", "done", "wrong", "wrong_share", "n_done", "rate_done", "rate_done_low", "rate_done_high",
             "n_without", "rate_without", "rate_without_low", "rate_without_high")  # fmt: skip
    assert told[0].values == exact(RECORDED[name] for name in shown)
    assert told[1].values == ["3", "2", "9", "0.1", "200", "400"]
    assert told[1].text.count("not validatable yet") == 2


def test_where_nobody_recorded_an_outcome_it_says_how(page: Element, tmp_path: Path) -> None:
    silent = rendered(FixturePublication().write(tmp_path / "kept.duckdb"), "evidence")
    assert "Nobody has recorded what came of an action" in silent.by_id("acting").text
    assert "Nobody has recorded what came of an action" not in page.by_id("acting").text


def test_a_company_without_a_decided_renewal_reads_what_is_not_known_and_sees_no_chart(tmp_path: Path) -> None:
    page = rendered(FixturePublication().write(tmp_path / "kept.duckdb"), "evidence")
    assert not page.all("svg")
    for section, words in (
        ("drivers", "no renewal has been decided that a driver could be held against"),
        ("survival", "no contract has come to the end of a term yet"),
        ("churned", "Nobody: no renewal has been lost."),
        ("tested", "nothing has been held against a renewal yet"),
    ):
        assert words in page.by_id(section).text
    assert tile(page, "Decided renewals").values == ["0"]
    assert "not known" in tile(page, "Renewal rate of all").text and not tile(page, "Renewal rate of all").values
