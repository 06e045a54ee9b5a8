"""The naive mart says of dropped files and of links by hand what the definitions say, done by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dbt.landing_writer import Row
from tests.reference.days import instant
from tests.reference.small_company import ACME, acme, call, contact, dropped, first_of, month, note, only, record


def use(which: str, bought: str, used: str, product: str = "Drives") -> Row:
    return dropped(
        f'["{ACME}", "{product}", "{which}"]', product=product, month=which, units_bought=bought, units_used=used
    )


def goal(name: str, status: str, **days: str) -> Row:
    return dropped(name, goal=name, agreed_on="2024-02-01", status=status, **days)


def test_utilization_is_used_over_bought_of_all_products_and_changes_against_three_months_before(
    tmp_path: Path,
) -> None:
    rows = [use("2024-03", "10", "5"), use("2024-06", "10", "8"), use("2024-06", "30", "4", "Pumps")]
    mart = acme(tmp_path, "2024-06-30", files__product_usage=rows)
    march, may, june = (month(mart, which) for which in ("2024-03", "2024-05", "2024-06"))
    assert (march["utilization"], march["utilization_change_90d"]) == (0.5, None)
    assert may["utilization"] is None
    assert (june["utilization"], june["utilization_change_90d"]) == (0.3, pytest.approx(-0.2))
    assert len(mart.table("product_usage")) == 3


def test_a_correction_counts_from_its_landing_and_leaves_months_that_are_over_as_they_were(tmp_path: Path) -> None:
    mart = acme(
        tmp_path,
        "2024-07-31",
        first_on="2024-06-30",
        later=[("2024-07-05", {"files__product_usage": [use("2024-06", "10", "2"), use("2024-07", "10", "9")]})],
        files__product_usage=[use("2024-06", "10", "8")],
    )
    assert [month(mart, which)["utilization"] for which in ("2024-06", "2024-07")] == [0.8, 0.9]
    assert only(mart, "product_usage", month=first_of("2024-06"))["units_used"] == 2.0


def test_a_goal_is_active_until_it_was_met_missed_or_said_to_be_dropped(
    tmp_path: Path,
) -> None:
    goals = [
        goal("Less waste", "met", met_on="2024-05-10"),
        goal("More output", "missed", due_on="2024-05-31"),
        goal("Fewer stops", "active"),
        goal("New hall", "dropped"),
    ]
    mart = acme(tmp_path, "2024-06-30", files__success_goals=goals)
    january, april, may, june = (month(mart, f"2024-0{number}") for number in (1, 4, 5, 6))
    assert (january["goals_active"], january["goals_met_share"]) == (0, None)
    assert (april["goals_active"], april["goals_met_share"]) == (4, None)
    # Due on the last day of May, it is missed once that day is over without it.
    assert (may["goals_active"], may["goals_met_share"]) == (2, 0.5)
    assert (june["goals_active"], june["goals_met_share"]) == (1, 0.5)
    assert list(mart.table("success_goals")["status"]) == ["met", "missed", "active", "dropped"]


def test_without_any_file_of_goals_nobody_knows_how_many_there_are(tmp_path: Path) -> None:
    assert month(acme(tmp_path, "2024-06-30"), "2024-06")["goals_active"] is None


def test_costs_of_a_customer_and_of_its_segment_are_those_of_twelve_months_by_customer_won_and_kept(
    tmp_path: Path,
) -> None:
    costs = [
        dropped("1", month="2024-02", acquisition_cost="600", retention_cost="50"),
        {**dropped("2", month="2024-03", segment="Industry", retention_cost="30"), "customer_id": None},
        {**dropped("3", month="2025-01", segment="Services", retention_cost="7"), "customer_id": None},
    ]
    properties = {"properties": {"name": "Acme", "segment": "Industry"}}
    mart = acme(tmp_path, "2025-01-31", company=properties, files__retention_costs=costs)
    december = only(mart, "retention_by_month", segment="Industry", month=first_of("2024-12"))
    january = only(mart, "retention_by_month", segment="all", month=first_of("2025-01"))
    assert (december["acquisition_cost"], december["retention_cost"]) == (600.0, 80.0)
    assert (december["cost_per_new_customer"], december["cost_per_kept_customer"]) == (600.0, None)
    assert (january["retention_cost"], january["cost_per_kept_customer"]) == (87.0, 87.0)
    first = only(mart, "retention_by_month", segment="Industry", month=first_of("2024-01"))
    assert first["acquisition_cost"] is None


def test_a_touch_from_a_file_counts_with_what_the_file_says_it_was_worth(tmp_path: Path) -> None:
    told = dropped(
        "7",
        touch_id="7",
        occurred_at="2024-06-01T09:00:00+02:00",
        channel="field_visit",
        direction="outbound",
        substance="substantive",
        theme="education",
        employee_id="bamboohr:5",
    )
    mart = acme(tmp_path, "2024-06-30", files__touches=[told])
    touch = only(mart, "touches")
    assert (touch["occurred_at"], touch["customer_id"]) == (instant("2024-06-01T07:00:00Z"), ACME)
    assert (touch["initiative"], touch["is_pulse_check"], touch["department"]) == (
        "proactive",
        True,
        "Customer Success",
    )
    assert month(mart, "2024-06")["education_touches_180d"] == 1


def test_a_touch_in_a_later_file_counts_in_no_month_before_the_file_landed(tmp_path: Path) -> None:
    told = dropped("7", touch_id="7", occurred_at="2024-06-01", channel="social", direction="inbound")
    mart = acme(tmp_path, "2024-07-31", first_on="2024-05-31", later=[("2024-07-02", {"files__touches": [told]})])
    assert [month(mart, which)["touches_90d"] for which in ("2024-06", "2024-07")] == [0, 1]


def test_what_a_file_heard_was_acted_on_when_the_file_or_a_note_says_so(tmp_path: Path) -> None:
    heard = {"voice_id": "9", "heard_at": "2024-03-01", "kind": "opportunity", "theme": "pumps", "department": "Social"}
    acted = {**heard, "acted_on_at": "2024-04-20"}
    by_file = acme(
        tmp_path / "file",
        "2024-06-30",
        first_on="2024-03-31",
        later=[("2024-05-02", {"files__voice_of_customer": [dropped("9", **acted)]})],
        files__voice_of_customer=[dropped("9", **heard)],
    )
    # Acted on in April, which nobody could know before the file of May.
    assert [month(by_file, f"2024-0{number}")["opportunities_open"] for number in (3, 4, 5)] == [1, 1, 0]
    by_note = acme(
        tmp_path / "note",
        "2024-06-30",
        files__voice_of_customer=[dropped("9", **heard)],
        hubspot__notes=[note(1, "2024-04-01", "Offered them #acted-9")],
    )
    assert only(by_note, "voice_of_customer")["acted_on_at"] == instant("2024-04-01T10:00:00Z")
    assert month(by_note, "2024-06")["voice_departments_365d"] == 1


def test_an_id_that_no_hashtag_can_hold_is_written_with_hyphens(tmp_path: Path) -> None:
    heard = {"voice_id": "Fair 2024/9", "heard_at": "2024-03-01", "kind": "warning"}
    mart = acme(
        tmp_path,
        "2024-06-30",
        files__voice_of_customer=[dropped("Fair 2024/9", **heard)],
        hubspot__notes=[note(1, "2024-04-01", "Called. #acted-fair-2024-9"), note(2, "2024-04-02", "#acted-fair-8")],
    )
    assert only(mart, "voice_of_customer")["acted_on_at"] == instant("2024-04-01T10:00:00Z")
    assert only(mart, "unresolved_references")["reference"] == "fair-8"


def test_a_file_says_that_somebody_acted_also_where_nobody_knows_for_which_customer(tmp_path: Path) -> None:
    heard = {"voice_id": "9", "heard_at": "2024-03-01", "kind": "warning", "acted_on_at": "2024-04-20"}
    mart = acme(
        tmp_path, "2024-06-30", files__voice_of_customer=[{**dropped("9", **heard), "customer_id": "hubspot:9"}]
    )
    assert only(mart, "voice_of_customer")["acted_on_at"] == instant("2024-04-20")


def test_a_day_told_alone_is_no_hour_before_what_was_heard_on_it(tmp_path: Path) -> None:
    heard = {"voice_id": "9", "heard_at": "2024-03-01T14:00:00Z", "kind": "warning", "acted_on_at": "2024-03-01"}
    mart = acme(tmp_path, "2024-06-30", files__voice_of_customer=[dropped("9", **heard)])
    assert only(mart, "voice_of_customer")["acted_on_at"] == instant("2024-03-01T14:00:00Z")


def test_a_file_that_names_strangers_keeps_its_rows_and_says_so(tmp_path: Path) -> None:
    told = dropped("7", touch_id="7", occurred_at="2024-06-01", channel="call", direction="outbound")
    strange = {**told, "customer_id": "hubspot:99", "employee_id": "bamboohr:99", "contact_id": "hubspot:98"}
    mart = acme(tmp_path, "2024-06-30", files__touches=[strange])
    touch = only(mart, "touches")
    assert (touch["customer_id"], touch["employee_id"], touch["contact_id"]) == (None, None, None)
    unresolved = mart.table("unresolved_references")
    assert set(unresolved["reference"]) == {"hubspot:99", "bamboohr:99", "hubspot:98"}


def test_a_file_that_names_a_contact_merged_since_means_the_one_it_became(tmp_path: Path) -> None:
    told = dropped("7", touch_id="7", occurred_at="2024-06-01", channel="call", direction="outbound")
    eve = contact(5, email="eve@acme.example", hs_merged_object_ids="4")
    mart = acme(tmp_path, "2024-06-30", hubspot__contacts=[eve], files__touches=[{**told, "contact_id": "hubspot:4"}])
    assert only(mart, "touches")["contact_id"] == "hubspot:5"
    assert mart.table("unresolved_references").empty


def test_what_a_person_merged_or_separated_outranks_what_the_systems_say(tmp_path: Path) -> None:
    other = record(3, {"name": "Acme again"})
    about_other = {**call(1, "2024-06-01"), "associations": {"companies": [{"toObjectId": 3, "associationTypes": []}]}}
    link = {"source_system": "hubspot", "source_object": "companies", "source_record_id": "3", "reason": "one firm"}
    merged = acme(
        tmp_path / "merged",
        "2024-06-30",
        decisions={"customer_links": [{**link, "customer_id": ACME, "decision": "merge"}]},
        hubspot__companies=[other],
        hubspot__calls=[about_other],
    )
    assert only(merged, "touches")["customer_id"] == ACME
    assert only(merged, "customers")["customer_id"] == ACME
    assert only(merged, "identity_links", source_object="companies", source_record_id="3")["rule"] == "customer_link"
    separated = acme(
        tmp_path / "separated",
        "2024-06-30",
        decisions={
            "customer_links": [
                {**link, "source_object": "organizations", "source_record_id": "90"}
                | {"customer_id": ACME, "decision": "separate"}
            ],
            "employee_links": [
                {**link, "source_object": "owners", "source_record_id": "7"}
                | {"employee_id": "bamboohr:5", "decision": "separate"}
            ],
        },
    )
    assert only(separated, "identity_links", source_object="organizations")["entity_id"] is None
    assert only(separated, "identity_links", source_object="owners")["entity_id"] == "hubspot-user:7"
