"""How every API source takes bad answers: what it asks again, what it gives up on, and what it never says."""

import time
import traceback
from collections.abc import Iterator

import pytest

from dagster_project.sources import CrmProperties, SourceFailed, SourceRefused
from dagster_project.sources.bamboohr import BambooHR
from dagster_project.sources.http import Patience
from dagster_project.sources.hubspot import HubSpot
from dagster_project.sources.zendesk import Zendesk
from tests.sources.reading import HURRIED, read
from tests.sources.vendors import SECRET, BambooHRCompany, HubSpotAccount, Reply, Vendor, ZendeskAccount, serving

# Stands for whatever an answer holds about people.
PERSONAL = "jane.doe@example.com"
NO_PROPERTIES = CrmProperties({}, {})
OWNERS = "/crm/owners/2026-09"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with serving(HubSpotAccount().answer) as running:
        yield running


def hubspot(vendor: Vendor, patience: Patience = HURRIED) -> HubSpot:
    return HubSpot(base_url=vendor.url, token=SECRET, properties=NO_PROPERTIES, patience=patience)


@pytest.mark.parametrize(
    "answer",
    [
        Reply(429, {"policyName": "TEN_SECONDLY_ROLLING"}),
        Reply(429, b"too many"),
        Reply(500, {"message": "oops"}),
        Reply(502, b"<html>bad gateway</html>", {"Content-Type": "text/html"}),
        Reply(503, b""),
        Reply(200, {"results": []}, cut=True),
        Reply(200, b'{"results": ['),
        Reply(200, {"error": {"code": 429}}),
    ],
    ids=["429", "429 without json", "500", "502 page", "503", "cut body", "cut json", "429 in a 200"],
)
def test_a_passing_trouble_is_asked_again(vendor: Vendor, answer: Reply) -> None:
    vendor.misbehave(OWNERS, answer, answer)
    hubspot(vendor).check()
    assert vendor.paths() == [f"GET {OWNERS}"] * 3


def test_retry_after_is_waited_for(vendor: Vendor) -> None:
    vendor.misbehave(OWNERS, Reply(429, {}, {"Retry-After": "1"}))
    started = time.monotonic()
    hubspot(vendor).check()
    assert time.monotonic() - started >= 1.0


def test_without_retry_after_each_wait_doubles(vendor: Vendor) -> None:
    vendor.misbehave(OWNERS, *[Reply(429, {})] * 3)
    started = time.monotonic()
    hubspot(vendor, Patience(attempts=4, first_wait=0.05)).check()
    assert time.monotonic() - started >= 0.05 + 0.1 + 0.2


def test_a_time_out_is_asked_again(vendor: Vendor) -> None:
    vendor.misbehave(OWNERS, Reply(200, {"results": []}, pause=1.0))
    hubspot(vendor, Patience(attempts=3, first_wait=0.01, read_timeout=0.2)).check()
    assert len(vendor.asked) == 2


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (Reply(500, {"message": SECRET}), f"hubspot: GET {OWNERS} answered 500 in 3 attempts"),
        (Reply(429, {}), f"hubspot: GET {OWNERS} answered 429 in 3 attempts"),
        (
            Reply(200, b'{"results": ['),
            f"hubspot: GET {OWNERS} answered 200 with a body that is not JSON in 3 attempts",
        ),
        (Reply(200, {}, cut=True), f"hubspot: GET {OWNERS} could not be read: ChunkedEncodingError"),
    ],
    ids=["500", "429", "cut json", "cut body"],
)
def test_a_lasting_trouble_ends_the_load_after_the_last_attempt(vendor: Vendor, answer: Reply, line: str) -> None:
    vendor.misbehave(OWNERS, *[answer] * 3)
    with pytest.raises(SourceFailed) as failure:
        hubspot(vendor, Patience(attempts=3, first_wait=0.01)).check()
    assert str(failure.value) == line
    assert len(vendor.asked) == 3


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (
            Reply(404, f"<html>{SECRET}</html>".encode(), {"Content-Type": "text/html; charset=utf-8"}),
            f"hubspot: GET {OWNERS} answered 404 with a web page: is the base URL right?",
        ),
        (
            Reply(200, b"<html>sign in</html>", {"Content-Type": "text/html"}),
            f"hubspot: GET {OWNERS} answered 200 with a web page: is the base URL right?",
        ),
        (Reply(400, {"message": SECRET}), f"hubspot: GET {OWNERS} answered 400"),
        (Reply(302, b"", {"Location": "http://127.0.0.1:9/elsewhere"}), f"hubspot: GET {OWNERS} answered 302"),
        (Reply(200, {"items": []}), f"hubspot: GET {OWNERS} answered 200 without 'results'"),
        (Reply(200, []), f"hubspot: GET {OWNERS} answered 200 without 'results'"),
        (
            Reply(200, {"error": {"code": "BadRequest"}}),
            f"hubspot: GET {OWNERS} answered 200 with an error in its body",
        ),
        (
            Reply(429, {"policyName": "DAILY"}),
            f"hubspot: GET {OWNERS} answered 429: the daily limit of requests is used up, the next load goes on",
        ),
        (
            Reply(429, {}, {"Retry-After": "7200"}),
            f"hubspot: GET {OWNERS} answered 429 and asks to wait 7200 seconds: load again later",
        ),
    ],
    ids=["404 page", "200 page", "400", "redirect", "no results", "a list", "error", "daily limit", "endless wait"],
)
def test_what_another_attempt_cannot_better_ends_the_load_at_once(vendor: Vendor, answer: Reply, line: str) -> None:
    vendor.misbehave(OWNERS, answer)
    with pytest.raises(SourceFailed) as failure:
        hubspot(vendor).check()
    assert str(failure.value) == line
    assert not isinstance(failure.value, SourceRefused)
    assert len(vendor.asked) == 1


