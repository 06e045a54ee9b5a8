"""BambooHR: employees, what changed about them, their job and employment histories and trainings.

The fields declared in TABLES are an allow-list: whatever else an answer holds is dropped in memory and never written.
"""

from collections.abc import Generator, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from dlt.sources.helpers.rest_client.auth import HttpBasicAuth

from dagster_project.sources import (
    Json,
    Page,
    SourceFailed,
    SourceRefused,
    Table,
    fingerprint,
    not_seen,
    optional,
    unexpected_shapes_of,
)
from dagster_project.sources.http import Api, NextCursor, Patience, credential, host_root

SYSTEM = "bamboohr"
REMEDY = (
    "create an API key in BambooHR for a user who may see employees, job and employment status and, where they are "
    "kept there, trainings, and put it into .env"
)

SINCE_THE_BEGINNING = "1970-01-01T00:00:00Z"
PAGE_LIMIT = 1000
# Ids travel in the URL, which servers cut at 8 kB; 100 of them take some 2 kB.
IDS_LIMIT = 100

_EMPLOYEES = Table(
    "bamboohr__employees",
    ("employeeId", "firstName", "lastName", "workEmail", "hireDate", "reportsToId"),
    keeps_other_fields=False,
)
_EMPLOYEES_CHANGED = Table(
    "bamboohr__employees_changed",
    ("id", "action", "lastChanged"),
    keeps_other_fields=False,
    recorded_field="lastChanged",
)
_JOB_INFO = Table(
    "bamboohr__job_info",
    ("employeeId", "date", "department", "jobTitle"),
    keeps_other_fields=False,
)
_EMPLOYMENT_STATUS = Table(
    "bamboohr__employment_status",
    ("employeeId", "date", "employmentStatus"),
    keeps_other_fields=False,
)
_TRAINING_TYPES = Table("bamboohr__training_types", ("id", "name"), keeps_other_fields=False)
_TRAINING_RECORDS = Table(
    "bamboohr__training_records",
    ("employeeId", "id", "type", "completed"),
    keeps_other_fields=False,
)
TABLES: tuple[Table, ...] = (
    _EMPLOYEES_CHANGED,
    _EMPLOYEES,
    _JOB_INFO,
    _EMPLOYMENT_STATUS,
    _TRAINING_TYPES,
    _TRAINING_RECORDS,
)

# Where the state says that a table was read before, if not in the cursor of the changes.
_STATE_OF = {_TRAINING_TYPES: "training_types", _TRAINING_RECORDS: "training_records"}
_HISTORIES = ((_JOB_INFO, "jobInfo"), (_EMPLOYMENT_STATUS, "employmentStatus"))
# The fields that are not in every answer anyway.
REQUESTED_FIELDS = ("workEmail", "hireDate", "reportsToId")


