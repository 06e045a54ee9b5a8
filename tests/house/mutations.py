"""Good rows of every landed table and mart, and for every rule the smallest changes to them that break it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from dagster_project.checks import PAST, Suite, judge, judge_batch, rules_with_a_past, suites
from dagster_project.loads import as_arrow
from dagster_project.past import Batch, PastLoad, PastLoads
from dagster_project.sources import Table
from expectations import Outcome, Rule
from tests.mart_contracts import contracts

Row = dict[str, Any]
Change = Callable[[list[Row]], list[Row]]

# Enough rows for the rules about shares; the last one is as sparse as the vendor or the contract allows.
ROWS = 24
LANDED_AT = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)
# Nothing that is allowed anywhere: neither a word of a vocabulary nor a number, a time, an address or a list.
BAD_TEXT = "Zaphod Beeblebrox"
FAR_OUT = 31_337


@dataclass(frozen=True)
class Mutation:
    """A change to good rows that breaks a rule: the positions of the rows it makes wrong, the value it brings."""

    label: str
    change: Change
    rows: tuple[int, ...] = ()
    value: str = ""


def _crm_record(number: int, properties: Row, **fields: Any) -> Row:
    """A record as HubSpot sends it; of the archived last one little more than the id is left."""
    is_archived = number == ROWS
    standing = {"properties": properties, **fields}
    return {
        "id": str(1000 + number),
        "createdAt": "2025-03-01T08:00:00.000Z",
        "updatedAt": "2026-04-01T08:00:00Z",
        "archived": is_archived,
        **({"properties": {}, "archivedAt": "2026-04-01T08:00:00Z"} if is_archived else standing),
    }


def _history(name: str, value: str) -> Row:
    return {name: [{"value": value, "timestamp": "2025-03-01T08:00:00Z"}]}


def _company(number: int) -> Row:
    properties = {"name": f"Company {number}", "hs_lastmodifieddate": "2026-04-01T08:00:00Z", "industry": None}
    return _crm_record(number, properties, propertiesWithHistory=_history("csm_owner_id", "7"))


def _deal(number: int) -> Row:
    properties = {
        "dealstage": "won",
        "pipeline": "new",
        "closedate": "2026-02-01T00:00:00Z",
        "amount": "12000.50",
        "deal_currency_code": "EUR",
    }
    return _crm_record(number, properties, propertiesWithHistory=_history("dealstage", "won"))


def _call(number: int) -> Row:
    properties = {
        "hs_timestamp": "2026-04-01T08:00:00Z",
        "hs_call_direction": "INBOUND",
        "hs_call_status": "COMPLETED",
        "hs_call_duration": "600000",
    }
    return _crm_record(number, properties, associations={"companies": [], "contacts": []})


def _contact(number: int) -> Row:
    properties = {"email": f"contact{number}@example.com", "lastmodifieddate": "2026-04-01T08:00:00Z", "jobtitle": None}
    return _crm_record(number, properties, associations={"companies": []})


def _email(number: int) -> Row:
    properties = {"hs_timestamp": "2026-04-01T08:00:00Z", "hs_email_direction": "EMAIL", "hs_email_status": "SENT"}
    return _crm_record(number, properties, associations={"companies": [], "contacts": []})


def _communication(number: int) -> Row:
    properties = {"hs_timestamp": "2026-04-01T08:00:00Z", "hs_communication_channel_type": "WHATS_APP"}
    return _crm_record(number, properties, associations={"companies": [], "contacts": []})


def _note(number: int) -> Row:
    properties = {"hs_timestamp": "2026-04-01T08:00:00Z", "hs_note_body": "#voc-complaint"}
    return _crm_record(number, properties, associations={"companies": [], "contacts": []})


def _feedback_submission(number: int) -> Row:
    properties = {"hs_submission_timestamp": "2026-04-01T08:00:00Z", "hs_survey_type": "NPS", "hs_value": "9"}
    return _crm_record(number, properties, associations={"companies": [], "contacts": []})


def _success_goal(number: int) -> Row:
    properties = {"goal": "Uptime of 99 %", "agreed_on": "2026-01-05", "status": "active", "met_on": None}
    history = _history("status", "active")
    return _crm_record(number, properties, propertiesWithHistory=history, associations={"companies": []})


def _meeting(number: int) -> Row:
    properties = {"hs_meeting_start_time": "2026-04-01T08:00:00Z", "hs_meeting_outcome": "COMPLETED"}
    return _crm_record(number, properties, associations={"companies": [], "contacts": []})


def _owner(number: int) -> Row:
    is_queue = number == ROWS
    return {"id": str(number), "email": None if is_queue else f"owner{number}@example.com", "archived": is_queue}


def _pipeline(number: int) -> Row:
    stages = [{"id": "won", "metadata": {"isClosed": "true", "probability": "1.0"}}]
    return {"id": str(number), "label": f"Pipeline {number}", "stages": stages}


def _ticket(number: int) -> Row:
    is_deleted = number == ROWS
    standing = {"priority": "high", "type": "incident", "organization_id": 5, "metric_set": {"reopens": 0}}
    return {
        "id": number,
        "status": "deleted" if is_deleted else "open",
        "created_at": "2026-04-01T08:00:00Z",
        "updated_at": "2026-04-01T09:00:00Z",
        **({} if is_deleted else standing),
    }


def _organization(number: int) -> Row:
    return {"id": number, "updated_at": "2026-04-01T09:00:00Z", "domain_names": ["example.com"] if number % 2 else []}


def _user(number: int) -> Row:
    return {"id": number, "role": "agent" if number % 2 else "end-user", "updated_at": "2026-04-01T09:00:00Z"}


def _group(number: int) -> Row:
    return {"id": number, "name": None if number == ROWS else f"Group {number}", "deleted": False}


def _sla_policy(number: int) -> Row:
    metrics = [] if number == ROWS else [{"priority": "high", "metric": "first_reply_time", "target": 60}]
    return {"id": number, "title": f"Policy {number}", "policy_metrics": metrics}


def _ticket_event(number: int) -> Row:
    children = [] if number == ROWS else [{"id": 1, "event_type": "Comment", "public": True, "body": "On it."}]
    return {
        "id": number,
        "ticket_id": 5,
        "created_at": "2026-04-01T08:00:00Z",
        "event_type": "Audit",
        "child_events": children,
    }


def _ticket_metric_event(number: int) -> Row:
    applied = {"type": "apply_sla", "sla": {"target": 60, "target_in_seconds": 3600, "business_hours": False}}
    return {
        "id": number,
        "ticket_id": 5,
        "metric": "reply_time",
        "time": "2026-04-01T08:00:00Z",
        **({"type": "activate"} if number == ROWS else applied),
    }


def _satisfaction_rating(number: int) -> Row:
    asked = {"id": number, "created_at": "2026-04-01T08:00:00Z", "updated_at": "2026-04-01T08:00:00Z"}
    return {**asked, "score": "offered"} if number == ROWS else {**asked, "score": "good", "ticket_id": 5}


def _training_type(number: int) -> Row:
    return {"id": str(number), "name": f"Training {number}"}


def _training_record(number: int) -> Row:
    """An employee read without any trainings has one row without an id."""
    taken = {"id": str(number), "type": "7", "completed": "2026-02-01"}
    return {"employeeId": str(number), **({} if number == ROWS else taken)}


def _employee(number: int) -> Row:
    if number == ROWS:
        return {"employeeId": str(number), "hireDate": "0000-00-00"}
    return {"employeeId": str(number), "workEmail": f"employee{number}@example.com", "hireDate": "2024-02-01"}


def _employee_changed(number: int) -> Row:
    return {"id": str(number), "action": "Updated", "lastChanged": "2026-04-01T09:00:00+00:00"}


def _hr_rows(**fields: str) -> Callable[[int], Row]:
    """An employee read without any rows has one without a date."""
    return lambda number: {"employeeId": str(number), **({} if number == ROWS else {"date": "2024-02-01", **fields})}


def _file_row(**fields: str) -> Callable[[int], Row]:
    return lambda number: {
        "record_id": str(number),
        "file_name": "march.csv",
        "file_hash": "5eed",
        "row_number": str(number + 1),
        **fields,
    }


LANDED: Mapping[str, Callable[[int], Row]] = {
    "hubspot__companies": _company,
    "hubspot__deals": _deal,
    "hubspot__calls": _call,
    "hubspot__meetings": _meeting,
    "hubspot__contacts": _contact,
    "hubspot__emails": _email,
    "hubspot__communications": _communication,
    "hubspot__notes": _note,
    "hubspot__feedback_submissions": _feedback_submission,
    "hubspot__success_goals": _success_goal,
    "hubspot__owners": _owner,
    "hubspot__deal_pipelines": _pipeline,
    "zendesk__tickets": _ticket,
    "zendesk__organizations": _organization,
    "zendesk__users": _user,
    "zendesk__groups": _group,
    "zendesk__sla_policies": _sla_policy,
    "zendesk__ticket_events": _ticket_event,
    "zendesk__ticket_metric_events": _ticket_metric_event,
    "zendesk__satisfaction_ratings": _satisfaction_rating,
    "bamboohr__employees": _employee,
    "bamboohr__employees_changed": _employee_changed,
    "bamboohr__job_info": _hr_rows(department="Support", jobTitle="Engineer"),
    "bamboohr__employment_status": _hr_rows(employmentStatus="Full-Time"),
    "bamboohr__training_types": _training_type,
    "bamboohr__training_records": _training_record,
    "files__product_usage": _file_row(customer_id="hubspot:1", product="Base", month="2026-03"),
    "files__success_goals": _file_row(customer_id="hubspot:1", goal="Uptime", agreed_on="2026-03-01", status="active"),
    "files__retention_costs": _file_row(segment="Enterprise", month="2026-03", retention_cost="100"),
    "files__touches": _file_row(customer_id="hubspot:1", channel="social", direction="inbound"),
    "files__voice_of_customer": _file_row(customer_id="hubspot:1", kind="warning"),
    "files__action_outcomes": _file_row(customer_id="hubspot:1", driver="silence", outcome="done"),
}

# What a mart's row holds by type; text names its column and row.
BY_TYPE: Mapping[str, Any] = {
    "integer": 1,
    "bigint": 1,
    "double": 0.5,
    "boolean": True,
    "date": date(2026, 4, 1),
    "timestamp": datetime(2026, 4, 1, 9, 30, tzinfo=UTC).replace(tzinfo=None),
}
OF_MART: Mapping[str, Row] = {
    "customer_months": {"health_band": "watch"},
    "health_points": {"state": "known"},
    "load_status": {"freshness": "fresh", "rules_failed": 0},
    "quarantined_rows": {"quarantine_id": "0a1b2c3d4e5f"},
    "recommended_actions": {"evidence": '[{"fact_id":"hubspot:1"}]'},
    "seed_faults": {"verdict": "left_out"},
    "touches": {"direction": "outbound", "channel": "call"},
    "workforce_months": {"headcount": 5},
    "care_showcase": {"customers": 5},
    "ambassadors": {"nps": 9.0},
}
# Where null is the contract's to give, but not beside what the row says otherwise.
OF_LAST_ROW: Mapping[str, Row] = {"customers": {"is_customer": False}}


@cache
def landed_tables() -> Mapping[str, Table]:
    systems = {name.split("__")[0] for name in LANDED}
    modules = [import_module(f"dagster_project.sources.{system}") for system in systems]
    return {table.name: table for module in modules for table in module.TABLES}


def good_rows(layer: str, table: str) -> list[Row]:
    if layer == "landing":
        return [landed_tables()[table].record(LANDED[table](number)) for number in range(1, ROWS + 1)]
    return [_mart_row(table, number) for number in range(1, ROWS + 1)]


def _mart_row(mart: str, number: int) -> Row:
    row = {
        name: BY_TYPE.get(column["data_type"], f"{name} {number}") for name, column in contracts()[mart].items()
    } | OF_MART.get(mart, {})
    if number < ROWS:
        return row
    optional = [
        name
        for name, column in contracts()[mart].items()
        if not _is_required(column) and name not in suites("marts")[mart].key
    ]
    return row | dict.fromkeys(optional) | OF_LAST_ROW.get(mart, {})


def _is_required(column: Mapping[str, Any]) -> bool:
    """Whether the contract, by constraint or by test, forbids null in the column."""
    constraints = [constraint["type"] for constraint in column.get("constraints", [])]
    return "not_null" in (*constraints, *column.get("data_tests", []))


def outcomes(layer: str, table: str, rows: list[Row]) -> list[Outcome]:
    """What the gate says about rows whose table held all good rows before."""
    if layer == "landing":
        before = PastLoad(LANDED_AT.replace(tzinfo=None), is_complete=True, row_count=ROWS)
        return judge_batch(Batch(table, landed(table, rows), True, PastLoads((before,)), LANDED_AT + timedelta(days=1)))
    return judge(suites("marts")[table], mart(table, rows), _past(layer, table))


def outcome_of(layer: str, table: str, rule: Rule, rows: list[Row]) -> Outcome:
    """What the gate says by one rule alone: to ask a whole suite for each of its rules would take minutes."""
    suite = Suite(table, suites(layer)[table].key, (rule,))
    (outcome,) = judge(suite, frame(layer, table, rows), _past(layer, table))
    return outcome


@cache
def keys(layer: str, table: str) -> list[str]:
    """What a report calls each good row; what is missing of a key has no text."""
    named = frame(layer, table, good_rows(layer, table))[list(suites(layer)[table].key)]
    return [":".join(str(value) if pd.notna(value) else "" for value in row) for row in named.itertuples(index=False)]


def frame(layer: str, table: str, rows: list[Row]) -> pd.DataFrame:
    return landed(table, rows).to_pandas() if layer == "landing" else mart(table, rows)


def landed(table: str, rows: list[Row]) -> pa.Table:
    """Rows as dlt lands them, but that a column no row has is gone, and one that nobody declared is added."""
    declared = landed_tables()[table]
    arrow = as_arrow(declared, rows, LANDED_AT)
    gone = [name for name in declared.columns if rows and not any(name in row for row in rows)]
    for name in sorted({name for row in rows for name in row} - set(declared.columns)):
        arrow = arrow.append_column(name, pa.array([row.get(name) for row in rows], pa.string()))
    return arrow.drop_columns(gone).append_column("_dlt_load_id", pa.array(["1.5"] * len(rows), pa.string()))


def mart(table: str, rows: list[Row]) -> pd.DataFrame:
    """Rows with the types that a mart's columns have when they are read from the warehouse."""
    create_mart(_memory(), table, rows)
    return _memory().execute(f'select * from "{table}"').df()


