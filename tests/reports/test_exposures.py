"""Lineage tells who reads what: dbt's exposures name the mart tables that each report reads, and no other."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from dagster_project.settings import PROJECT_DIR
from reports import render
from reports.pages import PAGES, Reading
from reports.publication import Publication, required_columns
from tests.reports.fixture_publication import AS_OF

EXPOSURES = PROJECT_DIR / "dbt" / "models" / "marts" / "_marts__exposures.yml"


class Listening:
    """A connection that remembers which mart tables it was asked for."""

    def __init__(self, connection: Any, asked: set[str]) -> None:
        self.connection = connection
        self.asked = asked

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        self.asked.update(re.findall(r"\bmart\.(\w+)", sql))
        return self.connection.execute(sql, list(values))


@pytest.fixture
def read(publication: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Tables that each report stands on; the portfolio sums up the customers' pages, so on theirs too."""
    asked: set[str] = set()
    by_report: dict[str, set[str]] = {}
    opening, header = Publication.__init__, render.trust

    def open_listening(opened: Publication, path: Path, connection: Any, *shown: Any) -> None:
        opening(opened, path, Listening(connection, asked), *shown)

    def heard(name: str, ask: Callable[..., Any]) -> Callable[..., Any]:
        def fill(*arguments: Any) -> Any:
            before = set(asked)
            asked.clear()
            filled = ask(*arguments)
            by_report.setdefault(name, set()).update(asked)
            asked.update(before)
            return filled

        return fill

    def fill_portfolio(reading: Reading) -> Any:
        by_report["customer"] = set(asked)
        filled = PAGES[0].fill(reading)
        by_report["portfolio"] = set(asked)
        return filled

    listened = tuple(replace(page, fill=heard(page.name, page.fill)) for page in PAGES[1:])
    monkeypatch.setattr(Publication, "__init__", open_listening)
    monkeypatch.setattr(render, "trust", heard("trust", header))
    monkeypatch.setattr(render, "PAGES", (replace(PAGES[0], fill=fill_portfolio), *listened))
    render.render_reports(publication, tmp_path, AS_OF, lambda _: None)
    return by_report


def test_each_report_is_an_exposure_of_the_tables_that_it_reads(read: dict[str, set[str]]) -> None:
    exposed = {
        exposure["name"]: set(re.findall(r"ref\('(\w+)'\)", " ".join(exposure["depends_on"])))
        for exposure in yaml.safe_load(EXPOSURES.read_text())["exposures"]
    }
    assert exposed == read


def test_a_publication_is_asked_for_no_table_but_those_that_the_reports_read(read: dict[str, set[str]]) -> None:
    assert set(required_columns()) == set().union(*read.values())
