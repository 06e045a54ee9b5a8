"""The reports in a real browser: nothing is fetched, nothing runs, nothing spills over the side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

PAGES = (
    "index.html",
    "people.html",
    "quality.html",
    "voice.html",
    "trust.html",
    "customers/hubspot-1001.html",
    "customers/hubspot-1005.html",
    # Names that are HTML, formulas, paths, other scripts, or ten thousand characters.
    *(f"customers/hubspot-{number}.html" for number in range(2001, 2009)),
)


@pytest.mark.parametrize("file", PAGES)
def test_a_page_asks_for_nothing_runs_nothing_and_fits_a_phone(browser: Any, report: Path, file: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    address = (report / file).as_uri()
    page.goto(address)
    assert requests == [address]
    assert complaints == []
    assert page.evaluate("window.stolen") is None
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.close()


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


def test_no_table_of_the_trust_page_is_cut_off_in_print(browser: Any, report: Path) -> None:
    # A4 within Chromium's own margins.
    page = browser.new_page(viewport={"width": 718, "height": 1000})
    page.emulate_media(media="print")
    page.goto((report / "trust.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
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