class BambooHR:
    """The first read takes every employee, later ones those that `changed` names, each with their whole histories.

    `changed` is asked before anything else and its `latest` is the next cursor, so that who changes during the read
    is read again. Deletions are its rows of action Deleted; such an employee is not asked for. It does not tell of
    trainings: those are asked for again of everybody active, one request an employee and load, and land where they
    changed. They are left out where the key's user may not see them.
    """

    system = SYSTEM
    tables = TABLES

    def __init__(self, *, base_url: str | None, api_key: str | None, patience: Patience | None = None) -> None:
        self._base_url = base_url
        self._api_key = api_key
        self._patience = patience or Patience()
        self._connected: Api | None = None
        self._complete: frozenset[str] = frozenset()
        self._left_out: dict[str, str] = {}

    def check(self) -> None:
        self._api.get("/api/v1/employees", {"page[limit]": 1}, expects="data")

    def is_complete(self, table: str) -> bool:
        return table in self._complete

    def left_out(self, table: str) -> str | None:
        return self._left_out.get(table)

    def read(self, state: dict[str, Any], _landed_at: datetime) -> Iterator[Page]:
        cursor, edge = state.get("latest"), state.get("edge", {})
        read_before = frozenset(state)
        self._complete, self._left_out = frozenset(), {}
        since = cursor or SINCE_THE_BEGINNING

        with unexpected_shapes_of(_EMPLOYEES_CHANGED):
            answer = self._api.get("/api/v1/employees/changed", {"since": since}, expects="employees")
            # `since` is inclusive, so those of the cursor's own instant come again.
            changed = {
                identity: change
                for identity, change in _by_id(answer).items()
                if edge.get(identity) != _signature(change)
            }
            yield from _page(_EMPLOYEES_CHANGED, [{"id": identity, **change} for identity, change in changed.items()])
            latest = answer.get("latest") or cursor
            edge = {
                identity: _signature(change)
                for identity, change in _by_id(answer).items()
                if latest is None or _instant(change["lastChanged"]) >= _instant(latest)
            } or edge

        employees: set[str] | None = None
        present = {identity for identity, change in changed.items() if change["action"] != "Deleted"}
        if cursor is None:
            with unexpected_shapes_of(_EMPLOYEES):
                employees = yield from self._all_employees()
            for table, vendor_name in _HISTORIES:
                with unexpected_shapes_of(table):
                    yield from self._all_histories(table, vendor_name, employees)
        elif present:
            with unexpected_shapes_of(_EMPLOYEES):
                yield from self._changed_employees(sorted(present))
            for table, vendor_name in _HISTORIES:
                with unexpected_shapes_of(table):
                    yield from self._changed_histories(table, vendor_name, present, cursor)
        with optional(_TRAINING_TYPES, self._left_out), unexpected_shapes_of(_TRAINING_TYPES):
            yield from self._training_types(state)
        with optional(_TRAINING_RECORDS, self._left_out), unexpected_shapes_of(_TRAINING_RECORDS):
            yield from self._training_records(state, present, employees)
        state["latest"], state["edge"] = latest, edge
        read_now = frozenset(state) - read_before
        self._complete = frozenset(table.name for table in TABLES if _STATE_OF.get(table, "latest") in read_now)

    @property
    def _api(self) -> Api:
        if self._connected is None:
            key = credential(SYSTEM, "BAMBOOHR_API_KEY", self._api_key, REMEDY)
            self._connected = Api(
                SYSTEM,
                host_root(SYSTEM, "BAMBOOHR_BASE_URL", self._base_url, "https://example.bamboohr.com"),
                variables="BAMBOOHR_API_KEY",
                remedy=REMEDY,
                auth=lambda _: HttpBasicAuth(username=key, password="x"),
                patience=self._patience,
            )
        return self._connected

    def _all_employees(self) -> Generator[Page, None, set[str]]:
        """Lands everybody, leavers too; raises SourceRefused if a field we need is hidden from this key everywhere."""
        employees: set[str] = set()
        hidden = set(_EMPLOYEES.fields)
        for status in ("active", "inactive"):
            for received in self._employees({"filter[status]": status}):
                for employee in received:
                    # Hidden reads as null, and without e-mails nobody would be recognised in the other systems.
                    hidden &= set(employee.get("_restrictedFields") or ())
                # Somebody who leaves while the lists are read stands in both.
                yield from _page(_EMPLOYEES, [one for one in received if str(one["employeeId"]) not in employees])
                employees |= {str(one["employeeId"]) for one in received}
        if employees and hidden:
            raise SourceRefused(
                f"{SYSTEM}: the user of BAMBOOHR_API_KEY may not see {', '.join(sorted(hidden))} of employees: {REMEDY}"
            )
        return employees

    def _changed_employees(self, identities: list[str]) -> Iterator[Page]:
        for start in range(0, len(identities), IDS_LIMIT):
            asked = identities[start : start + IDS_LIMIT]
            for received in self._employees({"filter[ids][]": asked}):
                # An account that does not know the filter answers with everybody.
                named = [one for one in received if str(one["employeeId"]) in asked]
                yield from _page(_EMPLOYEES, named)

    def _employees(self, query: Json) -> Iterator[list[Json]]:
        path = "/api/v1/employees"
        pages = self._api.pages(
            path,
            params={**query, "fields": ",".join(REQUESTED_FIELDS), "page[limit]": PAGE_LIMIT},
            paginator=NextCursor(cursor_path="meta.page.nextCursor", cursor_param="page[after]"),
            expects="data",
        )
        for page in pages:
            if not isinstance(page["data"], list):
                raise self._api.failed("GET", path, "answered with 'data' that is no list")
            yield page["data"]

    def _all_histories(self, table: Table, vendor_name: str, employees: set[str]) -> Iterator[Page]:
        path = f"/api/v1/employees/all/tables/{vendor_name}"
        rows = self._api.get(path)
        if not isinstance(rows, list):
            raise self._api.failed("GET", path, "answered with something that is no list of rows")
        yield from _page(table, [*rows, *markers(employees - {str(row["employeeId"]) for row in rows})])

    def _changed_histories(self, table: Table, vendor_name: str, employees: set[str], since: str) -> Iterator[Page]:
        """Whole histories of those the answer names; of one it does not name nothing is known to have changed."""
        path = f"/api/v1/employees/changed/tables/{vendor_name}"
        answer = self._api.get(path, {"since": since}, expects="employees")
        histories = {identity: one["rows"] for identity, one in _by_id(answer).items() if identity in employees}
        rows = [{**row, "employeeId": identity} for identity, found in histories.items() for row in found]
        yield from _page(table, [*rows, *markers(identity for identity, found in histories.items() if not found)])

    def _training_types(self, state: dict[str, Any]) -> Iterator[Page]:
        allowed = [_TRAINING_TYPES.record(one) for one in _values(self._api.get("/api/v1/training/type"))]
        now: dict[str, str] = {}
        yield from _page(_TRAINING_TYPES, not_seen(allowed, state.get("training_types", {}), now))
        state["training_types"] = now

    def _training_records(self, state: dict[str, Any], present: set[str], employees: set[str] | None) -> Iterator[Page]:
        """Each employee's trainings as a whole set, if it is not the one landed before; those who left are asked once.

        An employee whom the key's user may not see is passed over, with the number of them as the reason.
        """
        before = state.get("training_records")
        if employees is None:
            statuses = ("active", "inactive") if before is None else ("active",)
            pages = (page for status in statuses for page in self._employees({"filter[status]": status}))
            employees = present | {str(one["employeeId"]) for page in pages for one in page}
        now = dict(before or {})
        answered, hidden = 0, 0
        for identity in sorted(employees):
            try:
                received = self._api.get(f"/api/v1/training/record/employee/{identity}")
            except SourceFailed as error:
                if not (error.is_not_offered and answered):
                    raise
                hidden += 1
                continue
            answered += 1
            rows = [{**one, "employeeId": identity} for one in _values(received)] or markers([identity])
            landed = sorted((_TRAINING_RECORDS.record(row) for row in rows), key=lambda row: str(row["id"]))
            if now.get(identity) != (content := fingerprint({"rows": landed})):
                now[identity] = content
                yield _TRAINING_RECORDS.name, landed
        if hidden:
            self._left_out[_TRAINING_RECORDS.name] = (
                f"left out: {hidden} of {len(employees)} whose trainings are hidden"
            )
        state["training_records"] = now


def markers(identities: Iterable[str]) -> list[Json]:
    """One row without a date for each employee read without rows, so that rows they once had count as gone."""
    return [{"employeeId": identity} for identity in sorted(identities)]


def _values(answer: Any) -> list[Json]:
    # A map by id; an empty one is written as an empty list.
    return list(answer.values() if isinstance(answer, dict) else answer)


def _by_id(answer: Json) -> dict[str, Json]:
    # An empty map is written as an empty list.
    return {str(identity): entry for identity, entry in (answer["employees"] or {}).items()}


def _signature(change: Json) -> str:
    return f"{change['action']} {change['lastChanged']}"


def _instant(moment: str) -> datetime:
    parsed = datetime.fromisoformat(moment)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _page(table: Table, received: list[Json]) -> Iterator[Page]:
    if received:
        yield table.name, [table.record(one) for one in received]
