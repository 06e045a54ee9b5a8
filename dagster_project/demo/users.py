"""User accounts of our own people in the CRM (owners) and in ticketing (agents), leavers and strangers included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from dagster_project.demo.people import DOMAIN, Employee, Staff
from dagster_project.demo.timeline import (
    IDS_A_PART,
    Record,
    Seed,
    at_work,
    number,
    start_of,
    working_day,
    working_moment,
)

OWNING = ("Sales", "Customer Success", "Support", "Field Service", "Marketing")
ANSWERING = ("Customer Success", "Support", "Field Service")


@dataclass
class Users:
    """Owners and agents as vendor records, and who of ours they are."""

    owners: list[Record]
    agents: list[Record]
    owner_of: dict[int, Record]
    agent_of: dict[int, Record]
    reseller_desk: Record
    stranger_agents: list[Record]

    def owner_id(self, employee: Employee | None) -> str:
        """The id a CRM property holds for this employee; empty for nobody."""
        return "" if employee is None else str(self.owner_of[employee.record.id].id)


def simulate_users(seed: Seed, staff: Staff, begin: date, part: int = 0) -> Users:
    """Three leavers in four lose their CRM user within ten days; the others' users stay as if nothing had happened."""
    rng = Random(f"{seed}/users")
    opened_on = begin - timedelta(days=30)
    owners: list[Record] = []
    agents: list[Record] = []
    owner_of: dict[int, Record] = {}
    agent_of: dict[int, Record] = {}
    for employee in staff.employees:
        if employee.is_duplicate:
            continue
        departments = {department for _, department in employee.departments}
        started_at = working_moment(rng, working_day(max(employee.hired_on, opened_on)))
        if departments & set(OWNING):
            owner = owner_record(employee, started_at, rng)
            close_owner(owner, employee, rng, opened_on)
            owner_of[employee.record.id] = owner
            owners.append(owner)
        if departments & set(ANSWERING):
            agent = agent_record(employee, started_at)
            if employee.left_on is not None and employee.left_on > opened_on:
                agent.change("suspended", True, working_moment(rng, working_day(employee.left_on + timedelta(days=1))))
            agent_of[employee.record.id] = agent
            agents.append(agent)
    desk_at = working_moment(rng, working_day(opened_on))
    desk = Record(
        desk_at,
        email=f"resellers{part or ''}@{DOMAIN}",
        firstName="Reseller",
        lastName="Desk",
        archived=False,
        team="Partners",
    )
    owners.append(desk)
    strangers = [
        Record(
            desk_at, email=f"monitoring{part or ''}@{DOMAIN}", name="Remote Monitoring", role="agent", suspended=False
        ),
        Record(
            desk_at + 1_000,
            email=f"night.shift{part or ''}@helpline.example",
            name="Night Shift",
            role="agent",
            suspended=False,
        ),
    ]
    agents.extend(strangers)
    number(owners, 51_001 + part * IDS_A_PART)
    number(agents, 9_001 + part * IDS_A_PART)
    return Users(owners, agents, owner_of, agent_of, desk, strangers)


def owner_record(employee: Employee, started_at: int, rng: Random) -> Record:
    email = employee.email
    if rng.random() < 0.08:
        first, _, rest = email.partition(".")
        email = f"{first.title()}.{rest}"
    return Record(
        started_at,
        email=email,
        firstName=employee.first_name,
        lastName=employee.last_name,
        archived=False,
        team=employee.departments[0][1],
    )


def close_owner(owner: Record, employee: Employee, rng: Random, opened_on: date) -> None:
    for start, end in employee.spells:
        if start > opened_on and start != employee.hired_on:
            owner.change("archived", False, at_work(start_of(start)))
        if end is not None and end > opened_on and rng.random() < 0.75:
            owner.change("archived", True, working_moment(rng, working_day(end + timedelta(days=rng.randint(0, 10)))))


def agent_record(employee: Employee, started_at: int) -> Record:
    role = "admin" if employee.is_head else "agent"
    name = f"{employee.first_name} {employee.last_name}"
    return Record(started_at, email=employee.email, name=name, role=role, suspended=False)
