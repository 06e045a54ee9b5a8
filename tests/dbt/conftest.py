"""The warehouse as `dbt build` leaves it before any load, built once for all tests of dbt."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dbt.landing_writer import build


@pytest.fixture(scope="session")
def empty_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("empty")
    build(data_dir, select="resource_type:model")
    return data_dir