@cache
def _memory() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def create_mart(connection: duckdb.DuckDBPyConnection, table: str, rows: list[Row], schema: str = "main") -> None:
    columns = ", ".join(f'"{name}" {column["data_type"]}' for name, column in contracts()[table].items())
    connection.execute(f'create or replace table {schema}."{table}" ({columns})')
    if rows:
        connection.register("received", pa.Table.from_pylist(rows))
        connection.execute(f'insert into {schema}."{table}" by name select * from received')
        connection.unregister("received")


def _past(layer: str, table: str) -> dict[str, float]:
    """What was there before: the good rows."""
    rows = good_rows(layer, table)
    return {
        rule.name: sum(row[rule.column] or 0 for row in rows) if rule.column else ROWS
        for rule in rules_with_a_past(suites(layer)[table])
    }


def mutations(layer: str, table: str, rule: Rule) -> list[Mutation]:
    """Every way in which the rule's meaning can be broken: given by hand, else derived from its expectation."""
    if (table, rule.name) in BY_HAND:
        return BY_HAND[table, rule.name]
    derive = DERIVED.get(rule.expectation)
    return derive(rule, good_rows(layer, table)) if derive else []


def wrong_rows(rule: Rule) -> tuple[int, ...]:
    """Positions of as many rows as it takes: one, or of a rule about a share the first few too many."""
    mostly = rule.kwargs.get("mostly", 1)
    return tuple(range(int((1 - mostly) * ROWS + 1e-9) + 1))


