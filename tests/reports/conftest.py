"""The fixture publication, its rendered reports, and a browser to look at them with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reports.render import render_reports
from tests.reports.fixture_publication import AS_OF, small_company

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_company().write(tmp_path_factory.mktemp("published") / "kept.duckdb")


@pytest.fixture(scope="session")
def report(publication: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the rendered reports."""
    return render_reports(publication, tmp_path_factory.mktemp("reports"), AS_OF, lambda _: None).parent


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium on the path: the pages are looked at in a real browser")
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright to drive Chromium")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=os.fspath(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield running
        running.close()
