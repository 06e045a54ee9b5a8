"""The letter fits one screen and any mail program: what to do first, what then, what changed, and nothing fetched."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from reports.book import Book
from reports.letter import Letter, write_letter
from reports.render import Rendered, render
from reports.since import SNAPSHOT, read_snapshot
from tests.reports.fixture_publication import AS_OF, NASTY_NAMES, FixturePublication, small_company
from tests.reports.reading import Element, read_page

LINK = "https://files.example/leads/2026-11-21/index.html"


@pytest.fixture(scope="module")
def rendered(publication: Path, report: Path, tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Compared with the week before, when Halden was healthy and Umbra's renewal was somebody else's worry."""
    before = read_snapshot(report / SNAPSHOT)
    halden = replace(before.customers["hubspot:1001"], band="healthy", score=90.0)
    told = {**before.customers, "hubspot:1001": halden}
    week_ago = replace(before, as_of=AS_OF - timedelta(days=7), customers=told)
    return render(publication, tmp_path_factory.mktemp("letter"), AS_OF, lambda _: None, before=week_ago)


@pytest.fixture(scope="module")
def letter(rendered: Rendered) -> Letter:
    return write_letter(rendered, "Ada Berg", LINK, is_link=True)


def tree(letter: Letter, tmp_path: Path) -> Element:
    (tmp_path / "letter.html").write_text(letter.html, encoding="utf-8")
    return read_page(tmp_path / "letter.html")


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_the_letter_begins_with_what_is_due_first_among_those_with_most_at_stake(letter: Letter) -> None:
    assert letter.subject == "Retention 2026-11-21: Brightwater Bottling first, 1 got worse"
    first = letter.text.split("FIRST: ")[1].splitlines()
    assert first[:4] == [
        "Brightwater Bottling",
        "Owners in the CRM who have left our company: 1. At stake: 22,050.",
        "Bring: A successor for Kim Left, and the answer to “<b>why?</b>”.",
        "Who: Cem Dogan. By: 2026-11-24, in 3 days.",
    ]
    assert "- Quiet Harbour (long silence)\n  Bring: A successor named today." in letter.text
    assert "Who: nobody named (nobody: no one was ever named)." in letter.text


def test_what_is_due_today_comes_before_what_has_more_at_stake(tmp_path: Path) -> None:
    made = small_company()
    made.action("hubspot:1005", "broken_promises", 100.0, pressed_by="broken_promise", due_on=AS_OF)
    rendered = render(made.write(tmp_path / "kept.duckdb"), tmp_path / "out", AS_OF, lambda _: None)
    letter = write_letter(rendered, "Ada Berg", LINK, is_link=True)
    assert letter.subject == "Retention 2026-11-21: Umbra Pumps first"
    assert letter.text.count("Umbra Pumps") == 1 and "- Brightwater Bottling (ghost owner)" in letter.text


def test_html_and_text_say_the_same(letter: Letter, tmp_path: Path) -> None:
    html = squeezed(tree(letter, tmp_path).all("body")[0].text)
    for line in letter.text.splitlines():
        for words in re.split(r"\. (?=By: )|[:(]| - ", line.strip("- )")):
            if len(words) > 12 and words.strip() != LINK and "https" not in words and "//" not in words:
                assert squeezed(words).casefold().rstrip(").") in html.casefold(), words
    assert html.casefold().count("brightwater bottling") == letter.text.count("Brightwater Bottling")


def test_what_changed_stands_with_the_day_since_when(letter: Letter) -> None:
    assert "WHAT CHANGED SINCE 2026-11-14\n- Got worse: Halden Robotics\n" in letter.text


def test_a_first_letter_says_that_there_is_none_before(publication: Path, tmp_path: Path) -> None:
    rendered = render(publication, tmp_path, AS_OF, lambda _: None)
    letter = write_letter(rendered, "Ada Berg", LINK, is_link=True)
    assert "This is the first report" in letter.text and "This is the first report" in letter.html


def test_stale_data_is_told_before_anything_else(letter: Letter, tmp_path: Path) -> None:
    rows = [row.text for row in tree(letter, tmp_path).all("td", class_="warn")]
    assert len(rows) == 1 and "1 of 3 source tables is not fresh" in rows[0] and "2 of 32 checks" in rows[0]
    assert letter.text.index("source tables is not fresh") < letter.text.index("FIRST")


