"""Renders one page of a report alone, which spares a test of it the customers' pages."""

from __future__ import annotations

from pathlib import Path

from reports.charts import Charts
from reports.customer import employees_by_id
from reports.pages import PAGES, Reading
from reports.publication import open_publication
from reports.render import report_environment
from reports.trust import trust
from tests.reports.fixture_publication import AS_OF
from tests.reports.reading import Element, read_page


def write_page(publication: Path, name: str) -> Path:
    """The file of one page that needs nothing of the customers' pages, beside the publication."""
    (page,) = [page for page in PAGES if page.name == name]
    with open_publication(publication) as opened:
        trusted = trust(opened, AS_OF)
        context = page.fill(Reading(opened, AS_OF, trusted, (), ()))
        environment = report_environment(employees_by_id(opened))
    written = environment.get_template(f"{name}.html").render(
        page=context, trust=trusted, this_page=page.file, charts=page.draw(Charts(), context)
    )
    file = publication.with_name(page.file)
    file.write_text(written, encoding="utf-8")
    return file


def rendered(publication: Path, name: str) -> Element:
    """One page as a tree."""
    return read_page(write_page(publication, name))


def tile(page: Element, label: str) -> Element:
    """The tile at the head of a page whose label begins so."""
    tiles = page.all("ul", class_="tiles")[0].all("li")
    (found,) = [one for one in tiles if one.all("span", class_="label")[0].text.lstrip("⚠ ").startswith(label)]
    return found


def rows(page: Element, section: str) -> list[Element]:
    """The rows of all tables of a section, those behind a fold too."""
    return [row for table in page.by_id(section).all("tbody") for row in table.all("tr")]


def today(page: Element) -> str:
    """The one thing to look at today, as the page says it."""
    (sentence,) = page.all("p", class_="today")
    return sentence.text
