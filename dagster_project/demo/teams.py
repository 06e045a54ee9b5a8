"""Who serves which customer in which role from when to when, as the CRM's owner fields tell it."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from dagster_project.demo.accounts import Account
from dagster_project.demo.people import Employee, Staff
from dagster_project.demo.stories import GHOST_REASSIGNED_IN, MUSICAL_CHAIRS
from dagster_project.demo.timeline import DAY, Seed, day_of, end_of, start_of, working_day, working_moment
from dagster_project.demo.users import Users

ROLE_PROPERTIES = {
    "account_manager": "hubspot_owner_id",
    "csm": "csm_owner_id",
    "support_lead": "support_owner_id",
    "field_engineer": "field_owner_id",
}
ROLE_DEPARTMENTS = {
    "account_manager": "Sales",
    "csm": "Customer Success",
    "support_lead": "Support",
    "field_engineer": "Field Service",
}
REASSIGNMENTS_A_YEAR = 0.05


@dataclass(slots=True)
class Spell:
    """One employee (or nobody) in one role at one customer, from a moment on. `is_warm` asks for a proper handover."""

    since: int
    employee: Employee | None
    is_warm: bool = False


def holder_at(account: Account, role: str, at: int) -> Employee | None:
    """Who held the role then, a ghost included."""
    current = None
    for spell in account.teams.get(role, ()):
        if spell.since > at:
            break
        current = spell.employee
    return current


class Assigning:
    """Walks through time: first assignments, successions of people who leave or move, changes without a reason."""

    def __init__(self, seed: Seed, staff: Staff, horizon: date) -> None:
        self.rng = Random(f"{seed}/teams")
        self.staff, self.horizon = staff, horizon
        self.queue: list[tuple[int, int, Account, str, str, Employee | None]] = []
        self.load: dict[int, int] = {}
        self.by_day: dict[tuple[str, date], list[Employee]] = {}
        self.sequence = itertools.count()
        self.ends = {employee.record.id: ends_of_service(employee) for employee in staff.employees}

    def plan(self, at: int, account: Account, role: str, event: str, holder: Employee | None = None) -> None:
        if at < end_of(self.horizon):
            heapq.heappush(self.queue, (at, next(self.sequence), account, role, event, holder))

    def candidate(self, role: str, at: int, besides: Employee | None) -> Employee | None:
        key = (ROLE_DEPARTMENTS[role], day_of(at))
        if key not in self.by_day:
            self.by_day[key] = self.staff.serving(key[0], key[1], staying_days=21)
        free = [employee for employee in self.by_day[key] if employee is not besides]
        if not free:
            return None
        return min(
            free,
            key=lambda employee: (self.load.get(employee.record.id, 0) + self.rng.random() * 4, employee.record.id),
        )

    def assign(self, account: Account, role: str, at: int, employee: Employee | None) -> None:
        spells = account.teams.setdefault(role, [])
        before = spells[-1].employee if spells else None
        if before is not None:
            self.load[before.record.id] = self.load.get(before.record.id, 0) - 1
        spells.append(Spell(at, employee, is_warm=before is not None and self.rng.random() < 0.5))
        if employee is None:
            self.plan(at + self.rng.randint(15, 90) * DAY, account, role, "assign")
            return
        self.load[employee.record.id] = self.load.get(employee.record.id, 0) + 1
        self.plan_succession(account, role, at, employee)

    def plan_succession(self, account: Account, role: str, at: int, employee: Employee) -> None:
        rng, today = self.rng, day_of(at)
        ending = next(((day, why) for day, why in self.ends[employee.record.id] if day > today), None)
        tired_of_on = today + timedelta(days=30 + int(rng.expovariate(REASSIGNMENTS_A_YEAR) * 365))
        if ending is not None and ending[0] < tired_of_on:
            day, why = ending
            draw = rng.random()
            if why == "move":
                day += timedelta(days=rng.randint(-8, 24))
            elif draw < 0.50:
                day -= timedelta(days=rng.randint(1, 14))
            elif draw < 0.82:
                day += timedelta(days=rng.randint(0, 15))
            elif draw < 0.93:
                day += timedelta(days=rng.randint(20, 110))
            else:
                self.plan(working_moment(rng, working_day(day + timedelta(days=3))), account, role, "empty", employee)
                return
            due = max(working_day(day), working_day(today + timedelta(days=1)))
            self.plan(working_moment(rng, due), account, role, "assign", employee)
        elif tired_of_on < self.horizon:
            self.plan(working_moment(rng, working_day(tired_of_on)), account, role, "assign", employee)

    def run(self) -> None:
        while self.queue:
            at, _, account, role, event, holder = heapq.heappop(self.queue)
            spells = account.teams.get(role)
            if holder is not None and spells and spells[-1].employee is not holder:
                continue
            self.assign(account, role, at, None if event == "empty" else self.candidate(role, at, holder))


def ends_of_service(employee: Employee) -> list[tuple[date, str]]:
    """When this person can serve customers no longer, because they leave or move to another department."""
    moves = [(day, "move") for day, _ in employee.departments[1:]]
    return sorted(moves + [(end, "leave") for _, end in employee.spells if end is not None])


def simulate_teams(seed: Seed, accounts: list[Account], staff: Staff, as_of: date, horizon: date) -> None:
    assigning = Assigning(seed, staff, horizon)
    rng = assigning.rng
    for account in accounts:
        if account.story == "musical_chairs":
            script_musical_chairs(assigning, account, staff, as_of)
            continue
        if account.win_on is not None or rng.random() < 0.8:
            at = account.record.created_at + rng.randint(0, 3) * 3_600_000
            if account.story == "ghost_owner":
                script_ghost(assigning, account, staff, as_of, at)
            else:
                assigning.plan(at, account, "account_manager", "assign")
        if account.win_on is not None:
            for role, latest in (("csm", 15), ("support_lead", 8), ("field_engineer", 25)):
                if role != "field_engineer" or rng.random() < 0.85:
                    day = working_day(account.win_on + timedelta(days=rng.randint(1, latest)))
                    assigning.plan(working_moment(rng, day), account, role, "assign")
    assigning.run()


def script_musical_chairs(assigning: Assigning, account: Account, staff: Staff, as_of: date) -> None:
    for role, parts in MUSICAL_CHAIRS.items():
        for part, days in parts:
            employee = staff.cast[part]
            if days is None:
                first_on = account.win_on + timedelta(days=7) if account.win_on and role != "account_manager" else None
                at = (
                    account.record.created_at
                    if first_on is None
                    else working_moment(assigning.rng, working_day(first_on))
                )
            else:
                at = working_moment(assigning.rng, working_day(as_of + timedelta(days=days)))
            account.teams.setdefault(role, []).append(Spell(at, employee))


def script_ghost(assigning: Assigning, account: Account, staff: Staff, as_of: date, at: int) -> None:
    """The account manager leaves and nobody notices until some days after the as-of day."""
    ghost = staff.cast["ghost"]
    reassigned_at = working_moment(assigning.rng, working_day(as_of + timedelta(days=GHOST_REASSIGNED_IN)))
    account.teams["account_manager"] = [Spell(at, ghost), Spell(reassigned_at, staff.cast["seller 2"])]


def release_teams(seed: Seed, accounts: list[Account], horizon: date) -> None:
    """Some weeks after a customer has gone, everybody but the account manager is taken off it."""
    rng = Random(f"{seed}/releases")
    for account in accounts:
        if account.churned_on is None:
            continue
        for role in ("csm", "support_lead", "field_engineer"):
            day = working_day(account.churned_on + timedelta(days=rng.randint(5, 45)))
            if role not in account.teams or day >= horizon:
                continue
            at = working_moment(rng, day)
            account.teams[role] = [spell for spell in account.teams[role] if spell.since < at] + [Spell(at, None)]


def write_owner_fields(accounts: list[Account], users: Users, horizon: date) -> None:
    """Turn the spells into the history of the CRM's owner properties."""
    for account in accounts:
        for role, spells in account.teams.items():
            for position, spell in enumerate(spells):
                if spell.since >= start_of(horizon):
                    continue
                owner_id = users.owner_id(spell.employee)
                if position == 0 and spell.since == account.record.created_at:
                    account.record.fixed[ROLE_PROPERTIES[role]] = owner_id
                elif owner_id or position:
                    account.record.change(ROLE_PROPERTIES[role], owner_id, spell.since, "CRM_UI")
        if "account_manager" not in account.teams and account.record.id % 2:
            account.record.fixed["hubspot_owner_id"] = str(users.reseller_desk.id)
