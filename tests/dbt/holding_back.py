"""Holds landed rows back and releases them, as the gate and a person do, for tests of what the models make of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from dagster_project.quarantine import HELD, RELEASES
from tests.dbt.landing_writer import write_parquet

RULES = ("id__not_be_null", "status__in_set")


def hold_back(data_dir: Path, places: Iterable[tuple[str, str, str, int]]) -> list[str]:
    """Write what the gate would have written of rows, given as table, load, file and position; their ids."""
    ids = []
    rows = []
    for table, load_id, file, position in places:
        # dlt names files apart; here two tables may have one of the same name.
        one = hashlib.sha256(f"{table}/{file}:{position}".encode()).hexdigest()[:12]
        ids.append(one)
        rows += [
            {
                "quarantine_id": one,
                "source_system": table.split("__")[0],
                "source_table": table,
                "load_id": load_id,
                "landed_at": datetime.fromisoformat("2026-02-12"),
                "landing_file": file,
                "landing_row": position,
                "record_id": "",
                "rule": rule,
                "reason": "Because.",
            }
            for rule in RULES
        ]
    write_parquet(data_dir / "landing" / "kept__quarantine" / "held.parquet", rows, HELD)
    return ids


def release(data_dir: Path, ids: list[str]) -> None:
    stamp = datetime.fromisoformat("2026-05-01")
    rows = [{"quarantine_id": one, "source_table": "", "released_at": stamp, "reason": "It is right."} for one in ids]
    write_parquet(data_dir / "landing" / "kept__releases" / "20260501.parquet", rows, RELEASES)
