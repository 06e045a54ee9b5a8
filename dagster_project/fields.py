"""Which fields a load brought, of which kind, and which of them the models use, as their SQL says.

What follows from a field that is new, gone or changed is decided in past.py.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.settings import PROJECT_DIR

# The keys of an object are fields of its record, unless they are so many that they are data, as a map by id.
MOST_KEYS = 200
# What JSON itself tells apart, then what text can be read as; what holds nothing is of no kind.
_KIND = r"""
    case
        when value is null or trim(value) = '' then 'empty'
        when value = '{}' then 'empty object'
        when value[1] = '{' and json_valid(value) then 'object'
        when value[1] = '[' and json_valid(value) then 'list'
        when value in ('true', 'false') then 'boolean'
        when try_cast(value as double) is not null then 'number'
        when regexp_matches(value, '^\d{4}-\d\d-\d\d') and try_cast(value as timestamptz) is not null then 'time'
        else 'text'
    end
"""
# The macros of dbt/macros/engines.sql that read text as a kind.
_READERS = {"number": ("number_of",), "time": ("parse_timestamp", "parse_date")}


@dataclass(frozen=True)
class Seen:
    """One field in the standing rows of a load: rows it could be in, rows it was in, and values by kind."""

    rows: int = 0
    there: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Seen) -> Seen:
        kinds = {kind: self.kinds.get(kind, 0) + other.kinds.get(kind, 0) for kind in {**self.kinds, **other.kinds}}
        return Seen(self.rows + other.rows, self.there + other.there, kinds)

    @property
    def usual_kind(self) -> str:
        """The kind of nearly all values, or nothing."""
        valued = {kind: count for kind, count in self.kinds.items() if not kind.startswith("empty")}
        kind = max(valued, key=lambda name: valued[name], default="")
        return kind if kind and valued[kind] >= 0.9 * sum(valued.values()) else ""


# Of one table, by path: a column, or `column.key` of a column that holds JSON objects.
Fields = Mapping[str, Seen]


def as_json(fields: Fields) -> str:
    """How the fields of a load stand in `kept__loads`."""
    return json.dumps({path: [seen.rows, seen.there, dict(seen.kinds)] for path, seen in fields.items()})


def from_json(text: str | None) -> Fields:
    """What `as_json` wrote; nothing of a load recorded before fields were."""
    return {path: Seen(*seen) for path, seen in json.loads(text or "{}").items()}


def fields_of(table: str, rows: pa.Table) -> Fields:
    """Every field of the rows that stand at the vendor: of a removed record it may have taken fields away.

    A column is there where it is not null, a key where its object has it, be its value null.
    """
    if not rows.num_rows:
        return {}
    columns = [name for name in rows.column_names if not name.startswith("_")]
    listed = ", ".join(f'"{name}"' for name in columns)
    removed = _is_removed(table)
    if not set(re.findall(r"\w+", removed)) & set(columns):
        removed = "false"
    with _memory().cursor() as connection:
        connection.register("landed", rows.select(columns))
        connection.execute(
            f"""
            create or replace temp view standing as
            select {listed} from landed where not coalesce(({removed}), false)
            """
        )
        found = connection.execute("select count(*) from standing").fetchall()
        standing = int(found[0][0])
        by_column = _counted(
            connection, f"select name, value from (unpivot standing on {listed} into name name value value)"
        )
        fields = {name: Seen(standing, 0, {}) for name in columns} | {
            name: Seen(standing, sum(kinds.values()), kinds) for name, kinds in by_column.items()
        }
        for name in columns:
            if objects := fields[name].kinds.get("object", 0):
                by_key = _counted(
                    connection,
                    f"""
                    select unnest(json_keys(value)) as name, unnest(json_extract_string(value, '$.*')) as value
                    from (select "{name}" as value from standing) where {_KIND} = 'object'
                    """,
                )
                if len(by_key) <= MOST_KEYS:
                    fields |= {
                        f"{name}.{key}": Seen(objects, sum(kinds.values()), kinds) for key, kinds in by_key.items()
                    }
    return fields


def rows_of_other_kinds(rows: pa.Table, column: str, kind: str) -> tuple[int, ...]:
    """Positions of the rows whose JSON in a column is of another kind or none; null is no value and not among them."""
    numbered = rows.select([column]).append_column("position", pa.array(range(rows.num_rows), pa.int64()))
    with _memory().cursor() as connection:
        connection.register("landed", numbered)
        found = connection.execute(
            f"""
            select position from (select "{column}" as value, position from landed)
            where value is not null and {_KIND} not in ('{kind}', 'empty {kind}') order by position
            """
        ).fetchall()
    return tuple(position for (position,) in found)


@cache
def _memory() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def _counted(connection: duckdb.DuckDBPyConnection, values: str) -> dict[str, dict[str, int]]:
    """How many values of each kind a select of name and value has, by name."""
    counts: dict[str, dict[str, int]] = {}
    for name, kind, count in connection.execute(
        f"select name, {_KIND} as kind, count(*) from ({values}) group by name, kind order by name, kind"
    ).fetchall():
        counts.setdefault(name, {})[kind] = count
    return counts


@dataclass(frozen=True)
class Model:
    """One raw or staging model over a landed table: the words and literals of its SQL, and the words read as a kind."""

    name: str
    words: frozenset[str]
    literals: frozenset[str]
    read_as: Mapping[str, frozenset[str]]


def models_using(table: str, path: str) -> list[str]:
    """The raw and staging models that use a field, by name; nothing where its word stands in none of them.

    A word that stands there for something else counts too: better one field too many is watched than one too few.
    """
    return [model.name for model in _models(PROJECT_DIR).get(table, ()) if _names(table, path) & _said(model, path)]


def kind_read(table: str, path: str) -> str:
    """The kind as which the models read a field's text, or nothing."""
    for model in _models(PROJECT_DIR).get(table, ()):
        for kind, words in model.read_as.items():
            if _names(table, path) & words:
                return kind
    return ""


