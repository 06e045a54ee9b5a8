"""A loopback server that speaks the vendors' APIs for a simulated company, and misbehaves on request.

Each system has a port of its own, so that a base URL is a host root as in production. The server shows only what
existed at its clock, which stands still until somebody moves it.
"""

from __future__ import annotations

import asyncio
import copy
import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from random import Random
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from starlette.requests import Request
from starlette.responses import Response

from dagster_project.demo.bamboohr import BambooHR
from dagster_project.demo.company import World
from dagster_project.demo.hubspot import HubSpot
from dagster_project.demo.pages import cursor_expired, empty_page, has_cursor, question
from dagster_project.demo.timeline import end_of, moment_of
from dagster_project.demo.wire import Answer, Asked, Json, html_page
from dagster_project.demo.zendesk import Zendesk

SYSTEMS = ("hubspot", "zendesk", "bamboohr")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class LoggedRequest:
    """What a client asked for and got. Credentials are never logged."""

    system: str
    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    status: int
    rows: int


@dataclass
class Misbehaviour:
    """One way to fail, for `times` requests whose path begins with `path_prefix`, the first `skip` of them let pass.

    `met` counts those that it could have failed, `hits` those that it did; None times is for ever.
    """

    system: str
    path_prefix: str
    kind: str
    times: int | None = 1
    seconds: float = 1.0
    field: str | None = None
    value: Any = None
    edit: Callable[[list[Json]], None] | None = None
    skip: int = 0
    met: int = 0
    hits: int = 0

    def meets(self) -> bool:
        """Count a request that could be failed, and whether it is to be."""
        self.met += 1
        is_meant = self.met > self.skip and (self.times is None or self.hits < self.times)
        self.hits += is_meant
        return is_meant


@dataclass(frozen=True)
class Credentials:
    """What the server accepts. Anything else is answered with 401."""

    hubspot_token: str = "demo-hubspot-service-key"
    zendesk_oauth_token: str = "demo-zendesk-access-token"
    zendesk_client_id: str = "demo-zendesk-client"
    zendesk_client_secret: str = "demo-zendesk-client-secret"
    zendesk_email: str = "data@nordhaven.example"
    zendesk_api_token: str = "demo-zendesk-api-token"
    bamboohr_api_key: str = "demo-bamboohr-api-key"


_KINDS = (
    "429 429_without_retry_after 429_daily 401 403 500 502_html 503 html_404 error_in_200 slow slow_body cut "
    "empty_page page_again cursor_expired "
    "extra_text missing_field extra_field set_field duplicate_rows reordered_rows no_rows rows"
)
KINDS = frozenset(_KINDS.split())
# These change the records of a good answer, and so go together with each other.
_SPOILING = "extra_text missing_field extra_field set_field duplicate_rows reordered_rows no_rows rows"
SPOILING = frozenset(_SPOILING.split())
SPOILED_FIELD = {"hubspot": "properties.name", "zendesk": "subject", "bamboohr": "firstName"}
MISSING_FIELD = {"hubspot": "url", "zendesk": "external_id", "bamboohr": "preferredName"}


