"""HubSpot: companies, contacts, owners, deals with their pipelines, activities, surveys, goals, and how they relate."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.paginators import BasePaginator
from requests import Request, Response

from dagster_project.sources import (
    CrmProperties,
    Json,
    Page,
    SourceFailed,
    Table,
    not_seen,
    optional,
    unexpected_shapes_of,
)
from dagster_project.sources.http import SAME_PAGE, Api, Contradiction, NextCursor, Patience, credential, host_root

SYSTEM = "hubspot"
REMEDY = (
    "create a service key in HubSpot that may read companies, contacts, owners, deals, e-mails and, where the plan has "
    "them, feedback submissions and custom objects, and put it into .env"
)

# The search index lags by up to a minute, so what changed shortly before the cursor is asked for again.
OVERLAP_MS = 10 * 60 * 1000
# The archived list shows a record some time after its archivedAt; it is short, so a day of it is compared again.
ARCHIVED_OVERLAP_MS = 24 * 60 * 60 * 1000
SEARCH_LIMIT = 200
# A request with histories reads fewer records than one without (100).
HISTORY_LIMIT = 50
LIST_LIMIT = 100
ASSOCIATIONS_LIMIT = 1000

_RECORD_FIELDS = ("createdAt", "updatedAt", "archived", "archivedAt", "url")


@dataclass(frozen=True)
class _Entity:
    """What is read of one kind of CRM record; `histories` are terms of the mapping, roles are added to companies.

    `modified` is the property that moves with every change and that the search sorts by. Optional is what smaller
    plans do not have; custom, what an account has only if somebody made it there.
    """

    name: str
    always: tuple[str, ...]
    modified: str = "hs_lastmodifieddate"
    has_history: bool = False
    histories: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    is_optional: bool = False
    is_custom: bool = False

    @property
    def table(self) -> Table:
        history = ("propertiesWithHistory",) if self.has_history else ()
        associations = ("associations",) if self.targets else ()
        fields = ("id", "properties", *history, *_RECORD_FIELDS, *associations)
        return Table(
            f"hubspot__{self.name}", fields, recorded_field="updatedAt", is_about_people=self.name == "contacts"
        )

    def property_names(self, properties: CrmProperties) -> list[str]:
        """The properties that are asked for."""
        roles = properties.roles if self.name == "companies" else ()
        return list(dict.fromkeys([*properties.properties_of(self.name), *roles, *self.always]))

    def history_names(self, properties: CrmProperties) -> list[str]:
        """Those of which the history is asked for as well."""
        if not self.has_history:
            return []
        roles = list(properties.roles) if self.name == "companies" else []
        mapped = [properties.property_of(self.name, term) for term in self.histories]
        return list(dict.fromkeys([*roles, *(name for name in mapped if name)]))


def _activity(name: str) -> _Entity:
    return _Entity(
        name,
        always=("hs_timestamp", "hs_createdate", "hs_lastmodifieddate"),
        targets=("companies", "contacts", "deals"),
    )


ENTITIES = (
    _Entity(
        "companies",
        always=("createdate", "hs_lastmodifieddate", "hs_merged_object_ids"),
        has_history=True,
        histories=("lifecycle_stage",),
    ),
    _Entity(
        "deals",
        always=("createdate", "hs_lastmodifieddate", "hs_merged_object_ids"),
        has_history=True,
        histories=(
            "stage",
            "amount",
            "close_date",
            "owner",
            "arr",
            "pipeline",
            "contract_start",
            "contract_end",
            "notice",
            "currency",
        ),
        targets=("companies", "contacts"),
    ),
    _Entity(
        "contacts",
        always=("createdate", "lastmodifieddate", "hs_merged_object_ids"),
        modified="lastmodifieddate",
        targets=("companies",),
    ),
    _activity("calls"),
    _activity("meetings"),
    _activity("emails"),
    _activity("communications"),
    _activity("notes"),
    _Entity(
        "feedback_submissions",
        always=("hs_createdate", "hs_lastmodifieddate"),
        targets=("companies", "contacts"),
        is_optional=True,
    ),
    _Entity(
        "success_goals",
        always=("hs_createdate", "hs_lastmodifieddate"),
        has_history=True,
        histories=("agreed_on", "due_on", "met_on", "status"),
        targets=("companies",),
        is_optional=True,
        is_custom=True,
    ),
)
_OWNERS = Table(
    "hubspot__owners",
    (
        "id",
        "email",
        "firstName",
        "lastName",
        "userId",
        "userIdIncludingInactive",
        "type",
        "createdAt",
        "updatedAt",
        "archived",
        "teams",
    ),
    recorded_field="updatedAt",
    is_about_people=True,
)
_DEAL_PIPELINES = Table(
    "hubspot__deal_pipelines",
    ("id", "label", "displayOrder", "stages", "createdAt", "updatedAt", "archived"),
    recorded_field="updatedAt",
)
TABLES: tuple[Table, ...] = (_OWNERS, _DEAL_PIPELINES, *(entity.table for entity in ENTITIES))


class HubSpot:
    """The first read lists everything; later ones search what was modified since the cursor and list what was archived.

    The first cursor is the newest modification that the search knew when the read began, so that a record modified
    while the list was walked is read again. A changed association alone does not always move a record's modification
    date; it is seen with the record's next change.
    """

    system = SYSTEM
    tables = TABLES

    def __init__(
        self,
        *,
        base_url: str | None,
        token: str | None,
        properties: CrmProperties,
        api_version: str = "2026-09",
        patience: Patience | None = None,
    ) -> None:
        self._base_url = base_url
        self._token = token
        self._properties = properties
        self._version = api_version
        self._patience = patience or Patience()
        self._connected: Api | None = None
        self._complete: frozenset[str] = frozenset()
        self._left_out: dict[str, str] = {}

    def check(self) -> None:
        self._api.get(f"/crm/owners/{self._version}", {"limit": 1, "archived": "false"}, expects="results")

    def is_complete(self, table: str) -> bool:
        return table in self._complete

    def left_out(self, table: str) -> str | None:
        return self._left_out.get(table)

    def read(self, state: dict[str, Any], _landed_at: datetime) -> Iterator[Page]:
        read_before = frozenset(state)
        self._complete, self._left_out = frozenset(), {}
        with unexpected_shapes_of(_OWNERS):
            yield from self._owners(state)
        with unexpected_shapes_of(_DEAL_PIPELINES):
            yield from self._deal_pipelines(state)
        for entity in ENTITIES:
            absence = optional(entity.table, self._left_out) if entity.is_optional else nullcontext()
            with absence, unexpected_shapes_of(entity.table):
                if entity.is_custom:
                    self._look_for(entity)
                yield from self._entity(entity, state)
        self._complete = frozenset(state) - read_before

    @property
    def _api(self) -> Api:
        if self._connected is None:
            token = credential(SYSTEM, "HUBSPOT_TOKEN", self._token, REMEDY)
            self._connected = Api(
                SYSTEM,
                host_root(SYSTEM, "HUBSPOT_BASE_URL", self._base_url, "https://api.hubapi.com"),
                variables="HUBSPOT_TOKEN",
                remedy=REMEDY,
                auth=lambda _: BearerTokenAuth(token=token),
                patience=self._patience,
            )
        return self._connected

    def _look_for(self, entity: _Entity) -> None:
        # A request this plain is wrong in nothing but the object's name, for which HubSpot answers 400 and not 404.
        path = self._objects_path(entity)
        try:
            self._api.get(path, {"limit": 1, "archived": "false"}, expects="results")
        except SourceFailed as error:
            if error.status != 400:
                raise
            raise self._api.failed("GET", path, "answered 400: the account has no such object", 404) from None

    def _entity(self, entity: _Entity, state: dict[str, Any]) -> Iterator[Page]:
        previous = state.get(entity.table.name) or {}
        current: Json = {}
        if previous.get("cursor") is None:
            yield from self._listed(entity, current)
        else:
            yield from self._changed(entity, previous, current)
        yield from self._archived(entity, previous, current)
        state[entity.table.name] = current

    def _owners(self, state: dict[str, Any]) -> Iterator[Page]:
        # Archived owners are the leavers: without them the past has owners without a name.
        path = f"/crm/owners/{self._version}"
        owners = (
            owner
            for archived in ("false", "true")
            for page in self._list(path, {"limit": LIST_LIMIT, "archived": archived})
            for owner in page
        )
        yield from self._if_content_changed(_OWNERS, owners, state)

    def _deal_pipelines(self, state: dict[str, Any]) -> Iterator[Page]:
        pages = self._list(f"/crm/pipelines/{self._version}/deals", {})
        yield from self._if_content_changed(_DEAL_PIPELINES, (pipeline for page in pages for pipeline in page), state)

    def _if_content_changed(self, table: Table, received: Iterable[Json], state: dict[str, Any]) -> Iterator[Page]:
        # These endpoints have no cursor; what stood there with the same content at the last admitted load is not new.
        before = state.get(table.name, {})
        now: dict[str, str] = {}
        for chunk in _chunks(not_seen(received, before, now), ASSOCIATIONS_LIMIT):
            yield table.name, [table.record(one) for one in chunk]
        state[table.name] = {**before, **now}

    def _listed(self, entity: _Entity, current: Json) -> Iterator[Page]:
        newest = self._newest_modification(entity)
        seen: dict[str, int] = {}

        def records() -> Iterator[Json]:
            for page in self._list(self._objects_path(entity), self._list_query(entity, archived=False)):
                for record in page:
                    seen[str(record["id"])] = _modified_ms(record, entity.modified)
                    yield record

        yield from self._land(entity, records())
        current["cursor"] = newest if newest is not None else max(seen.values(), default=None)
        current["edge"] = _edge(seen, current["cursor"], OVERLAP_MS)

    def _changed(self, entity: _Entity, previous: Json, current: Json) -> Iterator[Page]:
        since = previous["cursor"] - OVERLAP_MS
        seen: dict[str, int] = {}
        landed: dict[str, int] = {}

        def records() -> Iterator[Json]:
            for page in self._search_since(entity, since):
                fresh = []
                for record in page:
                    identity, modified = str(record["id"]), _modified_ms(record, entity.modified)
                    # The window's first rows repeat the last of the window before.
                    is_new = seen.get(identity) != modified and previous["edge"].get(identity) != modified
                    seen[identity] = modified
                    if is_new:
                        fresh.append(record)
                for record in self._with_history(entity, fresh) if entity.has_history else fresh:
                    # The index lags behind the record: what was landed is what the record itself said.
                    landed[str(record["id"])] = _modified_ms(record, entity.modified)
                    yield record

        yield from self._land(entity, records())
        current["cursor"] = max([previous["cursor"], *seen.values()])
        current["edge"] = _edge({**seen, **landed}, current["cursor"], OVERLAP_MS)

    def _archived(self, entity: _Entity, previous: Json, current: Json) -> Iterator[Page]:
        # Search never returns the archived. Their list goes back 90 days, so a pause of three months loses deletions.
        cursor, edge = previous.get("archived_cursor"), previous.get("archived_edge", {})
        seen: dict[str, int] = {}

        def records() -> Iterator[Json]:
            for page in self._list(self._objects_path(entity), self._list_query(entity, archived=True)):
                for record in page:
                    identity, archived = str(record["id"]), _milliseconds(record["archivedAt"])
                    seen[identity] = archived
                    is_known = cursor is not None and (
                        archived < cursor - ARCHIVED_OVERLAP_MS or edge.get(identity) == archived
                    )
                    if not is_known:
                        yield record

        yield from self._land(entity, records())
        current["archived_cursor"] = max([*([] if cursor is None else [cursor]), *seen.values()], default=None)
        current["archived_edge"] = _edge(seen, current["archived_cursor"], ARCHIVED_OVERLAP_MS)

    def _land(self, entity: _Entity, records: Iterable[Json]) -> Iterator[Page]:
        """Pages of up to a thousand records with their associations, as many as one association request takes."""
        table = entity.table
        for chunk in _chunks(records, ASSOCIATIONS_LIMIT):
            for target in entity.targets:
                ids = [str(record["id"]) for record in chunk]
                found = self._associations(self._object_type(entity), target, ids)
                for record in chunk:
                    record.setdefault("associations", {})[target] = found.get(str(record["id"]), [])
            for record in chunk:
                # HubSpot takes the associations of an archived record away: not the same as never having had any.
                if entity.targets and record.get("archived") and not any(record["associations"].values()):
                    record["associations"] = None
                self._keep_what_was_asked_for(entity, record)
            yield table.name, [table.record(record) for record in chunk]

    def _keep_what_was_asked_for(self, entity: _Entity, record: Json) -> None:
        """Properties are the company's own and may say anything of a person: what no mapping names stays there."""
        asked = {
            "properties": {*entity.property_names(self._properties), "hs_object_id"},
            "propertiesWithHistory": set(entity.history_names(self._properties)),
        }
        for kind, names in asked.items():
            if record.get(kind):
                record[kind] = {name: value for name, value in record[kind].items() if name in names}

    def _newest_modification(self, entity: _Entity) -> int | None:
        body = self._search_body(entity, "DESCENDING", limit=1)
        found = self._api.post(f"{self._objects_path(entity)}/search", body, expects="results")["results"]
        return _modified_ms(found[0], entity.modified) if found else None

    def _search_since(self, entity: _Entity, since: int) -> Iterator[list[Json]]:
        path = f"{self._objects_path(entity)}/search"
        body = self._search_body(entity, "ASCENDING", limit=SEARCH_LIMIT)
        paginator = _ModifiedWindows(entity.modified, since)
        for answer in self._api.pages(path, body=body, paginator=paginator, expects="results"):
            yield self._results(answer, "POST", path)

    def _search_body(self, entity: _Entity, direction: str, limit: int) -> dict[str, Any]:
        return {
            "filterGroups": [],
            "sorts": [{"propertyName": entity.modified, "direction": direction}],
            # What is read again with its history needs no more here than what the cursor needs.
            "properties": [entity.modified]
            if entity.has_history or limit == 1
            else entity.property_names(self._properties),
            "limit": limit,
        }

    def _with_history(self, entity: _Entity, records: list[Json]) -> Iterator[Json]:
        path = f"{self._objects_path(entity)}/batch/read"
        for chunk in _chunks(records, HISTORY_LIMIT):
            body = {
                "properties": entity.property_names(self._properties),
                "propertiesWithHistory": entity.history_names(self._properties),
                "inputs": [{"id": str(record["id"])} for record in chunk],
            }
            answer = self._api.post(path, body, expects="results")
            # One archived since the search answered stands in the archived list, read after this.
            self._raise_batch_errors(answer, path, tolerated=("OBJECT_NOT_FOUND",))
            found = self._results(answer, "POST", path)
            self._raise_if_of_others([record["id"] for record in found], [record["id"] for record in chunk], path)
            yield from found

    def _associations(self, entity: str, target: str, ids: list[str]) -> dict[str, list[Json]]:
        """Per record its associated records, each once with all the labels it bears."""
        path = f"/crm/associations/{self._version}/{entity}/{target}/batch/read"
        found: dict[str, dict[str, Json]] = {}
        body = {"inputs": [{"id": identity} for identity in ids]}
        for answer in self._api.pages(path, body=body, paginator=_AssociationPages(), expects="results"):
            self._raise_batch_errors(answer, path, tolerated=("NO_ASSOCIATIONS_FOUND",))
            results = self._results(answer, "POST", path)
            self._raise_if_of_others([result["from"]["id"] for result in results], ids, path)
            for result in results:
                associated = found.setdefault(str(result["from"]["id"]), {})
                for to in result["to"]:
                    identity = str(to["toObjectId"])
                    entry = associated.setdefault(identity, {"toObjectId": identity, "associationTypes": []})
                    entry["associationTypes"] += [
                        kind for kind in to["associationTypes"] if kind not in entry["associationTypes"]
                    ]
        return {identity: list(associated.values()) for identity, associated in found.items()}

    def _raise_batch_errors(self, answer: Json, path: str, tolerated: tuple[str, ...]) -> None:
        errors = answer.get("errors") or []
        for error in errors:
            kind = str(error.get("subCategory") or error.get("category") or "")
            if not kind.endswith(tolerated):
                named = kind if re.fullmatch(r"[A-Za-z_.]+", kind) else "an error without a category"
                raise self._api.failed("POST", path, f"answered in part, with {named}")
        if answer.get("numErrors") and not errors:
            raise self._api.failed("POST", path, "answered in part and does not say why")

    def _raise_if_of_others(self, answered: Iterable[Any], asked: Iterable[Any], path: str) -> None:
        """An answer about none of the records asked for; one that was merged meanwhile answers for another."""
        found = set(map(str, answered))
        if found and found.isdisjoint(map(str, asked)):
            raise self._api.failed("POST", path, "answered about other records than it was asked for")

    def _list(self, path: str, params: Mapping[str, Any]) -> Iterator[list[Json]]:
        paginator = NextCursor(cursor_path="paging.next.after", cursor_param="after")
        for answer in self._api.pages(path, params=params, paginator=paginator, expects="results"):
            yield self._results(answer, "GET", path)

    def _results(self, answer: Json, method: str, path: str) -> list[Json]:
        results = answer["results"]
        if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
            raise self._api.failed(method, path, "answered with 'results' that are not records")
        return results

    def _objects_path(self, entity: _Entity) -> str:
        return f"/crm/objects/{self._version}/{self._object_type(entity)}"

    def _object_type(self, entity: _Entity) -> str:
        return self._properties.object_types.get(entity.name, entity.name)

    def _list_query(self, entity: _Entity, *, archived: bool) -> Json:
        query: Json = {
            "limit": HISTORY_LIMIT if entity.has_history else LIST_LIMIT,
            "archived": str(archived).lower(),
            "properties": ",".join(entity.property_names(self._properties)),
        }
        if entity.has_history:
            query["propertiesWithHistory"] = ",".join(entity.history_names(self._properties))
        return query


