"""Files dropped by people: the contract of each table, and what of a folder's CSV, JSON lines and Parquet keeps it.

A file is loaded once, by its content. One that breaks its table's contract is refused whole and stays where it is.
"""

import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.sources import Json, Page, Record, Table, text_of

SYSTEM = "files"


class FileRefused(Exception):
    """A file breaks its contract; one line naming row, column, reason and remedy, never a value."""


@dataclass(frozen=True)
class Kind:
    """What a column's values must be: a test of the text, and how a person writes it."""

    accepts: Callable[[str], bool]
    remedy: str


@dataclass(frozen=True)
class Column:
    """One column of a contract; of a column that is not required a value, or the column itself, may be missing."""

    name: str
    kind: Kind
    is_required: bool = False


@dataclass(frozen=True)
class Contract:
    """What a file of a table must hold. No two rows of a file may share a key; a later file's row replaces an earlier.

    Of the columns in `exactly_one_of` each row fills one. Of a pair `in_order` the second is never before the first; a
    day without a time begins at midnight UTC, as the mart reads it.
    """

    columns: tuple[Column, ...]
    key: tuple[str, ...]
    exactly_one_of: tuple[str, ...] = ()
    in_order: tuple[tuple[str, str], ...] = ()


def _parses(parse: Callable[[str], Any], shape: str) -> Callable[[str], bool]:
    def accepts(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return re.fullmatch(shape, text, re.ASCII) is not None

    return accepts


def _number_to(most: float) -> Callable[[str], bool]:
    written = re.compile(r"\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
    return lambda text: written.fullmatch(text) is not None and math.isfinite(float(text)) and float(text) <= most


def _one_of(*words: str) -> Kind:
    return Kind(lambda text: text in words, f"write one of {', '.join(words)}")


TEXT = Kind(lambda _: True, "")
DAY = Kind(_parses(date.fromisoformat, r"\d{4}-\d{2}-\d{2}"), "write a day as 2026-05-31")
MONTH = Kind(
    _parses(lambda text: date.fromisoformat(text[:7] + "-01"), r"\d{4}-\d{2}(-01)?"), "write a month as 2026-05"
)
INSTANT = Kind(
    _parses(datetime.fromisoformat, r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?"),
    "write a time as 2026-05-31T14:30:00Z",
)
AMOUNT = Kind(_number_to(math.inf), "write a number from 0 on, with a point and without separators, as 1250.5")
CURRENCY = Kind(
    lambda text: re.fullmatch("[A-Z]{3}", text) is not None, "write a currency by its three letters, as EUR"
)
SHARE = Kind(_number_to(1), "write a share from 0 to 1, as 0.4")
YES_OR_NO = _one_of("true", "false")
CHANNEL = _one_of(
    *("call", "email", "meeting", "field_visit", "event", "webinar"),
    *("content", "survey", "ticket_reply", "message", "social", "note"),
)

CONTRACTS: Mapping[str, Contract] = {
    "product_usage": Contract(
        (
            Column("customer_id", TEXT, is_required=True),
            Column("product", TEXT, is_required=True),
            Column("month", MONTH, is_required=True),
            Column("units_bought", AMOUNT),
            Column("units_used", AMOUNT),
        ),
        key=("customer_id", "product", "month"),
    ),
    "success_goals": Contract(
        (
            Column("customer_id", TEXT, is_required=True),
            Column("goal", TEXT, is_required=True),
            Column("agreed_on", DAY, is_required=True),
            Column("due_on", DAY),
            Column("met_on", DAY),
            Column("status", _one_of("active", "met", "missed", "dropped"), is_required=True),
        ),
        key=("customer_id", "goal", "agreed_on"),
        in_order=(("agreed_on", "met_on"),),
    ),
    "retention_costs": Contract(
        (
            Column("customer_id", TEXT),
            Column("segment", TEXT),
            Column("month", MONTH, is_required=True),
            Column("acquisition_cost", AMOUNT),
            Column("retention_cost", AMOUNT),
            Column("currency", CURRENCY),
        ),
        key=("customer_id", "segment", "month"),
        exactly_one_of=("customer_id", "segment"),
    ),
    "touches": Contract(
        (
            Column("touch_id", TEXT, is_required=True),
            Column("customer_id", TEXT, is_required=True),
            Column("occurred_at", INSTANT, is_required=True),
            Column("channel", CHANNEL, is_required=True),
            Column("direction", _one_of("outbound", "inbound"), is_required=True),
            Column("substance", _one_of("substantive", "sales", "courtesy", "administrative", "unclassified")),
            Column("theme", TEXT),
            Column("is_sales", YES_OR_NO),
            Column("is_holding_reply", YES_OR_NO),
            Column("employee_id", TEXT),
            Column("contact_id", TEXT),
            Column("customer_talk_share", SHARE),
            Column("duration_minutes", AMOUNT),
            Column("source_url", TEXT),
        ),
        key=("touch_id",),
    ),
    "voice_of_customer": Contract(
        (
            Column("voice_id", TEXT, is_required=True),
            Column("customer_id", TEXT, is_required=True),
            Column("heard_at", INSTANT, is_required=True),
            Column(
                "kind", _one_of("expectation", "preference", "aversion", "warning", "opportunity"), is_required=True
            ),
            Column("theme", TEXT),
            Column("department", TEXT),
            Column("employee_id", TEXT),
            Column("channel", CHANNEL),
            Column("acted_on_at", INSTANT),
            Column("quote", TEXT),
            Column("source_url", TEXT),
        ),
        key=("voice_id",),
        in_order=(("heard_at", "acted_on_at"),),
    ),
}

# Where a row stands, and what makes it the same as a row of another file.
PLACE = ("record_id", "file_name", "file_hash", "row_number")

TABLES: tuple[Table, ...] = tuple(
    Table(
        f"{SYSTEM}__{name}",
        (*PLACE, *(column.name for column in contract.columns)),
        keeps_other_fields=False,
    )
    for name, contract in CONTRACTS.items()
)


class Files:
    """The drop folder: `<table>/` holds any number of files; the state remembers what each table has loaded.

    A table's first files are its first complete reading: history that a person hands over counts from its own time.
    `refused` says by table what the last reading left lying.
    """

    system = SYSTEM
    tables = TABLES

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._complete: set[str] = set()
        self.refused: dict[str, list[str]] = {}

    def check(self) -> None:
        """No folder is nothing to load."""

    def is_complete(self, table: str) -> bool:
        return table in self._complete

    def left_out(self, _table: str) -> str | None:
        """No table is optional here: one without files is empty, and a file that is refused stands in `refused`."""
        return None

    def read(self, state: dict[str, Any], _landed_at: datetime) -> Iterator[Page]:
        self._complete, self.refused = set(), self._misplaced()
        for table, (name, contract) in zip(TABLES, CONTRACTS.items(), strict=True):
            loaded: dict[str, str] = state.setdefault(name, {})
            is_first = not loaded
            for path in _visible(self._folder / name):
                content = path.read_bytes()
                digest = digest_of(content)
                if digest in loaded:
                    continue
                try:
                    records = list(records_of(path.name, content, contract))
                except FileRefused as error:
                    place = f"drop/{name}/{path.name}"
                    self.refused.setdefault(table.name, []).append(
                        f"{place}: {error}; nothing of the file is loaded, and it stays where it is"
                    )
                    continue
                yield table.name, [table.record(record) for record in records]
                loaded[digest] = path.name
                if is_first:
                    self._complete.add(table.name)

    def _misplaced(self) -> dict[str, list[str]]:
        """What lies in the drop folder beside the tables' own folders; it is told of with the first table."""
        strays = [path.name for path in _visible(self._folder) if path.name not in CONTRACTS or not path.is_dir()]
        told = [f"drop/{name} is no folder of a table; files go into {', '.join(CONTRACTS)}" for name in strays]
        return {TABLES[0].name: told} if told else {}


def _visible(folder: Path) -> list[Path]:
    """What lies in a folder, by name; nothing where there is no folder."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def records_of(name: str, content: bytes, contract: Contract) -> Iterator[Record]:
    """The file's rows as they land; raises FileRefused on the first that breaks the contract."""
    digest = digest_of(content)
    seen: dict[str, int] = {}
    for number, row in _rows(name, content, contract):
        _hold_against(contract, number, row)
        record_id = _record_id(contract, row)
        if record_id in seen:
            columns = _named(contract.key)
            raise FileRefused(f"row {number}, column {columns}: the same as in row {seen[record_id]}; keep one of them")
        seen[record_id] = number
        place = {"record_id": record_id, "file_name": name, "file_hash": digest, "row_number": str(number)}
        yield {**row, **place}


def _rows(name: str, content: bytes, contract: Contract) -> Iterator[tuple[int, Record]]:
    """Every row by its number as a spreadsheet or an editor shows it, with its values as text, empty ones null."""
    readers = {".csv": _csv_rows, ".jsonl": _json_rows, ".ndjson": _json_rows, ".parquet": _parquet_rows}
    reader = readers.get(Path(name).suffix.lower())
    if reader is None:
        raise FileRefused(f"its name ends in none of {', '.join(readers)}")
    known = [column.name for column in contract.columns]
    required = [column.name for column in contract.columns if column.is_required]
    for number, columns, values in reader(content):
        missing = [column for column in required if column not in columns]
        if missing:
            raise FileRefused(f"row {number}: no column {_named(missing)}; it has {_named(columns)}")
        unknown = [column for column in columns if column not in known]
        if unknown:
            raise FileRefused(f"row {number}: no such column as {_named(unknown)}; it may have {_named(known)}")
        texts = [text_of(value) for value in values]
        yield number, {column: (text or "").strip() or None for column, text in zip(columns, texts, strict=True)}


def _csv_rows(content: bytes) -> Iterator[tuple[int, Sequence[str], Sequence[Any]]]:
    reader = csv.reader(io.StringIO(_decoded(content), newline=""), strict=True)
    try:
        header = [column.strip() for column in next(reader, [])]
        if len(set(header)) < len(header):
            raise FileRefused(f"row 1: a column stands there twice in {_named(header)}")
        for number, values in enumerate(reader, start=2):
            if not values:
                continue
            if len(values) != len(header):
                raise FileRefused(
                    f"row {number}: {len(values)} values for {len(header)} columns; quote a value that holds a comma"
                )
            yield number, header, values
    except csv.Error as error:
        raise FileRefused(f"row {reader.line_num}: {error}") from None


def _json_rows(content: bytes) -> Iterator[tuple[int, Sequence[str], Sequence[Any]]]:
    for number, line in enumerate(_decoded(content).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row: Json = json.loads(line)
        except ValueError:
            raise FileRefused(f"row {number}: no JSON; write one object a line") from None
        if not isinstance(row, dict):
            raise FileRefused(f"row {number}: no JSON object; write one object a line")
        nested = [column for column, value in row.items() if isinstance(value, dict | list)]
        if nested:
            raise FileRefused(f"row {number}, column {_named(nested)}: a list or an object; write one value")
        yield number, list(row), list(row.values())


def _parquet_rows(content: bytes) -> Iterator[tuple[int, Sequence[str], Sequence[Any]]]:
    try:
        table = pq.read_table(io.BytesIO(content))
    except (pa.ArrowException, OSError):
        raise FileRefused("it is no Parquet file, or not all of one") from None
    for number, row in enumerate(table.to_pylist(), start=1):
        yield number, table.column_names, [_plain(row[column]) for column in table.column_names]


def _plain(value: Any) -> Any:
    """A value of Parquet as JSON would have it, days and times in ISO's words."""
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise FileRefused(f"row {row}: not UTF-8; save the file as UTF-8") from None


def _hold_against(contract: Contract, number: int, row: Record) -> None:
    for column in contract.columns:
        value = row.get(column.name)
        if value is None:
            if column.is_required:
                raise FileRefused(f"row {number}, column {column.name}: empty; every row needs a value")
        elif not column.kind.accepts(value):
            raise FileRefused(f"row {number}, column {column.name}: cannot be used; {column.kind.remedy}")
    if contract.exactly_one_of and sum(row.get(name) is not None for name in contract.exactly_one_of) != 1:
        names = " or ".join(contract.exactly_one_of)
        raise FileRefused(f"row {number}, column {names}: fill one of them, not both and not neither")
    for first, second in contract.in_order:
        begun, done = row.get(first), row.get(second)
        if begun is not None and done is not None and _instant(done) < _instant(begun):
            raise FileRefused(f"row {number}, column {second}: before {first}; write when it happened, with its time")


def _instant(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _record_id(contract: Contract, row: Record) -> str:
    """The key's text, of several columns a JSON array; a month is one month however it is written."""
    months = {column.name for column in contract.columns if column.kind is MONTH}
    values = [(row.get(name) or "")[:7] if name in months else row.get(name) for name in contract.key]
    return str(values[0]) if len(values) == 1 else json.dumps(values, ensure_ascii=False)


def _named(columns: Sequence[str]) -> str:
    # A header row that is none may hold anything, at any length.
    return ", ".join(columns)[:200] or "none"
