"""A reader with a book of customers sees these and nobody else's: in no table, on no page, in no file's name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.book import RULES, Book, UnknownBook, find_book
from reports.publication import open_publication
from reports.render import render_reports
from tests.mart_contracts import contracts
from tests.reports.fixture_publication import AS_OF, FixturePublication, small_company
from tests.reports.reading import read_page

CUSTOMERS = sorted(row["customer_id"] for row in small_company().rows["customers"])
SOME = st.sets(st.sampled_from(CUSTOMERS))


def mark(customer_id: str | None) -> str:
    """A word that stands in texts of this customer alone, whatever escapes it; that of nobody is in no book."""
    return f"zq{CUSTOMERS.index(customer_id) if customer_id else len(CUSTOMERS)}qz"


def marked_company() -> FixturePublication:
    """The small company, every text of a customer marked as theirs, and tied together wherever records can be."""
    made = small_company()
    theirs = {"customers": ["customer_name"], "contacts": ["full_name", "job_title"], "voice_of_customer": ["quote"],
              "survey_responses": ["comment"], "recommended_actions": ["why", "bring"], "renewals": ["loss_reason"],
              "touches": ["theme", "substance_rule"], "quality_incidents": ["category", "theme"]}  # fmt: skip
    for table, columns in theirs.items():
        for row in made.rows[table]:
            row |= {column: mark(row.get("customer_id")) for column in columns}
    first, second = made.rows["contacts"][0], made.rows["contacts"][-1]
    for touch in made.rows["touches"][:40]:
        for contact in (first, second):
            made.add("touch_contacts", touch_id=touch["touch_id"], contact_id=contact["contact_id"])
    for row in made.rows["customers"]:
        key = row["customer_id"]
        made.add("seed_faults", seed_file="seeds/health/health_overrides.csv", seed_row=2,
                 reason=f"`customer_id` is `{key}`, {mark(key)}", verdict="left_out")  # fmt: skip
        made.add("unresolved_references", source_system="hubspot", source_object="deals", source_record_id=mark(key),
                 reference_object="company", reference=mark(key), reason="no company is associated")  # fmt: skip
        made.add("restatements", month=AS_OF.replace(day=1), customer_id=key, column="arr", before=mark(key), after="2")
    made.add("contacts", contact_id="hubspot:99", full_name=mark(None))
    made.add("touches", touch_id="hubspot:call:nobody", theme=mark(None))
    return made


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return marked_company().write(tmp_path_factory.mktemp("marked") / "kept.duckdb")


def foreign(texts: Iterable[str], book: set[str]) -> set[str]:
    """Whose marks or ids stand in these texts though they are not in the book."""
    text = "\n".join(texts)
    marks = {[*CUSTOMERS, "nobody"][int(number)] for number in re.findall(r"zq(\d+)qz", text)}
    ids = {f"hubspot:{native}" for native in re.findall(r"hubspot[:-]([12]0\d\d)(?!\d)", text)} & set(CUSTOMERS)
    return (marks | ids) - book


@given(SOME)
@settings(max_examples=25)
def test_no_table_of_a_book_holds_anything_of_a_customer_outside(marked: Path, book: set[str]) -> None:
    with open_publication(marked, frozenset(book)) as publication:
        for (table,) in publication.ask("select view_name from duckdb_views() where schema_name = 'mart'"):
            rows = publication.ask(f"select cast({table} as varchar) from mart.{table}")
            assert foreign((str(row) for (row,) in rows), book) == set(), table
        assert publication.count("customers") == len(book)
        assert publication.as_of_on() == AS_OF, "the day is everybody's, whoever is in the book"


@given(SOME)
@settings(max_examples=6)
def test_no_file_of_a_book_names_a_customer_outside(
    marked: Path, tmp_path_factory: pytest.TempPathFactory, book: set[str]
) -> None:
    folder = render_reports(
        marked, tmp_path_factory.mktemp("book"), AS_OF, lambda _: None, book=Book("of somebody", frozenset(book))
    ).parent
    files = [path for path in folder.rglob("*") if path.is_file()]
    # Where an id is shown, a page may break its line.
    texts = [path.read_text(encoding="utf-8").replace("<wbr>", "") for path in files]
    assert foreign([*(path.name for path in files), *texts], book) == set()


def test_the_marks_would_be_found_in_a_report_of_all(marked: Path, tmp_path: Path) -> None:
    folder = render_reports(marked, tmp_path, AS_OF, lambda _: None).parent
    found = foreign((path.read_text(encoding="utf-8") for path in folder.rglob("*.html")), set())
    assert {row for row in CUSTOMERS if row.startswith("hubspot:")} - {"hubspot:1009", "hubspot:1019"} <= found


def test_a_customers_page_in_a_book_says_what_it_says_to_everybody(
    publication: Path, report: Path, tmp_path: Path
) -> None:
    # Not those who have a record outside of the book that looks like them.
    book = {"hubspot:1001", "hubspot:1002", "hubspot:1005", "hubspot:1011", "hubspot:1017"}
    folder = render_reports(
        publication, tmp_path, AS_OF, lambda _: None, book=Book("of somebody", frozenset(book))
    ).parent
    pages = sorted((folder / "customers").iterdir())
    assert len(pages) == len(book)
    for page in pages:
        ours, everybodys = (read_page(path).by_id("content") for path in (page, report / "customers" / page.name))
        assert ours.text == everybodys.text and ours.values == everybodys.values


def test_every_page_but_the_prospects_says_whose_book_it_is_and_how_much_of_the_company(
    publication: Path, tmp_path: Path
) -> None:
    book = Book("of the region <b>North</b>", frozenset({"hubspot:1001", "hubspot:1002", "hubspot:1008"}))
    folder = render_reports(publication, tmp_path, AS_OF, lambda _: None, book=book).parent
    with duckdb.connect(str(publication), read_only=True) as connection:
        ((current,),) = connection.execute("select count(*) from mart.customer_lifecycle").fetchall()
    for path in folder.rglob("*.html"):
        if path.name == "showcase.html":
            assert "North" not in read_page(path).text, "a prospect reads nothing of a book, nor who keeps it"
            continue
        (note,) = read_page(path).all("p", class_="note book")
        assert "of the region <b>North</b>" in note.text and "of the whole company" in note.text
        assert note.values == ["2", str(current)], "a past customer is in the book, and is no current one"


def test_what_a_column_means_is_told_in_a_book_too(publication: Path) -> None:
    with open_publication(publication) as whole, open_publication(publication, frozenset({"hubspot:1001"})) as own:
        assert own.definition("customer_lifecycle", "touches_90d") == whole.definition(
            "customer_lifecycle", "touches_90d"
        )
        assert own.definition("customer_lifecycle", "touches_90d") == "Touches in the last 90 days."


def test_every_table_of_the_mart_is_about_customers_or_has_a_rule_for_books() -> None:
    """A table without either is given to no reader of a book: whoever adds one decides what they may see of it."""
    assert {name for name, columns in contracts().items() if "customer_id" not in columns} == set(RULES)


@pytest.fixture(scope="module")
def teams(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ida reports to Gus, who reports to Cem, who reports to Ida: nobody is at the top, and nothing turns for ever."""
    made = FixturePublication()
    managers = {"bamboohr:2": "bamboohr:5", "bamboohr:4": "bamboohr:2", "bamboohr:5": "bamboohr:4", "bamboohr:7": None}
    for employee_id, manager_id in managers.items():
        made.add("employees", employee_id=employee_id, full_name=f"Name {employee_id}", manager_id=manager_id)
    made.add("employees", employee_id="bamboohr:8", full_name=None, manager_id="bamboohr:7")
    made.customer("hubspot:1", "Managed", account_manager_id="bamboohr:5", csm_id=None, region="North")
    made.customer("hubspot:2", "Served", account_manager_id=None, csm_id="bamboohr:8", region="South")
    made.customer("hubspot:3", "Directly", account_manager_id="bamboohr:7", csm_id="bamboohr:9", segment="small")
    made.customer("hubspot:4", "Gone", account_manager_id="bamboohr:7", csm_id=None, churned_on=AS_OF - timedelta(1))
    made.customer("hubspot:5", "Nobodys", account_manager_id=None, csm_id=None, segment=None)
    return made.write(tmp_path_factory.mktemp("teams") / "kept.duckdb")