class DemoServer:
    """`with DemoServer(world) as server:` serves on three free ports until the block ends.

    `clock` is a day (its end) or an aware datetime; the default is the end of the world's as-of day. `time_scale`
    shortens the windows of the vendors' rate limits: at 0.1 what they allow in a minute is allowed in six seconds, so
    that a demo run is not held up and a limit can still be run into; 1 is the vendors' own pace.
    `zendesk_incremental_limit` is the number of incremental exports a minute. `hubspot_forgets_archived_associations`
    answers that an archived record has none, as a recycle bin may.
    """

    def __init__(
        self,
        world: World,
        clock: datetime | date | None = None,
        *,
        credentials: Credentials | None = None,
        time_scale: float = 0.1,
        zendesk_incremental_limit: int = 10,
        zendesk_token_lifetime_seconds: float = 7_200,
        hubspot_search_lag_seconds: float = 30,
        hubspot_search_ceiling: int = 10_000,
        hubspot_association_page: int = 500,
        hubspot_forgets_archived_associations: bool = False,
    ) -> None:
        self.world = world
        self.clock = clock or world.as_of
        self.credentials = credentials or Credentials()
        self.requests: list[LoggedRequest] = []
        self._misbehaviours: list[Misbehaviour] = []
        self._last_pages: dict[tuple[str, ...], Answer] = {}
        self._thread: threading.Thread | None = None
        self._uvicorn: uvicorn.Server | None = None
        self._sockets: dict[str, socket.socket] = {}
        given = self.credentials
        self.vendors: dict[str, HubSpot | Zendesk | BambooHR] = {
            "hubspot": HubSpot(
                world,
                given.hubspot_token,
                search_lag_seconds=hubspot_search_lag_seconds,
                association_page=hubspot_association_page,
                forgets_archived_associations=hubspot_forgets_archived_associations,
                ceiling=hubspot_search_ceiling,
                time_scale=time_scale,
            ),
            "zendesk": Zendesk(
                world,
                oauth_token=given.zendesk_oauth_token,
                client_id=given.zendesk_client_id,
                client_secret=given.zendesk_client_secret,
                email=given.zendesk_email,
                api_token=given.zendesk_api_token,
                incremental_limit=zendesk_incremental_limit,
                token_lifetime_seconds=zendesk_token_lifetime_seconds,
                time_scale=time_scale,
            ),
            "bamboohr": BambooHR(world, given.bamboohr_api_key, time_scale=time_scale),
        }

    @property
    def clock(self) -> datetime:
        return datetime.fromtimestamp(self._moment / 1_000, UTC)

    @clock.setter
    def clock(self, value: datetime | date) -> None:
        self._moment = moment_of(value) if isinstance(value, datetime) else end_of(value)

    @property
    def base_urls(self) -> dict[str, str]:
        """Host roots by system, without any API path."""
        return {system: f"http://127.0.0.1:{listening.getsockname()[1]}" for system, listening in self._sockets.items()}

    @property
    def hubspot_url(self) -> str:
        return self.base_urls["hubspot"]

    @property
    def zendesk_url(self) -> str:
        return self.base_urls["zendesk"]

    @property
    def bamboohr_url(self) -> str:
        return self.base_urls["bamboohr"]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point the connectors at this server, with Zendesk's client credentials."""
        return {
            "HUBSPOT_BASE_URL": self.hubspot_url,
            "HUBSPOT_TOKEN": self.credentials.hubspot_token,
            "ZENDESK_BASE_URL": self.zendesk_url,
            "ZENDESK_CLIENT_ID": self.credentials.zendesk_client_id,
            "ZENDESK_CLIENT_SECRET": self.credentials.zendesk_client_secret,
            "BAMBOOHR_BASE_URL": self.bamboohr_url,
            "BAMBOOHR_API_KEY": self.credentials.bamboohr_api_key,
        }

    def requests_to(self, system: str, path_prefix: str = "/") -> list[LoggedRequest]:
        return [one for one in self.requests if one.system == system and one.path.startswith(path_prefix)]

    def forget_requests(self) -> None:
        self.requests.clear()

    def misbehave(
        self,
        system: str,
        path_prefix: str,
        kind: str,
        times: int | None = 1,
        *,
        seconds: float = 1.0,
        field: str | None = None,
        value: Any = None,
        edit: Callable[[list[Json]], None] | None = None,
        skip: int = 0,
    ) -> Misbehaviour:
        """Fail `times` requests (None: all) of a system whose path begins so, after `skip` of them.

        Kinds: see KINDS; those of SPOILING work together. `empty_page` puts a page of nothing before one with records,
        `page_again` sends the page before once more, `cursor_expired` knows no cursor that it is asked with; none of
        them meets requests of which that cannot be. `seconds` is the Retry-After of a 429, the delay of `slow` and the
        time that a `slow_body` takes. `field` is dotted, a star standing for every name or place (`properties.*`,
        `child_events.*.body`); with `value` it serves `extra_text` (appended to that field's text), `set_field` (put in
        its place), `missing_field` and `extra_field`. `value` is also the body of an `error_in_200`. `edit` serves
        `rows`, which spoils the records in place.
        """
        if system not in SYSTEMS or kind not in KINDS:
            raise ValueError(f"unknown system or kind: {system}, {kind}")
        if kind == "rows" and edit is None:
            raise ValueError("rows needs an edit")
        if kind == "set_field" and field is None:
            raise ValueError("set_field needs a field")
        trouble = Misbehaviour(system, path_prefix, kind, times, seconds, field, value, edit, skip)
        self._misbehaviours.append(trouble)
        self._last_pages.clear()
        return trouble

    def end_zendesk_tokens(self) -> None:
        """Let every access token handed out so far end, as after its lifetime."""
        zendesk = self.vendors["zendesk"]
        assert isinstance(zendesk, Zendesk)
        zendesk.end_tokens()

    def behave(self) -> None:
        """Forget all misbehaviour."""
        self._misbehaviours.clear()

    def __enter__(self) -> DemoServer:
        for system in SYSTEMS:
            listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listening.bind(("127.0.0.1", 0))
            self._sockets[system] = listening
        self._systems = {listening.getsockname()[1]: system for system, listening in self._sockets.items()}
        config = uvicorn.Config(self._serve, log_level="critical", access_log=False, lifespan="off", interface="asgi3")
        config.timeout_keep_alive, config.timeout_graceful_shutdown = 120, 1
        self._uvicorn = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._uvicorn.run, kwargs={"sockets": list(self._sockets.values())}, name="demo-server", daemon=True
        )
        self._thread.start()
        patience_ends = time.monotonic() + 20
        while not self._uvicorn.started:
            if not self._thread.is_alive() or time.monotonic() > patience_ends:
                raise RuntimeError("the demo server did not start")
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._uvicorn is not None and self._thread is not None:
            self._uvicorn.should_exit = True
            self._thread.join(timeout=10)
        for listening in self._sockets.values():
            listening.close()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        system = self._systems[scope["server"][1]]
        asked = read_request(request, await request.body())
        page = (system, *question(asked))
        troubles = self._troubles_with(system, asked, can_repeat=page in self._last_pages)
        trouble = troubles[0] if troubles else None
        if trouble is not None and trouble.kind == "slow":
            await asyncio.sleep(trouble.seconds)
        answer = None if trouble is None else failure(system, trouble, asked, self._last_pages.get(page))
        if answer is None:
            answer = self.vendors[system].answer(asked, self._moment)
            for spoiling in troubles if answer.status in (200, 207) else ():
                spoil(system, answer, spoiling)
            if answer.status in (200, 207):
                self._last_pages[page] = answer
        # The body of a token request holds a secret, so it is not logged.
        body = None if asked.path.startswith("/oauth/") else asked.body
        self.requests.append(
            LoggedRequest(system, asked.method, asked.path, asked.query, body, answer.status, len(answer.rows))
        )
        content = answer.encoded()
        if trouble is not None and trouble.kind == "cut":
            await cut_connection(answer, content, send)
        if trouble is not None and trouble.kind == "slow_body":
            await send_slowly(answer, content, trouble.seconds, send)
            return
        await Response(content, answer.status, answer.headers, answer.media_type)(scope, receive, send)

    def _troubles_with(self, system: str, asked: Asked, *, can_repeat: bool) -> list[Misbehaviour]:
        """The first that is meant for this request, and with one that spoils records all others that do."""
        meant: list[Misbehaviour] = []
        for trouble in self._misbehaviours:
            goes_together = not meant or (trouble.kind in SPOILING and meant[0].kind in SPOILING)
            can_be = {
                "empty_page": empty_page(system, asked) is not None,
                "page_again": can_repeat,
                "cursor_expired": has_cursor(asked),
            }.get(trouble.kind, True)
            is_of_this = trouble.system == system and asked.path.startswith(trouble.path_prefix)
            if goes_together and can_be and is_of_this and trouble.meets():
                meant.append(trouble)
        return meant


