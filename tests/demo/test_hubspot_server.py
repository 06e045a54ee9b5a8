"""The CRM's API on the loopback server: paging, limits, archives, merges and the clock."""

import time
from datetime import date, timedelta
from typing import Any

import pytest
import requests

from dagster_project.demo.company import World
from dagster_project.demo.server import DemoServer
from dagster_project.demo.timeline import end_of
from tests.demo.naive_client import Client

OBJECTS = "/crm/objects/2026-09"
MODIFIED = "hs_lastmodifieddate"


def found(client: Client, kind: str, since: int | str, **body: Any) -> dict[str, Any]:
    condition = {"propertyName": MODIFIED, "operator": "GTE", "value": str(since)}
    request = {"limit": 200, "filterGroups": [{"filters": [condition]}], "sorts": [MODIFIED], "properties": [], **body}
    answer = client.post("hubspot", f"{OBJECTS}/{kind}/search", request)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    "kind",
    ["companies", "contacts", "deals", "calls", "meetings", "emails", "communications", "notes",
     "feedback_submissions"],
)  # fmt: skip
def test_a_naive_reader_gets_every_standing_record_once_and_none_of_the_future(
    client: Client, company: World, kind: str
) -> None:
    at = end_of(company.as_of)
    rows = client.listed(kind)
    expected = [str(r.id) for r in getattr(company, kind) if r.exists_at(at) and not r.is_archived_at(at)]
    assert [row["id"] for row in rows] == expected
    assert len(getattr(company, kind)) > len(expected)
    assert all(row["updatedAt"] <= "2026-11-19" and row["createdAt"] <= row["updatedAt"] for row in rows)
    assert not any(row["archived"] for row in rows)


def test_the_archived_list_holds_ninety_days_of_archived_records(client: Client, company: World) -> None:
    at = end_of(company.as_of)
    rows = client.listed("calls", archived="true")
    since = end_of(company.as_of - timedelta(days=90))
    assert {row["id"] for row in rows} == {
        str(r.id) for r in company.calls if r.archived_at and since < r.archived_at <= at
    }
    assert rows
    assert all(row["archived"] and row["archivedAt"] <= "2026-11-19" for row in rows)


def test_only_the_properties_asked_for_come_and_unknown_ones_are_passed_over(client: Client) -> None:
    row = client.get("hubspot", f"{OBJECTS}/companies", limit=1, properties="name,no_such_property").json()["results"][
        0
    ]
    assert set(row["properties"]) == {"name", "createdate", MODIFIED, "hs_object_id"}
    assert client.get("hubspot", f"{OBJECTS}/calls", limit=1).json()["results"][0]["properties"].keys() == {
        "hs_createdate",
        MODIFIED,
        "hs_object_id",
    }


def test_histories_come_newest_first_and_end_at_the_clock(client: Client, server: DemoServer, company: World) -> None:
    query = {"limit": 50, "propertiesWithHistory": "hubspot_owner_id,csm_owner_id,lifecyclestage"}
    rows = client.listed("companies", **query)
    lengths = []
    for row in rows:
        for history in row["propertiesWithHistory"].values():
            times = [entry["timestamp"] for entry in history]
            assert times == sorted(times, reverse=True)
            assert all(moment <= "2026-11-19" for moment in times)
            lengths.append(len(times))
    assert max(lengths) >= 4
    server.clock = company.as_of + timedelta(days=40)
    assert sum(
        len(h) for row in client.listed("companies", **query) for h in row["propertiesWithHistory"].values()
    ) > sum(lengths)


@pytest.mark.parametrize(
    ("kind", "limit", "history"), [("calls", 101, ""), ("companies", 51, "hubspot_owner_id"), ("calls", 0, "")]
)
def test_too_large_a_page_is_refused(client: Client, kind: str, limit: int, history: str) -> None:
    answer = client.get("hubspot", f"{OBJECTS}/{kind}", limit=limit, propertiesWithHistory=history)
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"


