"""The naive mart says of assignments, ghosts, handoffs and trainings what the definitions say, done by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from tests.reference.small_company import ACME, ANN, acme, call, month, only, record

BOB = {
    "employeeId": "6",
    "firstName": "Bob",
    "lastName": "Ray",
    "workEmail": "bob@us.example",
    "hireDate": "2024-03-01",
}
BOB_OWNS = {"id": "8", "email": "bob@us.example", "firstName": "Bob", "lastName": "Ray", "archived": "false"}


def cared_for(*named: tuple[str, str]) -> dict[str, Any]:
    """A company with the owners named as customer success managers, each from the beginning of a day."""
    entries = [{"timestamp": f"{on}T00:00:00Z", "value": owner} for on, owner in reversed(named)]
    return {"propertiesWithHistory": {"csm_owner_id": entries}}


def test_who_left_and_still_holds_the_role_is_a_ghost_from_that_day_on(tmp_path: Path) -> None:
    statuses = [
        {"employeeId": "5", "date": "2020-01-01", "employmentStatus": "Full-Time"},
        {"employeeId": "5", "date": "2024-06-10", "employmentStatus": "Terminated"},
    ]
    mart = acme(
        tmp_path,
        "2024-06-30",
        company=cared_for(("2024-01-10", "7")),
        hr={"bamboohr__employment_status": statuses},
    )
    assignments = mart.table("assignments").set_index("role")
    assert assignments.loc["csm", "is_ghost"] is True
    assert assignments.loc["csm", "ghost_days"] == 20
    assert [month(mart, f"2024-0{number}")["ghost_owners"] for number in (5, 6)] == [0, 1]
    assert month(mart, "2024-06")["roles_filled"] == 1
    assert only(mart, "customers")["has_ghost_owner"] is True


def test_a_handover_without_touches_turns_cold_after_thirty_days(tmp_path: Path) -> None:
    mart = acme(
        tmp_path,
        "2024-07-31",
        company=cared_for(("2024-01-10", "7"), ("2024-06-10", "8")),
        hr={"bamboohr__employees": [ANN, BOB]},
        hubspot__owners=[BOB_OWNS],
        hubspot__calls=[call(1, "2024-06-01", hubspot_owner_id="7")],
    )
    june, july = month(mart, "2024-06"), month(mart, "2024-07")
    assert (june["assignment_changes_365d"], june["changes_reassignment_365d"]) == (1, 1)
    assert (june["cold_handoffs_365d"], july["cold_handoffs_365d"]) == (0, 1)
    # Bob, hired on 2024-03-01, is the only holder: 121 days at the end of June, 152 at the end of July.
    assert (june["team_median_tenure_days"], june["inexperienced_assignees"]) == (121, 1)
    assert july["team_median_tenure_days"] == 152


def test_a_handover_with_a_touch_of_each_within_thirty_days_is_warm(tmp_path: Path) -> None:
    mart = acme(
        tmp_path,
        "2024-07-31",
        company=cared_for(("2024-01-10", "7"), ("2024-06-10", "8")),
        hr={"bamboohr__employees": [ANN, BOB]},
        hubspot__owners=[BOB_OWNS],
        hubspot__calls=[
            call(1, "2024-05-11", hubspot_owner_id="7"),
            call(2, "2024-07-10", hubspot_owner_id="8"),
        ],
    )
    spells = mart.table("assignments").set_index("employee_id")
    held = spells[spells["role"] == "csm"]
    assert held.loc["bamboohr:5", "handoff"] == "warm"
    assert held.loc["bamboohr:5", "gap_days"] == 0
    assert month(mart, "2024-07")["cold_handoffs_365d"] == 0


def test_a_role_that_comes_back_to_the_same_person_is_no_change_and_stands_empty_meanwhile(tmp_path: Path) -> None:
    named = cared_for(("2024-01-10", "7"), ("2024-05-10", ""), ("2024-06-10", "7"))
    mart = acme(tmp_path, "2024-06-30", company=named)
    may, june = month(mart, "2024-05"), month(mart, "2024-06")
    # At the end of May nobody had followed yet: a change, as known then.
    assert (may["roles_orphaned"], may["assignment_changes_365d"]) == (1, 1)
    assert (june["roles_orphaned"], june["assignment_changes_365d"]) == (0, 0)


def test_a_training_counts_for_three_hundred_and_sixty_five_days(tmp_path: Path) -> None:
    trained = {
        "bamboohr__training_types": [{"id": "1", "name": "First aid"}],
        "bamboohr__training_records": [{"employeeId": "5", "id": "9", "type": "1", "completed": "2024-02-01"}],
    }
    mart = acme(tmp_path, "2025-01-31", company=cared_for(("2024-01-10", "7")), hr=trained)
    training = only(mart, "trainings")
    assert (training["training"], training["completed_on"]) == ("First aid", date(2024, 2, 1))
    shares = [month(mart, which)["assignees_trained_share"] for which in ("2024-01", "2024-02", "2024-12", "2025-01")]
    assert shares == [0.0, 1.0, 1.0, 0.0]
    assert mart.table("employees").iloc[0]["trainings_completed"] == 1


def test_of_a_department_under_five_people_nothing_but_its_being_is_told(tmp_path: Path) -> None:
    mart = acme(tmp_path, "2024-01-31")
    department = only(mart, "workforce_months")
    assert (department["department"], department["is_suppressed"]) == ("Customer Success", True)
    assert department["headcount"] is None


def test_roles_of_a_company_merged_by_hand_are_held_at_the_customer_it_became(tmp_path: Path) -> None:
    other = record(3, {"name": "Acme again"}, **cared_for(("2024-02-10", "8")))
    link = {"source_system": "hubspot", "source_object": "companies", "source_record_id": "3", "reason": "one firm"}
    mart = acme(
        tmp_path,
        "2024-06-30",
        company=cared_for(("2024-01-10", "7")),
        decisions={"customer_links": [{**link, "customer_id": ACME, "decision": "merge"}]},
        hr={"bamboohr__employees": [ANN, BOB]},
        hubspot__owners=[BOB_OWNS],
        hubspot__companies=[other],
    )
    spells = mart.table("assignments")
    assert set(spells[spells["role"] == "csm"]["customer_id"]) == {ACME}
    # One role with two holders; the customer's own record names the first.
    assert month(mart, "2024-06")["roles_filled"] == 1
    assert only(mart, "customers")["csm_id"] == "bamboohr:5"


def test_of_an_employee_whom_hr_deleted_only_the_name_stays(tmp_path: Path) -> None:
    deleted = {"id": "5", "action": "Deleted", "lastChanged": "2024-06-20T08:00:00+00:00"}
    mart = acme(
        tmp_path,
        "2024-06-30",
        company=cared_for(("2024-01-10", "7")),
        hr={"bamboohr__employees_changed": [deleted]},
        hubspot__calls=[call(1, "2024-05-01", hubspot_owner_id="7")],
    )
    employee = only(mart, "employees")
    assert (employee["full_name"], employee["department"], employee["is_active"]) == ("Ann Lee", None, None)
    assert [month(mart, f"2024-0{number}")["departments_touching_180d"] for number in (5, 6)] == [1, 0]
