"""Zendesk Support: tickets with their metric sets, organizations and users, by the incremental exports."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from dlt.sources.helpers.rest_client.auth import BearerTokenAuth, HttpBasicAuth, OAuth2ClientCredentials
from dlt.sources.helpers.rest_client.paginators import BasePaginator
from requests import Request, Response, Session
from requests.auth import AuthBase

from dagster_project.sources import Json, Page, SourceRefused, Table, fingerprint, unexpected_shapes_of
from dagster_project.sources.http import Api, Patience, credential, host_root

SYSTEM = "zendesk"
REMEDY = "create an OAuth client with the scope read in Zendesk's Admin Center, and put its credential into .env"

# The exports count from 1970; everything a help desk holds is younger.
FROM_THE_BEGINNING = 0
# Without end_of_stream, a page of fewer organizations than this is the last.
FULL_PAGE = 1000
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
)
TABLES: tuple[Table, ...] = (_ORGANIZATIONS, _USERS, _TICKETS)


class Zendesk:
    """Reads the three exports on from where the last admitted load stopped.

    Deleted tickets come in the stream with status `deleted`. Signs in with an OAuth access token, else with the client
    credentials of an OAuth client, else with an agent's e-mail and API token, which Zendesk ends on 2027-04-30.
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

    def check(self) -> None:
        # Nothing is asked: of the exports there are ten a minute, and the first refuses a wrong credential as well.
        self._connect()

    def is_complete(self, table: str) -> bool:
        return table in self._complete

    def read(self, state: dict[str, Any], _landed_at: datetime) -> Iterator[Page]:
        self._complete = frozenset(table.name for table in TABLES if table.name not in state)
        with unexpected_shapes_of(_ORGANIZATIONS):
            yield from self._organizations(state)
        with unexpected_shapes_of(_USERS):
            yield from self._users(state)
        with unexpected_shapes_of(_TICKETS):
            yield from self._tickets(state)

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
        entity = _entity_of(table)
        cursor = state.get(table.name, {}).get("cursor")
        first = {"cursor": cursor} if cursor else {"start_time": FROM_THE_BEGINNING}
        answers = self._api.pages(
            f"/api/v2/incremental/{entity}/cursor",
            params={**always, **first},
            paginator=_CursorExport(always),
            expects=entity,
        )
        for answer in answers:
            # Null where nothing was ever exported; the next load then starts from the beginning again.
            cursor = answer["after_cursor"] or cursor
            yield answer
        state[table.name] = {"cursor": cursor}

    def _organizations(self, state: dict[str, Any]) -> Iterator[Page]:
        previous = state.get(_ORGANIZATIONS.name, {})
        start_time, edge = previous.get("start_time", FROM_THE_BEGINNING), previous.get("edge", {})
        answers = self._api.pages(
            "/api/v2/incremental/organizations",
            params={"start_time": start_time},
            paginator=_TimeExport(start_time),
            expects="organizations",
        )
        for answer in answers:
            received = {str(organization["id"]): organization for organization in answer["organizations"]}
            contents = {identity: fingerprint(organization) for identity, organization in received.items()}
            # start_time is inclusive: a page begins with the last second of the page or load before.
            fresh = [one for identity, one in received.items() if edge.get(identity) != contents[identity]]
            yield from _page(_ORGANIZATIONS, fresh)
            if received:
                start_time, edge = answer["end_time"], contents
        state[_ORGANIZATIONS.name] = {"start_time": start_time, "edge": edge}


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
            raise ValueError("the export does not move on")
        self._cursor = answer["after_cursor"]

    def update_request(self, request: Request) -> None:
        if self._has_next_page:
            request.params = {**self._always, "cursor": self._cursor}


class _TimeExport(BasePaginator):
    """Follows end_time until end_of_stream, or a page that is not full where the vendor does not say.

    A page never splits a second, so one that ends in the second it began with has shown all of it.
    """

    def __init__(self, start_time: int) -> None:
        super().__init__()
        self._start_time = start_time

    def update_state(self, response: Response, _data: list[Any] | None = None) -> None:
        answer = response.json()
        is_last = answer.get("end_of_stream")
        self._has_next_page = len(answer["organizations"]) >= FULL_PAGE if is_last is None else not is_last
        if self._has_next_page:
            self._start_time = max(int(answer["end_time"]), self._start_time + 1)

    def update_request(self, request: Request) -> None:
        if self._has_next_page:
            request.params = {"start_time": self._start_time}


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


def _entity_of(table: Table) -> str:
    return table.name.removeprefix(f"{SYSTEM}__")