def setting(rule: Rule, label: str, value: Any) -> Mutation:
    """The value in the rule's column, or under its key of a JSON column, of just too many rows."""
    positions = wrong_rows(rule)
    column, _, key = str(rule.column).partition(".")

    def changed(row: Row) -> Row:
        if not key:
            return {**row, column: value}
        return {**row, column: json.dumps({**json.loads(row[column]), key: value})}

    return Mutation(label, _in_rows(positions, changed), positions, str(value or ""))


def _in_rows(positions: tuple[int, ...], changed: Callable[[Row], Row]) -> Change:
    return lambda rows: [changed(row) if position in positions else row for position, row in enumerate(rows)]


def _null(rule: Rule, rows: list[Row]) -> list[Mutation]:
    emptied = [setting(rule, "emptied", "")] if "." in str(rule.column) else []
    return [setting(rule, "null", None), *emptied]


def _bad_text(rule: Rule, rows: list[Row]) -> list[Mutation]:
    return [setting(rule, "bad text", BAD_TEXT)]


def _forbidden(rule: Rule, rows: list[Row]) -> list[Mutation]:
    return [setting(rule, value, value) for value in rule.kwargs["value_set"]]


def _out_of_range(rule: Rule, rows: list[Row]) -> list[Mutation]:
    low, high = rule.kwargs.get("min_value"), rule.kwargs.get("max_value")
    below = [] if low is None else [setting(rule, "too low", low - FAR_OUT)]
    above = [] if high is None else [setting(rule, "too high", high + FAR_OUT)]
    return below + above


