"""What changed since the report before: who moved, who is lost or new, what was decided, and by how much."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from reports.book import Book
from reports.publication import ReportError
from reports.render import render_reports
from reports.since import SNAPSHOT, Snapshot, read_snapshot, snapshot_before
from tests.reports.fixture_publication import AS_OF, FixturePublication, small_company
from tests.reports.reading import Element, read_page

LAST_WEEK = AS_OF - timedelta(days=7)

Rendering = Callable[..., Path]


@pytest.fixture
def render(tmp_path: Path) -> Rendering:
    """Renders a company, compared with a snapshot; the folder of the pages."""

    def rendered(made: FixturePublication, before: Snapshot | None = None, book: Book | None = None) -> Path:
        path = made.write(tmp_path / f"{len(list(tmp_path.iterdir()))}.duckdb")
        return render_reports(path, tmp_path / path.stem, AS_OF, lambda _: None, before=before, book=book).parent

    return rendered


@pytest.fixture
def before(report: Path) -> Snapshot:
    """What the small company's report said a week ago."""
    return replace(read_snapshot(report / SNAPSHOT), as_of=LAST_WEEK)


def row(made: FixturePublication, table: str, **wanted: object) -> dict[str, object]:
    (found,) = [row for row in made.rows[table] if wanted.items() <= row.items()]
    return found


def captions(page: Element) -> list[str]:
    return [table.all("caption")[0].text for table in page.by_id("since").all("table")]


def listed(page: Element, caption: str) -> list[str]:
    (table,) = [one for one in page.by_id("since").all("table") if one.all("caption")[0].text == caption]
    return [line.text for line in table.all("tbody")[0].all("tr")]


def test_the_first_report_says_that_there_is_none_before(report: Path) -> None:
    page = read_page(report / "index.html")
    assert "This is the first report" in page.by_id("since").text
    assert "since 2" not in page.all("ul", class_="tiles")[0].text
    assert "2026-11-14" not in (report / "customers" / "hubspot-1001.html").read_text()


def test_a_report_of_the_same_numbers_says_that_nothing_changed(before: Snapshot, render: Rendering) -> None:
    page = read_page(render(small_company(), before) / "index.html")
    assert "What changed since 2026-11-14 Nothing: no band, customer, renewal" in page.by_id("since").text
    assert captions(page) == []
    assert page.all("ul", class_="tiles")[0].text.count("unchanged since 2026-11-14") == 6


def test_who_moved_stands_with_then_and_now(before: Snapshot, render: Rendering) -> None:
    then = {"hubspot:1001": ("healthy", 90.0), "hubspot:1002": ("at_risk", 30.0), "hubspot:1005": ("healthy", 80.0),
            "hubspot:1006": ("unknown", None)}  # fmt: skip
    told = {
        **before.customers,
        **{key: replace(before.customers[key], band=band, score=score) for key, (band, score) in then.items()},
    }
    folder = render(small_company(), replace(before, customers=told))
    page = read_page(folder / "index.html")
    assert listed(page, "Whose health got worse") == [
        "Halden Robotics 240,000 ✓ healthy 90.0 ⚠ at risk 38.5 Ada Berg",
    ]
    (better,) = listed(page, "Whose health got better")
    assert better.startswith("Brightwater Bottling 180,000 ⚠ at risk 30.0 ◐ watch")
    unclear = listed(page, "Whose health became known, or is not known any more")
    assert unclear[0] == "Umbra Pumps 150,000 ✓ healthy 80.0 not known not known Ada Berg"
    assert unclear[1].startswith("Quiet Harbour 60,000 not known not known ✓ healthy")
    (chips,) = [chips.text for chips in page.all("ul", class_="chips") if "Since 2026-11-14" in chips.text]
    assert chips == "Since 2026-11-14 ▼ 1 got worse ▲ 1 got better ? 2 to or from not known"
    tile = read_page(folder / "customers" / "hubspot-1001.html").all("ul", class_="tiles")[0].text
    assert "on 2026-11-14: 90.0 ✓ healthy" in tile


def test_a_customer_who_churned_is_lost_and_one_who_came_is_new(before: Snapshot, render: Rendering) -> None:
    made = small_company()
    lost = row(made, "customers", customer_id="hubspot:1003")
    lost |= {"churned_on": AS_OF - timedelta(days=2), "arr": 0.0}
    made.customer("hubspot:1100", "New Mill", 42_000.0, customer_since_on=AS_OF - timedelta(days=3))
    made.customer("hubspot:1101", "Handed Over", 41_000.0)
    folder = render(made, before)
    page = read_page(folder / "index.html")
    assert listed(page, "Customers lost") == ["Castell Packaging 90,000 ✖ churned 2026-11-19 Ada Berg"]
    new, handed_over = listed(page, "Customers who were not in the report before")
    assert new.startswith("New Mill 42,000 2026-11-18") and "handed over" not in new
    assert handed_over.startswith("Handed Over 41,000") and "handed over or won back" in handed_over
    tile = page.all("ul", class_="tiles")[0].all("li")[0]
    assert tile.values[-1] == "-7000.0" and "▼ −7,000 since 2026-11-14" in tile.text
    page = read_page(folder / "customers" / "hubspot-1100.html")
    assert "was not in the report of 2026-11-14" in page.all("ul", class_="tiles")[0].text


