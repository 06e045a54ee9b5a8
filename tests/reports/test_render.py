"""Rendering: complete or not at all, the same bytes again, clear refusals, and no name that does anything."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from jinja2 import UndefinedError

from reports import render
from reports.pages import PAGES
from reports.publication import ReportError, required_columns
from reports.reasons import check_columns, read_reasons
from reports.render import render_reports, report_environment
from reports.since import SNAPSHOT
from tests.mart_contracts import contracts
from tests.reports.fixture_publication import AS_OF, NASTY_NAMES, SCHEMA, small_company
from tests.reports.reading import read_page


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_the_same_publication_and_day_make_the_same_bytes(publication: Path, report: Path, tmp_path: Path) -> None:
    again = render_reports(publication, tmp_path, AS_OF, lambda _: None).parent
    assert _tree(again) == _tree(report)


def test_a_missing_publication_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"no publication at .*kept\.duckdb: make one with `make refresh`"):
        render_reports(tmp_path / "kept.duckdb", tmp_path / "out", AS_OF, lambda _: None)
    assert not (tmp_path / "out").exists()


def test_an_unreadable_publication_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "kept.duckdb").write_text("this is no database" * 1000)
    with pytest.raises(ReportError, match="cannot be read .* publish it anew with `make refresh`"):
        render_reports(tmp_path / "kept.duckdb", tmp_path / "out", AS_OF, lambda _: None)


def test_missing_columns_are_all_named(tmp_path: Path) -> None:
    path = small_company().write(tmp_path / "kept.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("alter table mart.touches drop column theme")
        connection.execute("drop table mart.load_status")
    with pytest.raises(ReportError, match=r"lacks mart\.touches\.theme, mart\.load_status\.source_system"):
        render_reports(path, tmp_path / "out", AS_OF, lambda _: None)


def test_a_report_never_shows_what_was_known_only_later(publication: Path, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="refresh with KEPT_AS_OF=2026-11-20"):
        render_reports(publication, tmp_path, AS_OF - timedelta(days=1), lambda _: None)


@pytest.mark.parametrize("table", sorted(required_columns()))
def test_the_contracts_of_the_mart_carry_every_column_that_the_reports_read(table: str) -> None:
    assert set(required_columns()[table]) <= set(contracts()[table])


def test_the_fixture_has_no_column_that_the_mart_has_not() -> None:
    for table, columns in SCHEMA.items():
        assert {column.split()[0] for column in columns.split(", ")} <= set(contracts()[table]), table


def test_a_crash_leaves_the_last_report_whole(
    publication: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = render_reports(publication, tmp_path, AS_OF, lambda _: None).parent
    before = _tree(folder)

    def crash(*_: object) -> None:
        raise RuntimeError("in the middle of it")

    monkeypatch.setattr(render, "PAGES", (replace(PAGES[0], fill=crash),))
    with pytest.raises(RuntimeError):
        render_reports(publication, tmp_path, AS_OF, lambda _: None)
    assert _tree(folder) == before
    assert [entry.name for entry in tmp_path.iterdir()] == [AS_OF.isoformat()]


def test_a_crash_between_the_two_renames_is_mended_next_time(publication: Path, tmp_path: Path) -> None:
    folder = render_reports(publication, tmp_path, AS_OF, lambda _: None).parent
    before = _tree(folder)
    folder.rename(tmp_path / f".{AS_OF}.previous")
    (tmp_path / f".{AS_OF}.partial").mkdir()
    render_reports(publication, tmp_path, AS_OF, lambda _: None)
    assert _tree(folder) == before
    assert [entry.name for entry in tmp_path.iterdir()] == [AS_OF.isoformat()]


@pytest.fixture
def two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "PAGES_WORTH_PROCESSES", 2)
    monkeypatch.setattr(render, "BATCH", 5)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.mark.usefixtures("two_processes")
def test_pages_written_by_several_processes_are_the_same_and_told_as_they_come(
    publication: Path, report: Path, tmp_path: Path
) -> None:
    told: list[str] = []
    again = render_reports(publication, tmp_path, AS_OF, told.append).parent
    assert _tree(again) == _tree(report)
    pages = len(list((report / "customers").iterdir()))
    assert told[0] == f"5 of {pages} customer pages written"
    assert f"{pages} of {pages} customer pages written" in told


@pytest.mark.usefixtures("two_processes")
def test_a_publication_replaced_while_it_is_read_makes_no_report_of_both(publication: Path, tmp_path: Path) -> None:
    path = tmp_path / "kept.duckdb"
    shutil.copy(publication, path)

    def replace_it(_: str) -> None:
        shutil.copy(publication, tmp_path / "next.duckdb")
        (tmp_path / "next.duckdb").replace(path)

    with pytest.raises(ReportError, match="was replaced while it was read: make the report again"):
        render_reports(path, tmp_path / "reports", AS_OF, replace_it)
    assert list((tmp_path / "reports").iterdir()) == []


def test_a_customer_who_is_gone_from_the_publication_has_no_page_left(publication: Path, tmp_path: Path) -> None:
    stale = tmp_path / AS_OF.isoformat() / "customers" / "erased.html"
    stale.parent.mkdir(parents=True)
    stale.write_text("personal")
    render_reports(publication, tmp_path, AS_OF, lambda _: None)
    assert not stale.exists()


def test_a_template_that_names_something_undefined_fails() -> None:
    with pytest.raises(UndefinedError, match="nobody_defined_this"):
        report_environment({}).from_string("{{ nobody_defined_this }}").render()


def test_templates_escape_what_they_are_given() -> None:
    rendered = report_environment({}).from_string("{{ value }} {{ value|figure }}").render(value="<b>")
    assert rendered == "&lt;b&gt; &lt;b&gt;"


def test_names_are_text_wherever_they_stand(report: Path) -> None:
    for file in sorted(report.rglob("*.html")):
        page = read_page(file)
        tags = {element.tag for element in page.walk()}
        assert not tags & {"script", "img", "iframe", "b", "i", "u"}, file.name
        for element in page.walk():
            assert not [name for name in element.attributes if name.startswith("on")], file.name
            for name in ("href", "src", "xlink:href"):
                address = element.attributes.get(name) or ""
                assert not address.startswith("javascript:"), file.name
    index = read_page(report / "index.html").by_id("customers").text
    assert NASTY_NAMES["quotes"] in index and NASTY_NAMES["formula"] in index and NASTY_NAMES["template"] in index


def test_a_name_that_turns_the_text_around_it_is_isolated_and_stripped_of_overrides(report: Path) -> None:
    (name,) = read_page(report / "customers" / "hubspot-2003.html").all("h1")
    assert name.children[0].tag == "bdi"
    assert "\u202e" not in (report / "index.html").read_text(encoding="utf-8").split("<svg")[0]


def test_a_name_of_ten_thousand_characters_is_shortened_and_still_to_be_had_whole(report: Path) -> None:
    page = read_page(report / "customers" / "hubspot-2005.html")
    assert len(page.all("h1")[0].text) < 160
    assert "The whole name" in page.all("header")[0].text and len(page.all("header")[0].text) > 10_000
    assert (report / "index.html").stat().st_size < 200_000


def test_an_id_with_slashes_stays_inside_the_folder(report: Path) -> None:
    assert (report / "customers" / "weird_2f_2e_2e_2f_49_44-_c3_a4_20_27x_27.html").is_file()
    assert {entry.name for entry in report.iterdir()} == {*(page.file for page in PAGES), "customers", SNAPSHOT}


def test_every_link_between_the_pages_leads_somewhere(report: Path) -> None:
    pages = {file.resolve(): read_page(file) for file in report.rglob("*.html")}
    ids = {file: {element.attributes.get("id") for element in page.walk()} for file, page in pages.items()}
    for file, page in pages.items():
        for link in page.all("a"):
            href = str(link.attributes["href"])
            if href.startswith("https://"):
                continue
            target, _, anchor = href.partition("#")
            linked = (file.parent / target).resolve() if target else file
            assert linked in ids, (file.name, href)
            assert not anchor or anchor in ids[linked], (file.name, href)


def test_no_id_stands_twice_on_a_page(report: Path) -> None:
    for file in report.rglob("*.html"):
        ids = [element.attributes["id"] for element in read_page(file).walk() if element.attributes.get("id")]
        assert len(ids) == len(set(ids)), file.name


def test_pages_stay_light(report: Path) -> None:
    assert max(file.stat().st_size for file in report.rglob("*.html")) < 1_500_000


def test_the_shipped_reasons_ask_about_columns_that_exist() -> None:
    check_columns(read_reasons(), list(contracts()["customer_lifecycle"]))


@pytest.mark.parametrize(
    ("condition", "complaint"),
    [
        ("ghost_owners is many", "cannot read the condition"),
        ("ghost_owners >= many", "neither a number nor true or false"),
        ("ghost_owners >= 1 or arr > 1", "joined by `and`"),
        ("", "no condition"),
    ],
)
def test_a_reason_that_cannot_be_read_is_named(tmp_path: Path, condition: str, complaint: str) -> None:
    file = tmp_path / "reasons.csv"
    file.write_text(
        "reason,title,verdict,weight,condition,worst_first,records,why,bring\n"
        f'ghost_owner,Ghost owner,wrong,2,"{condition}",ghost_days desc,ghosts,why,bring\n'
    )
    with pytest.raises(ReportError, match=f"reasons.csv, ghost_owner: .*{complaint}"):
        read_reasons(file)


@pytest.mark.parametrize(
    ("verdict", "weight", "complaint"),
    [
        ("bad", "2", "verdict is wrong or right, not 'bad'"),
        ("wrong", "heavy", "weight is a number from 0, not 'heavy'"),
    ],
)
def test_a_reason_without_verdict_or_weight_is_named(tmp_path: Path, verdict: str, weight: str, complaint: str) -> None:
    file = tmp_path / "reasons.csv"
    file.write_text(
        "reason,title,verdict,weight,condition,worst_first,records,why,bring\n"
        f"ghost_owner,Ghost owner,{verdict},{weight},ghost_owners >= 1,ghost_days desc,ghosts,why,bring\n"
    )
    with pytest.raises(ReportError, match=f"reasons.csv, ghost_owner: {complaint}"):
        read_reasons(file)


def test_a_column_that_the_reasons_lack_is_named(tmp_path: Path) -> None:
    file = tmp_path / "reasons.csv"
    file.write_text("reason,title,condition\n")
    with pytest.raises(ReportError, match="reasons.csv lacks the columns verdict, weight, worst_first"):
        read_reasons(file)


def test_a_reason_about_an_unknown_column_is_named() -> None:
    with pytest.raises(ReportError, match="mart.customer_lifecycle has no column 'days_to_renewal'"):
        check_columns(read_reasons(), ["ghost_owners"])
