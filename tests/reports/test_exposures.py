"""Lineage tells who reads what: dbt's exposures name the mart tables that each report reads, and no other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from dagster_project.settings import PROJECT_DIR
from reports import render
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
    """Tables that each report stands on: the portfolio also on those of its pages, the trust page on its own."""
    asked: set[str] = set()
    by_report: dict[str, set[str]] = {}
    opening, portfolio_context = Publication.__init__, render.portfolio_context
    trust, trust_context = render.trust, render.trust_context

    def open_listening(opened: Publication, path: Path, connection: Any) -> None:
        opening(opened, path, Listening(connection, asked))

    def begin_portfolio(*arguments: Any) -> Any:
        by_report["customer_page"] = set(asked)
        return portfolio_context(*arguments)

    def read_header(*arguments: Any) -> Any:
        before = set(asked)
        asked.clear()
        header = trust(*arguments)
        by_report["trust_page"] = set(asked)
        asked.update(before)
        return header

    def begin_trust_page(*arguments: Any) -> Any:
        # The portfolio sums up the pages, so it stands on what they read.
        by_report["portfolio"] = set(asked)
        asked.clear()
        page = trust_context(*arguments)
        by_report["trust_page"] |= asked
        return page

    monkeypatch.setattr(Publication, "__init__", open_listening)
    monkeypatch.setattr(render, "portfolio_context", begin_portfolio)
    monkeypatch.setattr(render, "trust", read_header)
    monkeypatch.setattr(render, "trust_context", begin_trust_page)
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