def test_who_is_not_in_the_book_any_more_is_counted_and_not_named(before: Snapshot, render: Rendering) -> None:
    folder = render(small_company(), before, Book("of somebody", frozenset({"hubspot:1001"})))
    text = read_page(folder / "index.html").by_id("since").text
    assert f"{len(before.customers) - 1} customers of the report before are not in this one" in text
    assert "hubspot:1002" not in "".join(path.read_text() for path in folder.rglob("*") if path.is_file())


def test_a_renewal_that_was_undecided_and_is_decided_stands_with_its_outcome(
    before: Snapshot, render: Rendering
) -> None:
    made = small_company()
    # Decided before the last report and recorded since: nobody was told of it yet.
    row(made, "renewals", renewal_id="hubspot:1005-c1:2").update(
        outcome="contracted", arr_after=100_000.0, decided_on=LAST_WEEK - timedelta(days=2)
    )
    row(made, "renewals", renewal_id="hubspot:1006-c1:2").update(
        outcome="churned", arr_after=0.0, decided_on=AS_OF - timedelta(days=1)
    )
    page = read_page(render(made, before) / "index.html")
    churned, contracted = listed(page, "Renewals decided")
    assert churned.startswith("Quiet Harbour 60,000") and "✖ churned decided 2026-11-20" in churned
    assert contracted.startswith("Umbra Pumps 150,000") and "contracted decided 2026-11-12" in contracted
    assert not any("Steady & Sons" in line for line in (churned, contracted)), "decided, and told, long before"


def test_actions_that_are_new_and_that_are_gone_are_told(before: Snapshot, render: Rendering) -> None:
    made = small_company()
    made.rows["recommended_actions"] = [
        one for one in made.rows["recommended_actions"] if one["driver"] != "long_silence"
    ]
    made.action("hubspot:1001", "cold_handoffs", 9_000.0)
    page = read_page(render(made, before) / "index.html")
    assert "1 actions are new, 1 are not recommended any more" in page.by_id("since").text
    assert listed(page, "New") == ["Halden Robotics 240,000 cold handoffs"]
    (gone,) = [caption for caption in captions(page) if caption.startswith("Not recommended any more")]
    assert listed(page, gone) == ["Quiet Harbour 60,000 long silence"]


def test_a_figure_that_was_not_known_then_has_no_change(before: Snapshot, render: Rendering) -> None:
    figures = {**before.figures, "grr": None, "nrr": 0.9, "due_90d_arr": 0.0}
    page = read_page(render(small_company(), replace(before, figures=figures)) / "index.html")
    due, grr, nrr = (page.all("ul", class_="tiles")[0].all("li")[number] for number in (2, 3, 4))
    assert "▲ +" in due.text and float(due.values[-1] or 0) == float(due.values[0] or 0)
    assert "change not known since 2026-11-14" in grr.text
    assert "points since 2026-11-14" in nrr.text


def test_the_report_before_is_the_newest_of_an_earlier_day(before: Snapshot, tmp_path: Path) -> None:
    for day in ("2026-11-07", "2026-11-14", "2026-11-21", "notes"):
        (tmp_path / day).mkdir()
        replace(before, as_of=AS_OF, figures={"arr": float(day[-2:]) if day != "notes" else 0.0}).write(tmp_path / day)
    (tmp_path / "2026-11-20").mkdir()
    found = snapshot_before(tmp_path, AS_OF)
    assert found and found.figures == {"arr": 14.0}, "neither that of the day itself nor one without a snapshot"
    assert snapshot_before(tmp_path, LAST_WEEK - timedelta(days=7)) is None


def test_a_snapshot_is_read_as_it_was_written_and_names_nobody(report: Path, tmp_path: Path) -> None:
    snapshot = read_snapshot(report / SNAPSHOT)
    snapshot.write(tmp_path)
    assert read_snapshot(tmp_path / SNAPSHOT) == snapshot
    text = (report / SNAPSHOT).read_text()
    assert not [
        name for name in ("Halden", "Brightwater", "Kim Left", "Ada Berg", "<script>", "valves") if name in text
    ]
    assert set(json.loads(text)) == {"as_of", "figures", "customers"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"as_of": "2026-11-14", "figures": {}, "customers": {"a": {}}}'])
def test_a_snapshot_that_is_none_names_the_file_and_the_remedy(tmp_path: Path, text: str) -> None:
    (tmp_path / SNAPSHOT).write_text(text)
    with pytest.raises(ReportError, match=rf"{SNAPSHOT} is not what a report remembers .*: delete it, and make"):
        read_snapshot(tmp_path / SNAPSHOT)
