"""HubSpot's paging, histories, associations, increments and deletions, against a loopback account."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dagster_project.sources import SourceFailed, load_crm_properties
from dagster_project.sources.hubspot import HubSpot
from tests.sources.reading import HURRIED, ids, read
from tests.sources.vendors import (
    HUBSPOT_OBJECTS,
    SECRET,
    HubSpotAccount,
    Reply,
    Vendor,
    modified_property,
    serving,
)

SEEDS = Path(__file__).parents[2] / "seeds"
OBJECTS = "/crm/objects/2026-09"
TENTH, ELEVENTH = "2026-11-10T10:00:00.000Z", "2026-11-11T10:00:00.000Z"


@pytest.fixture
def account() -> HubSpotAccount:
    return HubSpotAccount()


@pytest.fixture
def vendor(account: HubSpotAccount) -> Iterator[Vendor]:
    with serving(account.answer) as running:
        yield running


@pytest.fixture
def source(vendor: Vendor) -> HubSpot:
    return HubSpot(
        base_url=vendor.url, token=SECRET, properties=load_crm_properties(SEEDS, "hubspot"), patience=HURRIED
    )


def minute(number: int) -> str:
    return f"2026-11-{1 + number // 1440:02d}T{number // 60 % 24:02d}:{number % 60:02d}:00.000Z"


def test_the_first_read_pages_to_the_end(source: HubSpot, account: HubSpotAccount) -> None:
    for number in range(123):
        account.put("companies", str(1000 + number), minute(number))
    for number in range(205):
        account.put("calls", str(5000 + number), minute(number))
    tables = read(source)
    assert ids(tables["hubspot__companies"]) == [str(1000 + number) for number in range(123)]
    assert ids(tables["hubspot__calls"]) == [str(5000 + number) for number in range(205)]
    assert all(source.is_complete(table.name) for table in source.tables)


def test_a_record_lands_as_received(source: HubSpot, account: HubSpotAccount) -> None:
    history = {"hubspot_owner_id": [{"value": "7", "timestamp": TENTH, "sourceType": "CRM_UI"}]}
    account.put(
        "companies",
        "1001",
        TENTH,
        properties={"name": "Wörth & Söhne", "domain": None},
        propertiesWithHistory=history,
        url="https://app.hubspot.com/1001",
        objectWriteTraceId="x",
    )
    (company,) = read(source)["hubspot__companies"]
    assert company == {
        "id": "1001",
        "properties": (
            '{"hs_lastmodifieddate":"2026-11-10T10:00:00.000Z","hs_object_id":"1001",'
            '"name":"Wörth & Söhne","domain":null}'
        ),
        "propertiesWithHistory": json.dumps(history, separators=(",", ":")),
        "createdAt": "2024-01-01T00:00:00Z",
        "updatedAt": TENTH,
        "archived": "false",
        "archivedAt": None,
        "url": "https://app.hubspot.com/1001",
        "other_fields": '{"objectWriteTraceId":"x"}',
    }


def test_the_properties_asked_for_are_those_of_the_seeds(
    source: HubSpot, account: HubSpotAccount, vendor: Vendor
) -> None:
    account.put("companies", "1", TENTH)
    read(source)
    lists = {
        one.path: one.query for one in vendor.asked if one.method == "GET" and one.query.get("archived") == "false"
    }
    companies, deals = lists[f"{OBJECTS}/companies"], lists[f"{OBJECTS}/deals"]
    assert companies["propertiesWithHistory"] == (
        "hubspot_owner_id,csm_owner_id,support_owner_id,field_owner_id,lifecyclestage"
    )
    assert {"domain", "lifecyclestage", "csm_owner_id", "createdate", "hs_merged_object_ids"} <= set(
        companies["properties"].split(",")
    )
    assert deals["propertiesWithHistory"] == (
        "dealstage,amount,closedate,hubspot_owner_id,hs_arr,pipeline,contract_start_date,contract_end_date,"
        "notice_date,deal_currency_code"
    )
    assert {"hs_timestamp", "hs_call_body", "hs_createdate"} <= set(lists[f"{OBJECTS}/calls"]["properties"].split(","))
    assert "propertiesWithHistory" not in lists[f"{OBJECTS}/calls"]


def test_a_seed_that_is_missing_or_has_lost_a_column_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match="^hubspot: the seed crm_properties.csv is missing from "):
        load_crm_properties(tmp_path, "hubspot")
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "crm_properties.csv").write_text("source_system,object,term\n")
    with pytest.raises(SourceFailed, match="^hubspot: the seed crm_properties.csv has no column property$"):
        load_crm_properties(tmp_path, "hubspot")


def test_owners_who_left_are_read_too(source: HubSpot, account: HubSpotAccount) -> None:
    account.owners += [
        {"id": "1", "email": "a@example.com", "userId": 11, "archived": False, "updatedAt": TENTH},
        {"id": "2", "email": "b@example.com", "userId": None, "archived": True, "updatedAt": TENTH},
    ]
    owners = read(source)["hubspot__owners"]
    assert [(owner["id"], owner["userId"], owner["archived"]) for owner in owners] == [
        ("1", "11", "false"),
        ("2", None, "true"),
    ]


def test_owners_and_pipelines_land_again_only_when_their_content_changed(
    source: HubSpot, account: HubSpotAccount
) -> None:
    account.owners += [{"id": "1", "email": "a@example.com", "archived": False, "updatedAt": TENTH}]
    account.pipelines += [{"id": "p", "label": "Renewals", "stages": [{"id": "won", "metadata": {"isClosed": "true"}}]}]
    state: dict[str, Any] = {}
    assert (
        read(source, state)["hubspot__deal_pipelines"][0]["stages"] == '[{"id":"won","metadata":{"isClosed":"true"}}]'
    )
    idle = read(source, state)
    assert idle["hubspot__owners"] == idle["hubspot__deal_pipelines"] == []
    account.owners[0]["archived"] = True
    account.pipelines[0]["stages"][0]["metadata"]["isClosed"] = "false"
    changed = read(source, state)
    assert ids(changed["hubspot__owners"]) == ["1"]
    assert ids(changed["hubspot__deal_pipelines"]) == ["p"]


def test_an_idle_second_read_lands_nothing(source: HubSpot, account: HubSpotAccount) -> None:
    for number in range(30):
        for kind in account.objects:
            account.put(kind, str(1000 + number), minute(number))
    account.archive("deals", "1003", TENTH)
    state: dict[str, Any] = {}
    read(source, state)
    state = json.loads(json.dumps(state))
    assert not any(read(source, state).values())
    assert not any(source.is_complete(table.name) for table in source.tables)
    assert not any(read(source, state).values())


def test_only_what_changed_is_requested(source: HubSpot, account: HubSpotAccount, vendor: Vendor) -> None:
    for number in range(300):
        account.put("companies", str(1000 + number), minute(number))
        account.put("calls", str(5000 + number), minute(number))
    state: dict[str, Any] = {}
    read(source, state)
    vendor.asked.clear()
    history = {"csm_owner_id": [{"value": "9", "timestamp": TENTH}]}
    account.put("companies", "1007", TENTH, propertiesWithHistory=history)
    account.put("calls", "6000", ELEVENTH, properties={"hs_call_title": "Renewal"})
    tables = read(source, state)
    assert ids(tables["hubspot__companies"]) == ["1007"]
    assert json.loads(tables["hubspot__companies"][0]["propertiesWithHistory"] or "") == history
    assert ids(tables["hubspot__calls"]) == ["6000"]
    # Only the archived lists are walked again, and one company and one call are read.
    lists = [one for one in vendor.asked if one.path in (f"{OBJECTS}/companies", f"{OBJECTS}/calls")]
    assert {one.query["archived"] for one in lists} == {"true"}
    reads = [one for one in vendor.asked if one.path.endswith("companies/batch/read") and "objects" in one.path]
    assert [one.body["inputs"] for one in reads] == [[{"id": "1007"}]]
    associated = [one for one in vendor.asked if "/associations/" in one.path]
    assert {str(one.body["inputs"]) for one in associated} == {"[{'id': '6000'}]"}


def test_the_cursor_is_the_vendors_own_newest_modification(source: HubSpot, account: HubSpotAccount) -> None:
    account.put("companies", "1", TENTH)
    state: dict[str, Any] = {}
    read(source, state)
    assert state["hubspot__companies"]["cursor"] == 1_793_959_200_000 + 345_600_000
    account.put("companies", "2", ELEVENTH)
    read(source, state)
    assert state["hubspot__companies"]["cursor"] == 1_793_959_200_000 + 432_000_000


def test_what_the_search_index_showed_late_is_found_by_the_overlap(source: HubSpot, account: HubSpotAccount) -> None:
    account.put("companies", "1", "2026-11-10T10:00:00.000Z")
    state: dict[str, Any] = {}
    read(source, state)
    account.put("companies", "2", "2026-11-10T09:55:00.000Z")
    assert ids(read(source, state)["hubspot__companies"]) == ["2"]
    assert ids(read(source, state)["hubspot__companies"]) == []


def test_a_record_modified_while_the_list_was_walked_is_read_again(account: HubSpotAccount) -> None:
    for number in range(60):
        account.put("companies", str(1000 + number), minute(number))

    def answer(asked: Any) -> Any:
        answered = account.answer(asked)
        if asked.path == f"{OBJECTS}/companies" and "after" not in asked.query and asked.query["archived"] == "false":
            # After the first page was taken: one on it changes, and much later one behind it.
            account.put("companies", "1001", "2026-11-10T10:00:00.000Z", properties={"name": "changed"})
            account.put("companies", "1055", "2026-11-10T12:00:00.000Z")
        return json.loads(json.dumps(answered))

    with serving(answer) as vendor:
        source = HubSpot(
            base_url=vendor.url, token=SECRET, properties=load_crm_properties(SEEDS, "hubspot"), patience=HURRIED
        )
        state: dict[str, Any] = {}
        assert len(read(source, state)["hubspot__companies"]) == 60
        again = read(source, state)["hubspot__companies"]
    assert "changed" in str(next(one for one in again if one["id"] == "1001")["properties"])


def test_more_changes_than_one_search_shows_are_all_found(
    source: HubSpot, account: HubSpotAccount, vendor: Vendor
) -> None:
    account.put("meetings", "1", "2026-11-01T00:00:00.000Z")
    state: dict[str, Any] = {}
    read(source, state)
    for number in range(1_450):
        account.put("meetings", str(10 + number), minute(1440 + number))
    found = read(source, state)["hubspot__meetings"]
    assert sorted(int(str(one)) for one in ids(found)) == [10 + number for number in range(1_450)]
    searches = [one for one in vendor.asked if one.path.endswith("meetings/search")]
    assert all("after" not in one.body for one in searches)


def test_a_bulk_edit_within_one_millisecond_is_walked_by_record_id(source: HubSpot, account: HubSpotAccount) -> None:
    account.put("meetings", "1", TENTH)
    state: dict[str, Any] = {}
    read(source, state)
    for number in range(950):
        account.put("meetings", str(100 + number), "2026-11-11T10:00:00.123Z")
    account.put("meetings", "2000", "2026-11-11T10:00:00.124Z")
    account.put("meetings", "2001", "2026-11-11T11:00:00.000Z")
    found = [int(str(one)) for one in ids(read(source, state)["hubspot__meetings"])]
    assert sorted(found) == [*(100 + number for number in range(950)), 2000, 2001]
    assert read(source, state)["hubspot__meetings"] == []


def test_a_search_that_does_not_move_on_ends_the_load(source: HubSpot, account: HubSpotAccount, vendor: Vendor) -> None:
    account.put("meetings", "1", TENTH)
    state: dict[str, Any] = {}
    read(source, state)
    record = {"id": "5", "properties": {"hs_lastmodifieddate": "2026-11-10T09:50:00.000Z"}}
    stuck = [
        Reply(200, {"results": [record], "total": total, "paging": {"next": {"after": "200"}}}) for total in range(3)
    ]
    vendor.misbehave("meetings/search", *stuck)
    with pytest.raises(
        SourceFailed, match="^hubspot: POST /crm/objects/2026-09/meetings/search answered with the same page twice"
    ):
        read(source, state)


def test_what_was_archived_since_lands_once(source: HubSpot, account: HubSpotAccount) -> None:
    for number in range(5):
        account.put("deals", str(1 + number), minute(number))
    account.archive("deals", "1", "2026-11-05T00:00:00.000Z")
    state: dict[str, Any] = {}
    first = read(source, state)["hubspot__deals"]
    assert [(one["id"], one["archived"]) for one in first][-1] == ("1", "true")
    account.archive("deals", "3", "2026-11-09T00:00:00.000Z")
    second = read(source, state)["hubspot__deals"]
    assert [(one["id"], one["archivedAt"]) for one in second] == [("3", "2026-11-09T00:00:00.000Z")]
    account.archive("deals", "4", "2026-11-09T00:00:00.000Z")
    assert ids(read(source, state)["hubspot__deals"]) == ["4"]
    assert read(source, state)["hubspot__deals"] == []


def test_a_record_that_is_restored_and_archived_again_lands_again(source: HubSpot, account: HubSpotAccount) -> None:
    account.put("calls", "1", TENTH)
    account.archive("calls", "1", "2026-11-10T11:00:00.000Z")
    state: dict[str, Any] = {}
    read(source, state)
    account.put("calls", "1", "2026-11-10T11:05:00.000Z")
    assert [one["archived"] for one in read(source, state)["hubspot__calls"]] == ["false"]
    account.archive("calls", "1", "2026-11-10T11:10:00.000Z")
    assert [one["archived"] for one in read(source, state)["hubspot__calls"]] == ["true"]


def test_associations_are_gathered_over_all_their_pages(source: HubSpot, account: HubSpotAccount) -> None:
    account.put("calls", "1", TENTH)
    account.put("calls", "2", TENTH)
    account.associations_page = 2
    for number in range(5):
        account.associate("calls", "1", "companies", str(1001 + number))
    account.associate("calls", "1", "deals", "9")
    calls = read(source)["hubspot__calls"]
    first, second = (json.loads(one["associations"] or "") for one in calls)
    assert [one["toObjectId"] for one in first["companies"]] == ["1001", "1002", "1003", "1004", "1005"]
    assert first["deals"] == [
        {"toObjectId": "9", "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": 182, "label": None}]}
    ]
    assert first["contacts"] == []
    assert second == {"companies": [], "contacts": [], "deals": []}


def test_one_company_with_two_labels_is_one_association(source: HubSpot, account: HubSpotAccount) -> None:
    account.put("deals", "1", TENTH)
    account.associate("deals", "1", "companies", "1001")
    account.associate("deals", "1", "companies", "1001", label="Primary")
    (deal,) = read(source)["hubspot__deals"]
    assert deal["associations"] is not None
    associations = json.loads(deal["associations"])
    assert list(associations) == ["companies", "contacts"]
    assert [[kind["label"] for kind in one["associationTypes"]] for one in associations["companies"]] == [
        [None, "Primary"]
    ]


def test_associations_are_asked_for_a_thousand_records_at_a_time(
    source: HubSpot, account: HubSpotAccount, vendor: Vendor
) -> None:
    for number in range(1_150):
        account.put("calls", str(1 + number), minute(number))
    read(source)
    asked = [len(one.body["inputs"]) for one in vendor.asked if one.path.endswith("/calls/companies/batch/read")]
    assert asked == [1000, 150]


def test_an_archived_record_without_associations_says_unknown(source: HubSpot, account: HubSpotAccount) -> None:
    account.put("calls", "1", TENTH)
    account.put("calls", "2", TENTH)
    account.archive("calls", "2", ELEVENTH)
    live, archived = read(source)["hubspot__calls"]
    assert json.loads(live["associations"] or "") == {"companies": [], "contacts": [], "deals": []}
    assert archived["associations"] is None


@pytest.mark.parametrize(
    ("errors", "finding"),
    [
        ([{"category": "VALIDATION_ERROR", "message": "x"}], "answered in part, with VALIDATION_ERROR"),
        ([{"category": "jane@example.com"}], "answered in part, with an error without a category"),
        ([], "answered in part and does not say why"),
    ],
)
def test_a_partial_answer_fails_the_load(
    source: HubSpot, account: HubSpotAccount, vendor: Vendor, errors: list[dict[str, str]], finding: str
) -> None:
    account.put("calls", "1", TENTH)
    vendor.misbehave("/calls/companies/batch/read", Reply(207, {"results": [], "errors": errors, "numErrors": 1}))
    with pytest.raises(SourceFailed) as failure:
        read(source)
    assert str(failure.value) == f"hubspot: POST /crm/associations/2026-09/calls/companies/batch/read {finding}"


def test_a_failed_read_leaves_the_state_to_be_read_again(
    source: HubSpot, account: HubSpotAccount, vendor: Vendor
) -> None:
    account.put("calls", "1", TENTH)
    state: dict[str, Any] = {}
    read(source, state)
    kept = json.dumps(state)
    account.put("calls", "2", ELEVENTH)
    vendor.misbehave("/calls/companies/batch/read", *[Reply(500, {})] * 4)
    with pytest.raises(SourceFailed):
        read(source, state)
    assert ids(read(source, json.loads(kept))["hubspot__calls"]) == ["2"]


def test_an_account_without_records_is_read_by_list_until_there_are_some(
    source: HubSpot, account: HubSpotAccount
) -> None:
    state: dict[str, Any] = {}
    assert not any(read(source, state).values())
    account.put("deals", "1", TENTH)
    assert ids(read(source, state)["hubspot__deals"]) == ["1"]
    assert not source.is_complete("hubspot__deals")
    assert read(source, state)["hubspot__deals"] == []


@pytest.mark.parametrize("kind", HUBSPOT_OBJECTS)
def test_every_kind_of_record_is_listed_first_and_searched_later(
    source: HubSpot, account: HubSpotAccount, vendor: Vendor, kind: str
) -> None:
    account.put(kind, "1", TENTH)
    account.put(kind, "2", TENTH)
    state: dict[str, Any] = {}
    assert ids(read(source, state)[f"hubspot__{kind}"]) == ["1", "2"]
    assert source.is_complete(f"hubspot__{kind}")
    state = json.loads(json.dumps(state))
    account.put(kind, "2", ELEVENTH)
    account.put(kind, "3", ELEVENTH)
    account.archive(kind, "1", ELEVENTH)
    vendor.asked.clear()
    later = read(source, state)[f"hubspot__{kind}"]
    assert [(one["id"], one["archived"]) for one in later] == [("2", "false"), ("3", "false"), ("1", "true")]
    (search, *_) = (one.body for one in vendor.asked if one.path.endswith((f"/{kind}/search", f"/p_{kind}/search")))
    assert search["sorts"] == [{"propertyName": modified_property(kind), "direction": "ASCENDING"}]
    assert not any(read(source, state).values())


def test_contacts_move_by_lastmodifieddate_and_keep_whom_they_were_merged_from(
    source: HubSpot, account: HubSpotAccount, vendor: Vendor
) -> None:
    properties = {"email": "ava@example.com", "hs_merged_object_ids": "7;8", "jobtitle": "Head of production"}
    account.put("contacts", "1", TENTH, properties=properties)
    account.associate("contacts", "1", "companies", "5", "Primary")
    (landed,) = read(source)["hubspot__contacts"]
    assert json.loads(landed["properties"] or "")["hs_merged_object_ids"] == "7;8"
    assert [one["toObjectId"] for one in json.loads(landed["associations"] or "")["companies"]] == ["5"]
    asked = next(one.query["properties"].split(",") for one in vendor.asked if one.path == f"{OBJECTS}/contacts")
    assert {"lastmodifieddate", "hs_merged_object_ids", "createdate", "email", "hs_buying_role"} <= set(asked)
    assert "hs_lastmodifieddate" not in asked


@pytest.mark.parametrize(
    ("kind", "targets"),
    [
        ("contacts", ["companies"]),
        *((kind, ["companies", "contacts", "deals"]) for kind in HUBSPOT_OBJECTS[3:8]),
        ("feedback_submissions", ["companies", "contacts"]),
        ("success_goals", ["companies"]),
    ],
)
def test_every_kind_lands_with_whom_it_is_about(
    source: HubSpot, account: HubSpotAccount, kind: str, targets: list[str]
) -> None:
    account.put(kind, "1", TENTH)
    for target in targets:
        account.associate(kind, "1", target, "5")
    (landed,) = read(source)[f"hubspot__{kind}"]
    found = json.loads(landed["associations"] or "")
    assert {target: [one["toObjectId"] for one in found[target]] for target in found} == dict.fromkeys(targets, ["5"])


@pytest.mark.parametrize(
    "answered",
    [
        Reply(403, {"category": "MISSING_SCOPES"}),
        Reply(404, {"message": "no such"}),
        Reply(404, b"<html>not here</html>", {"Content-Type": "text/html"}),
    ],
    ids=["no scope", "no such object", "a web page"],
)
def test_survey_answers_need_service_hub_professional_and_are_left_out_without_it(
    source: HubSpot, account: HubSpotAccount, vendor: Vendor, answered: Reply
) -> None:
    account.put("feedback_submissions", "1", TENTH)
    account.put("calls", "2", TENTH)
    vendor.misbehave("/feedback_submissions/", answered)
    state: dict[str, Any] = {}
    tables = read(source, state)
    assert tables["hubspot__feedback_submissions"] == [] and ids(tables["hubspot__calls"]) == ["2"]
    assert not source.is_complete("hubspot__feedback_submissions") and source.is_complete("hubspot__calls")
    reason = source.left_out("hubspot__feedback_submissions") or ""
    assert reason.startswith("left out: hubspot: ") and f"({answered.status}" in reason.replace("answered ", "(")
    # A plan that offers them later is read from its beginning.
    assert ids(read(source, state)["hubspot__feedback_submissions"]) == ["1"]
    assert source.is_complete("hubspot__feedback_submissions")


def test_survey_answers_that_fail_otherwise_fail_the_load(source: HubSpot, vendor: Vendor) -> None:
    vendor.misbehave("/feedback_submissions/", *[Reply(500, {})] * HURRIED.attempts)
    with pytest.raises(SourceFailed, match="feedback_submissions/search answered 500 in 4 attempts"):
        read(source)


def test_goals_are_an_object_of_the_companys_own_with_a_history_and_left_out_where_nobody_made_it(
    source: HubSpot, account: HubSpotAccount, vendor: Vendor
) -> None:
    history = {"status": [{"value": "active", "timestamp": TENTH}]}
    account.put("success_goals", "1", TENTH, propertiesWithHistory=history)
    account.put("calls", "2", TENTH)
    account.custom = ()
    state: dict[str, Any] = {}
    tables = read(source, state)
    assert tables["hubspot__success_goals"] == [] and ids(tables["hubspot__calls"]) == ["2"]
    assert not source.is_complete("hubspot__success_goals") and source.is_complete("hubspot__calls")
    assert source.left_out("hubspot__success_goals") == (
        f"left out: hubspot: GET {OBJECTS}/p_success_goals answered 400: the account has no such object"
    )
    account.custom = ("success_goals",)
    (goal,) = read(source, state)["hubspot__success_goals"]
    assert goal["propertiesWithHistory"] == json.dumps(history, separators=(",", ":"))
    assert source.is_complete("hubspot__success_goals")
    asked = next(
        one.query for one in vendor.asked if one.path.endswith("/p_success_goals") and "properties" in one.query
    )
    assert asked["propertiesWithHistory"] == "agreed_on,due_on,met_on,status"
    assert asked["properties"] == "goal,agreed_on,due_on,met_on,status,hs_createdate,hs_lastmodifieddate"


@pytest.mark.parametrize("answered", [Reply(403, {"category": "MISSING_SCOPES"}), Reply(404, {"message": "no such"})])
def test_goals_that_the_key_may_not_see_are_left_out(source: HubSpot, vendor: Vendor, answered: Reply) -> None:
    vendor.misbehave("/p_success_goals", answered)
    assert read(source)["hubspot__success_goals"] == []
    assert (source.left_out("hubspot__success_goals") or "").startswith("left out: hubspot: ")


def test_goals_that_fail_otherwise_fail_the_load(source: HubSpot, vendor: Vendor) -> None:
    vendor.misbehave("/p_success_goals/search", Reply(400, {"message": "wrong"}))
    with pytest.raises(SourceFailed, match="p_success_goals/search answered 400"):
        read(source)


def test_a_company_calls_its_goals_what_it_likes(tmp_path: Path, vendor: Vendor) -> None:
    seeds = tmp_path / "mappings"
    seeds.mkdir()
    (seeds / "crm_properties.csv").write_text(
        "source_system,object,term,property\n"
        "hubspot,success_goals,object_type,2-3465404\nhubspot,success_goals,goal,aim\n"
    )
    (seeds / "crm_roles.csv").write_text("source_system,property,role\n")
    source = HubSpot(
        base_url=vendor.url, token=SECRET, properties=load_crm_properties(tmp_path, "hubspot"), patience=HURRIED
    )
    vendor.misbehave("/2-3465404", *[Reply(200, {"results": []})] * 4)
    assert read(source)["hubspot__success_goals"] == [] and source.is_complete("hubspot__success_goals")


@pytest.mark.parametrize("kind", ["contacts", "emails", "communications", "notes"])
def test_any_other_kind_that_is_not_there_fails_the_load(source: HubSpot, vendor: Vendor, kind: str) -> None:
    vendor.misbehave(f"/objects/2026-09/{kind}", Reply(404, {"message": "no such"}))
    with pytest.raises(SourceFailed, match=f"POST /crm/objects/2026-09/{kind}/search answered 404"):
        read(source)


def test_the_dated_version_is_configuration_and_a_service_key_signs_in_as_a_bearer(vendor: Vendor) -> None:
    dated = HubSpot(
        base_url=vendor.url,
        token=SECRET,
        properties=load_crm_properties(SEEDS, "hubspot"),
        api_version="2027-03",
        patience=HURRIED,
    )
    vendor.misbehave("/crm/owners/2027-03", Reply(200, {"results": []}))
    dated.check()
    assert [one.path for one in vendor.asked] == ["/crm/owners/2027-03"]
    assert vendor.asked[0].headers["Authorization"] == f"Bearer {SECRET}"


def test_a_request_with_histories_reads_fifty_records(source: HubSpot, account: HubSpotAccount, vendor: Vendor) -> None:
    for number in range(120):
        account.put("deals", str(1000 + number), TENTH)
    state: dict[str, Any] = {}
    assert len(read(source, state)["hubspot__deals"]) == 120
    for number in range(120):
        account.put("deals", str(1000 + number), ELEVENTH)
    vendor.asked.clear()
    assert len(read(source, state)["hubspot__deals"]) == 120
    reads = [len(one.body["inputs"]) for one in vendor.asked if one.path == f"{OBJECTS}/deals/batch/read"]
    assert reads == [50, 50, 20]


def test_a_search_over_its_limit_a_second_answers_without_saying_how_long_and_is_asked_again(
    source: HubSpot, account: HubSpotAccount, vendor: Vendor
) -> None:
    account.put("emails", "1", TENTH)
    too_fast = Reply(429, {"policyName": "SECONDLY"}, {"X-HubSpot-RateLimit-Daily-Remaining": "249000"})
    vendor.misbehave("/emails/search", too_fast, too_fast)
    assert ids(read(source)["hubspot__emails"]) == ["1"]
    assert sum(one.path.endswith("/emails/search") for one in vendor.asked) == 3


def test_a_search_pages_by_an_offset_that_ends_at_ten_thousand_so_it_is_never_used(
    source: HubSpot, account: HubSpotAccount, vendor: Vendor
) -> None:
    state: dict[str, Any] = {}
    account.put("emails", "1", TENTH)
    read(source, state)
    for number in range(450):
        account.put("emails", str(1000 + number), minute(15_000 + number))
    assert len(read(source, state)["hubspot__emails"]) == 450
    assert not any("after" in one.body for one in vendor.asked if one.path.endswith("/search"))
