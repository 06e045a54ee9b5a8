"""The CRM's API as HubSpot speaks it: objects, search, owners, pipelines and associations."""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from dagster_project.demo.company import World
from dagster_project.demo.timeline import DAY, Record, iso_milliseconds
from dagster_project.demo.wire import Answer, Asked, Json, RateWindow, html_page

PORTAL = "1457"
KINDS = {
    "companies": "0-2",
    "contacts": "0-1",
    "deals": "0-3",
    "calls": "0-48",
    "meetings": "0-47",
    "emails": "0-49",
    "communications": "0-18",
    "notes": "0-46",
    "feedback_submissions": "0-19",
}
SINGULAR = {
    "companies": "company",
    "contacts": "contact",
    "deals": "deal",
    "calls": "call",
    "meetings": "meeting",
    "emails": "email",
    "communications": "communication",
    "notes": "note",
    "feedback_submissions": "feedback_submission",
}
# Contacts alone spell the time of their last change without the prefix.
MODIFIED = {kind: "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate" for kind in KINDS}
CREATED = {kind: "createdate" if kind in ("companies", "contacts", "deals") else "hs_createdate" for kind in KINDS}
ALWAYS_BY_KIND = {kind: (CREATED[kind], MODIFIED[kind], "hs_object_id") for kind in KINDS}
DEFAULT_PROPERTIES = {kind: tuple(sorted(ALWAYS_BY_KIND[kind])) for kind in KINDS} | {
    "companies": ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
    "contacts": ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    "deals": (
        "amount",
        "closedate",
        "createdate",
        "dealname",
        "dealstage",
        "hs_lastmodifieddate",
        "hs_object_id",
        "pipeline",
    ),
}
# (unlabelled type, type of the label Primary); labels on activities are the portal's own.
ASSOCIATION_TYPES = {
    ("contacts", "companies"): (279, 1),
    ("deals", "companies"): (341, 5),
    ("deals", "contacts"): (3, 4),
    ("calls", "companies"): (182, 21),
    ("calls", "contacts"): (194, 22),
    ("calls", "deals"): (206, 23),
    ("meetings", "companies"): (188, 31),
    ("meetings", "contacts"): (200, 32),
    ("meetings", "deals"): (212, 33),
    ("emails", "companies"): (186, 41),
    ("emails", "contacts"): (198, 42),
    ("emails", "deals"): (210, 43),
    ("communications", "companies"): (87, 51),
    ("communications", "contacts"): (81, 52),
    ("communications", "deals"): (85, 53),
    ("notes", "companies"): (190, 61),
    ("notes", "contacts"): (202, 62),
    ("notes", "deals"): (214, 63),
    ("feedback_submissions", "companies"): (101, 71),
    ("feedback_submissions", "contacts"): (98, 72),
}
LIST_LIMIT = 100
HISTORY_LIMIT = 50
SEARCH_LIMIT = 200
SEARCH_CEILING = 10_000
ARCHIVED_FOR = 90 * DAY


