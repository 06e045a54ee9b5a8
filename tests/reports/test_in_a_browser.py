"""The reports in a real browser: nothing is fetched, nothing spills over the side, and everybody can use them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from axe_playwright_python.sync_playwright import Axe
from pypdf import PdfReader

from reports.pages import PAGES as REPORTS
from tests.conftest import DemoRun

# Every kind of page once.
KINDS = (*(page.file for page in REPORTS), "customers/hubspot-1001.html")
PAGES = (
    *(page.file for page in REPORTS),
    "customers/hubspot-1001.html",
    "customers/hubspot-1005.html",
    # Names that are HTML, formulas, paths, other scripts, or ten thousand characters.
    *(f"customers/hubspot-{number}.html" for number in range(2001, 2009)),
)


@contextmanager
def opened(browser: Any, file: Path, **options: Any) -> Iterator[Any]:
    """The page in a browser; that it asked for nothing else and complained of nothing is asserted at the end."""
    page = browser.new_page(**options)
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(file.as_uri())
    yield page
    assert requests == [file.as_uri()]
    assert complaints == []
    page.close()


@pytest.mark.parametrize("file", PAGES)
def test_a_page_asks_for_nothing_runs_nothing_and_fits_a_phone(browser: Any, report: Path, file: str) -> None:
    with opened(browser, report / file, viewport={"width": 390, "height": 800}) as page:
        assert page.evaluate("window.stolen") is None
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


# Every so many customers of the demo in every run; all of them at night.
@pytest.mark.parametrize("every", [40, pytest.param(1, marks=pytest.mark.nightly)])
def test_every_report_of_the_demo_opens_without_a_complaint_and_within_its_weight(
    browser: Any, demo: DemoRun, every: int
) -> None:
    (folder,) = (demo.data_dir / "reports").glob("2*")
    pages = [*(folder / page.file for page in REPORTS), *sorted((folder / "customers").iterdir())[::every]]
    assert len(pages) > len(REPORTS) + 4
    for file in pages:
        assert file.stat().st_size < 1_500_000, file.name
        with opened(browser, file) as page:
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), file.name


@pytest.mark.parametrize(
    ("file", "scheme"),
    [
        *((file, "light") for file in KINDS),
        *(pytest.param(file, "dark", marks=pytest.mark.long) for file in ("index.html", KINDS[-1])),
    ],
)
def test_axe_finds_nothing_serious_in_the_way_of_anybody(browser: Any, report: Path, file: str, scheme: str) -> None:
    # The page's own policy lets nothing else run, axe neither.
    context = browser.new_context(bypass_csp=True, color_scheme=scheme)
    page = context.new_page()
    page.goto((report / file).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    violations = Axe().run(page).response["violations"]
    assert [
        (one["id"], node["html"][:200])
        for one in violations
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ] == []
    context.close()


@pytest.mark.parametrize("file", KINDS)
def test_in_print_no_column_is_cut_off_and_every_definition_can_be_read(browser: Any, report: Path, file: str) -> None:
    # A4 within Chromium's own margins.
    page = browser.new_page(viewport={"width": 718, "height": 1000})
    page.emulate_media(media="print")
    page.goto((report / file).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("[...document.querySelectorAll('.definition')].every((one) => one.offsetWidth > 0)")
    last_heads = page.evaluate(
        "[...document.querySelectorAll('table')].filter((table) => table.checkVisibility() && table.tHead)"
        ".map((table) => table.tHead.rows[0].lastElementChild)"
        ".map((head) => (head.querySelector('.explained') ?? head).firstChild.textContent.trim())"
    )
    for form in ("A4", "Letter"):
        printed = PdfReader(BytesIO(page.pdf(format=form)))
        texts: list[str] = []
        for sheet in printed.pages:
            width = float(sheet.mediabox.width)

            def see(text: str, page: Any, line: Any, *_: Any, width: float = width, form: str = form) -> None:
                if text.strip():
                    assert 0 <= line[4] * page[0] + line[5] * page[2] + page[4] <= width, (form, text)

            texts.append(sheet.extract_text(visitor_text=see))
        # Print has ligatures, which no head is written with.
        told = "".join(normalize("NFKC", "".join(texts)).split())
        # A head of several words may stand on several lines.
        missing = [head for head in last_heads if any(word not in told for word in head.split())]
        assert missing == [], form
    page.close()


def test_a_table_is_sorted_by_a_click_on_its_head_what_is_not_known_last(browser: Any, report: Path) -> None:
    with opened(browser, report / "index.html") as page:
        page.locator("#customers details").first.evaluate("(fold) => { fold.open = true; }")
        table = page.locator("#customers table").first
        button = table.get_by_role("button", name="Sort by ARR", exact=True)
        values = (
            "(table) => [...table.tBodies[0].rows].map((row) => row.cells[2])"
            ".map((cell) => cell.querySelector('data') ? Number(cell.querySelector('data').value) : null)"
        )
        for way, wanted in (("ascending", 1), ("descending", -1)):
            button.click()
            assert table.locator("th[aria-sort]").get_attribute("aria-sort") == way
            found = table.evaluate(values)
            known = [value for value in found if value is not None]
            assert known == sorted(known, key=lambda value: wanted * value) and len(set(known)) > 2
            assert found[len(known) :] == [None] * (len(found) - len(known))


def test_a_long_table_shows_only_the_rows_with_what_is_typed(browser: Any, report: Path) -> None:
    with opened(browser, report / "index.html") as page:
        section = page.locator("#customers")
        section.locator("details").first.evaluate("(fold) => { fold.open = true; }")
        rows = section.locator("tbody tr:visible")
        before = rows.count()
        name = rows.last.locator("th").inner_text()
        section.get_by_label("Only rows with").fill(name[:12])
        assert 0 < rows.count() < before
        section.get_by_label("Only rows with").fill("")
        assert rows.count() == before


def test_without_a_script_every_row_stands_and_nothing_pretends_to_be_a_button(browser: Any, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((report / "index.html").as_uri())
    assert page.locator("button").count() == 0
    assert page.locator("#act tbody tr").count() > 0
    context.close()


@pytest.mark.parametrize("file", KINDS)
def test_the_keyboard_goes_through_a_page_in_the_order_in_which_it_is_read(
    browser: Any, report: Path, file: str
) -> None:
    with opened(browser, report / file) as page:
        page.evaluate("window.visited = []")
        for _ in range(25):
            page.keyboard.press("Tab")
            # A page with few places to stop at begins anew.
            if page.evaluate("document.activeElement === window.visited[0]"):
                break
            page.evaluate("window.visited.push(document.activeElement)")
        assert page.evaluate("window.visited.length") > 0
        assert page.evaluate("document.querySelectorAll('[tabindex]:not([tabindex=\"0\"])').length") == 0
        assert page.evaluate(
            "window.visited.every((one, index) => one === document.body || index === 0 || "
            "!!(window.visited[index - 1].compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING))"
        )
        assert page.evaluate("window.visited.every((one) => one.checkVisibility())")


def test_the_story_is_found_from_the_portfolio_by_keyboard_alone(browser: Any, report: Path) -> None:
    page = browser.new_page()
    page.goto((report / "index.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.focus("#reason-musical_chairs th a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/hubspot-1001.html")
    assert page.inner_text("#reason-musical_chairs h3") == "Musical chairs"
    page.close()


def test_text_stands_out_from_its_ground_in_light_and_dark(browser: Any, report: Path) -> None:
    measure = """() => {
        const canvas = document.createElement('canvas').getContext('2d');
        const rgb = (color) => { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
                                 return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3); };
        const light = (color) => { const [r, g, b] = rgb(color).map((part) => { const value = part / 255;
            return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; });
            return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
        const style = getComputedStyle(document.documentElement);
        const of = (name) => light(style.getPropertyValue(name).trim());
        const contrast = (one, other) => { const [low, high] = [of(one), of(other)].sort((a, b) => a - b);
            return (high + 0.05) / (low + 0.05); };
        return [['--ink', '--paper'], ['--muted', '--paper'], ['--muted', '--band'], ['--blue', '--paper'],
                ['--blue', '--warn-paper'], ['--warn-ink', '--warn-paper'], ['--bad-ink', '--bad-paper'],
                ['--good-ink', '--good-paper'], ['--ink', '--soft'], ['--ink', '--soft-2']]
            .map(([one, other]) => [one + ' on ' + other, contrast(one, other)]);
    }"""
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto((report / "index.html").as_uri())
        for pair, contrast in page.evaluate(measure):
            assert contrast >= 4.5, (scheme, pair)
        page.close()
