"""The page of components: every component stands on it, and looks as it did."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from reports.charts import Charts
from reports.components import write_components
from reports.render import TEMPLATES
from tests.reports.reading import Element, read_page

PARTS = TEMPLATES / "_partials"
SNAPSHOTS = Path(__file__).with_name("snapshots")
SECTIONS = ("figures", "states", "tiles", "reasons", "tables", "charts")
# Edges of letters are drawn a little differently each time; a tenth of all shades is more than that.
SHADES = 26
SHARE_DIFFERENT = 0.002


@pytest.fixture(scope="module")
def components(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("components") / "components.html"
    write_components(path)
    return path


@pytest.fixture(scope="module")
def page(components: Path) -> Element:
    return read_page(components)


def test_every_class_of_the_style_sheet_is_shown(page: Element) -> None:
    style = (PARTS / "style.css").read_text(encoding="utf-8")
    styled = set(re.findall(r"\.([a-z][a-z0-9-]*)(?=[^;{}]*\{)", style))
    # The script adds these where there is one.
    by_script = {"sort", "filter"}
    shown = {name for element in page.walk() for name in (element.attributes.get("class") or "").split()}
    assert styled - shown - by_script == set()


def test_every_component_is_shown() -> None:
    macros = set(re.findall(r"{% macro (\w+)", (PARTS / "macros.html").read_text(encoding="utf-8")))
    used = set(re.findall(r"parts\.(\w+)\(", (TEMPLATES / "components.html").read_text(encoding="utf-8")))
    # What others are made of.
    used |= {"rows_table", "counted"}
    # What needs a whole action is shown where actions are: on the portfolio.
    assert macros - used == {"due_day", "doer"}


def test_every_chart_is_shown(page: Element) -> None:
    drawn = {"timeline", *(name for name in vars(Charts) if not name.startswith("_"))}
    assert len(page.by_id("charts").all("svg")) == len(drawn)


@pytest.fixture(scope="module")
def drawn_with(browser: Any, components: Path) -> dict[str, Any]:
    """What decides how the same page looks: the browser, and the fonts that it finds."""
    page = browser.new_page()
    page.goto(components.as_uri())
    width = page.evaluate(
        """() => { const line = document.createElement("span"); line.textContent = "Fjord Cannery 0123456789 ⚠ ✓ ◐";
                   document.body.append(line); return Math.round(line.getBoundingClientRect().width * 10) / 10; }"""
    )
    page.close()
    return {"browser": browser.version.split(".")[0], "line_width": width}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("section", SECTIONS)
def test_a_component_looks_as_it_did(
    browser: Any,
    components: Path,
    drawn_with: dict[str, Any],
    section: str,
    scheme: str,
    request: pytest.FixtureRequest,
) -> None:
    page = browser.new_page(viewport={"width": 800, "height": 900}, color_scheme=scheme)
    page.goto(components.as_uri())
    seen = page.locator(f"#{section}").screenshot()
    page.close()
    kept, made_with = SNAPSHOTS / f"{section}-{scheme}.png", SNAPSHOTS / "drawn_with.json"
    if request.config.getoption("--accept-snapshots"):
        SNAPSHOTS.mkdir(exist_ok=True)
        kept.write_bytes(seen)
        made_with.write_text(json.dumps(drawn_with) + "\n")
    if (then := json.loads(made_with.read_text())) != drawn_with:
        pytest.skip(f"the pictures were drawn with {then}, here is {drawn_with}: they cannot be compared")
    now, before = (Image.open(BytesIO(picture)).convert("RGB") for picture in (seen, kept.read_bytes()))
    assert now.size == before.size, f"pytest --accept-snapshots {__file__}, if it is meant to be so"
    differing = ImageChops.difference(now, before).convert("L").point(lambda shade: 255 if shade > SHADES else 0)
    share = differing.histogram()[255] / (now.width * now.height)
    assert share <= SHARE_DIFFERENT, f"pytest --accept-snapshots {__file__}, if it is meant to be so"