class HubSpot:
    """Answers of one portal, as of the server's clock.

    Archived records are listed for 90 days; merged ones vanish and resolve to their winner.
    """

    def __init__(
        self,
        world: World,
        token: str,
        *,
        version: str = "2026-09",
        search_lag_seconds: float = 30,
        association_page: int = 500,
        forgets_archived_associations: bool = False,
        time_scale: float = 1.0,
        ceiling: int = SEARCH_CEILING,
    ) -> None:
        self.token, self.version = token, version
        self.search_lag = int(search_lag_seconds * 1_000)
        self.association_page, self.ceiling = association_page, ceiling
        self.forgets_archived_associations = forgets_archived_associations
        self.pipelines = world.pipelines
        self.owners = world.owners
        self.records: dict[str, list[Record]] = {kind: getattr(world, kind) for kind in KINDS}
        self.by_id = {kind: {str(record.id): record for record in records} for kind, records in self.records.items()}
        self.known = {kind: self.properties_of(kind, records) for kind, records in self.records.items()}
        self.requests = RateWindow(190, 10 * time_scale)
        self.searches = RateWindow(5, 1 * time_scale)
        self.refused = 0
        self.listed: dict[tuple[str, bool], tuple[int, list[Record], list[int]]] = {}
        self.found: dict[tuple[str, str], tuple[int, list[Record]]] = {}

    @staticmethod
    def properties_of(kind: str, records: list[Record]) -> frozenset[str]:
        told = chain.from_iterable((*record.fixed, *record.changes) for record in records)
        return frozenset(chain(ALWAYS_BY_KIND[kind], ["hs_merged_object_ids"], told))

    def answer(self, asked: Asked, at: int) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            return error(401, "Authentication credentials not found or not valid.", "INVALID_AUTHENTICATION")
        parts = asked.path.strip("/").split("/")
        is_search = parts[-1] == "search"
        wait = self.searches.wait() if is_search else self.requests.wait()
        if wait is not None:
            return self.too_many("SECONDLY" if is_search else "TEN_SECONDLY_ROLLING", wait)
        reply = self.route(asked, parts, at)
        reply.headers.update(self.rate_headers(is_search))
        return reply

    def route(self, asked: Asked, parts: list[str], at: int) -> Answer:
        match (asked.method, parts):
            case ("GET", ["crm", "owners", self.version]):
                return self.list_owners(asked, at)
            case ("GET", ["crm", "pipelines", self.version, "deals"]):
                return Answer(body={"results": self.pipelines}, rows=self.pipelines)
            case ("GET", ["crm", "objects", self.version, kind]) if kind in KINDS:
                return self.list_objects(asked, kind, at)
            case ("GET", ["crm", "objects", self.version, kind, record_id]) if kind in KINDS:
                return self.one_object(asked, kind, record_id, at)
            case ("POST", ["crm", "objects", self.version, kind, "search"]) if kind in KINDS:
                return self.search(asked, kind, at)
            case ("POST", ["crm", "objects", self.version, kind, "batch", "read"]) if kind in KINDS:
                return self.batch_read(asked, kind, at)
            case ("POST", ["crm", "associations", self.version, from_kind, to_kind, "batch", "read"]):
                return self.associations(asked, from_kind, to_kind, at)
            case (_, ["crm", "objects", self.version, kind, *_]):
                return error(400, f"Unable to infer object type from: {kind}")
        return html_page(404, "Page not found")

    def too_many(self, policy: str, wait: float) -> Answer:
        """Every other refusal leaves out how long to wait, as the vendor does at times."""
        self.refused += 1
        headers = {"Retry-After": str(max(1, math.ceil(wait)))} if self.refused % 2 else {}
        body = {
            "status": "error",
            "message": f"You have reached your {policy.lower()} limit.",
            "errorType": "RATE_LIMIT",
            "correlationId": "c7f0e5a2-0000-4000-8000-000000000429",
            "policyName": policy,
        }
        return Answer(429, body, headers=headers)

    def rate_headers(self, is_search: bool) -> dict[str, str]:
        daily = {"X-HubSpot-RateLimit-Daily": "650000", "X-HubSpot-RateLimit-Daily-Remaining": "649000"}
        if is_search:
            return daily
        return {
            **daily,
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
            "X-HubSpot-RateLimit-Max": str(self.requests.limit),
            "X-HubSpot-RateLimit-Remaining": str(self.requests.remaining),
        }

    def standing(self, kind: str, is_archived: bool, at: int) -> tuple[list[Record], list[int]]:
        """Records by id as a listing gives them, kept until the clock moves."""
        cached = self.listed.get((kind, is_archived))
        if cached is not None and cached[0] == at:
            return cached[1], cached[2]
        if is_archived:
            records = [
                r
                for r in self.records[kind]
                if r.exists_at(at) and r.is_archived_at(at) and at - (r.archived_at or 0) < ARCHIVED_FOR
            ]
        else:
            records = [r for r in self.records[kind] if r.exists_at(at) and not r.is_archived_at(at)]
        ids = [record.id for record in records]
        self.listed[(kind, is_archived)] = (at, records, ids)
        return records, ids

    def list_objects(self, asked: Asked, kind: str, at: int) -> Answer:
        history = asked.names("propertiesWithHistory")
        highest = HISTORY_LIMIT if history else LIST_LIMIT
        limit = number_from(asked.first("limit", "10"))
        if limit is None or not 0 < limit <= highest:
            return error(400, f"limit must be between 1 and {highest}")
        after = number_from(asked.first("after", "0"))
        if after is None:
            return error(400, "after is not a cursor of this listing")
        records, ids = self.standing(kind, asked.first("archived") == "true", at)
        start = bisect_left(ids, after)
        page = records[start : start + limit]
        names = self.names(kind, asked.names("properties"), history)
        rows = [self.row(kind, record, names, history, at) for record in page]
        for record, row in zip(page, rows, strict=True):
            self.add_inline_associations(asked, kind, record, row, at)
        body: Json = {"results": rows}
        if start + limit < len(records):
            following = str(ids[start + limit])
            body["paging"] = {
                "next": {"after": following, "link": f"{asked.root}{asked.path}?limit={limit}&after={following}"}
            }
        return Answer(body=body, rows=rows)

    def one_object(self, asked: Asked, kind: str, record_id: str, at: int) -> Answer:
        record = self.resolved(kind, record_id, at)
        if record is None or record.is_archived_at(at) != (asked.first("archived") == "true"):
            return html_page(404, "Resource not found")
        history = asked.names("propertiesWithHistory")
        row = self.row(kind, record, self.names(kind, asked.names("properties"), history), history, at)
        return Answer(body=row, rows=[row])

    def resolved(self, kind: str, record_id: str, at: int) -> Record | None:
        """The record of that id, or the one it was merged into by then."""
        record = self.by_id[kind].get(record_id)
        while record is not None and record.merged_into is not None and (record.merged_at or 0) <= at:
            record = record.merged_into
        return record if record is not None and record.exists_at(at) else None

    def names(self, kind: str, asked_for: list[str], history: list[str]) -> list[str]:
        """The properties an answer carries: those asked for or a few; unknown names are passed over."""
        names = dict.fromkeys((*(asked_for or DEFAULT_PROPERTIES[kind]), *history, *ALWAYS_BY_KIND[kind]))
        return [name for name in names if name in self.known[kind]]

    def row(self, kind: str, record: Record, names: list[str], history: list[str], at: int) -> Json:
        """An archived record shows what it held when it was archived."""
        if record.archived_at is not None and record.is_archived_at(at):
            at = record.archived_at
        row: Json = {
            "id": str(record.id),
            "properties": {name: self.property(record, name, at) for name in names},
            "createdAt": iso_milliseconds(record.created_at),
            "updatedAt": iso_milliseconds(record.modified_at(at)),
            "archived": record.is_archived_at(at),
            "url": f"https://app.hubspot.com/contacts/{PORTAL}/record/{KINDS[kind]}/{record.id}",
        }
        if history:
            row["propertiesWithHistory"] = {
                name: self.history(record, name, at) for name in history if name in self.known[kind]
            }
        if row["archived"] and record.archived_at is not None:
            row["archivedAt"] = iso_milliseconds(record.archived_at)
        return row

    def property(self, record: Record, name: str, at: int) -> str | None:
        match name:
            case "hs_object_id":
                return str(record.id)
            case "createdate" | "hs_createdate":
                return iso_milliseconds(record.created_at)
            case "hs_lastmodifieddate" | "lastmodifieddate":
                return iso_milliseconds(record.modified_at(at))
            case "hs_merged_object_ids":
                return ";".join(str(loser.id) for merged_at, loser in record.absorbed if merged_at <= at) or None
        value = record.value(name, at)
        return None if value in (None, "") else str(value)

    def history(self, record: Record, name: str, at: int) -> list[Json]:
        return [
            {
                "value": "" if change.value is None else str(change.value),
                "timestamp": iso_milliseconds(change.at),
                "sourceType": change.by or "INTEGRATION",
                "sourceId": "userId:5150" if change.by == "CRM_UI" else None,
                "sourceLabel": None,
                "updatedByUserId": 5150 if change.by == "CRM_UI" else None,
            }
            for change in record.history(name, at)
        ]

    def add_inline_associations(self, asked: Asked, kind: str, record: Record, row: Json, at: int) -> None:
        """The older shape: one entry an association type, so that a labelled company comes twice."""
        for to_kind in asked.names("associations"):
            found = []
            for target in self.targets(kind, to_kind, record, at):
                name = f"{SINGULAR[kind]}_to_{SINGULAR.get(to_kind, to_kind)}"
                if any(kind_of["label"] for kind_of in target["associationTypes"]):
                    found.append({"id": target["toObjectId"], "type": name})
                    name = f"{name}_unlabeled"
                found.append({"id": target["toObjectId"], "type": name})
            if found:
                row.setdefault("associations", {})[to_kind] = {"results": found}

    def targets(self, from_kind: str, to_kind: str, record: Record, at: int) -> list[Json]:
        plain, labelled = ASSOCIATION_TYPES.get((from_kind, to_kind), (0, 0))
        if self.forgets_archived_associations and record.is_archived_at(at):
            return []
        targets: dict[str, Json] = {}
        for link in record.links:
            if link.to_kind != to_kind or link.added_at > at:
                continue
            to_id = link.to_id
            if to_kind in self.records:
                winner = self.resolved(to_kind, to_id, at)
                if winner is None:
                    continue
                to_id = str(winner.id)
            target = targets.setdefault(
                to_id, {"toObjectId": to_id, "associationTypes": [association_type(plain, None)]}
            )
            if link.label is not None and len(target["associationTypes"]) == 1:
                target["associationTypes"].insert(0, association_type(labelled, link.label))
        return list(targets.values())

    def associations(self, asked: Asked, from_kind: str, to_kind: str, at: int) -> Answer:
        inputs = inputs_of(asked)
        if inputs is None or len(inputs) > 1_000:
            return error(400, "inputs must hold 1 to 1000 ids")
        if from_kind not in SINGULAR or to_kind not in SINGULAR:
            return error(400, "Unable to infer object type", "VALIDATION_ERROR")
        results, errors = [], []
        for one in inputs:
            record = self.resolved(from_kind, str(one["id"]), at) if from_kind in self.records else None
            targets = self.targets(from_kind, to_kind, record, at) if record is not None else []
            start = number_from(str(one.get("after", "0"))) or 0
            page = targets[start : start + self.association_page]
            if not page:
                errors.append(no_associations(from_kind, to_kind, str(one["id"])))
                continue
            result: Json = {"from": {"id": str(one["id"])}, "to": page}
            if start + len(page) < len(targets):
                result["paging"] = {"next": {"after": str(start + len(page)), "link": None}}
            results.append(result)
        body: Json = {
            "status": "COMPLETE",
            "results": results,
            "startedAt": iso_milliseconds(at),
            "completedAt": iso_milliseconds(at),
        }
        if errors:
            body |= {"errors": errors, "numErrors": len(errors)}
        return Answer(207 if errors else 200, body, rows=results)

    def batch_read(self, asked: Asked, kind: str, at: int) -> Answer:
        inputs = inputs_of(asked)
        history = list(asked.body.get("propertiesWithHistory") or []) if isinstance(asked.body, dict) else []
        highest = HISTORY_LIMIT if history else LIST_LIMIT
        if inputs is None or len(inputs) > highest:
            return error(400, f"inputs must hold 1 to {highest} ids")
        is_archived = asked.first("archived") == "true"
        names = self.names(kind, list(asked.body.get("properties") or []), history)
        rows: dict[int, Json] = {}
        missing = []
        for one in inputs:
            record = self.resolved(kind, str(one["id"]), at)
            if record is None or record.is_archived_at(at) != is_archived:
                missing.append(str(one["id"]))
            else:
                rows.setdefault(record.id, self.row(kind, record, names, history, at))
        results = list(rows.values())
        body: Json = {
            "status": "COMPLETE",
            "results": results,
            "startedAt": iso_milliseconds(at),
            "completedAt": iso_milliseconds(at),
        }
        if missing:
            message = f"Could not get some {SINGULAR[kind].upper()} objects, they may be deleted or not exist."
            problem = {
                "status": "error",
                "category": "OBJECT_NOT_FOUND",
                "message": message,
                "context": {"ids": missing},
            }
            body |= {"errors": [problem], "numErrors": 1}
        return Answer(207 if missing else 200, body, rows=results)

    def search(self, asked: Asked, kind: str, at: int) -> Answer:
        if not isinstance(asked.body, dict):
            return error(400, "Invalid input JSON")
        limit = number_from(str(asked.body.get("limit", 10)))
        after = number_from(str(asked.body.get("after") or 0))
        groups = asked.body.get("filterGroups") or []
        if limit is None or not 0 < limit <= SEARCH_LIMIT:
            return error(400, f"limit must be between 1 and {SEARCH_LIMIT}")
        if after is None:
            return error(400, "after is not an offset")
        if after + limit > self.ceiling:
            return error(400, f"Paging through more than {self.ceiling} results is not supported.")
        if len(groups) > 6:
            return error(400, "at most 6 filterGroups")
        key = json.dumps([groups, asked.body.get("filters"), asked.body.get("sorts")], sort_keys=True)
        indexed_at = at - self.search_lag
        try:
            records = self.matching(
                kind, key, groups or [{"filters": asked.body.get("filters") or []}], asked.body, indexed_at
            )
        except ValueError as problem:
            return error(400, str(problem))
        page = records[after : after + limit]
        names = self.names(kind, list(asked.body.get("properties") or []), [])
        rows = [self.row(kind, record, names, [], indexed_at) for record in page]
        body: Json = {"total": len(records), "results": rows}
        if after + limit < len(records):
            body["paging"] = {"next": {"after": str(after + limit)}}
        return Answer(body=body, rows=rows)

    def matching(self, kind: str, key: str, groups: list[Json], body: Json, at: int) -> list[Record]:
        cached = self.found.get((kind, key))
        if cached is not None and cached[0] == at:
            return cached[1]
        standing = [r for r in self.records[kind] if r.exists_at(at) and not r.is_archived_at(at + self.search_lag)]
        records = [r for r in standing if any(all(self.holds(f, r, at) for f in g.get("filters", [])) for g in groups)]
        for sort in reversed(body.get("sorts") or []):
            name = sort["propertyName"] if isinstance(sort, dict) else str(sort).lstrip("-")
            is_descending = (
                sort.get("direction") == "DESCENDING" if isinstance(sort, dict) else str(sort).startswith("-")
            )
            records.sort(key=lambda record, name=name: self.comparable(record, name, at), reverse=is_descending)  # type: ignore[misc]
        self.found[(kind, key)] = (at, records)
        return records

    def comparable(self, record: Record, name: str, at: int) -> tuple[int, float, str]:
        match name:
            case "hs_lastmodifieddate" | "lastmodifieddate":
                return (1, record.modified_at(at), "")
            case "createdate" | "hs_createdate":
                return (1, record.created_at, "")
            case "hs_object_id":
                return (1, record.id, "")
        return comparable(self.property(record, name, at))

    def holds(self, condition: Json, record: Record, at: int) -> bool:
        name, operator = condition.get("propertyName", ""), condition.get("operator")
        mine = self.comparable(record, name, at)
        other = comparable(condition.get("value"))
        is_set = mine != NOTHING
        match operator:
            case "HAS_PROPERTY":
                return is_set
            case "NOT_HAS_PROPERTY":
                return not is_set
            case "EQ":
                return mine == other
            case "NEQ":
                return mine != other
            case "GT":
                return is_set and mine > other
            case "GTE":
                return is_set and mine >= other
            case "LT":
                return is_set and mine < other
            case "LTE":
                return is_set and mine <= other
            case "BETWEEN":
                return is_set and other <= mine <= comparable(condition.get("highValue"))
            case "IN":
                return mine in [comparable(value) for value in condition.get("values", [])]
            case "NOT_IN":
                return mine not in [comparable(value) for value in condition.get("values", [])]
        raise ValueError(f"{operator} is not an operator")

    def list_owners(self, asked: Asked, at: int) -> Answer:
        limit = number_from(asked.first("limit", "100"))
        after = number_from(asked.first("after", "0"))
        if limit is None or not 0 < limit <= 500 or after is None:
            return error(400, "limit must be between 1 and 500, after a cursor")
        is_archived = asked.first("archived") == "true"
        standing = [
            o
            for o in self.owners
            if o.created_at <= at and bool(o.value("archived", at)) == is_archived and o.id > after
        ]
        rows = [self.owner(owner, at) for owner in standing[:limit]]
        body: Json = {"results": rows}
        if len(standing) > limit:
            body["paging"] = {
                "next": {"after": rows[-1]["id"], "link": f"{asked.root}{asked.path}?after={rows[-1]['id']}"}
            }
        return Answer(body=body, rows=rows)

    def owner(self, owner: Record, at: int) -> Json:
        is_archived = bool(owner.value("archived", at))
        user_id = owner.id * 10 + 7
        return {
            "id": str(owner.id),
            "email": owner.value("email", at),
            "type": "PERSON",
            "firstName": owner.value("firstName", at),
            "lastName": owner.value("lastName", at),
            "userId": None if is_archived else user_id,
            "userIdIncludingInactive": user_id,
            "createdAt": iso_milliseconds(owner.created_at),
            "updatedAt": iso_milliseconds(owner.modified_at(at)),
            "archived": is_archived,
            "teams": [{"id": "178588", "name": owner.value("team", at), "primary": True}],
        }


