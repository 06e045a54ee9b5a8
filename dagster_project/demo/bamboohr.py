"""The HR system's API as BambooHR speaks it: employees, changes, and tables by effective date."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from urllib.parse import urlencode

from dagster_project.demo.company import World
from dagster_project.demo.people import Employee, rows_of
from dagster_project.demo.timeline import iso_seconds, moment_of
from dagster_project.demo.trainings import TYPES
from dagster_project.demo.wire import Answer, Asked, Json, RateWindow

FIXED_FIELDS = ("employeeId", "firstName", "lastName", "preferredName", "photoUrl", "jobTitleName", "status")
_OPTIONAL_FIELDS = (
    "workEmail homeEmail bestEmail middleName workPhone workPhoneExtension mobilePhone homePhone skypeUsername "
    "linkedinUrl facebookUrl instagramUrl twitterUrl pinterestUrl birthDate hireDate divisionName divisionId "
    "departmentName departmentId locationName locationId jobTitleId employmentStatusName employmentStatusId "
    "reportsToName reportsToId"
)
OPTIONAL_FIELDS = frozenset(_OPTIONAL_FIELDS.split())
TABLES = ("jobInfo", "employmentStatus", "compensation")
UNASKED_FIELDS = ("birthDate", "address1", "city", "payRate", "homeEmail", "mobilePhone", "gender")
PAGE = 250
LARGEST_PAGE = 2_500


class BambooHR:
    """Answers of one company account, as of the server's clock.

    Whoever asks for birth dates, home addresses or pay gets them: leaving them alone is up to the client.
    """

    def __init__(self, world: World, api_key: str, *, limit_per_minute: int = 1_000, time_scale: float = 1.0) -> None:
        self.basic = base64.b64encode(f"{api_key}:x".encode()).decode()
        self.employees = world.employees
        self.by_id = {str(employee.record.id): employee for employee in world.employees}
        self.trainings = world.trainings
        self.requests = RateWindow(limit_per_minute, 60 * time_scale)

    def answer(self, asked: Asked, at: int) -> Answer:
        scheme, _, secret = asked.headers.get("authorization", "").partition(" ")
        if scheme != "Basic" or secret != self.basic and not self.is_same_key(secret):
            return refused(401, "The API key is missing or not valid")
        wait = self.requests.wait()
        if wait is not None:
            return Answer(
                429, headers={"Retry-After": str(max(1, round(wait))), "X-BambooHR-Error-Message": "Too many requests"}
            )
        if "application/json" not in asked.headers.get("accept", ""):
            return Answer(200, '<?xml version="1.0"?>\n<employees/>', media_type="application/xml")
        return self.route(asked, at)

    def is_same_key(self, secret: str) -> bool:
        """The password beside the key may be anything."""
        try:
            given = base64.b64decode(secret, validate=True).decode()
        except ValueError:
            return False
        key, _, _ = base64.b64decode(self.basic).decode().partition(":")
        return given.partition(":")[0] == key

    def route(self, asked: Asked, at: int) -> Answer:
        match (asked.method, asked.path.strip("/").split("/")):
            case ("GET", ["api", "v1", "employees"]):
                return self.list_employees(asked, at)
            case ("GET", ["api", "v1", "employees", "changed"]):
                return self.changed(asked, at)
            case ("GET", ["api", "v1", "employees", "changed", "tables", table]) if table in TABLES:
                return self.changed_table(asked, table, at)
            case ("GET", ["api", "v1", "employees", who, "tables", table]) if table in TABLES:
                return self.table(who, table, at)
            case ("GET", ["api", "v1", "training", "type"]):
                types = {str(number): training_type(number) for number in TYPES}
                return Answer(body=types, rows=list(types.values()))
            case ("GET", ["api", "v1", "training", "record", "employee", who]):
                return self.training_records(who, asked.first("type"), at)
        return refused(404, "The requested resource does not exist")

    def standing(self, at: int) -> list[Employee]:
        return [e for e in self.employees if e.record.created_at <= at and not e.record.is_archived_at(at)]

    def list_employees(self, asked: Asked, at: int) -> Answer:
        limit_text, after_text = asked.first("page[limit]", str(PAGE)) or "", asked.first("page[after]", "0") or ""
        if not limit_text.isdigit() or not 1 <= int(limit_text) <= LARGEST_PAGE:
            return bad("BadRequest", f"page.limit must be between 1 and {LARGEST_PAGE}")
        if not after_text.isdigit():
            return bad("BadPage", "page.after is no cursor")
        standing = self.standing(at)
        ids = asked.names("filter[ids]")
        if ids:
            standing = [employee for employee in standing if str(employee.record.id) in ids]
        status = asked.first("filter[status]")
        if status not in (None, "active", "inactive"):
            return bad("BadRequest", "filter.status must be active or inactive")
        if status is not None:
            standing = [e for e in standing if str(e.record.value("status", at)).lower() == status]
        limit = int(limit_text)
        following = [employee for employee in standing if employee.record.id > int(after_text)]
        page = following[:limit]
        fields: list[str] = [name for name in asked.names("fields") if name in OPTIONAL_FIELDS]
        rows = [self.employee(employee, fields, at) for employee in page]
        next_cursor = page[-1].record.id if len(following) > limit else None
        links: Json = {"self": {"href": f"{asked.root}{asked.path}?{urlencode({'page[limit]': limit})}"}}
        if next_cursor is not None:
            links["next"] = {
                "href": f"{asked.root}{asked.path}?{urlencode({'page[limit]': limit, 'page[after]': next_cursor})}"
            }
        meta = {"total": len(standing), "page": {"limit": limit, "nextCursor": next_cursor, "prevCursor": None}}
        return Answer(body={"data": rows, "meta": meta, "_links": links}, rows=rows)

    def employee(self, employee: Employee, fields: list[str], at: int) -> Json:
        row: Json = {}
        manager = employee.record.value("reportsTo", at)
        for name in dict.fromkeys((*FIXED_FIELDS, *fields)):
            match name:
                case "employeeId":
                    row[name] = str(employee.record.id)
                case "reportsToId":
                    row[name] = None if manager is None else str(manager.record.id)
                case "reportsToName":
                    row[name] = None if manager is None else f"{manager.first_name} {manager.last_name}"
                case _:
                    row[name] = employee.record.value(name, at)
        # Some tenants' answers carry more than was asked for.
        row |= {name: employee.record.value(name, at) for name in UNASKED_FIELDS}
        row["_restrictedFields"] = ["photoUrl"] if employee.record.id % 9 == 0 else []
        return row

    def training_records(self, who: str, type_id: str | None, at: int) -> Answer:
        """An object by record id, but an empty array where there is nothing to show."""
        if who not in self.by_id or self.by_id[who] not in self.standing(at):
            return refused(404, "The employee does not exist")
        records = {
            str(row["id"]): row for row in self.trainings_of(self.by_id[who], at) if type_id in (None, row["type"])
        }
        return Answer(body=records or [], rows=list(records.values()))

    def trainings_of(self, employee: Employee, at: int) -> list[Json]:
        return [
            {
                "id": one.id,
                "employeeId": str(one.employee_id),
                "completed": one.completed_on.isoformat(),
                "notes": "Needs another attempt, was ill" if one.id % 7 == 0 else None,
                "instructor": "A. Adler" if one.id % 3 else None,
                "credits": None,
                "hours": "8",
                "cost": "450.00 EUR",
                "type": str(one.type_id),
            }
            for one in self.trainings
            if one.employee_id == employee.record.id and one.entered_at <= at
        ]

    def last_change(self, employee: Employee, since: int, at: int) -> int | None:
        """The newest change after `since` that is known by now."""
        moments = [moment for moment in employee.record.modified if since < moment <= at]
        return max(moments) if moments else None

    def changed(self, asked: Asked, at: int) -> Answer:
        since = self.since(asked)
        kind = asked.first("type", "all")
        if since is None or kind not in ("inserted", "updated", "deleted", "all"):
            return refused(400, "since must be an ISO 8601 timestamp, type one of inserted, updated, deleted")
        changes = {
            str(change["id"]): change
            for change in self.changes(since, at)
            if kind in ("all", str(change["action"]).lower())
        }
        latest = max((change["lastChanged"] for change in changes.values()), default=offset_time(since))
        return Answer(body={"latest": latest, "employees": changes}, rows=list(changes.values()))

    def changes(self, since: int, at: int) -> list[Json]:
        """Of everybody with any change since then, the newest."""
        found = []
        for employee in self.employees:
            moment = self.last_change(employee, since, at)
            if moment is not None:
                is_new = employee.record.created_at > since
                action = "Deleted" if employee.record.is_archived_at(at) else "Inserted" if is_new else "Updated"
                found.append({"id": str(employee.record.id), "action": action, "lastChanged": offset_time(moment)})
        return found

    def since(self, asked: Asked) -> int | None:
        """An unencoded plus sign of an offset arrives as a space; the vendor reads it all the same."""
        text = (asked.first("since") or "").replace(" ", "+")
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            return None
        return moment_of(instant if instant.tzinfo else instant.replace(tzinfo=UTC))

    def table(self, who: str, table: str, at: int) -> Answer:
        if who != "all" and (who not in self.by_id or self.by_id[who] not in self.standing(at)):
            return refused(404, "The employee does not exist")
        chosen = self.standing(at) if who == "all" else [self.by_id[who]]
        # In no particular order, as the vendor says: here by the last digits of the id.
        rows = [row for employee in chosen for row in self.rows(employee, table, at)]
        rows.sort(key=lambda row: row["id"][::-1])
        return Answer(body=rows, rows=rows)

    def rows(self, employee: Employee, table: str, at: int) -> list[Json]:
        number = str(employee.record.id)
        if table == "compensation":
            pay = employee.record.value("payRate", at)
            return [
                {
                    "id": f"9{number}",
                    "employeeId": number,
                    "startDate": employee.hired_on.isoformat(),
                    "rate": pay,
                    "type": "Salary",
                }
            ]
        rows = []
        for row in rows_of(employee, table, at):
            values: Json = {"id": str(row.id), "employeeId": number, "date": row.effective_on.isoformat(), **row.values}
            if table == "jobInfo":
                manager = employee.record.value("reportsTo", at)
                values["reportsTo"] = None if manager is None else f"{manager.first_name} {manager.last_name}"
            rows.append(values)
        return rows

    def changed_table(self, asked: Asked, table: str, at: int) -> Answer:
        """All rows of everybody with any change; the rows themselves do not say whose they are."""
        since = self.since(asked)
        if since is None:
            return refused(400, "since must be an ISO 8601 timestamp")
        changes: dict[str, Json] = {}
        sent: list[Json] = []
        for employee in self.standing(at):
            moment = self.last_change(employee, since, at)
            if moment is None:
                continue
            rows = [
                {name: value for name, value in row.items() if name not in ("id", "employeeId")}
                for row in self.rows(employee, table, at)
            ]
            sent.extend(rows)
            changes[str(employee.record.id)] = {"lastChanged": offset_time(moment), "rows": rows}
        return Answer(body={"table": table, "employees": changes}, rows=sent)


def training_type(number: int) -> Json:
    name, is_required = TYPES[number]
    return {
        "id": number,
        "name": name,
        "renewable": is_required,
        "frequency": 24 if is_required else 0,
        "required": is_required,
        "category": [],
        "linkUrl": None,
        "description": None,
        "allowEmployeesToMarkComplete": False,
    }


def offset_time(moment: int) -> str:
    return iso_seconds(moment).replace("Z", "+00:00")


def refused(status: int, message: str) -> Answer:
    """An empty body; the reason stands in a header."""
    return Answer(status, headers={"X-BambooHR-Error-Message": message})


def bad(code: str, message: str) -> Answer:
    return Answer(400, {"error": {"code": code, "message": message}})