def test_a_time_out_that_lasts_ends_the_load(vendor: Vendor) -> None:
    vendor.misbehave(OWNERS, *[Reply(200, {"results": []}, pause=0.4)] * 2)
    with pytest.raises(SourceFailed, match=f"^hubspot: GET {OWNERS} did not answer in time in 2 attempts$"):
        hubspot(vendor, Patience(attempts=2, first_wait=0.01, read_timeout=0.1)).check()


def test_nobody_at_home_is_one_line() -> None:
    source = HubSpot(
        base_url="http://127.0.0.1:9",
        token=SECRET,
        properties=NO_PROPERTIES,
        patience=Patience(attempts=2, first_wait=0.01),
    )
    with pytest.raises(SourceFailed, match=f"^hubspot: GET {OWNERS} could not be read: ConnectionError$"):
        source.check()


def test_a_page_that_comes_twice_does_not_come_for_ever(vendor: Vendor) -> None:
    stuck = Reply(200, {"results": [], "paging": {"next": {"after": "1"}}})
    vendor.misbehave(OWNERS, stuck, stuck)
    with pytest.raises(SourceFailed, match=f"^hubspot: GET {OWNERS} answered with the same page twice$"):
        read(hubspot(vendor))


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (
            HubSpot(base_url="http://127.0.0.1:9", token="", properties=NO_PROPERTIES),
            "hubspot: HUBSPOT_TOKEN is not set: create a service key",
        ),
        (
            HubSpot(base_url="http://127.0.0.1:9", token="pat eu1", properties=NO_PROPERTIES),
            "hubspot: HUBSPOT_TOKEN holds a blank or a character no credential has: create",
        ),
        (
            HubSpot(base_url="https://api.hubapi.com/crm/v3", token="token", properties=NO_PROPERTIES),
            "hubspot: HUBSPOT_BASE_URL is not the root of a host: set it to one such as https://api.hubapi.com",
        ),
        (
            Zendesk(base_url="http://127.0.0.1:9"),
            "zendesk: ZENDESK_OAUTH_TOKEN, ZENDESK_CLIENT_ID/ZENDESK_CLIENT_SECRET and ZENDESK_EMAIL/ZENDESK_API_TOKEN"
            " are not set: create",
        ),
        (
            Zendesk(base_url="http://127.0.0.1:9", client_id="kept"),
            "zendesk: ZENDESK_CLIENT_SECRET is not set: create",
        ),
        (
            Zendesk(base_url="http://127.0.0.1:9", email="agent@example.com"),
            "zendesk: ZENDESK_API_TOKEN is not set: create",
        ),
        (Zendesk(base_url="", oauth_token="token"), "zendesk: ZENDESK_BASE_URL is not the root of a host: set"),
        (BambooHR(base_url="http://127.0.0.1:9", api_key=None), "bamboohr: BAMBOOHR_API_KEY is not set: create"),
    ],
    ids=["token", "blank", "url with path", "nothing", "no client secret", "no api token", "no url", "no api key"],
)
def test_a_missing_credential_is_one_line_and_no_request(source: HubSpot | Zendesk | BambooHR, line: str) -> None:
    with pytest.raises(SourceRefused) as refusal:
        source.check()
    assert str(refusal.value).startswith(line)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_credential_is_one_line_naming_system_variable_and_remedy(status: int) -> None:
    def answer(_: object) -> Reply:
        return Reply(status, {"message": SECRET})

    with serving(answer) as vendor:
        sources = [
            (hubspot(vendor), "HUBSPOT_TOKEN", f"GET {OWNERS}"),
            (
                Zendesk(base_url=vendor.url, oauth_token=SECRET, patience=HURRIED),
                "ZENDESK_OAUTH_TOKEN",
                "GET /api/v2/incremental/organizations",
            ),
            (
                Zendesk(base_url=vendor.url, client_id="kept", client_secret=SECRET, patience=HURRIED),
                "ZENDESK_CLIENT_ID/ZENDESK_CLIENT_SECRET",
                "POST /oauth/tokens",
            ),
            (
                Zendesk(base_url=vendor.url, email="a@example.com", api_token=SECRET, patience=HURRIED),
                "ZENDESK_EMAIL/ZENDESK_API_TOKEN",
                "GET /api/v2/incremental/organizations",
            ),
            (
                BambooHR(base_url=vendor.url, api_key=SECRET, patience=HURRIED),
                "BAMBOOHR_API_KEY",
                "GET /api/v1/employees",
            ),
        ]
        for source, variable, place in sources:
            with pytest.raises(SourceRefused) as refusal:
                source.check()
                read(source)
            line = str(refusal.value)
            assert line.startswith(f"{source.system}: {variable} was refused ({status} at {place}): create ")
            assert line.endswith("put it into .env") or line.endswith("put its credential into .env")
        assert len(vendor.asked) == len(sources)