@pytest.mark.parametrize(
    ("book", "natives"),
    [
        ("employee:bamboohr:7", "234"),
        ("employee:bamboohr:8", "2"),
        ("employee:bamboohr:2", "1"),
        ("segment:small", "3"),
        ("region:North", "1"),
    ],
)
def test_a_book_holds_the_customers_of_a_person_and_their_team_a_segment_or_a_region(
    teams: Path, book: str, natives: str
) -> None:
    found = find_book(teams, book)
    assert found and found.customer_ids == {f"hubspot:{native}" for native in natives}


def test_all_is_no_book(teams: Path) -> None:
    assert find_book(teams, "all") is None


@pytest.mark.parametrize(
    ("book", "said"),
    [
        ("employee:bamboohr:99", "no employee is bamboohr:99"),
        ("segment:Small", "no customer has the segment Small; the mart knows enterprise, small"),
        ("region:", "no customer has the region ; the mart knows North, South"),
    ],
)
def test_a_book_that_the_mart_does_not_know_names_what_it_knows(teams: Path, book: str, said: str) -> None:
    with pytest.raises(UnknownBook, match=said):
        find_book(teams, book)


def test_a_book_of_somebody_who_serves_nobody_is_told_rather_than_reported_empty(tmp_path: Path) -> None:
    made = FixturePublication()
    made.add("employees", employee_id="bamboohr:1", full_name="Ada Berg")
    with pytest.raises(UnknownBook, match="no customer has bamboohr:1, or somebody who reports to them"):
        find_book(made.write(tmp_path / "kept.duckdb"), "employee:bamboohr:1")
