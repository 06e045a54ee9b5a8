"""Small loopback vendors for the connector tests: they page and filter as the real ones and log what is asked."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SECRET = "s3cr3t-never-to-be-seen"


@dataclass
class Asked:
    """One request as it arrived; `query` keeps the last value of a key, `lists` all of them."""

    method: str
    path: str
    query: dict[str, str]
    lists: dict[str, list[str]]
    body: Any
    headers: dict[str, str]


@dataclass
class Reply:
    """One answer; `cut` announces a longer body than it sends, `pause` seconds go by before it."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    pause: float = 0.0


Answer = Callable[[Asked], Any]


@dataclass
class Vendor:
    """A running server: where it is, what it was asked, and answers to give before its own."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    first: list[tuple[str, Reply]] = field(default_factory=list)
    refuses: bool = False

    def paths(self) -> list[str]:
        return [f"{one.method} {one.path}" for one in self.asked]

    def misbehave(self, path_part: str, *replies: Reply) -> None:
        """Gives these answers, in order, to the next requests whose path contains the text."""
        self.first += [(path_part, reply) for reply in replies]


@contextmanager
def serving(answer: Answer) -> Iterator[Vendor]:
    vendor = Vendor()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet; as two they wait for each other's acknowledgement.
        wbufsize = -1

        def do_GET(self) -> None:
            self._handle()

        def do_POST(self) -> None:
            self._handle()

        def log_message(self, *_: Any) -> None:
            pass

        def _handle(self) -> None:
            parts = urlsplit(self.path)
            lists = parse_qs(parts.query, keep_blank_values=True)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(
                method=self.command,
                path=parts.path,
                query={name: values[-1] for name, values in lists.items()},
                lists=lists,
                body=json.loads(raw) if raw else None,
                headers=dict(self.headers),
            )
            vendor.asked.append(asked)
            self._send(self._reply(asked))

        def _reply(self, asked: Asked) -> Reply:
            for index, (path_part, reply) in enumerate(vendor.first):
                if path_part in asked.path:
                    del vendor.first[index]
                    return reply
            if vendor.refuses:
                return Reply(401, {"message": f"bad credential {SECRET}"})
            answered = answer(asked)
            return answered if isinstance(answered, Reply) else Reply(200, answered)

        def _send(self, reply: Reply) -> None:
            time.sleep(reply.pause)
            content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content) + (50 if reply.cut else 0)))
            self.end_headers()
            try:
                self.wfile.write(content)
                self.wfile.flush()
            except BrokenPipeError:
                self.close_connection = True
            if reply.cut:
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    # A client that gave up waiting is part of the tests, not worth a traceback.
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    vendor.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield vendor
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


HUBSPOT_OBJECTS = (
    "companies",
    "contacts",
    "deals",
    "calls",
    "meetings",
    "emails",
    "communications",
    "notes",
    "feedback_submissions",
    "success_goals",
)


def modified_property(kind: str) -> str:
    return "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"


@dataclass
class HubSpotAccount:
    """What one HubSpot account holds; `answer` speaks its API.

    Kinds are called as their tables are; `custom` are those that go by `p_<name>` in the API.
    """

    custom: tuple[str, ...] = ("success_goals",)

    objects: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {kind: {} for kind in HUBSPOT_OBJECTS}
    )
    owners: list[dict[str, Any]] = field(default_factory=list)
    pipelines: list[dict[str, Any]] = field(default_factory=list)
    associations: dict[tuple[str, str, str], list[dict[str, Any]]] = field(default_factory=dict)
    associations_page: int = 500
    search_ceiling: int = 1_000

    def put(self, kind: str, identity: str, modified: str, **more: Any) -> None:
        properties = {modified_property(kind): modified, "hs_object_id": identity, **more.pop("properties", {})}
        self.objects[kind][identity] = {
            "id": identity,
            "properties": properties,
            "createdAt": "2024-01-01T00:00:00Z",
            "updatedAt": modified,
            "archived": False,
            **more,
        }

    def archive(self, kind: str, identity: str, at: str) -> None:
        self.objects[kind][identity] |= {"archived": True, "archivedAt": at}

    def associate(self, kind: str, identity: str, target: str, other: str, label: str | None = None) -> None:
        entry = {
            "toObjectId": int(other),
            "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": 182, "label": label}],
        }
        self.associations.setdefault((kind, identity, target), []).append(entry)

    def answer(self, asked: Asked) -> Any:
        parts = asked.path.strip("/").split("/")
        assert parts[0] == "crm" and parts[2] == "2026-09", asked.path
        if parts[1] == "owners":
            chosen = [one for one in self.owners if str(one["archived"]).lower() == asked.query["archived"]]
            return self._listed(chosen, asked)
        if parts[1] == "pipelines":
            return {"results": self.pipelines}
        kind = parts[3].removeprefix("p_")
        if parts[3].startswith("p_") != (kind in self.custom):
            return Reply(400, {"status": "error", "message": f"Unable to infer object type from: {parts[3]}"})
        if parts[1] == "associations":
            return self._associated(kind, parts[4], asked.body["inputs"])
        records = self.objects[kind]
        if parts[4:] == ["search"]:
            return self._found(records, asked.body)
        if parts[4:] == ["batch", "read"]:
            assert len(asked.body["inputs"]) <= 50
            return {"status": "COMPLETE", "results": self._read(records, asked.body["inputs"])}
        chosen = [one for one in records.values() if str(one["archived"]).lower() == asked.query["archived"]]
        assert int(asked.query["limit"]) <= (50 if "propertiesWithHistory" in asked.query else 100)
        return self._listed([self._with_history(one, asked) for one in chosen], asked)

    def _with_history(self, record: dict[str, Any], asked: Asked) -> dict[str, Any]:
        return record if "propertiesWithHistory" in asked.query else self._without_history(record)

    @staticmethod
    def _without_history(record: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in record.items() if name != "propertiesWithHistory"}

    @staticmethod
    def _listed(records: list[dict[str, Any]], asked: Asked) -> dict[str, Any]:
        ordered = sorted(records, key=lambda one: int(one["id"]))
        after = int(asked.query.get("after", 0))
        rest = [one for one in ordered if int(one["id"]) >= after]
        limit = int(asked.query.get("limit", 100))
        page: dict[str, Any] = {"results": rest[:limit]}
        if len(rest) > limit:
            page["paging"] = {"next": {"after": rest[limit]["id"], "link": "unused"}}
        return page

    def _found(self, records: dict[str, dict[str, Any]], body: dict[str, Any]) -> Any:
        assert body["limit"] <= 200
        offset = int(body.get("after", 0))
        if offset + body["limit"] > self.search_ceiling:
            return Reply(400, {"message": "too deep"})
        found = [
            one
            for one in records.values()
            if not one["archived"]
            and all(_passes(one, one_of) for group in body["filterGroups"] for one_of in group["filters"])
        ]
        sort = body["sorts"][0]
        found.sort(key=lambda one: _number(one, sort["propertyName"]), reverse=sort["direction"] == "DESCENDING")
        page: dict[str, Any] = {
            "total": len(found),
            "results": [self._without_history(one) for one in found[offset : offset + body["limit"]]],
        }
        if offset + body["limit"] < len(found):
            page["paging"] = {"next": {"after": str(offset + body["limit"])}}
        return page

    @staticmethod
    def _read(records: dict[str, dict[str, Any]], inputs: list[dict[str, str]]) -> list[dict[str, Any]]:
        return [records[one["id"]] for one in inputs if one["id"] in records]

    def _associated(self, kind: str, target: str, inputs: list[dict[str, str]]) -> Reply:
        assert len(inputs) <= 1000
        results, errors = [], []
        for one in inputs:
            entries = self.associations.get((kind, one["id"], target))
            if not entries:
                errors.append(
                    {
                        "status": "error",
                        "category": "OBJECT_NOT_FOUND",
                        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
                        "context": {"fromObjectId": [one["id"]]},
                    }
                )
                continue
            start = int(one.get("after", 0))
            end = start + self.associations_page
            result: dict[str, Any] = {"from": {"id": one["id"]}, "to": entries[start:end]}
            if end < len(entries):
                result["paging"] = {"next": {"after": str(end), "link": "deprecated"}}
            results.append(result)
        body: dict[str, Any] = {"status": "COMPLETE", "results": results}
        return Reply(207, {**body, "errors": errors, "numErrors": len(errors)}) if errors else Reply(200, body)


@cache
def _milliseconds(value: str) -> int:
    return int(value) if value.isdigit() else round(datetime.fromisoformat(value).timestamp() * 1000)


def _number(record: dict[str, Any], name: str) -> int:
    return _milliseconds(record["properties"][name])


def _passes(record: dict[str, Any], one_of: dict[str, str]) -> bool:
    number, bound = _number(record, one_of["propertyName"]), int(one_of["value"])
    return {"GTE": number >= bound, "GT": number > bound, "EQ": number == bound}[one_of["operator"]]


@dataclass
class ZendeskAccount:
    """What one Zendesk account holds, each list in the order of its stream; `answer` speaks its exports."""

    tickets: list[dict[str, Any]] = field(default_factory=list)
    users: list[dict[str, Any]] = field(default_factory=list)
    organizations: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    ticket_events: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    ticket_metric_events: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    metric_sets: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    sla_policies: list[dict[str, Any]] = field(default_factory=list)
    satisfaction_ratings: list[dict[str, Any]] = field(default_factory=list)
    page: int = 2

    def answer(self, asked: Asked) -> Any:
        if asked.path == "/oauth/tokens":
            return {"access_token": f"{SECRET}-access", "token_type": "bearer", "expires_in": 3600}
        kind = asked.path.removeprefix("/api/v2/incremental/")
        if kind in ("organizations", "ticket_events", "ticket_metric_events"):
            return self._since(kind, int(asked.query["start_time"]))
        if asked.path in ("/api/v2/groups", "/api/v2/satisfaction_ratings"):
            return self._by_cursor(asked)
        if asked.path == "/api/v2/slas/policies":
            return {"sla_policies": self.sla_policies, "next_page": None, "previous_page": None}
        kind = asked.path.split("/")[4]
        assert ("cursor" in asked.query) != ("start_time" in asked.query)
        position = int(asked.query.get("cursor", "c0")[1:])
        rows = getattr(self, kind)[position : position + self.page]
        end = position + len(rows)
        body = {kind: rows, "after_cursor": f"c{end}", "end_of_stream": end >= len(getattr(self, kind))}
        if asked.query.get("include") == "metric_sets":
            wanted = {row["id"] for row in rows}
            body["metric_sets"] = [one for one in self.metric_sets if one["ticket_id"] in wanted]
        return body

    def _since(self, kind: str, start_time: int) -> dict[str, Any]:
        rest = [one for one in getattr(self, kind) if one[0] >= start_time]
        # The export of metric events does not say where it ends: a page that is not full is the last.
        page = 1000 if kind == "ticket_metric_events" else self.page
        shown = rest[:page]
        # The real export never splits a second.
        shown += [one for one in rest[page:] if one[0] == shown[-1][0]]
        body = {
            kind: [one for _, one in shown],
            "count": len(shown),
            "end_time": shown[-1][0] if shown else None,
        }
        return body if kind == "ticket_metric_events" else {**body, "end_of_stream": len(shown) == len(rest)}

    def _by_cursor(self, asked: Asked) -> dict[str, Any]:
        kind = asked.path.split("/")[-1]
        assert int(asked.query["page[size]"]) <= 100
        rows = getattr(self, kind)
        start = int(asked.query.get("page[after]", 0))
        end = start + self.page
        link = f"https://elsewhere.example.com{asked.path}.json?page%5Bafter%5D={end}&page%5Bsize%5D=100"
        return {
            kind: rows[start:end],
            "meta": {"has_more": end < len(rows), "after_cursor": str(end)},
            # The link of the last page leads to an empty one.
            "links": {"next": link, "prev": None},
        }


@dataclass
class BambooHRCompany:
    """What one BambooHR company holds; `answer` speaks its API."""

    employees: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[str, dict[str, str]] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"jobInfo": [], "employmentStatus": []})
    training_types: dict[str, dict[str, Any]] = field(default_factory=dict)
    trainings: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    page: int = 2

    def answer(self, asked: Asked) -> Any:
        if asked.headers.get("Accept") != "application/json":
            return Reply(200, b"<xml/>", {"Content-Type": "application/xml"})
        if asked.path == "/api/v1/training/type":
            return self.training_types or []
        if asked.path.startswith("/api/v1/training/record/employee/"):
            # The real one answers with an empty array where there are none.
            return self.trainings.get(asked.path.split("/")[-1]) or []
        path = asked.path.removeprefix("/api/v1/employees")
        if path == "":
            return self._listed(asked)
        if path == "/changed":
            return self._changed(asked.query["since"])
        table = path.split("/")[-1]
        if path.startswith("/all/tables/"):
            return self.tables[table]
        changed = self._changed(asked.query["since"])["employees"]
        return {"table": table, "employees": {identity: self._history(table, identity) for identity in changed or {}}}

    def _listed(self, asked: Asked) -> dict[str, Any]:
        ids = asked.lists.get("filter[ids][]")
        status = asked.query.get("filter[status]")
        chosen = [
            one
            for one in self.employees
            if (ids is None or one["employeeId"] in ids) and (status is None or one["status"].lower() == status)
        ]
        start = int(asked.query.get("page[after]", 0))
        end = start + min(self.page, int(asked.query.get("page[limit]", 250)))
        cursor = end if end < len(chosen) else None
        return {"data": chosen[start:end], "meta": {"page": {"nextCursor": cursor}, "total": len(chosen)}}

    def _changed(self, since: str) -> dict[str, Any]:
        found = {i: {"id": i, **one} for i, one in self.changes.items() if one["lastChanged"] >= since}
        latest = max((one["lastChanged"] for one in found.values()), default=since)
        return {"latest": latest, "employees": found or []}

    def _history(self, table: str, identity: str) -> dict[str, Any]:
        rows = [
            {name: value for name, value in row.items() if name != "employeeId"}
            for row in self.tables[table]
            if row["employeeId"] == identity
        ]
        return {"lastChanged": self.changes[identity]["lastChanged"], "rows": rows}