def read_request(request: Request, content: bytes) -> Asked:
    """Form bodies (as OAuth sends them) and JSON bodies become objects; anything else is left out."""
    body: Any = None
    if "application/x-www-form-urlencoded" in request.headers.get("content-type", ""):
        body = {name: values[0] for name, values in parse_qs(content.decode()).items()}
    elif content:
        try:
            body = json.loads(content)
        except ValueError:
            body = None
    query: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        query.setdefault(name, []).append(value)
    headers = {name.lower(): value for name, value in request.headers.items()}
    root = f"{request.url.scheme}://{request.url.netloc}"
    return Asked(request.method, request.url.path, query, headers, body, root)


def failure(system: str, trouble: Misbehaviour, asked: Asked, last_page: Answer | None) -> Answer | None:
    """The answer that takes the place of the real one; None if the real one is to be sent, spoiled or late."""
    wait = {"Retry-After": str(max(1, round(trouble.seconds)))}
    limited = {
        "status": "error",
        "message": "You have reached your limit.",
        "errorType": "RATE_LIMIT",
        "policyName": "TEN_SECONDLY_ROLLING",
    }
    match trouble.kind:
        case "429":
            return Answer(429, limited if system == "hubspot" else {"error": "APIRateLimitExceeded"}, headers=wait)
        case "429_without_retry_after":
            return Answer(429, limited if system == "hubspot" else {"error": "APIRateLimitExceeded"})
        case "429_daily":
            return Answer(429, {**limited, "policyName": "DAILY"})
        case "401":
            headers = {"X-BambooHR-Error-Message": "The API key was revoked"} if system == "bamboohr" else {}
            return Answer(
                401, None if system == "bamboohr" else {"error": "invalid_token", "message": "expired"}, headers=headers
            )
        case "403":
            return Answer(403, None if system == "bamboohr" else {"error": "Forbidden", "category": "MISSING_SCOPES"})
        case "500":
            return Answer(500, {"status": "error", "message": "internal error"})
        case "503":
            return Answer(503, "Service unavailable", media_type="text/plain")
        case "502_html":
            return html_page(502, "502 Bad Gateway")
        case "html_404":
            return html_page(404, "Page not found")
        case "error_in_200":
            return Answer(200, trouble.value or {"error": {"code": 429, "message": "Too many requests"}})
        case "empty_page":
            return empty_page(system, asked)
        case "page_again":
            return last_page
        case "cursor_expired":
            return cursor_expired(system)
    return None


