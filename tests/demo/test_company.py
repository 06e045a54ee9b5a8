"""The simulated company: the same from the same seed, of a believable size, and never finished."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dagster_project.demo.company import World, simulate
from dagster_project.demo.people import rows_of
from dagster_project.demo.timeline import DAY, HOUR, Record, day_of, end_of, iso_milliseconds

SMALL = {"customers": 24, "prospects": 8, "years": 2, "employees": 30}


def crm_and_tickets(world: World) -> Iterator[tuple[str, Record]]:
    for kind in (
        "companies",
        "owners",
        "deals",
        "calls",
        "meetings",
        "organizations",
        "agents",
        "end_users",
        "tickets",
    ):
        for record in getattr(world, kind):
            yield kind, record


def fingerprint(world: World) -> str:
    """A digest of everything the vendors hold, with its whole past."""
    digest = hashlib.sha256()
    for kind, record in crm_and_tickets(world):
        fixed = {name: value for name, value in record.fixed.items() if not isinstance(value, Record)}
        changes = {name: [(c.at, c.value, c.by) for c in history] for name, history in record.changes.items()}
        links = [(link.to_kind, link.to_id, link.added_at, link.label) for link in record.links]
        facts = [kind, record.id, record.created_at, record.archived_at, record.merged_at, fixed, changes, links]
        digest.update(json.dumps([*facts, record.modified], sort_keys=True).encode())
    for employee in world.employees:
        rows = [(row.id, row.table, row.effective_on.isoformat(), row.entered_at, row.values) for row in employee.rows]
        digest.update(json.dumps([employee.email, employee.record.id, employee.record.modified, rows]).encode())
    return digest.hexdigest()


def test_the_same_seed_gives_the_same_company_and_another_seed_another() -> None:
    first = fingerprint(simulate(seed=3, **SMALL))
    assert fingerprint(simulate(seed=3, **SMALL)) == first
    assert fingerprint(simulate(seed=4, **SMALL)) != first


def test_the_company_does_not_depend_on_how_python_hashes_text() -> None:
    program = (
        "import sys; sys.path.insert(0, 'tests/demo'); import test_company as t; "
        "print(t.fingerprint(t.simulate(seed=3, **t.SMALL)))"
    )
    root = Path(__file__).parents[2]
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


@pytest.mark.parametrize("too_small", [{"customers": 10}, {"prospects": 2}, {"years": 1}, {"employees": 12}])
def test_a_company_too_small_for_its_stories_is_refused(too_small: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="stories need"):
        simulate(**{**SMALL, **too_small})


def test_the_default_company_has_the_size_it_promises(company: World) -> None:
    assert sum(a.win_on is not None and a.win_on <= company.as_of for a in company.accounts) == 240
    assert sum(a.win_on is None or a.win_on > company.as_of for a in company.accounts) == 60
    employed = [e for e in company.employees if e.is_employed_on(company.as_of) and not e.is_duplicate]
    assert 66 <= len(employed) <= 74
    assert 20_000 <= len(company.calls) + len(company.meetings) <= 30_000
    assert 2_000 <= len(company.tickets) <= 4_000


def test_about_one_contract_term_in_ten_is_lost(company: World) -> None:
    terms = [term for account in company.accounts for contract in account.contracts for term in contract.terms]
    decided = [term for term in terms if term.decided_on is not None and term.decided_on <= company.as_of]
    lost = [term for term in decided if term.outcome == "churned"]
    assert len(decided) > 300
    assert 0.06 <= len(lost) / len(decided) <= 0.14
    assert {term.outcome for term in decided} == {"renewed", "expanded", "contracted", "churned"}


def test_customers_hit_twice_within_a_quarter_leave_more_often(company: World) -> None:
    """The planted effect: a second severe incident soon after the first costs renewals."""
    hit, spared = [0, 0], [0, 0]
    for account in company.accounts:
        for term in (term for contract in account.contracts for term in contract.terms):
            if term.decided_on is None or term.decided_on > company.as_of or account.story is not None:
                continue
            year = (term.due_on - timedelta(days=365), term.due_on)
            days = [t.opened_on for t in account.troubles if t.is_severe and year[0] < t.opened_on < year[1]]
            twice = any((later - earlier).days <= 90 for earlier, later in zip(days, days[1:], strict=False))
            counted = hit if twice else spared
            counted[0] += term.outcome == "churned"
            counted[1] += 1
    assert hit[0] / hit[1] > spared[0] / spared[1]


def test_nobody_writes_at_night(company: World) -> None:
    """So a load at the end of a day misses nothing that a vendor holds back for a minute."""
    for kind, record in crm_and_tickets(company):
        for moment in (*record.modified, *record.system_modified, record.archived_at or record.created_at):
            assert 6 * HOUR <= moment % DAY <= 20 * HOUR, (kind, record.id)


def test_later_records_have_higher_ids(company: World) -> None:
    for kind in ("companies", "owners", "deals", "calls", "meetings", "organizations", "tickets"):
        records = getattr(company, kind)
        assert [r.id for r in records] == sorted({r.id for r in records}), kind
        assert [r.created_at for r in records] == sorted(r.created_at for r in records), kind


def test_nothing_changes_before_it_exists_and_links_point_to_what_exists(company: World) -> None:
    companies = {str(record.id): record for record in company.companies}
    for kind, record in crm_and_tickets(company):
        assert min(record.modified) == record.created_at, (kind, record.id)
        for link in record.links:
            if link.to_kind == "companies":
                assert companies[link.to_id].created_at <= link.added_at, (kind, record.id)


def test_every_day_after_the_as_of_day_brings_late_changed_and_deleted_records(company: World) -> None:
    touches = [*company.calls, *company.meetings]
    late = {day_of(r.created_at) for r in touches if r.fixed["hs_timestamp"] < iso_milliseconds(r.created_at - 2 * DAY)}
    edited = {day_of(moment) for r in touches for moment in r.modified if moment != r.created_at}
    deleted = {day_of(r.archived_at) for r in touches if r.archived_at is not None}
    to_come = {company.as_of + timedelta(days=ahead) for ahead in range(1, 58)}
    assert to_come <= late
    assert to_come <= edited
    assert to_come <= deleted


def test_the_next_weeks_bring_a_merge_and_an_archived_company_and_a_deleted_ticket(company: World) -> None:
    now, soon = end_of(company.as_of), end_of(company.as_of + timedelta(days=14))
    assert any(r.merged_at and now < r.merged_at <= soon for r in company.companies)
    assert any(r.archived_at and now < r.archived_at <= soon for r in company.companies)
    assert any(r.archived_at and now < r.archived_at <= soon for r in company.tickets)
    assert any(r.archived_at and now < r.archived_at <= soon for r in company.deals)
    assert any(r.archived_at and now < r.archived_at <= soon for r in company.organizations)


def test_hr_knows_of_coming_changes_enters_others_late_and_takes_people_back(company: World) -> None:
    now = end_of(company.as_of)
    rows = [row for employee in company.employees for row in employee.rows]
    known = [row for row in rows if row.entered_at <= now]
    assert any(row.effective_on > company.as_of and row.values.get("employmentStatus") == "Terminated" for row in known)
    assert any(row.effective_on > company.as_of and row.table == "jobInfo" for row in known)
    late = [row for row in rows if row.entered_at > now and row.effective_on <= company.as_of]
    assert late
    assert any(row.withdrawn_at is not None for row in rows)
    rehired = []
    for employee in company.employees:
        by_day = sorted((r for r in rows_of(employee, "employmentStatus", now)), key=lambda row: row.effective_on)
        statuses = [row.values["employmentStatus"] for row in by_day]
        rehired.extend(s for s, later in zip(statuses, statuses[1:], strict=False) if s == "Terminated" and later != s)
    assert rehired
    assert any(
        e.record.archived_at is not None and day_of(e.record.archived_at) > company.as_of for e in company.employees
    )
