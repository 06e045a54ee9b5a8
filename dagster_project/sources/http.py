"""The HTTP client of the API sources: dlt's REST client, one judgement of every answer, errors without secrets."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from dlt.common import jsonpath
from dlt.common.configuration.specs import RuntimeConfiguration
from dlt.sources.helpers.requests import Client
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import BasePaginator, JSONResponseCursorPaginator
from requests import Response, Session
from requests.auth import AuthBase
from requests.exceptions import (
    ChunkedEncodingError,
    ConnectionError,
    ContentDecodingError,
    HTTPError,
    RequestException,
    Timeout,
)

from dagster_project.sources import SourceFailed, SourceRefused

_Answer = TypeVar("_Answer")

# Vendors may send a page of nothing; one that sends no other would be asked for ever.
EMPTY_PAGES = 100
SAME_PAGE = "answered with the same page twice"

_WHOLE_ANSWER = jsonpath.compile_path("$")

# 408 and 423 pass at every vendor here; BambooHR said 503 for "too fast" until September 2026 and says 429 since.
_PASSING_STATUS = frozenset({408, 423, 429, *range(500, 600)})


@dataclass(frozen=True)
class Patience:
    """How long a source waits, in seconds: before the second attempt (doubling then), at the longest, for an answer.

    Six attempts from one second span half a minute, three times HubSpot's rolling window. A vendor that asks for more
    than `longest_wait` is not hurried: the load stops and says so.
    """

    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 180.0
    connect_timeout: float = 10.0
    read_timeout: float = 60.0


class _TryAgain(HTTPError):
    """An answer that another attempt may better; an HTTPError, so that the client reads its Retry-After."""


class Contradiction(Exception):
    """An answer that cannot be true beside the one before it; what it says follows method and path."""


class Api:
    """One vendor's API behind one credential.

    `variables` names the environment variables that hold the credential and `remedy` what to do when it is refused:
    both stand in SourceRefused, raised for 401 and 403. Every other failure is a SourceFailed of one line that names
    system, method, path and status. Neither has a cause or context: the HTTP library's hold the request's headers.
    """

    def __init__(
        self,
        system: str,
        base_url: str,
        *,
        variables: str,
        remedy: str,
        auth: Callable[[Session], AuthBase],
        headers: Mapping[str, str] | None = None,
        patience: Patience,
    ) -> None:
        self.system = system
        self._variables = variables
        self._remedy = remedy
        self._patience = patience
        session = Client(
            request_timeout=(patience.connect_timeout, patience.read_timeout),
            raise_for_status=False,
            status_codes=(),
            exceptions=(ConnectionError, Timeout, ChunkedEncodingError, ContentDecodingError, _TryAgain),
            request_max_attempts=patience.attempts,
            request_backoff_factor=patience.first_wait,
            request_max_retry_delay=patience.longest_wait,
            session_attrs={"hooks": {"response": [partial(self._judge, expects=None)]}},
        ).session
        self._client = RESTClient(
            base_url=base_url.rstrip("/"),
            headers={"Accept": "application/json", **(headers or {})},
            auth=auth(session),
            session=session,
            # Given, so that the client does not look through the environment and secrets files for one.
            config=RuntimeConfiguration(),
        )

    def get(self, path: str, params: Mapping[str, Any] | None = None, *, expects: str | None = None) -> Any:
        """The JSON answer to one GET; `expects` names the key without which an answer is not one."""
        return self._ask("GET", path, expects, params=dict(params or {}))

    def post(self, path: str, body: Mapping[str, Any], *, expects: str | None = None) -> Any:
        """The JSON answer to one POST that reads."""
        return self._ask("POST", path, expects, json=dict(body))

    def pages(
        self,
        path: str,
        *,
        expects: str,
        paginator: BasePaginator,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Iterator[Any]:
        """The JSON answers of one endpoint from its first page to its last: GET, or POST where there is a body."""
        method = "GET" if body is None else "POST"
        pages = self._client.paginate(
            path,
            method=method,
            params=dict(params or {}),
            json=None if body is None else dict(body),
            paginator=paginator,
            data_selector=_WHOLE_ANSWER,
            hooks={"response": [partial(self._judge, expects=expects)]},
            allow_redirects=False,
        )
        empty = 0
        while (page := self._guarded(lambda: next(pages, None), method, path)) is not None:
            empty = 0 if page[0][expects] else empty + 1
            if empty > EMPTY_PAGES:
                raise self.failed(method, path, f"answered with more than {EMPTY_PAGES} empty pages in a row")
            yield page[0]

    def failed(self, method: str, path: str, finding: str, status: int | None = None) -> SourceFailed:
        """The error for an answer that only the source itself can judge."""
        return SourceFailed(f"{self.system}: {method} {path} {finding}", status)

    def _ask(self, method: Any, path: str, expects: str | None, **request: Any) -> Any:
        hooks: Any = {"response": [partial(self._judge, expects=expects)]}
        return self._guarded(
            lambda: self._client.request(path, method, hooks=hooks, allow_redirects=False, **request).json(),
            method,
            path,
        )

    def _guarded(self, ask: Callable[[], _Answer], method: str, path: str) -> _Answer:
        # Raised when the except clauses have ended: an error raised inside one drags the request along as its context.
        failure: SourceFailed
        try:
            return ask()
        except SourceFailed as error:
            failure = type(error)(str(error), error.status)
        except _TryAgain as error:
            failure = self.failed(method, path, f"{error.args[0]} in {self._patience.attempts} attempts")
        except Timeout:
            failure = self.failed(method, path, f"did not answer in time in {self._patience.attempts} attempts")
        except RequestException as error:
            failure = self.failed(method, path, f"could not be read: {type(error).__name__}")
        except Contradiction as error:
            failure = self.failed(method, path, str(error))
        except (LookupError, TypeError, ValueError) as error:
            failure = self.failed(method, path, f"answered in an unexpected shape: {type(error).__name__}")
        raise failure

    def _judge(self, response: Response, *_: Any, expects: str | None, **__: Any) -> None:
        """Runs on every answer, inside the retries: returns on a good one, else raises _TryAgain or a final error."""
        method, path = str(response.request.method), urlsplit(str(response.request.url)).path
        status = response.status_code
        if status in _PASSING_STATUS:
            if _names_daily_limit(response):
                raise self.failed(
                    method, path, "answered 429: the daily limit of requests is used up, the next load goes on"
                )
            self._refuse_endless_wait(response, method, path)
            raise _TryAgain(f"answered {status}", response=response)
        if status in (401, 403):
            raise SourceRefused(
                f"{self.system}: {self._variables} was refused ({status} at {method} {path}): {self._remedy}", status
            )
        if status >= 300 or _kind_of_page(response):
            raise self.failed(method, path, f"answered {status}{_kind_of_page(response)}", status)
        try:
            answer = json.loads(response.content)
        except ValueError:
            raise _TryAgain(f"answered {status} with a body that is not JSON", response=response) from None
        # Judged, paged and read, an answer is parsed once: parsing was the dearest part of a read.
        response.json = lambda **_: answer  # type: ignore[method-assign]
        if isinstance(answer, dict) and (answer.get("error") or answer.get("status") == "error"):
            error = answer.get("error")
            code = error.get("code") if isinstance(error, dict) else None
            if code not in _PASSING_STATUS:
                raise self.failed(method, path, f"answered {status} with an error in its body")
            self._refuse_endless_wait(response, method, path)
            raise _TryAgain(f"answered {status} with error {code} in its body", response=response)
        if expects is not None and (not isinstance(answer, dict) or expects not in answer):
            raise self.failed(method, path, f"answered {status} without '{expects}'")

    def _refuse_endless_wait(self, response: Response, method: str, path: str) -> None:
        asked = response.headers.get("Retry-After", "").strip()
        if asked.isdigit() and int(asked) > self._patience.longest_wait:
            raise self.failed(
                method, path, f"answered {response.status_code} and asks to wait {int(asked)} seconds: load again later"
            )


class NextCursor(JSONResponseCursorPaginator):
    """Follows the cursor an answer carries, until there is none; one that stays the same would be followed for ever."""

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        before = self._next_reference
        super().update_state(response, data)
        if self._next_reference is not None and self._next_reference == before:
            raise Contradiction(SAME_PAGE)


def credential(system: str, variable: str, value: str | None, remedy: str) -> str:
    """The credential, or SourceRefused naming the variable that is empty or cannot stand in a header."""
    if not value or not value.strip():
        raise SourceRefused(f"{system}: {variable} is not set: {remedy}")
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise SourceRefused(f"{system}: {variable} holds a blank or a character no credential has: {remedy}")
    return value


def host_root(system: str, variable: str, value: str | None, example: str) -> str:
    """The base URL, or SourceRefused: a host root without the API path."""
    if not value or not re.fullmatch(r"https?://[^/\s?#@]+/?", value):
        raise SourceRefused(f"{system}: {variable} is not the root of a host: set it to one such as {example}")
    return value


def _names_daily_limit(response: Response) -> bool:
    if response.status_code != 429:
        return False
    try:
        answer = response.json()
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("policyName") == "DAILY"


def _kind_of_page(response: Response) -> str:
    is_page = "text/html" in response.headers.get("Content-Type", "").lower()
    return " with a web page: is the base URL right?" if is_page else ""