class _ModifiedWindows(BasePaginator):
    """Walks a search by modification date, each page a window of its own that begins at the last date of the last page.

    Paging by offset would end at 10,000 rows, and would skip a row whenever one already read is modified during the
    walk and moves to the end. Rows on a window's border come twice. A page whose rows all share one millisecond cannot
    move on by date: that millisecond is walked by record id.
    """

    def __init__(self, modified: str, since: int) -> None:
        super().__init__()
        self._modified = modified
        self._since = since
        self._last_id: str | None = None

    def init_request(self, request: Request) -> None:
        self._write(request)

    def update_state(self, response: Response, _data: list[Any] | None = None) -> None:
        answer = response.json()
        records = answer["results"]
        is_last = not ((answer.get("paging") or {}).get("next") or {}).get("after")
        if not records and not is_last:
            raise Contradiction("answered without records, and that more follow")
        if self._last_id is not None:
            if is_last:
                self._since, self._last_id = self._since + 1, None
            else:
                last_id = str(records[-1]["id"])
                if last_id == self._last_id:
                    raise Contradiction(SAME_PAGE)
                self._last_id = last_id
        elif is_last:
            self._has_next_page = False
        else:
            last = _modified_ms(records[-1], self._modified)
            if last > self._since:
                self._since = last
            else:
                self._last_id = "0"

    def update_request(self, request: Request) -> None:
        if self._has_next_page:
            self._write(request)

    def _write(self, request: Request) -> None:
        if self._last_id is None:
            filters = [{"propertyName": self._modified, "operator": "GTE", "value": str(self._since)}]
            sorted_by = self._modified
        else:
            filters = [
                {"propertyName": self._modified, "operator": "EQ", "value": str(self._since)},
                {"propertyName": "hs_object_id", "operator": "GT", "value": self._last_id},
            ]
            sorted_by = "hs_object_id"
        body: Any = request.json
        request.json = {
            **body,
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": sorted_by, "direction": "ASCENDING"}],
        }


