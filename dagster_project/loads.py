"""The gate protocol: one dlt pipeline per system, whose load is validated between normalizing and loading.

Readers of landing see only files whose load is marked in `landing/_dlt_loads`; cursors move only with an admitted load.
Which rules are asked stands in `expectations/`, how they are asked in `checks.py`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.fields import as_json, fields_of
from dagster_project.past import Batch, past_loads, recorded_loads
from dagster_project.progress import Narrator
from dagster_project.quarantine import HeldRow, Places, held_rows, record, write_whole
from dagster_project.settings import Settings
from dagster_project.sources import Record, Source, SourceFailed, SourceOfParts, Table
from dagster_project.suppression import Suppression
from expectations import Outcome, describe

# Under 10,000 rows a batch, dlt's cost per yielded item shows (54k rows/s page by page, 100k in batches).
BATCH_ROWS = 10_000

# The last bytes of a file that was written to its end.
PARQUET_END = b"PAR1"

LOADS_SCHEMA = pa.schema(
    [
        ("source_system", pa.string()),
        ("source_table", pa.string()),
        ("load_id", pa.string()),
        ("landed_at", pa.timestamp("us")),
        ("is_complete", pa.bool_()),
        ("row_count", pa.int64()),
        ("newest_record_at", pa.string()),
        ("rules_passed", pa.int32()),
        ("rules_warned", pa.int32()),
        ("rules_failed", pa.int32()),
        ("verdict", pa.string()),
        ("reason", pa.string()),
        ("rows_held_back", pa.int64()),
        ("fields", pa.string()),
    ]
)


Judge = Callable[[Batch], Sequence[Outcome]]


@dataclass
class TableLoad:
    """One table of one load: what came and what the gate said."""

    table: str
    row_count: int
    is_complete: bool
    landed_at: datetime
    newest_record_at: str | None = None
    left_out: str | None = None
    outcomes: Sequence[Outcome] = ()
    # Rows kept out of raw, and the fields that came, as JSON.
    held: Sequence[HeldRow] = ()
    fields: str = "{}"
    # Parts that the source refused before they were anybody's rows.
    refused: Sequence[str] = ()


@dataclass
class SystemLoad:
    """What came of asking one system: `admitted`, `refused` by the gate, or `failed` before anything landed."""

    system: str
    verdict: str
    reason: str | None = None
    load_id: str | None = None
    tables: dict[str, TableLoad] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def row_count(self) -> int:
        return sum(table.row_count for table in self.tables.values())

    @property
    def refused(self) -> list[str]:
        return [line for table in self.tables.values() for line in table.refused]

    @property
    def broken(self) -> list[Outcome]:
        return [outcome for table in self.tables.values() for outcome in table.outcomes if not outcome.passed]


def land(source: Source, settings: Settings, judge: Judge, tell: Narrator) -> SystemLoad:
    """Bring what is new in one system through the gate; a source that raises is a failed load and lands nothing."""
    started = time.monotonic()
    try:
        load = _land(source, settings, judge, tell)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong ends this source alone, with one line; the others go on.
        load = SystemLoad(source.system, "failed", _one_line(error, source))
    load.seconds = time.monotonic() - started
    return load


def _land(source: Source, settings: Settings, judge: Judge, tell: Narrator) -> SystemLoad:
    pipeline = _pipeline(source.system, settings)
    _finish_pending(pipeline, source, settings, judge, tell)
    if _has_marked(source.system, settings):
        # A kill can fall after dlt keeps a package and before it keeps the cursor that moved with it: the same rows
        # would be read again, under another load. What was admitted knows how far it came.
        pipeline.sync_destination()
    source.check()
    # An extract that raises commits nothing: the cursor stays that of the last admitted load.
    _extract(pipeline, source, settings, tell)
    pipeline.normalize()
    # Pending packages were dealt with, so this is the one just extracted; every table is in it, if with no rows.
    (load_id,) = pipeline.list_normalized_load_packages()
    return _admit_or_abort(pipeline, load_id, source, settings, judge)


@contextmanager
def one_at_a_time(settings: Settings, tell: Narrator) -> Iterator[None]:
    """Hold the data folder for one refresh; a second one says that it waits, and for whom.

    Processes started meanwhile hold it too, as their standard input, the only file that they inherit: the dbt of a
    refresh that was killed goes on for a while, and nobody may write beside it.
    """
    lock = os.open(settings.data_dir / "refresh.lock", os.O_RDWR | os.O_CREAT, 0o600)
    standard_input = os.dup(0)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell.line(f"Another refresh is writing to {settings.data_dir}; waiting until it is done.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        os.dup2(lock, 0)
        _remove_torn(settings)
        yield
    finally:
        os.dup2(standard_input, 0)
        # Said outright, since closing it would leave it to whatever was started and has not ended.
        fcntl.flock(lock, fcntl.LOCK_UN)
        os.close(lock)
        os.close(standard_input)


def _remove_torn(settings: Settings) -> None:
    """Delete files that a killed load had copied to landing in part, which no reader of Parquet gets past.

    Their load is not marked, so they are nobody's rows; whoever finishes it copies them again.
    """
    marked = {path.stem for path in (settings.landing_dir / "_dlt_loads").glob("*.jsonl")}
    for path in settings.landing_dir.glob("*__*/*.parquet"):
        system, load_id = path.parent.name.split("__")[0], _load_id_of(path.name)
        if f"{system}__{load_id}" not in marked and not path.read_bytes().endswith(PARQUET_END):
            path.unlink()


def _pipeline(system: str, settings: Settings) -> Any:
    """The system's dlt pipeline; of one whose working folder was lost nothing unmarked is left in landing."""
    import dlt

    was_lost = not (settings.dlt_dir / system / "state.json").exists()
    if was_lost:
        _remove_unmarked(system, settings)
    pipeline = dlt.pipeline(
        system,
        pipelines_dir=str(settings.dlt_dir),
        destination=dlt.destinations.filesystem(
            bucket_url=settings.data_dir.as_uri(),
            layout="{table_name}/{load_id}.{file_id}.{ext}",
            warn_unsafe_layout_separators=False,
        ),
        dataset_name="landing",
    )
    if not settings.landing_dir.exists():
        # dlt insists on creating the folder itself, and the load is recorded there before dlt loads it.
        with pipeline.destination_client() as client:
            client.initialize_storage()
    return pipeline


