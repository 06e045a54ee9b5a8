"""What the contract of each mart says, read once from where the dbt project writes it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from dagster_project.settings import PROJECT_DIR

MARTS = PROJECT_DIR / "dbt" / "models" / "marts"


@cache
def contracts() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Every mart's columns as its contract writes them, by mart and column."""
    # The parser in C: that in Python takes seconds for these files.
    files = [yaml.load(path.read_text(), yaml.CSafeLoader) for path in sorted(MARTS.glob("_marts__*.yml"))]
    models = [model for file in files for model in file.get("models", [])]
    return {model["name"]: {column["name"]: column for column in model["columns"]} for model in models}
