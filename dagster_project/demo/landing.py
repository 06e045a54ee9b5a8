"""A company of any size written straight to landing: part by part, so that no more than one part is ever in memory.

Each part is a business unit of its own with its customers and people; it is served and read by the very connectors of a
refresh, so that the files hold what a first load would have brought. There is one load a system, admitted unjudged.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.demo.company import simulate
from dagster_project.demo.server import SYSTEMS, DemoServer
from dagster_project.demo.truth import write_causes, write_terms
from dagster_project.loads import BATCH_ROWS, LOADS_SCHEMA, as_arrow
from dagster_project.resources import connect
from dagster_project.settings import Settings
from dagster_project.sources import Record, Source, Table

CUSTOMERS_A_PART = 240


@dataclass(frozen=True)
class Size:
    """What a simulated company, or a part of it, is made of."""

    customers: int
    prospects: int
    years: int
    employees: int

    def part(self, position: int, count: int) -> Size:
        """A fair share: parts differ by one customer, prospect or employee at most."""

        def share(whole: int) -> int:
            return whole * (position + 1) // count - whole * position // count

        return Size(share(self.customers), share(self.prospects), self.years, share(self.employees))


@dataclass
class Landed:
    """Of one table: rows written, the newest change of a record, and why it was left out if it was."""

    rows: int = 0
    newest: str | None = None
    left_out: str | None = None

    def add(self, other: Landed) -> None:
        self.rows += other.rows
        self.newest = max(filter(None, (self.newest, other.newest)), default=None)
        self.left_out = other.left_out or self.left_out


@dataclass(frozen=True)
class Order:
    """One part to be written; everything a process of its own needs."""

    part: int
    seed: int
    size: Size
    as_of: date
    out: Path


@dataclass
class Done:
    part: int
    tables: dict[str, Landed] = field(default_factory=dict)


def write_landing(
    size: Size, seed: int, as_of: date, out: Path, processes: int, tell: Callable[[int, int, int], None]
) -> dict[str, Landed]:
    """Landing under `out` for all parts; `tell` hears of parts done, parts in all, and rows so far.

    Raises ValueError if a part would be too small for its life, or if `out` already holds landing.
    """
    if (out / "landing").exists():
        raise ValueError(f"{out} already holds landing")
    count = max(1, round(size.customers / CUSTOMERS_A_PART))
    orders = [Order(part, seed, size.part(part, count), as_of, out) for part in range(count)]
    totals: dict[str, Landed] = {}
    # A process ends with its part: what a part took of memory is given back, whatever the interpreter keeps.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, max_tasks_per_child=1) as pool:
        for position, done in enumerate(pool.map(write_part, orders), start=1):
            for table, landed in done.tables.items():
                totals.setdefault(table, Landed()).add(landed)
            tell(position, count, sum(landed.rows for landed in totals.values()))
    for system in SYSTEMS:
        admit(system, totals, as_of, out)
    return totals


def write_part(order: Order) -> Done:
    """Simulate, serve and read one part; its rows go to files as they come."""
    size = order.size
    world = simulate(order.seed, size.customers, size.prospects, size.years, size.employees, order.as_of, order.part)
    done = Done(order.part)
    if order.part == 0:
        write_causes(world, order.out / "truth" / "causes.json")
    write_terms(world, order.out / "truth" / "terms" / f"{order.part:04d}.parquet")
    with DemoServer(world, time_scale=0, zendesk_incremental_limit=100_000) as server:
        environment = {**server.environment, "KEPT_DATA_DIR": str(order.out), "KEPT_AS_OF": order.as_of.isoformat()}
        settings = Settings.from_env(environment)
        for system in SYSTEMS:
            source = connect(system, settings)
            write_system(source, order, settings.landed_at(), done)
    return done


def write_system(source: Source, order: Order, landed_at: datetime, done: Done) -> None:
    """One file a table and part, in row groups of BATCH_ROWS; a table without rows still has its columns."""
    tables = {table.name: table for table in source.tables}
    load_id = load_id_of(source.system, order.as_of)
    writers: dict[str, pq.ParquetWriter] = {}
    try:
        for name, records in batches(source, landed_at):
            rows = with_load(as_arrow(tables[name], records, landed_at), load_id)
            if name not in writers:
                path = order.out / "landing" / name / f"{load_id}.part{order.part:04d}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                writers[name] = pq.ParquetWriter(path, rows.schema)
            writers[name].write_table(rows)
            landed = Landed(rows.num_rows, newest_of(tables[name], rows), source.left_out(name))
            done.tables.setdefault(name, Landed()).add(landed)
    finally:
        for writer in writers.values():
            writer.close()


def batches(source: Source, landed_at: datetime) -> Iterator[tuple[str, list[Record]]]:
    waiting: dict[str, list[Record]] = {table.name: [] for table in source.tables}
    for name, records in source.read({}, landed_at):
        waiting[name].extend(records)
        if len(waiting[name]) >= BATCH_ROWS:
            yield name, waiting[name]
            waiting[name] = []
    yield from waiting.items()


def with_load(rows: pa.Table, load_id: str) -> pa.Table:
    """As dlt lands them: the time zone told, the load named in every row."""
    landed = rows["_landed_at"].cast(pa.timestamp("us", tz="UTC"))
    rows = rows.set_column(rows.schema.get_field_index("_landed_at"), "_landed_at", landed)
    names = pa.array([load_id] * rows.num_rows, pa.string())
    return rows.append_column(pa.field("_dlt_load_id", pa.string(), nullable=False), names)


def newest_of(table: Table, rows: pa.Table) -> str | None:
    newest: str | None = pc.max(rows[table.recorded_field]).as_py() if table.recorded_field else None
    return newest


def load_id_of(system: str, as_of: date) -> str:
    """Of the form of dlt's, which are Unix times: the end of the as-of day, a second a system."""
    return f"{int(landing_time(as_of).timestamp()) + SYSTEMS.index(system)}.0"


def landing_time(as_of: date) -> datetime:
    return datetime(as_of.year, as_of.month, as_of.day, 23, 59, 59, tzinfo=UTC)


def admit(system: str, totals: dict[str, Landed], as_of: date, out: Path) -> None:
    """Record the load and mark it, last of all: readers see only files of a marked load."""
    load_id, landing = load_id_of(system, as_of), out / "landing"
    stamp = Settings.from_env({"KEPT_DATA_DIR": str(out), "KEPT_AS_OF": as_of.isoformat()}).landed_at()
    rows: list[dict[str, Any]] = [
        {
            "source_system": system,
            "source_table": table,
            "load_id": load_id,
            "landed_at": stamp.astimezone(UTC).replace(tzinfo=None),
            "is_complete": landed.left_out is None,
            "row_count": landed.rows,
            "newest_record_at": landed.newest,
            "rules_passed": 0,
            "rules_warned": 0,
            "rules_failed": 0,
            "verdict": "admitted",
            "reason": landed.left_out,
        }
        for table, landed in totals.items()
        if table.startswith(f"{system}__")
    ]
    (landing / "kept__loads").mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, LOADS_SCHEMA), landing / "kept__loads" / f"{load_id}.parquet")
    marker = landing / "_dlt_loads" / f"{system}__{load_id}.jsonl"
    marker.parent.mkdir(parents=True, exist_ok=True)
    told = {"load_id": load_id, "schema_name": system, "status": 0, "inserted_at": stamp.isoformat()}
    marker.write_text(json.dumps(told) + "\n", encoding="utf-8")