def _said(model: Model, path: str) -> frozenset[str]:
    # A key is always written as a literal; a column like `type` never is.
    return model.literals if "." in path else model.words


def _names(table: str, path: str) -> set[str]:
    """What models call a field: a property of the CRM goes by the terms of the mapping seeds."""
    column, _, key = path.partition(".")
    if not column.startswith("properties"):
        return {key or column}
    return {column} if not key else {key, *_terms(PROJECT_DIR).get((table, key), ())}


@cache
def _models(project: Path) -> Mapping[str, tuple[Model, ...]]:
    """The raw and staging models of each landed table."""
    layers = project / "dbt" / "models"
    raw = {path.stem: path.read_text() for path in sorted((layers / "raw").glob("*.sql"))}
    found: dict[str, tuple[Model, ...]] = {}
    for name, sql in raw.items():
        for table in _TABLE.findall(sql):
            found[table] = (*found.get(table, ()), _model(name, sql))
    for path in sorted((layers / "staging").rglob("*.sql")):
        sql = path.read_text()
        read = {table for name in re.findall(r"ref\('(\w+)'\)", sql) for table in _TABLE.findall(raw.get(name, ""))}
        for table in sorted(read):
            found[table] = (*found.get(table, ()), _model(path.stem, sql))
    return found


def _model(name: str, sql: str) -> Model:
    sql = re.sub(r"--.*|\{#.*?#\}", "", sql)
    return Model(
        name,
        frozenset(re.findall(r"\w+", sql)),
        frozenset(re.findall(r"'(\w+)'", sql)),
        {kind: frozenset(_words_within(sql, *readers)) for kind, readers in _READERS.items()},
    )


_TABLE = re.compile(r"(?:newest_versions|replaced_sets|file_versions|admitted_rows)\(\s*'(\w+)'")


def _words_within(sql: str, *macros: str) -> Iterator[str]:
    """The words between the parentheses of the macros' calls."""
    for call in re.finditer(rf"\b(?:{'|'.join(macros)})\(", sql):
        depth, end = 1, call.end()
        while depth and end < len(sql):
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        yield from re.findall(r"\w+", sql[call.end() : end])


@cache
def _is_removed(table: str, project: Path = PROJECT_DIR) -> str:
    """When a landed row says that its record is gone, in the words of the table's raw model."""
    for path in sorted((project / "dbt" / "models" / "raw").glob("*.sql")):
        sql = path.read_text()
        found = re.search(r"is_removed=(['\"])(.*?)\1", sql, re.DOTALL)
        if found and table in _TABLE.findall(sql):
            return found[2]
    return "false"


@cache
def _terms(project: Path) -> Mapping[tuple[str, str], frozenset[str]]:
    """The terms of each property of a CRM's table; that of a role is read from the seed of roles."""
    terms: dict[tuple[str, str], frozenset[str]] = {}
    mappings = project / "seeds" / "mappings"
    for row in _rows(mappings / "crm_properties.csv"):
        place = f"{row['source_system']}__{row['object']}", row["property"]
        terms[place] = terms.get(place, frozenset()) | {row["term"]}
    for row in _rows(mappings / "crm_roles.csv"):
        place = f"{row['source_system']}__companies", row["property"]
        terms[place] = terms.get(place, frozenset()) | {"crm_roles"}
    return terms


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
