"""A company of any size written straight to landing: part by part, so that no more than one part is ever in memory.

Each part is a business unit of its own with its customers and people. The files hold what a first load at the end of
the as-of day would have brought; there is one load a system, admitted unjudged.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.demo.company import World, simulate
from dagster_project.demo.first_load import NOT_THERE, SHARED, first_load
from dagster_project.demo.truth import write_truth
from dagster_project.loads import BATCH_ROWS, LOADS_SCHEMA, as_arrow
from dagster_project.settings import Settings
from dagster_project.sources import Record, Table

SYSTEMS = ("hubspot", "zendesk", "bamboohr", "files")
CUSTOMERS_A_PART = 240


@dataclass(frozen=True)
class Size:
    """What a simulated company, or a part of it, is made of."""

    customers: int
    prospects: int
    years: int
    employees: int
    touch_factor: float = 1.0

    def part(self, position: int, count: int) -> Size:
        """A fair share: parts differ by one customer, prospect or employee at most."""

        def share(whole: int) -> int:
            return whole * (position + 1) // count - whole * position // count

        return Size(share(self.customers), share(self.prospects), self.years, share(self.employees), self.touch_factor)


@dataclass
class Landed:
    """Of one table: rows written, and the newest change of a record."""

    rows: int = 0
    newest: str | None = None

    def add(self, other: Landed) -> None:
        self.rows += other.rows
        self.newest = max(filter(None, (self.newest, other.newest)), default=None)


@dataclass(frozen=True)
class Order:
    """One part to be written; everything a process of its own needs."""

    part: int
    seed: int
    size: Size
    as_of: date
    settings: Settings


def write_landing(
    size: Size, seed: int, as_of: date, out: Path, processes: int, tell: Callable[[int, int, int], None]
) -> dict[str, Landed]:
    """Landing under `out` for all parts; `tell` hears of parts done, parts in all, and rows so far.

    Raises ValueError if a part would be too small for its life, or if `out` already holds landing.
    """
    settings = Settings(data_dir=out, as_of=as_of)
    if settings.landing_dir.exists():
        raise ValueError(f"{out} already holds landing")
    count = max(1, round(size.customers / CUSTOMERS_A_PART))
    orders = [Order(part, seed, size.part(part, count), as_of, settings) for part in range(count)]
    totals: dict[str, Landed] = {}
    for position, tables in enumerate(written(orders, processes), start=1):
        for table, landed in tables.items():
            totals.setdefault(table, Landed()).add(landed)
        tell(position, count, sum(landed.rows for landed in totals.values()))
    for system in SYSTEMS:
        admit(system, totals, settings)
    return totals


def written(orders: list[Order], processes: int) -> Iterator[dict[str, Landed]]:
    """What each part came to, in their order."""
    if processes == 1:
        yield from map(write_part, orders)
        return
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(write_part, orders)


def write_part(order: Order) -> dict[str, Landed]:
    """Simulate one part and write what a first load of each system would have brought of it."""
    # Nothing is garbage before the part is written, and looking for some among millions of objects took a third longer.
    gc.disable()
    try:
        size = order.size
        world = simulate(
            order.seed,
            size.customers,
            size.prospects,
            size.years,
            size.employees,
            order.as_of,
            order.part,
            size.touch_factor,
        )
        write_truth(world, order.settings.data_dir / "truth")
        done: dict[str, Landed] = {}
        for system in SYSTEMS:
            done |= write_system(world, system, order)
        return done
    finally:
        gc.enable()
        del world
        gc.collect()


def write_system(world: World, system: str, order: Order) -> dict[str, Landed]:
    """One file a table, in row groups of BATCH_ROWS; a table without rows still has its columns."""
    tables = import_module(f"dagster_project.sources.{system}").TABLES
    landed_at = order.settings.landed_at()
    load_id = load_id_of(system, landed_at)
    done: dict[str, Landed] = {table.name: Landed() for table in tables}
    writers: dict[str, pq.ParquetWriter] = {}
    try:
        for table, records in batches(world, system, tables):
            if order.part and table.name in SHARED:
                records = []
            rows = with_load(as_arrow(table, records, landed_at), load_id)
            if table.name not in writers:
                path = order.settings.landing_dir / table.name / f"{load_id}.part{order.part:04d}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                writers[table.name] = pq.ParquetWriter(path, rows.schema)
            writers[table.name].write_table(rows)
            done[table.name].add(Landed(rows.num_rows, newest_of(table, rows)))
    finally:
        for writer in writers.values():
            writer.close()
    return done


def batches(world: World, system: str, tables: Sequence[Table]) -> Iterator[tuple[Table, list[Record]]]:
    waiting: dict[str, list[Record]] = {table.name: [] for table in tables}
    for table, record in first_load(world, system):
        waiting[table.name].append(record)
        if len(waiting[table.name]) >= BATCH_ROWS:
            yield table, waiting[table.name]
            waiting[table.name] = []
    yield from ((table, waiting[table.name]) for table in tables)


def with_load(rows: pa.Table, load_id: str) -> pa.Table:
    """As dlt lands them: the time zone told, the load named in every row."""
    landed = rows["_landed_at"].cast(pa.timestamp("us", tz="UTC"))
    rows = rows.set_column(rows.schema.get_field_index("_landed_at"), "_landed_at", landed)
    names = pa.DictionaryArray.from_arrays(pa.array([0] * rows.num_rows, pa.int8()), [load_id])
    return rows.append_column(pa.field("_dlt_load_id", names.type, nullable=False), names)


def newest_of(table: Table, rows: pa.Table) -> str | None:
    newest: str | None = pc.max(rows[table.recorded_field]).as_py() if table.recorded_field else None
    return newest


def load_id_of(system: str, landed_at: datetime) -> str:
    """Of the form of dlt's, which are Unix times: the end of the as-of day, a second a system."""
    return f"{int(landed_at.timestamp()) + SYSTEMS.index(system)}.0"


def admit(system: str, totals: dict[str, Landed], settings: Settings) -> None:
    """Record the load and mark it, last of all: readers see only files of a marked load."""
    landing, landed_at = settings.landing_dir, settings.landed_at()
    load_id = load_id_of(system, landed_at)
    rows: list[dict[str, Any]] = [
        {
            "source_system": system,
            "source_table": table,
            "load_id": load_id,
            "landed_at": landed_at.astimezone(UTC).replace(tzinfo=None),
            "is_complete": table not in NOT_THERE,
            "row_count": landed.rows,
            "newest_record_at": landed.newest,
            "rules_passed": 0,
            "rules_warned": 0,
            "rules_failed": 0,
            "verdict": "admitted",
            "reason": NOT_THERE.get(table),
            "rows_held_back": 0,
        }
        for table, landed in totals.items()
        if table.startswith(f"{system}__")
    ]
    (landing / "kept__loads").mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, LOADS_SCHEMA), landing / "kept__loads" / f"{load_id}.parquet")
    marker = landing / "_dlt_loads" / f"{system}__{load_id}.jsonl"
    marker.parent.mkdir(parents=True, exist_ok=True)
    told = {"load_id": load_id, "schema_name": system, "status": 0, "inserted_at": landed_at.isoformat()}
    marker.write_text(json.dumps(told) + "\n", encoding="utf-8")