NOTHING = (0, 0.0, "")


def comparable(value: Any) -> tuple[int, float, str]:
    """Numbers and instants compare as numbers (an instant as epoch milliseconds), the rest as text."""
    if value in (None, ""):
        return NOTHING
    text = str(value)
    try:
        return (1, float(text), "")
    except ValueError:
        pass
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return (2, 0.0, text.lower())
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return (1, float(round(instant.timestamp() * 1_000)), "")


def number_from(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def inputs_of(asked: Asked) -> list[Json] | None:
    inputs = asked.body.get("inputs") if isinstance(asked.body, dict) else None
    is_proper = (
        isinstance(inputs, list) and bool(inputs) and all(isinstance(one, dict) and "id" in one for one in inputs)
    )
    return inputs if is_proper else None


def association_type(type_id: int, label: str | None) -> Json:
    is_own = label is not None and type_id not in (1, 4, 5)
    return {"category": "USER_DEFINED" if is_own else "HUBSPOT_DEFINED", "typeId": type_id, "label": label}


def no_associations(from_kind: str, to_kind: str, record_id: str) -> Json:
    one, other = SINGULAR[from_kind], SINGULAR[to_kind]
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {other} is associated with {one} {record_id}.",
        "context": {"fromObjectId": [record_id], "fromObjectType": [one], "toObjectType": [other]},
    }


def error(status: int, message: str, category: str = "VALIDATION_ERROR") -> Answer:
    body = {
        "status": "error",
        "message": message,
        "correlationId": "c7f0e5a2-0000-4000-8000-000000000400",
        "category": category,
    }
    return Answer(status, body)