class _AssociationPages(BasePaginator):
    """Asks again for those records of a batch that have more associations than one answer holds."""

    def __init__(self) -> None:
        super().__init__()
        self._next: list[Json] = []

    def update_state(self, response: Response, _data: list[Any] | None = None) -> None:
        following = [
            {"id": str(result["from"]["id"]), "after": after}
            for result in response.json()["results"]
            if (after := ((result.get("paging") or {}).get("next") or {}).get("after"))
        ]
        if following and following == self._next:
            raise Contradiction(SAME_PAGE)
        self._next = following
        self._has_next_page = bool(following)

    def update_request(self, request: Request) -> None:
        if self._has_next_page:
            request.json = {"inputs": self._next}


def _modified_ms(record: Json, modified: str) -> int:
    """A record's modification in epoch milliseconds, by the property that the search sorts by, else by `updatedAt`."""
    return _milliseconds((record.get("properties") or {}).get(modified) or record["updatedAt"])


def _milliseconds(moment: Any) -> int:
    """Epoch milliseconds of a date written as ISO text or epoch milliseconds; raises SourceFailed on anything else."""
    text = str(moment)
    if text.isdigit():
        return int(text)
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise SourceFailed(f"{SYSTEM}: a record's change time is no date") from None
    parsed = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return round(parsed.timestamp() * 1000)


def _edge(seen: Mapping[str, int], cursor: int | None, overlap: int) -> dict[str, int]:
    """The records that the next read will see again because it starts before the cursor."""
    return {} if cursor is None else {identity: at for identity, at in seen.items() if at >= cursor - overlap}


def _chunks(records: Iterable[Json], size: int) -> Iterator[list[Json]]:
    chunk: list[Json] = []
    for record in records:
        chunk.append(record)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
