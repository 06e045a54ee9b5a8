"""A dbt-duckdb plugin that makes the warehouse's folder, so that `dbt build` works before any load."""

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin


class Plugin(BasePlugin):
    """DuckDB creates a missing file but not its folder; the folder holds HR data and is its owner's alone."""

    def initialize(self, _plugin_config: dict[str, Any]) -> None:
        if self.creds is None or self.creds.path == ":memory:":
            return
        Path(self.creds.path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