def _wrong_order(rule: Rule, rows: list[Row]) -> list[Mutation]:
    column, other = rule.kwargs["column_A"], rule.kwargs["column_B"]
    step = FAR_OUT if isinstance(rows[0][other], int | float) else timedelta(days=FAR_OUT)
    wrong = rows[0][other] - step
    return [Mutation("wrong order", _in_rows((0,), lambda row: {**row, column: wrong}), (0,), str(wrong))]


def _twice(rule: Rule, rows: list[Row]) -> list[Mutation]:
    return [Mutation("one row twice", lambda rows: [*rows[:1], *rows])]


def _same_page(rule: Rule, rows: list[Row]) -> list[Mutation]:
    kept = int(rule.kwargs["min_value"] * ROWS + 1e-9) - 1
    return [Mutation("one page again and again", lambda rows: [rows[number % kept] for number in range(len(rows))])]


def _too_few(rule: Rule, rows: list[Row]) -> list[Mutation]:
    least = rule.kwargs["min_value"] if "min_value" in rule.kwargs else int(rule.kwargs[PAST] * ROWS)
    return [Mutation("too few rows", lambda rows: rows[: least - 1])]


def _vanished_sum(rule: Rule, rows: list[Row]) -> list[Mutation]:
    share = rule.kwargs[PAST] - 0.01
    shrunk = _in_rows(
        tuple(range(ROWS)), lambda row: {**row, rule.column: row[rule.column] and row[rule.column] * share}
    )
    return [Mutation("too little left", shrunk)]