def test_search_finds_what_changed_in_order_with_an_offset_and_never_the_archived(
    client: Client, company: World
) -> None:
    since = end_of(company.as_of - timedelta(days=60))
    rows, after = [], None
    while True:
        body = found(client, "calls", since, **({"after": after} if after else {}))
        rows.extend(body["results"])
        time.sleep(0.03)
        if "paging" not in body:
            break
        after = body["paging"]["next"]["after"]
    at = end_of(company.as_of)
    standing = [r for r in company.calls if r.exists_at(at) and not r.is_archived_at(at)]
    assert sorted(row["id"] for row in rows) == sorted(str(r.id) for r in standing if r.modified_at(at) >= since)
    times = [row["properties"][MODIFIED] for row in rows]
    assert times == sorted(times)
    assert after == str(len(rows) // 200 * 200)
    assert body["total"] == len(rows)


def test_search_stops_at_its_ceiling(company: World) -> None:
    with DemoServer(company, hubspot_search_ceiling=400) as server:
        client = Client(server)
        body = {"limit": 200, "after": "300", "filterGroups": []}
        assert client.post("hubspot", f"{OBJECTS}/calls/search", body).status_code == 400
        assert client.post("hubspot", f"{OBJECTS}/calls/search", {**body, "after": "200"}).status_code == 200


def test_search_lags_behind_the_records(company: World) -> None:
    newest = max(r.created_at for r in company.calls if r.created_at <= end_of(company.as_of))
    number = next(r.id for r in company.calls if r.created_at == newest)
    with DemoServer(company, hubspot_search_lag_seconds=60) as server:
        client = Client(server)
        server.clock = server.clock.fromtimestamp(newest / 1_000 + 10, server.clock.tzinfo)
        assert found(client, "calls", newest)["total"] == 0
        assert client.get("hubspot", f"{OBJECTS}/calls/{number}").status_code == 200
        server.clock = server.clock + timedelta(seconds=60)
        assert found(client, "calls", newest)["total"] >= 1


def test_batch_read_takes_a_hundred_or_fifty_with_history_and_names_what_is_missing(
    client: Client, company: World
) -> None:
    ids = [{"id": str(record.id)} for record in company.companies]
    path = f"{OBJECTS}/companies/batch/read"
    assert client.post("hubspot", path, {"inputs": ids[:101]}).status_code == 400
    assert client.post("hubspot", path, {"inputs": ids[:51], "propertiesWithHistory": ["name"]}).status_code == 400
    answer = client.post("hubspot", path, {"inputs": [*ids[:2], {"id": "77"}], "properties": ["name"]})
    assert answer.status_code == 207
    assert [row["id"] for row in answer.json()["results"]] == ["1001", "1002"]
    assert answer.json()["errors"][0]["context"]["ids"] == ["77"]


def test_associations_are_paged_by_record_and_name_those_without(company: World) -> None:
    with DemoServer(company, hubspot_association_page=1) as server:
        client = Client(server)
        calls = [r for r in company.calls if r.exists_at(end_of(company.as_of)) and not r.archived_at][:1_000]
        expected = {str(r.id): {link.to_id for link in r.links if link.to_kind == "contacts"} for r in calls}
        seen: dict[str, set[str]] = {number: set() for number in expected}
        inputs: list[dict[str, str]] = [{"id": number} for number in expected]
        statuses = set()
        while inputs:
            answer = client.post("hubspot", "/crm/associations/2026-09/calls/contacts/batch/read", {"inputs": inputs})
            statuses.add(answer.status_code)
            inputs = []
            for result in answer.json()["results"]:
                seen[result["from"]["id"]] |= {target["toObjectId"] for target in result["to"]}
                if "paging" in result:
                    inputs.append({"id": result["from"]["id"], "after": result["paging"]["next"]["after"]})
            for problem in answer.json().get("errors", []):
                assert problem["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
                assert expected[problem["context"]["fromObjectId"][0]] == set()
        assert seen == expected
        assert statuses == {207, 200}
        too_many = {"inputs": [{"id": str(n)} for n in range(1_001)]}
        assert (
            client.post("hubspot", "/crm/associations/2026-09/calls/contacts/batch/read", too_many).status_code == 400
        )


def test_a_deal_names_its_primary_company_beside_another_with_a_lower_id(client: Client) -> None:
    ids = [{"id": row["id"]} for row in client.listed("deals")]
    results = client.post("hubspot", "/crm/associations/2026-09/deals/companies/batch/read", {"inputs": ids}).json()[
        "results"
    ]
    several = [result for result in results if len(result["to"]) > 1]
    assert several
    for result in several:
        primary = [t["toObjectId"] for t in result["to"] if any(k["label"] == "Primary" for k in t["associationTypes"])]
        assert len(primary) == 1
    assert any(min(int(t["toObjectId"]) for t in r["to"]) < int(r["to"][0]["toObjectId"]) for r in several)


def test_inline_associations_name_a_labelled_company_twice(client: Client) -> None:
    row = client.get("hubspot", f"{OBJECTS}/deals", limit=1, associations="companies").json()["results"][0]
    assert [entry["type"] for entry in row["associations"]["companies"]["results"][:2]] == [
        "deal_to_company",
        "deal_to_company_unlabeled",
    ]


def test_a_merged_company_vanishes_and_its_id_and_associations_lead_to_the_winner(
    client: Client, server: DemoServer, company: World
) -> None:
    loser = next(r for r in company.companies if r.merged_at and r.merged_at > end_of(company.as_of))
    winner = loser.merged_into
    assert winner is not None
    before = client.get("hubspot", f"{OBJECTS}/companies/{loser.id}").json()
    assert before["id"] == str(loser.id)
    server.clock = company.horizon
    after = client.get("hubspot", f"{OBJECTS}/companies/{loser.id}", properties="hs_merged_object_ids").json()
    assert after["id"] == str(winner.id)
    assert str(loser.id) in after["properties"]["hs_merged_object_ids"].split(";")
    assert str(loser.id) not in {row["id"] for row in client.listed("companies")}
    calls = [{"id": str(r.id)} for r in company.calls if any(link.to_id == str(loser.id) for link in r.links)]
    if calls:
        answer = client.post("hubspot", "/crm/associations/2026-09/calls/companies/batch/read", {"inputs": calls})
        assert {t["toObjectId"] for r in answer.json()["results"] for t in r["to"]} == {str(winner.id)}


def test_owners_who_left_stand_in_the_archived_list_without_a_user_id(client: Client) -> None:
    active = client.get("hubspot", "/crm/owners/2026-09", archived="false").json()["results"]
    archived = client.get("hubspot", "/crm/owners/2026-09", archived="true").json()["results"]
    assert archived
    assert all(owner["userId"] is None and owner["userIdIncludingInactive"] for owner in archived)
    assert all(owner["userId"] for owner in active)
    assert not {owner["id"] for owner in active} & {owner["id"] for owner in archived}
    page = client.get("hubspot", "/crm/owners/2026-09", limit=5).json()
    following = client.get("hubspot", "/crm/owners/2026-09", limit=5, after=page["paging"]["next"]["after"]).json()
    assert [o["id"] for o in (*page["results"], *following["results"])] == [o["id"] for o in active[:10]]


def test_pipelines_say_which_stages_are_closed_and_won(client: Client) -> None:
    pipelines = client.get("hubspot", "/crm/pipelines/2026-09/deals").json()["results"]
    assert [pipeline["label"] for pipeline in pipelines] == ["New Business", "Renewals", "Expansion"]
    closed = [s for p in pipelines for s in p["stages"] if s["metadata"]["isClosed"] == "true"]
    assert {stage["metadata"]["probability"] for stage in closed} == {"1.0", "0.0"}


def test_another_version_an_absent_record_and_a_wrong_path_are_html_pages(client: Client) -> None:
    for path in ("/crm/objects/2025-03/companies", f"{OBJECTS}/companies/77", "/crm/objects/v3/companies", "/nothing"):
        answer = client.get("hubspot", path)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")


def test_an_object_that_nobody_made_in_the_account_is_a_400(client: Client) -> None:
    answer = client.get("hubspot", "/crm/objects/2026-09/p_success_goals", limit=1)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Unable to infer object type from: p_success_goals"


def test_a_wrong_token_is_refused(server: DemoServer) -> None:
    answer = requests.get(f"{server.hubspot_url}{OBJECTS}/companies", headers={"Authorization": "Bearer x"}, timeout=5)
    assert answer.status_code == 401
    assert answer.json()["category"] == "INVALID_AUTHENTICATION"


def test_too_many_searches_are_refused_now_and_then_without_saying_for_how_long(company: World) -> None:
    with DemoServer(company, time_scale=20) as server:
        client = Client(server)
        answers = [client.post("hubspot", f"{OBJECTS}/companies/search", {"limit": 1}) for _ in range(7)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
        assert answers[5].json()["policyName"] == "SECONDLY"
        assert "Retry-After" in answers[5].headers
        assert "Retry-After" not in answers[6].headers
        assert "X-HubSpot-RateLimit-Interval-Milliseconds" not in answers[0].headers
        listings = [client.get("hubspot", "/crm/pipelines/2026-09/deals") for _ in range(191)]
        assert [answer.status_code for answer in listings] == [200] * 190 + [429]
        assert listings[-1].json()["policyName"] == "TEN_SECONDLY_ROLLING"


def test_what_happens_tomorrow_is_seen_tomorrow(client: Client, server: DemoServer, company: World) -> None:
    today = {row["id"]: row for row in client.listed("companies", properties="name,segment")}
    server.clock = company.as_of + timedelta(days=1)
    tomorrow = {row["id"]: row for row in client.listed("companies", properties="name,segment")}
    assert any(today[number]["updatedAt"] != row["updatedAt"] for number, row in tomorrow.items() if number in today)
    server.clock = date(2026, 11, 18)
    assert {row["id"]: row for row in client.listed("companies", properties="name,segment")} == today


def test_contacts_are_searched_by_a_property_spelled_without_the_prefix(client: Client, company: World) -> None:
    since = end_of(company.as_of - timedelta(days=30))
    condition = {"propertyName": "lastmodifieddate", "operator": "GTE", "value": str(since)}
    body = {"limit": 200, "filterGroups": [{"filters": [condition]}], "sorts": ["lastmodifieddate"]}
    rows = client.post("hubspot", f"{OBJECTS}/contacts/search", body).json()["results"]
    at = end_of(company.as_of)
    changed = [
        c for c in company.contacts if c.exists_at(at) and not c.is_archived_at(at) and c.modified_at(at) >= since
    ]
    assert sorted(row["id"] for row in rows) == sorted(str(contact.id) for contact in changed)
    assert rows
    assert "lastmodifieddate" in rows[0]["properties"]
    assert MODIFIED not in rows[0]["properties"]


def test_people_belong_to_companies_and_activities_to_people(client: Client, company: World) -> None:
    at = end_of(company.as_of)
    contacts = [c for c in company.contacts if c.exists_at(at)]
    inputs = [{"id": str(contact.id)} for contact in contacts[:1000]]
    path = "/crm/associations/2026-09/contacts/companies/batch/read"
    results = client.post("hubspot", path, {"inputs": inputs}).json()["results"]
    labels = [kind["label"] for one in results for target in one["to"] for kind in target["associationTypes"]]
    assert {"Primary", None} == set(labels)
    assert any(len(one["to"]) == 2 for one in results)
    known = {str(contact.id) for contact in contacts}
    for kind in ("calls", "emails", "communications", "feedback_submissions"):
        records = [r for r in getattr(company, kind) if r.exists_at(at)][-200:]
        found = client.post(
            "hubspot",
            f"/crm/associations/2026-09/{kind}/contacts/batch/read",
            {"inputs": [{"id": str(r.id)} for r in records]},
        ).json()["results"]
        assert found, kind
        assert {target["toObjectId"] for one in found for target in one["to"]} <= known


def test_the_crm_knows_shared_inboxes_free_mail_and_merged_people(company: World) -> None:
    emails = [str(c.fixed.get("email")) for c in company.contacts]
    assert sum(email.startswith("info@") for email in emails) > 5
    assert sum(email.endswith("@gmail.com") for email in emails) > 5
    now = end_of(company.as_of)
    merged = [c.merged_at for c in company.contacts if c.merged_at is not None]
    assert any(moment <= now for moment in merged)
    assert any(moment > now for moment in merged)
    assert any(c.is_archived_at(now) for c in company.contacts)