def test_a_permission_that_is_missing_on_the_way_refuses_the_load(vendor: Vendor) -> None:
    vendor.misbehave("/crm/objects/2026-09/calls", Reply(403, {"category": "MISSING_SCOPES"}))
    with pytest.raises(
        SourceRefused, match="HUBSPOT_TOKEN was refused \\(403 at POST /crm/objects/2026-09/calls/search"
    ):
        read(hubspot(vendor))


@pytest.mark.parametrize(
    "answer",
    [
        Reply(401, {"message": PERSONAL}),
        Reply(404, {"message": PERSONAL}),
        Reply(500, {"message": PERSONAL}, {"X-BambooHR-Error-Message": PERSONAL}),
        Reply(200, PERSONAL.encode()),
        Reply(200, {"results": PERSONAL, "data": PERSONAL, "users": PERSONAL, "organizations": PERSONAL}),
        Reply(200, {"results": [{"id": PERSONAL}], "data": [], "employees": {PERSONAL: {}}, "organizations": [{}]}),
        Reply(200, {}, cut=True),
    ],
    ids=["401", "404", "500", "not json", "another shape", "another record", "cut"],
)
def test_no_error_shows_a_credential_or_what_came_back(answer: Reply, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with serving(lambda _: answer) as vendor:
        hurried = Patience(attempts=2, first_wait=0.01)
        for source in (
            hubspot(vendor, hurried),
            Zendesk(base_url=vendor.url, oauth_token=SECRET, patience=hurried),
            Zendesk(base_url=vendor.url, client_id="kept", client_secret=SECRET, patience=hurried),
            Zendesk(base_url=vendor.url, email="a@example.com", api_token=SECRET, patience=hurried),
            BambooHR(base_url=vendor.url, api_key=SECRET, patience=hurried),
        ):
            with pytest.raises(SourceFailed) as failure:
                read(source)
            error = failure.value
            told = "".join(traceback.format_exception(error))
            assert PERSONAL not in told and "\n" not in str(error)
            # With local variables, as an error tracker takes them; this test's own frames know the secret.
            frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
            product = [frame for frame in frames if "/tests/" not in frame.filename]
            assert product
            assert SECRET not in told + repr(source) + repr([frame.locals for frame in product])
            assert not hasattr(error.__context__, "request")
    assert SECRET not in caplog.text and PERSONAL not in caplog.text


def test_the_client_credentials_are_exchanged_for_a_token_that_is_used() -> None:
    with serving(ZendeskAccount().answer) as vendor:
        read(Zendesk(base_url=vendor.url, client_id="kept", client_secret=SECRET, patience=HURRIED))
    exchange, call, *_ = vendor.asked
    assert exchange.body == {
        "grant_type": "client_credentials",
        "client_id": "kept",
        "client_secret": SECRET,
        "scope": "read",
    }
    assert call.headers["Authorization"] == f"Bearer {SECRET}-access"


def test_every_request_asks_for_json() -> None:
    with serving(BambooHRCompany().answer) as vendor:
        BambooHR(base_url=vendor.url, api_key=SECRET, patience=HURRIED).check()
    assert vendor.asked[0].headers["Accept"] == "application/json"