def _other_columns(rule: Rule, rows: list[Row]) -> list[Mutation]:
    lost = next(iter(rows[0]))
    every = tuple(range(ROWS))
    return [
        Mutation("a field nobody allowed", _in_rows(every, lambda row: {**row, "homePhone": BAD_TEXT}), value=BAD_TEXT),
        Mutation("a field lost", _in_rows(every, lambda row: {name: row[name] for name in row if name != lost})),
    ]


DERIVED: Mapping[str, Callable[[Rule, list[Row]], list[Mutation]]] = {
    "ExpectColumnValuesToNotBeNull": _null,
    "ExpectColumnValuesToMatchRegex": _bad_text,
    "ExpectColumnValuesToBeInSet": _bad_text,
    "ExpectColumnValuesToNotBeInSet": _forbidden,
    "ExpectColumnValuesToBeBetween": _out_of_range,
    "ExpectColumnValuesToBeUnique": _twice,
    "ExpectColumnPairValuesAToBeGreaterThanB": _wrong_order,
    "ExpectColumnProportionOfUniqueValuesToBeBetween": _same_page,
    "ExpectTableRowCountToBeBetween": _too_few,
    "ExpectColumnSumToBeBetween": _vanished_sum,
    "ExpectTableColumnsToMatchSet": _other_columns,
}


def _losing(column: str, *keys: str) -> list[Mutation]:
    """One record's JSON comes without a key that every other brings; once per key."""

    def losing(key: str) -> Change:
        return _in_rows((0,), lambda row: {**row, column: row[column].replace(f'"{key}":', f'"not_{key}":')})

    return [Mutation(f"without {key}", losing(key), (0,)) for key in keys]


# Where more than one key is asked for, each has to be missed.
BY_HAND: Mapping[tuple[str, str], list[Mutation]] = {
    ("hubspot__companies", "properties__match_regex"): _losing("properties", "name", "hs_lastmodifieddate"),
    ("hubspot__deals", "properties__match_regex"): _losing("properties", "dealstage", "pipeline", "closedate"),
    ("hubspot__deal_pipelines", "stages__match_regex"): _losing("stages", "isClosed", "probability"),
    **{
        (f"hubspot__{entity}", "associations__match_regex"): _losing("associations", "companies")
        for entity in (
            *("contacts", "calls", "meetings", "emails", "communications", "notes"),
            *("feedback_submissions", "success_goals"),
        )
    },
}
