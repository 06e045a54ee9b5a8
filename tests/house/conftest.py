"""A data folder of its own for every test of the house, and a process that is left as it was found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.settings import Settings
from tests.conftest import process_left_as_found
from tests.house.fakes import SYSTEM
from tests.house.inbox import Inbox, open_inbox


@pytest.fixture(autouse=True)
def process_as_found() -> Iterator[None]:
    with process_left_as_found():
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Prepared as a run does it."""
    prepared = Settings(data_dir=tmp_path / "data", sources=(SYSTEM,))
    prepared.prepare()
    return prepared


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with open_inbox() as here:
        yield here