def _has_marked(system: str, settings: Settings) -> bool:
    return any((settings.landing_dir / "_dlt_loads").glob(f"{system}__*.jsonl"))


def _remove_unmarked(system: str, settings: Settings) -> None:
    """Delete data and state of loads never marked: dlt writes state before the marker and restores it unchecked."""
    landing = settings.landing_dir
    marked = {path.stem.removeprefix(f"{system}__") for path in (landing / "_dlt_loads").glob(f"{system}__*.jsonl")}
    for path in landing.glob(f"{system}__*/*.parquet"):
        if _load_id_of(path.name) not in marked:
            path.unlink()
    for path in (landing / "_dlt_pipeline_state").glob(f"{system}__*.jsonl"):
        if path.name.split("__")[1] not in marked:
            path.unlink()


def _load_id_of(file_name: str) -> str:
    """`1795295746.8039548` of `1795295746.8039548.5edca1de26.parquet`."""
    return ".".join(file_name.split(".")[:2])


def _finish_pending(pipeline: Any, source: Source, settings: Settings, judge: Judge, tell: Narrator) -> None:
    """Judge what an earlier crash left between extracting and admitting, so that nothing is ever loaded ungated."""
    _remove_already_normalized(pipeline)
    if not pipeline.has_pending_data:
        return
    tell.line(f"    {source.system}: an earlier load was interrupted; judging it first")
    pipeline.normalize()
    for load_id in pipeline.list_normalized_load_packages():
        load = _admit_or_abort(pipeline, load_id, source, settings, judge)
        tell.line(f"    {source.system}: the interrupted load is {load.verdict}")


def _remove_already_normalized(pipeline: Any) -> None:
    """Delete extracts whose package is normalized: of what a kill left, dlt would normalize a part again."""
    extracted = Path(pipeline.working_dir, "normalize", "extracted")
    for load_id in set(pipeline.list_extracted_load_packages()) & set(pipeline.list_normalized_load_packages()):
        shutil.rmtree(extracted / load_id)