def spoil(system: str, answer: Answer, trouble: Misbehaviour) -> None:
    """Change the records of an answer in place. What they share with other answers is copied first."""
    rows = copy.deepcopy(answer.rows)
    match trouble.kind:
        case "extra_text":
            change_field(
                rows,
                trouble.field or SPOILED_FIELD[system],
                lambda value: f"{value or ''}{trouble.value or ' (unexpected text)'}",
            )
        case "extra_field":
            for row in rows:
                for place, name in places_of(row, trouble.field or "somethingNew"):
                    place[name] = trouble.value if trouble.value is not None else "new"
        case "set_field":
            change_field(rows, trouble.field or "", lambda _: trouble.value)
        case "missing_field":
            for row in rows:
                for place, name in places_of(row, trouble.field or MISSING_FIELD[system]):
                    place.pop(name, None)
        case "duplicate_rows" if holds_list(answer):
            rows = rows + copy.deepcopy(rows)
        case "reordered_rows" if holds_list(answer):
            # The same disorder every time, and never the order there was.
            Random(len(rows)).shuffle(rows)
            if rows == answer.rows:
                rows.reverse()
        case "no_rows":
            rows = []
        case "rows":
            assert trouble.edit is not None
            trouble.edit(rows)
    replace_rows(answer, rows)


def holds_list(answer: Answer) -> bool:
    """Whether the records stand in a list: an object that holds them by key knows no order and no repetition."""
    body = answer.body
    return body is answer.rows or (isinstance(body, dict) and any(value is answer.rows for value in body.values()))


def replace_rows(answer: Answer, rows: list[Json]) -> None:
    """Put the spoiled records where the body holds the real ones."""
    if answer.body is answer.rows:
        answer.body = rows
    elif isinstance(answer.body, dict):
        for name, value in answer.body.items():
            if value is answer.rows:
                answer.body[name] = rows
                break
        else:
            # The body holds its rows by key or is one itself: they can be spoiled, but none can come or go.
            for old, new in zip(answer.rows, rows, strict=True):
                old.clear()
                old.update(new)
    answer.rows = rows


def change_field(rows: list[Json], name: str, change: Callable[[Any], Any]) -> None:
    for row in rows:
        for place, last in places_of(row, name):
            if last in place:
                place[last] = change(place[last])


def places_of(row: Json, name: str) -> list[tuple[Json, str]]:
    """Where a dotted name leads: the objects that hold the field, and its name there. Objects on the way are made."""
    *path, last = name.split(".")
    places: list[Any] = [row]
    for part in path:
        if part == "*":
            places = [inner for place in places for inner in (place if isinstance(place, list) else place.values())]
        else:
            places = [place.setdefault(part, {}) for place in places if isinstance(place, dict)]
    objects = [place for place in places if isinstance(place, dict)]
    return [(place, key) for place in objects for key in (list(place) if last == "*" else [last])]


async def cut_connection(answer: Answer, content: bytes, send: Send) -> None:
    """Announce the whole body, send half of it, and break off."""
    headers = [(b"content-type", answer.media_type.encode()), (b"content-length", str(max(2, len(content))).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
    raise ConnectionError("cut on request")


async def send_slowly(answer: Answer, content: bytes, seconds: float, send: Send) -> None:
    """The whole body, a tenth at a time."""
    headers = [(b"content-type", answer.media_type.encode()), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    for part in range(10):
        await asyncio.sleep(seconds / 10)
        piece = content[len(content) * part // 10 : len(content) * (part + 1) // 10]
        await send({"type": "http.response.body", "body": piece, "more_body": part < 9})
