"""BambooHR: employees, what changed about them, and their job and employment histories.

The fields declared in TABLES are an allow-list: whatever else an answer holds is dropped in memory and never written.
"""

from collections.abc import Generator, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from dlt.sources.helpers.rest_client.auth import HttpBasicAuth

from dagster_project.sources import Json, Page, SourceRefused, Table, unexpected_shapes_of
from dagster_project.sources.http import Api, NextCursor, Patience, credential, host_root

SYSTEM = "bamboohr"
REMEDY = (
    "create an API key in BambooHR for a user who may see employees, job and employment status, and put it into .env"
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
TABLES: tuple[Table, ...] = (_EMPLOYEES_CHANGED, _EMPLOYEES, _JOB_INFO, _EMPLOYMENT_STATUS)

_HISTORIES = ((_JOB_INFO, "jobInfo"), (_EMPLOYMENT_STATUS, "employmentStatus"))
# The fields that are not in every answer anyway.
_REQUESTED_FIELDS = "workEmail,hireDate,reportsToId"


class BambooHR:
    """The first read takes every employee, later ones those that `changed` names, each with their whole histories.

    `changed` is asked before anything else and its `latest` is the next cursor, so that who changes during the read
    is read again. Deletions are its rows of action Deleted; such an employee is not asked for.
    """

    system = SYSTEM
    tables = TABLES

    def __init__(self, *, base_url: str | None, api_key: str | None, patience: Patience | None = None) -> None:
        self._base_url = base_url
        self._api_key = api_key
        self._patience = patience or Patience()
        self._connected: Api | None = None
        self._complete: frozenset[str] = frozenset()

    def check(self) -> None:
        self._api.get("/api/v1/employees", {"page[limit]": 1}, expects="data")

    def is_complete(self, table: str) -> bool:
        return table in self._complete

    def read(self, state: dict[str, Any], _landed_at: datetime) -> Iterator[Page]:
        cursor, edge = state.get("latest"), state.get("edge", {})
        self._complete = frozenset() if "latest" in state else frozenset(table.name for table in TABLES)
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
        state["latest"], state["edge"] = latest, edge

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
            params={**query, "fields": _REQUESTED_FIELDS, "page[limit]": PAGE_LIMIT},
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
        yield from _page(table, [*rows, *_markers(employees - {str(row["employeeId"]) for row in rows})])

    def _changed_histories(self, table: Table, vendor_name: str, employees: set[str], since: str) -> Iterator[Page]:
        """Whole histories of those the answer names; of one it does not name nothing is known to have changed."""
        path = f"/api/v1/employees/changed/tables/{vendor_name}"
        answer = self._api.get(path, {"since": since}, expects="employees")
        histories = {identity: one["rows"] for identity, one in _by_id(answer).items() if identity in employees}
        rows = [{**row, "employeeId": identity} for identity, found in histories.items() for row in found]
        yield from _page(table, [*rows, *_markers(identity for identity, found in histories.items() if not found)])


def _markers(identities: Iterable[str]) -> list[Json]:
    """One row without a date for each employee read without rows, so that rows they once had count as gone."""
    return [{"employeeId": identity} for identity in sorted(identities)]


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