def _extract(pipeline: Any, source: Source, settings: Settings, tell: Narrator) -> None:
    import dlt

    landed_at = settings.landed_at()

    def batches() -> Iterator[Any]:
        state = dlt.current.source_state()
        cursor = state.setdefault("cursor", {})
        for table, rows in _batches(source, cursor, landed_at, Suppression.read(settings), tell):
            yield dlt.mark.with_table_name(rows, table)
        state["load"] = {
            "landed_at": landed_at.isoformat(),
            "complete": [table.name for table in source.tables if source.is_complete(table.name)],
            "left_out": {table.name: why for table in source.tables if (why := source.left_out(table.name))},
        }

    resources = dlt.source(lambda: dlt.resource(batches, name="pages", write_disposition="append"), name=source.system)
    pipeline.extract(resources(), loader_file_format="parquet")


def _batches(
    source: Source, cursor: dict[str, Any], landed_at: datetime, erased: Suppression, tell: Narrator
) -> Iterator[tuple[str, pa.Table]]:
    """Pages gathered into Arrow tables; at least one per table, so that an empty table still lands with its columns."""
    tables = {table.name: table for table in source.tables}
    waiting: dict[str, list[Record]] = {name: [] for name in tables}
    counts = dict.fromkeys(tables, 0)
    yielded = set()
    for name, records in source.read(cursor, landed_at):
        waiting[name].extend(erased.apply(name, records))
        counts[name] += len(records)
        tell.live(
            ", ".join(f"{count:,} {entity(name)}" for name, count in counts.items() if count)
            + how_far(tables[name], records)
        )
        if len(waiting[name]) >= BATCH_ROWS:
            yield name, as_arrow(tables[name], waiting[name], landed_at)
            waiting[name] = []
            yielded.add(name)
    for name, records in waiting.items():
        if records or name not in yielded:
            yield name, as_arrow(tables[name], records, landed_at)


def how_far(table: Table, records: Sequence[Record]) -> str:
    """The day of the vendor's own clock that the reading has come to, for whoever waits while weeks are caught up."""
    stamps = [stamp for record in records if (stamp := record.get(table.recorded_field or ""))]
    return f"; now at {entity(table.name)} changed on {max(stamps)[:10]}" if stamps else ""


def entity(table: str) -> str:
    """`companies` of `hubspot__companies`."""
    return table.split("__", 1)[1]


def as_arrow(table: Table, records: Sequence[Record], landed_at: datetime) -> pa.Table:
    """Every column of the table as text, and the UTC time it landed."""
    columns = {name: pa.array([record.get(name) for record in records], pa.string()) for name in table.columns}
    landed = landed_at.astimezone(UTC).replace(tzinfo=None)
    columns["_landed_at"] = pa.array([landed] * len(records), pa.timestamp("us"))
    return pa.table(columns)


def _admit_or_abort(pipeline: Any, load_id: str, source: Source, settings: Settings, judge: Judge) -> SystemLoad:
    load = SystemLoad(source.system, "admitted", load_id=load_id)
    facts = pipeline.state["sources"][source.system]["load"]
    landed_at = datetime.fromisoformat(facts["landed_at"])
    files = _package_files(pipeline, load_id)
    refused_parts = source.refused if isinstance(source, SourceOfParts) else {}
    recorded = recorded_loads(settings)
    for table in source.tables:
        name = table.name
        places = files.get(name, {})
        rows = _read(list(places.values()), table, landed_at)
        batch = Batch(
            name,
            rows,
            is_complete=name in facts["complete"],
            past=past_loads(recorded, name),
            landed_at=landed_at,
            newest_record_at=_newest_record_at(table, rows),
            fields=fields_of(name, rows),
        )
        outcomes = judge(batch)
        load.tables[name] = TableLoad(
            table=name,
            row_count=rows.num_rows,
            is_complete=batch.is_complete,
            landed_at=landed_at,
            newest_record_at=batch.newest_record_at,
            left_out=facts.get("left_out", {}).get(name),
            outcomes=outcomes,
            held=held_rows(batch, outcomes, places, load_id),
            fields=as_json(batch.fields),
            refused=refused_parts.get(name, ()),
        )
    refusing = [(name, outcome) for name, entry in load.tables.items() for outcome in entry.outcomes if outcome.refuses]
    if refusing:
        load.verdict = "refused"
        load.reason = "; ".join(f"{name} breaks {describe(outcome)}" for name, outcome in refusing)
    # Before the mark, which makes both true at once; of a refused load no row lands, so none is held back.
    held = [row for entry in load.tables.values() for row in entry.held if not refusing]
    record(held, load_id, settings)
    _record(load, settings)
    if refusing:
        pipeline.abort_packages()
        _forget_package(pipeline, load_id, source.system, settings)
    else:
        pipeline.load(raise_on_failed_jobs=True)
    return load


