"""Whatever a system or a person wrote into any text of the mart is text in every report, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.pages import PAGES
from reports.render import render_reports, report_environment
from reports.since import SNAPSHOT
from tests.reports.fixture_publication import AS_OF, NASTY_NAMES, SCHEMA, small_company
from tests.reports.reading import read_page

# One value that is all of them at once; what is long is tried by a name of its own.
HOSTILE = (
    " ".join(value for name, value in NASTY_NAMES.items() if name != "long") + " </td></table> javascript:alert(1)"
)
TEXTS = [
    (table, column.split()[0])
    for table, columns in SCHEMA.items()
    for column in columns.split(", ")
    if column.endswith(" varchar")
]
TAGS = {"script", "img", "iframe", "b", "i", "u"}


def spoil(path: Path) -> None:
    """Append the hostile text to every text of every table; equal ids stay equal, so that everything is still found."""
    with duckdb.connect(str(path)) as connection:
        for table, column in [*TEXTS, ("customer_lifecycle", "customer_id")]:
            if (table, column) == ("recommended_actions", "evidence"):
                for (evidence,) in connection.execute(f"select distinct evidence from mart.{table}").fetchall():
                    words = [{**one, "words": one["words"] + HOSTILE} for one in json.loads(evidence)]
                    connection.execute(
                        f"update mart.{table} set evidence = ? where evidence = ?", [json.dumps(words), evidence]
                    )
            elif column in FREE or column.endswith("_id"):
                connection.execute(f'update mart.{table} set "{column}" = "{column}" || ?', [HOSTILE])


# The mart's own words (substance, role, verdict, driver ...) are not written by anybody outside of it.
FREE = {
    *("customer_name", "domain", "industry", "segment", "region", "full_name", "job_title", "department", "theme"),
    *("substance_rule", "comment", "quote", "training", "loss_reason", "reason", "rule", "last_reason", "reference"),
    *("themes", "departments"),
    *("why", "bring", "owner_reason", "source_url", "source_record_id", "currency", "before", "after"),
}


@pytest.fixture(scope="module")
def hostile_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    path = small_company().write(folder / "kept.duckdb")
    spoil(path)
    return render_reports(path, folder / "reports", AS_OF, lambda _: None).parent


def test_a_hostile_value_in_every_text_makes_no_element_no_handler_and_no_link_that_runs(hostile_report: Path) -> None:
    pages = sorted(hostile_report.rglob("*.html"))
    assert len(pages) > 10
    for file in pages:
        page = read_page(file)
        for element in page.walk():
            assert element.tag not in TAGS, (file.name, element.tag)
            assert not [name for name in element.attributes if name.startswith("on")], file.name
            for name in ("href", "src", "xlink:href"):
                address = (element.attributes.get(name) or "").strip().lower()
                assert not address.startswith(("javascript:", "data:text", "http://203.")), (file.name, address)
        assert "window.stolen" in page.text


def test_hostile_ids_write_no_file_outside_of_the_reports(hostile_report: Path) -> None:
    assert {entry.name for entry in hostile_report.iterdir()} == {*(page.file for page in PAGES), "customers", SNAPSHOT}
    assert {entry.name for entry in hostile_report.parent.iterdir()} == {AS_OF.isoformat()}
    assert all(len(file.name.encode()) <= 255 for file in hostile_report.rglob("*"))


def test_a_formula_is_in_no_file_that_a_spreadsheet_opens(hostile_report: Path) -> None:
    """Pages are HTML, what the next report reads is JSON; a CSV column that begins with `=` would be run."""
    assert {file.suffix for file in hostile_report.rglob("*") if file.is_file()} == {".html", ".json"}


@settings(max_examples=200)
@given(value=st.text())
def test_any_text_comes_out_of_a_template_as_it_went_in(value: str) -> None:
    template = '<p title="{{ value }}">{{ value }}</p>'
    rendered = report_environment({}).from_string(template).render(value=value)
    assert rendered.count("<") == 2 and rendered.count(">") == 2 and rendered.count('"') == 2