def test_the_letter_needs_nothing_but_itself(letter: Letter, tmp_path: Path) -> None:
    page = tree(letter, tmp_path)
    assert {element.tag for element in page.walk()} & {"script", "link", "style", "svg", "iframe", "form"} == set()
    assert [image.attributes["src"] for image in page.all("img")] == [f"cid:{letter.picture_id}"]
    assert not re.search(r"url\(|@import|background=", letter.html)
    addresses = {str(link.attributes["href"]) for link in page.all("a")}
    assert all(address.startswith("https://files.example/leads/2026-11-21/") for address in addresses)
    assert "https://files.example/leads/2026-11-21/customers/hubspot-1002.html" in addresses


def test_every_cell_carries_its_own_style_for_programs_that_drop_style_sheets(letter: Letter, tmp_path: Path) -> None:
    cells = tree(letter, tmp_path).all("td")
    assert cells and all("font-family" in str(cell.attributes.get("style")) for cell in cells)


def test_the_letter_is_short_enough_for_programs_that_cut_long_ones(letter: Letter) -> None:
    assert len(letter.html.encode()) < 100_000


def test_the_picture_is_a_png_whose_words_stand_beside_it(letter: Letter, rendered: Rendered, tmp_path: Path) -> None:
    image_module = pytest.importorskip("PIL.Image", reason="the charts' library brings it")
    with image_module.open(BytesIO(letter.picture)) as picture:
        assert picture.format == "PNG" and picture.width == 1160
    assert len(letter.picture) < 50_000
    (image,) = tree(letter, tmp_path).all("img")
    for band in rendered.portfolio.bands:
        assert (f"({band.count} customer" in str(image.attributes["alt"])) is bool(band.count)


def test_an_attached_report_is_named_and_nothing_is_a_link(rendered: Rendered, tmp_path: Path) -> None:
    letter = write_letter(rendered, "Ada Berg", "kept-2026-11-21.zip", is_link=False)
    assert tree(letter, tmp_path).all("a") == []
    assert "attached: unpack kept-2026-11-21.zip" in letter.text and "unpack kept-2026-11-21.zip" in letter.html


@pytest.mark.parametrize("name", NASTY_NAMES.values(), ids=NASTY_NAMES)
def test_a_hostile_name_does_nothing_in_subject_html_or_text(name: str, tmp_path: Path) -> None:
    made = FixturePublication()
    made.add("employees", employee_id="bamboohr:2", full_name=name)
    customer = made.customer("hubspot:1", f"{name}\r\nBcc: everybody@kept.example")
    made.term(customer, 20)
    made.action(customer, "long_silence", 1_000.0, why=f"{name}\nnone", bring=name)
    rendered = render(
        made.write(tmp_path / "kept.duckdb"),
        tmp_path / "out",
        AS_OF,
        lambda _: None,
        book=Book(name, frozenset([customer])),
    )
    letter = write_letter(rendered, f"{name}\nTo: x@kept.example", LINK, is_link=True)
    assert "\n" not in letter.subject and "\r" not in letter.subject and len(letter.subject) <= 150
    page = tree(letter, tmp_path)
    assert {element.tag for element in page.walk()} & {"script", "b", "i", "u", "iframe"} == set()
    assert len(page.all("img")) == 1
    assert not [key for element in page.walk() for key in element.attributes if key.startswith("on")]
    assert not {"\u202e", "\u202c"} & set(letter.subject + letter.html + letter.text)
    assert not [line for line in letter.text.splitlines() if line.startswith(("Bcc:", "To:"))]
    assert "49" not in letter.text.replace("2026", "") or "{{ 7 * 7 }}" not in name
    assert len(letter.html.encode()) < 20_000 and len(letter.text) < 3_000


def test_where_nothing_is_to_be_done_the_letter_says_so(tmp_path: Path) -> None:
    made = FixturePublication()
    made.customer("hubspot:1", "Steady")
    rendered = render(made.write(tmp_path / "kept.duckdb"), tmp_path / "out", AS_OF, lambda _: None)
    letter = write_letter(rendered, "Ada Berg", LINK, is_link=True)
    assert letter.subject == "Retention 2026-11-21: nothing to act upon"
    assert "Nothing is recommended" in letter.text and "Nothing is recommended" in letter.html
    assert "not fresh" not in letter.text and "How fresh the sources are is not known" in letter.text