def _package_files(pipeline: Any, load_id: str) -> dict[str, Places]:
    """The package's Parquet files by table and name in landing, those that a load cut short had copied included."""
    files: dict[str, Places] = {}
    for state, jobs in pipeline.get_load_package_info(load_id).jobs.items():
        if state != "failed_jobs":
            for job in jobs:
                if job.file_path.endswith(".parquet"):
                    name = f"{load_id}.{job.job_file_info.file_id}.parquet"
                    files.setdefault(job.job_file_info.table_name, {})[name] = Path(job.file_path)
    return files


def _read(files: Sequence[Path], table: Table, landed_at: datetime) -> pa.Table:
    if not files:
        return as_arrow(table, [], landed_at)
    return pa.concat_tables([pq.read_table(path, partitioning=None) for path in files], promote_options="default")


def _newest_record_at(table: Table, rows: pa.Table) -> str | None:
    if table.recorded_field is None:
        return None
    newest: str | None = pc.max(rows[table.recorded_field]).as_py()
    return newest


def _record(load: SystemLoad, settings: Settings) -> None:
    """Write the load's rows of `kept__loads`, whole or not at all; judged again, the same load writes the same file."""
    rows = [
        {
            "source_system": load.system,
            "source_table": entry.table,
            "load_id": load.load_id,
            "landed_at": entry.landed_at.astimezone(UTC).replace(tzinfo=None),
            "is_complete": entry.is_complete,
            "row_count": entry.row_count,
            "newest_record_at": entry.newest_record_at,
            "rules_passed": sum(outcome.passed for outcome in entry.outcomes),
            "rules_warned": sum(not outcome.passed and not outcome.refuses for outcome in entry.outcomes),
            "rules_failed": sum(outcome.refuses for outcome in entry.outcomes),
            "verdict": load.verdict,
            "reason": load.reason or "; ".join(entry.refused) or entry.left_out,
            "rows_held_back": 0 if load.verdict == "refused" else len({row.quarantine_id for row in entry.held}),
            "fields": entry.fields,
        }
        for entry in load.tables.values()
    ]
    write_whole(pa.Table.from_pylist(rows, LOADS_SCHEMA), settings.landing_dir / "kept__loads", str(load.load_id))


def _forget_package(pipeline: Any, load_id: str, system: str, settings: Settings) -> None:
    """Remove a refused load's rows, also those a load that was cut short had copied to landing; they are read again."""
    shutil.rmtree(Path(pipeline.working_dir) / "load" / "loaded" / load_id, ignore_errors=True)
    for path in settings.landing_dir.glob(f"{system}__*/{load_id}.*.parquet"):
        path.unlink()


def _one_line(error: BaseException, source: Source) -> str:
    """What the source said, else kind and place of the error: a library's message may quote a header or a row."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, SourceFailed):
            return " ".join(str(link).split())
        link = link.__cause__ or link.__context__
    first, link = error, error
    while link is not None:
        # One that was handed on from a worker may have no place of its own.
        first = link if link.__traceback__ else first
        link = link.__cause__ or link.__context__
    place = traceback.extract_tb(first.__traceback__)[-1]
    what = first.strerror if isinstance(first, OSError) and first.strerror else type(first).__name__
    return f"{source.system}: {what} in {Path(place.filename).name} line {place.lineno}"
