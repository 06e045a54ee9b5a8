"""Zendesk Support: tickets with their events, promises and ratings, organizations, users and groups."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from dlt.sources.helpers.rest_client.auth import BearerTokenAuth, HttpBasicAuth, OAuth2ClientCredentials
from dlt.sources.helpers.rest_client.paginators import BasePaginator
from requests import Request, Response, Session
from requests.auth import AuthBase

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
from dagster_project.sources.http import SAME_PAGE, Api, Contradiction, Patience, credential, host_root

SYSTEM = "zendesk"
REMEDY = (
    "create an OAuth client with the scope read, of an administrator, in Zendesk's Admin Center, and put its "
    "credential into .env"
)

# The exports count from 1970; everything a help desk holds is younger.
FROM_THE_BEGINNING = 0
# Without end_of_stream, a page of fewer records than this is the last.
FULL_PAGE = 1000
# Asks for pages by cursor, which unlike numbered ones do not end at 10,000 records.
BY_CURSOR = {"page[size]": 100}
# A rating given while the list is walked, on a page already read, is older than the newest one seen.
RATINGS_OVERLAP = timedelta(hours=1)
# How an export answers a cursor that it does not know (any more).
CURSOR_UNKNOWN = 400
# A token is renewed this long before it ends, so that none ends on its way.
TOKEN_LEEWAY_SECONDS = 60

_TICKETS = Table(
    "zendesk__tickets",
    (
        "id",
        "url",
        "external_id",
        "type",
        "subject",
        "description",
        "priority",
        "status",
        "via",
        "requester_id",
        "submitter_id",
        "assignee_id",
        "organization_id",
        "group_id",
        "problem_id",
        "due_at",
        "tags",
        "custom_fields",
        "satisfaction_rating",
        "created_at",
        "updated_at",
        "generated_timestamp",
        "metric_set",
    ),
    recorded_field="updated_at",
)
_ORGANIZATIONS = Table(
    "zendesk__organizations",
    (
        "id",
        "url",
        "name",
        "external_id",
        "domain_names",
        "tags",
        "organization_fields",
        "group_id",
        "created_at",
        "updated_at",
        "deleted_at",
    ),
    recorded_field="updated_at",
)
_USERS = Table(
    "zendesk__users",
    (
        "id",
        "url",
        "name",
        "email",
        "role",
        "organization_id",
        "external_id",
        "active",
        "suspended",
        "created_at",
        "updated_at",
    ),
    recorded_field="updated_at",
    is_about_people=True,
)
_GROUPS = Table(
    "zendesk__groups",
    ("id", "url", "name", "description", "deleted", "created_at", "updated_at"),
    recorded_field="updated_at",
)
_SLA_POLICIES = Table(
    "zendesk__sla_policies",
    ("id", "url", "title", "description", "position", "filter", "policy_metrics", "created_at", "updated_at"),
    recorded_field="updated_at",
)
_TICKET_EVENTS = Table(
    "zendesk__ticket_events",
    ("id", "ticket_id", "timestamp", "created_at", "updater_id", "via", "event_type", "child_events"),
    recorded_field="created_at",
)
_TICKET_METRIC_EVENTS = Table(
    "zendesk__ticket_metric_events",
    ("id", "ticket_id", "metric", "instance_id", "type", "time", "sla", "group_sla", "status", "deleted"),
    recorded_field="time",
)
_SATISFACTION_RATINGS = Table(
    "zendesk__satisfaction_ratings",
    (
        "id",
        "url",
        "score",
        "comment",
        "reason",
        "ticket_id",
        "requester_id",
        "assignee_id",
        "group_id",
        "created_at",
        "updated_at",
    ),
    recorded_field="updated_at",
)
TABLES: tuple[Table, ...] = (
    _ORGANIZATIONS,
    _USERS,
    _GROUPS,
    _SLA_POLICIES,
    _TICKETS,
    _TICKET_EVENTS,
    _TICKET_METRIC_EVENTS,
    _SATISFACTION_RATINGS,
)


class Zendesk:
    """Reads the five exports on from where the last admitted load stopped, and lists the rest whole.

    Deleted tickets come in the stream with status `deleted`; the answers to the newer surveys are events of their
    ticket. Groups, policies and ratings are left out where the account does not offer them. Signs in with an OAuth
    access token, else with the client credentials of an OAuth client, else with an agent's e-mail and API token, which
    Zendesk ends on 2027-04-30.
    """

    system = SYSTEM
    tables = TABLES

    def __init__(
        self,
        *,
        base_url: str | None,
        oauth_token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        email: str | None = None,
        api_token: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._base_url = base_url
        self._oauth_token = oauth_token
        self._client_id = client_id
        self._client_secret = client_secret
        self._email = email
        self._api_token = api_token
        self._patience = patience or Patience()
        self._connected: Api | None = None
        self._complete: frozenset[str] = frozenset()
        self._left_out: dict[str, str] = {}

    def check(self) -> None:
        # Nothing is asked: of the exports there are ten a minute, and the first refuses a wrong credential as well.
        self._connect()

    def is_complete(self, table: str) -> bool:
        return table in self._complete

    def left_out(self, table: str) -> str | None:
        return self._left_out.get(table)

    def read(self, state: dict[str, Any], _landed_at: datetime) -> Iterator[Page]:
        read_before = frozenset(state)
        self._complete, self._left_out = frozenset(), {}
        with unexpected_shapes_of(_ORGANIZATIONS):
            yield from self._time_export(_ORGANIZATIONS, state, {})
        with unexpected_shapes_of(_USERS):
            yield from self._users(state)
        with optional(_GROUPS, self._left_out), unexpected_shapes_of(_GROUPS):
            yield from self._if_content_changed(_GROUPS, "/api/v2/groups", BY_CURSOR, state)
        with optional(_SLA_POLICIES, self._left_out), unexpected_shapes_of(_SLA_POLICIES):
            yield from self._if_content_changed(_SLA_POLICIES, "/api/v2/slas/policies", {}, state)
        with unexpected_shapes_of(_TICKETS):
            yield from self._tickets(state)
        with unexpected_shapes_of(_TICKET_EVENTS):
            yield from self._time_export(_TICKET_EVENTS, state, {"include": "comment_events"})
        with unexpected_shapes_of(_TICKET_METRIC_EVENTS):
            yield from self._time_export(_TICKET_METRIC_EVENTS, state, {})
        with optional(_SATISFACTION_RATINGS, self._left_out), unexpected_shapes_of(_SATISFACTION_RATINGS):
            yield from self._satisfaction_ratings(state)
        self._complete = frozenset(state) - read_before

    @property
    def _api(self) -> Api:
        return self._connect()

    def _connect(self) -> Api:
        if self._connected is None:
            base_url = host_root(SYSTEM, "ZENDESK_BASE_URL", self._base_url, "https://example.zendesk.com")
            if self._oauth_token:
                variables = "ZENDESK_OAUTH_TOKEN"
                credential(SYSTEM, variables, self._oauth_token, REMEDY)
            elif self._client_id or self._client_secret:
                variables = "ZENDESK_CLIENT_ID/ZENDESK_CLIENT_SECRET"
                credential(SYSTEM, "ZENDESK_CLIENT_ID", self._client_id, REMEDY)
                credential(SYSTEM, "ZENDESK_CLIENT_SECRET", self._client_secret, REMEDY)
            elif self._email or self._api_token:
                variables = "ZENDESK_EMAIL/ZENDESK_API_TOKEN"
                credential(SYSTEM, "ZENDESK_EMAIL", self._email, REMEDY)
                credential(SYSTEM, "ZENDESK_API_TOKEN", self._api_token, REMEDY)
            else:
                raise SourceRefused(
                    f"{SYSTEM}: ZENDESK_OAUTH_TOKEN, ZENDESK_CLIENT_ID/ZENDESK_CLIENT_SECRET and "
                    f"ZENDESK_EMAIL/ZENDESK_API_TOKEN are not set: {REMEDY}"
                )
            self._connected = Api(
                SYSTEM, base_url, variables=variables, remedy=REMEDY, auth=self._auth, patience=self._patience
            )
        return self._connected

    def _auth(self, session: Session) -> AuthBase:
        if self._oauth_token:
            bearer: AuthBase = BearerTokenAuth(token=self._oauth_token)
            return bearer
        if self._client_id:
            return _ClientCredentials(
                access_token_url=f"{str(self._base_url).rstrip('/')}/oauth/tokens",
                client_id=self._client_id,
                client_secret=self._client_secret,
                session=session,
            )
        basic: AuthBase = HttpBasicAuth(username=f"{self._email}/token", password=self._api_token)
        return basic

    def _tickets(self, state: dict[str, Any]) -> Iterator[Page]:
        for answer in self._cursor_export(_TICKETS, state, {"include": "metric_sets"}):
            metric_sets = {metric_set["ticket_id"]: metric_set for metric_set in answer.get("metric_sets") or []}
            tickets = [{**ticket, "metric_set": metric_sets.get(ticket["id"])} for ticket in answer["tickets"]]
            yield from _page(_TICKETS, tickets)

    def _users(self, state: dict[str, Any]) -> Iterator[Page]:
        for answer in self._cursor_export(_USERS, state, {}):
            yield from _page(_USERS, answer["users"])

    def _cursor_export(self, table: Table, state: dict[str, Any], always: Json) -> Iterator[Json]:
        cursor = state.get(table.name, {}).get("cursor")
        answers = self._cursor_pages(
            table, always, {"cursor": cursor} if cursor else {"start_time": FROM_THE_BEGINNING}
        )
        try:
            first = next(answers)
        except SourceFailed as error:
            if not cursor or error.status != CURSOR_UNKNOWN:
                raise
            # What the last load left off at is no longer known: only from the beginning nothing is missed.
            answers = self._cursor_pages(table, always, {"start_time": FROM_THE_BEGINNING})
            first = next(answers)
        for answer in chain([first], answers):
            # Null where nothing was ever exported; the next load then starts from the beginning again.
            cursor = answer["after_cursor"] or cursor
            yield answer
        state[table.name] = {"cursor": cursor}

    def _cursor_pages(self, table: Table, always: Json, first: Json) -> Iterator[Json]:
        entity = _entity_of(table)
        path = f"/api/v2/incremental/{entity}/cursor"
        return self._api.pages(path, params={**always, **first}, paginator=_CursorExport(always), expects=entity)

    def _time_export(self, table: Table, state: dict[str, Any], always: Json) -> Iterator[Page]:
        entity = _entity_of(table)
        previous = state.get(table.name, {})
        start_time, edge = previous.get("start_time", FROM_THE_BEGINNING), previous.get("edge", {})
        answers = self._api.pages(
            f"/api/v2/incremental/{entity}",
            params={**always, "start_time": start_time},
            paginator=_TimeExport(entity, always, start_time),
            expects=entity,
        )
        for answer in answers:
            # start_time is inclusive: a page begins with the last second of the page or load before.
            contents: dict[str, str] = {}
            yield from _page(table, not_seen(answer[entity], edge, contents))
            if contents:
                start_time, edge = _end_time(answer, table), contents
        state[table.name] = {"start_time": start_time, "edge": edge}

    def _if_content_changed(self, table: Table, path: str, query: Json, state: dict[str, Any]) -> Iterator[Page]:
        # These lists have no cursor; what stood there with the same content at the last admitted load is not new.
        before = state.get(table.name, {})
        now: dict[str, str] = {}
        for received in self._list(table, path, query):
            yield from _page(table, not_seen(received, before, now))
        state[table.name] = {**before, **now}

    def _satisfaction_ratings(self, state: dict[str, Any]) -> Iterator[Page]:
        """The ratings given or offered since; all are listed, a hundred a request, since start_time would hide answers.

        It filters on when a rating was created, which is when it was offered, while the answer comes up to weeks later.
        """
        previous = state.get(_SATISFACTION_RATINGS.name, {})
        cursor, edge = previous.get("cursor"), previous.get("edge", {})
        since = datetime.fromisoformat(cursor) - RATINGS_OVERLAP if cursor else None
        seen: dict[str, tuple[datetime, str]] = {}
        query = {"start_time": FROM_THE_BEGINNING, **BY_CURSOR}
        for received in self._list(_SATISFACTION_RATINGS, "/api/v2/satisfaction_ratings", query):
            fresh = []
            for rating in received:
                identity, content, changed_at = str(rating["id"]), fingerprint(rating), _changed_at(rating)
                seen[identity] = changed_at, content
                if since is None or (changed_at >= since and edge.get(identity) != content):
                    fresh.append(rating)
            yield from _page(_SATISFACTION_RATINGS, fresh)
        newest = max((changed_at for changed_at, _ in seen.values()), default=None)
        state[_SATISFACTION_RATINGS.name] = {
            "cursor": newest.isoformat() if newest else cursor,
            "edge": {
                identity: content
                for identity, (changed_at, content) in seen.items()
                if newest and changed_at >= newest - RATINGS_OVERLAP
            },
        }

    def _list(self, table: Table, path: str, query: Json) -> Iterator[list[Json]]:
        entity = _entity_of(table)
        for answer in self._api.pages(path, params=query, paginator=_LinkedPages(), expects=entity):
            yield answer[entity]


class _CursorExport(BasePaginator):
    """Follows after_cursor until end_of_stream; the calls after the first carry the cursor instead of start_time."""

    def __init__(self, always: Json) -> None:
        super().__init__()
        self._always = always
        self._cursor: str | None = None

    def update_state(self, response: Response, _data: list[Any] | None = None) -> None:
        answer = response.json()
        self._has_next_page = not answer["end_of_stream"]
        if self._has_next_page and answer["after_cursor"] in (None, self._cursor):
            raise Contradiction(SAME_PAGE)
        self._cursor = answer["after_cursor"]

    def update_request(self, request: Request) -> None:
        if self._has_next_page:
            request.params = {**self._always, "cursor": self._cursor}


class _LinkedPages(BasePaginator):
    """Follows the link to the next page: `links.next` of cursor pagination, or the older `next_page`.

    Of the link only the query is taken, so that a credential goes nowhere but to the account's own address.
    """

    def __init__(self) -> None:
        super().__init__()
        self._next: dict[str, str] = {}

    def update_state(self, response: Response, _data: list[Any] | None = None) -> None:
        answer = response.json()
        has_more = (answer.get("meta") or {}).get("has_more", True)
        link = (answer.get("links") or {}).get("next") or answer.get("next_page")
        self._has_next_page = bool(link) and has_more
        if self._has_next_page:
            following = dict(parse_qsl(urlsplit(link).query))
            if following == self._next:
                raise Contradiction(SAME_PAGE)
            self._next = following

    def update_request(self, request: Request) -> None:
        if self._has_next_page:
            request.params = self._next


class _TimeExport(_LinkedPages):
    """Follows end_time until end_of_stream, or a page that is not full where the vendor does not say.

    A page never splits a second, so one that ends in the second it began with has shown all of it. An account that
    answers in pages by cursor all the same is followed by its links.
    """

    def __init__(self, entity: str, always: Json, start_time: int) -> None:
        super().__init__()
        self._entity = entity
        self._always = always
        self._start_time = start_time
        self._is_linked = False
        self._repeats_a_second = False

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        answer = response.json()
        self._is_linked = "has_more" in (answer.get("meta") or {})
        if self._is_linked:
            super().update_state(response, data)
            return
        is_last = answer.get("end_of_stream")
        self._has_next_page = len(answer[self._entity]) >= FULL_PAGE if is_last is None else not is_last
        if self._repeats_a_second and not answer[self._entity]:
            raise Contradiction("answered without the records that it had ended with before")
        if self._has_next_page:
            if int(answer["end_time"]) < self._start_time:
                raise Contradiction(SAME_PAGE)
            # The start is inclusive, so a page that starts where the one before it ended cannot be empty.
            self._repeats_a_second = int(answer["end_time"]) > self._start_time
            self._start_time = max(int(answer["end_time"]), self._start_time + 1)

    def update_request(self, request: Request) -> None:
        if self._is_linked:
            super().update_request(request)
        elif self._has_next_page:
            request.params = {**self._always, "start_time": self._start_time}


class _ClientCredentials(OAuth2ClientCredentials):
    """Zendesk's flow for an OAuth client of one's own; it takes its token request as JSON."""

    def build_access_token_request(self) -> dict[str, Any]:
        return {
            "json": {
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "scope": "read",
            }
        }

    def parse_expiration_in_seconds(self, response_json: Any) -> int:
        return int(super().parse_expiration_in_seconds(response_json)) - TOKEN_LEEWAY_SECONDS


def _page(table: Table, received: list[Json]) -> Iterator[Page]:
    if received:
        yield table.name, [table.record(one) for one in received]


def _end_time(answer: Json, table: Table) -> int:
    """Where the next read starts; an answer in pages by cursor does not say, but its records do."""
    if answer.get("end_time") is not None:
        return int(answer["end_time"])
    return max(int(datetime.fromisoformat(one[table.recorded_field]).timestamp()) for one in answer[_entity_of(table)])


def _changed_at(rating: Json) -> datetime:
    changed_at = datetime.fromisoformat(rating.get("updated_at") or rating["created_at"])
    return changed_at if changed_at.tzinfo else changed_at.replace(tzinfo=UTC)


def _entity_of(table: Table) -> str:
    return table.name.removeprefix(f"{SYSTEM}__")
