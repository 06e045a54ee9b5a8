"""Zendesk's three incremental exports, against a loopback account."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from dagster_project.sources import SourceFailed
from dagster_project.sources.zendesk import Zendesk
from tests.sources.reading import HURRIED, ids, read
from tests.sources.vendors import SECRET, Reply, Vendor, ZendeskAccount, serving


@pytest.fixture
def account() -> ZendeskAccount:
    return ZendeskAccount()


@pytest.fixture
def vendor(account: ZendeskAccount) -> Iterator[Vendor]:
    with serving(account.answer) as running:
        yield running


@pytest.fixture
def source(vendor: Vendor) -> Zendesk:
    return Zendesk(base_url=vendor.url, oauth_token=SECRET, patience=HURRIED)


def ticket(identity: int, **more: Any) -> dict[str, Any]:
    return {"id": identity, "subject": "Line 4 stopped", "status": "open", "updated_at": "2026-11-10T10:00:00Z", **more}


def organization(identity: int, second: int, **more: Any) -> tuple[int, dict[str, Any]]:
    return second, {"id": identity, "name": f"Organization {identity}", "updated_at": "2026-11-10T10:00:00Z", **more}


def test_the_exports_are_followed_to_the_end_of_the_stream(source: Zendesk, account: ZendeskAccount) -> None:
    account.tickets = [ticket(number) for number in range(1, 6)]
    account.users = [{"id": number, "role": "agent"} for number in range(1, 4)]
    account.organizations = [organization(number, 100 + number) for number in range(1, 8)]
    tables = read(source)
    assert ids(tables["zendesk__tickets"]) == ["1", "2", "3", "4", "5"]
    assert ids(tables["zendesk__users"]) == ["1", "2", "3"]
    assert ids(tables["zendesk__organizations"]) == ["1", "2", "3", "4", "5", "6", "7"]
    assert all(source.is_complete(table.name) for table in source.tables)


def test_each_ticket_lands_with_its_metric_set(source: Zendesk, account: ZendeskAccount) -> None:
    account.tickets = [ticket(1, tags=["quality"], via={"channel": "web"}, has_incidents=False), ticket(2)]
    account.metric_sets = [{"id": 77, "ticket_id": 1, "reopens": 2, "solved_at": None}]
    first, second = read(source)["zendesk__tickets"]
    assert first["metric_set"] == '{"id":77,"ticket_id":1,"reopens":2,"solved_at":null}'
    assert (first["tags"], first["via"], first["other_fields"]) == (
        '["quality"]',
        '{"channel":"web"}',
        '{"has_incidents":false}',
    )
    assert second["metric_set"] is None


def test_metric_sets_are_asked_for_on_every_page(source: Zendesk, account: ZendeskAccount, vendor: Vendor) -> None:
    account.tickets = [ticket(number) for number in range(1, 6)]
    account.metric_sets = [{"ticket_id": number} for number in range(1, 6)]
    tickets = read(source)["zendesk__tickets"]
    assert [json.loads(one["metric_set"] or "")["ticket_id"] for one in tickets] == [1, 2, 3, 4, 5]
    asked = [one.query for one in vendor.asked if one.path.endswith("/tickets/cursor")]
    assert asked == [
        {"include": "metric_sets", "start_time": "0"},
        {"include": "metric_sets", "cursor": "c2"},
        {"include": "metric_sets", "cursor": "c4"},
    ]


def test_a_second_read_goes_on_from_the_cursors(source: Zendesk, account: ZendeskAccount, vendor: Vendor) -> None:
    account.tickets = [ticket(number) for number in range(1, 4)]
    account.users = [{"id": 1, "role": "agent"}]
    account.organizations = [organization(1, 101), organization(2, 102), organization(3, 102)]
    state: dict[str, Any] = {}
    read(source, state)
    state = json.loads(json.dumps(state))
    vendor.asked.clear()
    assert not any(read(source, state).values())
    assert not any(source.is_complete(table.name) for table in source.tables)
    assert [one.query for one in vendor.asked] == [
        {"start_time": "102"},
        {"cursor": "c1"},
        {"include": "metric_sets", "cursor": "c3"},
    ]
    account.tickets.append(ticket(2, status="deleted"))
    account.organizations.append(organization(1, 103, name="Renamed"))
    tables = read(source, state)
    assert [(one["id"], one["status"]) for one in tables["zendesk__tickets"]] == [("2", "deleted")]
    assert [(one["id"], one["name"]) for one in tables["zendesk__organizations"]] == [("1", "Renamed")]
    assert not any(read(source, state).values())


def test_an_organization_changed_in_the_cursors_own_second_is_not_lost(
    source: Zendesk, account: ZendeskAccount
) -> None:
    account.organizations = [organization(1, 101), organization(2, 102)]
    state: dict[str, Any] = {}
    read(source, state)
    account.organizations[1] = organization(2, 102, name="Renamed")
    account.organizations.append(organization(3, 102))
    assert ids(read(source, state)["zendesk__organizations"]) == ["2", "3"]
    assert read(source, state)["zendesk__organizations"] == []


def test_many_organizations_in_one_second_do_not_turn_in_a_circle(source: Zendesk, account: ZendeskAccount) -> None:
    account.organizations = [organization(number, 100) for number in range(1, 6)] + [organization(6, 200)]
    assert ids(read(source)["zendesk__organizations"]) == ["1", "2", "3", "4", "5", "6"]


def test_without_an_end_of_stream_a_page_that_is_not_full_is_the_last(source: Zendesk, vendor: Vendor) -> None:
    full = [{"id": number} for number in range(1000)]
    vendor.misbehave(
        "/organizations",
        Reply(200, {"organizations": full, "count": 1000, "end_time": 500}),
        Reply(200, {"organizations": [full[-1], {"id": 1000}], "count": 2, "end_time": 501}),
    )
    assert len(read(source)["zendesk__organizations"]) == 1001


def test_an_empty_page_is_not_the_end(source: Zendesk, account: ZendeskAccount, vendor: Vendor) -> None:
    account.users = [{"id": 1}]
    vendor.misbehave("/users/cursor", Reply(200, {"users": [], "after_cursor": "c0", "end_of_stream": False}))
    assert ids(read(source)["zendesk__users"]) == ["1"]


def test_an_export_that_does_not_move_on_ends_the_load(source: Zendesk, vendor: Vendor) -> None:
    stuck = [
        Reply(200, {"users": [{"id": number}], "after_cursor": "c1", "end_of_stream": False}) for number in range(2)
    ]
    vendor.misbehave("/users/cursor", *stuck)
    with pytest.raises(SourceFailed, match="^zendesk: GET /api/v2/incremental/users/cursor answered in an unexpected"):
        read(source)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (Reply(200, {"users": [{"id": 1}]}), "zendesk: GET /api/v2/incremental/users/cursor answered in an unexpected"),
        (
            Reply(200, {"users": [{"name": "x"}], "after_cursor": None, "end_of_stream": True}),
            None,
        ),
        (
            Reply(200, {"users": {"id": 1}, "after_cursor": None, "end_of_stream": True}),
            "zendesk__users: the API answered with a record of an unexpected shape",
        ),
    ],
    ids=["no cursor", "no id", "no list"],
)
def test_an_answer_of_another_shape_is_one_line(vendor: Vendor, source: Reply, line: str | None) -> None:
    vendor.misbehave("/users/cursor", source)
    zendesk = Zendesk(base_url=vendor.url, oauth_token=SECRET, patience=HURRIED)
    if line is None:
        # A record without its key is the gate's to refuse.
        assert ids(read(zendesk)["zendesk__users"]) == [None]
        return
    with pytest.raises(SourceFailed) as failure:
        read(zendesk)
    assert str(failure.value).startswith(line)


def test_half_an_emoji_lands_as_a_question_mark(source: Zendesk, vendor: Vendor) -> None:
    body = b'{"tickets":[{"id":1,"subject":"cut \\ud83d","tags":["\\ud83d"]}],"after_cursor":"c1","end_of_stream":true}'
    vendor.misbehave("/tickets/cursor", Reply(200, body))
    (landed,) = read(source)["zendesk__tickets"]
    assert (landed["subject"], landed["tags"]) == ("cut ?", '["?"]')


def test_the_legacy_api_token_signs_in_as_the_agent(account: ZendeskAccount, vendor: Vendor) -> None:
    read(Zendesk(base_url=vendor.url, email="agent@example.com", api_token=SECRET, patience=HURRIED))
    scheme, sent = vendor.asked[0].headers["Authorization"].split()
    assert (scheme, base64.b64decode(sent).decode()) == ("Basic", f"agent@example.com/token:{SECRET}")
