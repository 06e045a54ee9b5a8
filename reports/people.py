"""The people page: who left and whom that leaves alone, who is new, and on whom how much revenue depends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from reports.customer import employees_by_id
from reports.gathering import grouped_by
from reports.listing import Listing, arr_of, current_records, entry, listing
from reports.publication import Assignment, Customer, Employee, Publication, WorkforceMonth
from reports.records import TEAM_ROLES, CustomerRecords

# A year tells of a department, a quarter of what is still to be mended.
YEAR = 365
LATELY = 90

NEW_FACES = (
    f"Employees who hold a role in a customer's account team now and held none in it until {LATELY} days ago; "
    "one who is new at two customers counts twice."
)

# MART.md: newcomers are under 180 days in the company.
NEWCOMER_DAYS = 180

# MART.md: a change up to so many days before somebody leaves is due to the leaving.
HANDED_OVER_BEFORE_DAYS = 45


@dataclass(frozen=True)
class Held:
    """The roles that one employee holds or held at one customer."""

    customer: Customer
    spells: tuple[Assignment, ...]

    @property
    def is_ghost(self) -> bool:
        return any(spell.is_ghost for spell in self.spells)


@dataclass(frozen=True)
class Person:
    """One employee with the current customers concerned, most ARR first."""

    employee_id: str
    employee: Employee | None
    held: tuple[Held, ...]
    alone_at: int = 0

    @property
    def arr(self) -> float:
        return arr_of(held.customer for held in self.held)

    @property
    def ghost_at(self) -> int:
        return sum(held.is_ghost for held in self.held)


@dataclass(frozen=True)
class NewFace:
    """One employee who came into the team of one customer lately, and whose roles these were before."""

    employee_id: str
    since: date
    spells: tuple[Assignment, ...]
    before: tuple[Assignment, ...]


@dataclass(frozen=True)
class Newcomers:
    """Those who are new to the company in the team of one customer."""

    spells: tuple[Assignment, ...]
    count: int
    holders: int
    median_tenure_days: float | None


@dataclass(frozen=True)
class Department:
    """One department's month, and the customers whom those served who left it; they are null where it is suppressed."""

    month: WorkforceMonth
    customers: int | None
    arr: float | None


@dataclass(frozen=True)
class PeopleContext:
    """Everything that the people page shows."""

    year: ClassVar = YEAR
    lately: ClassVar = LATELY

    as_of: date
    arr: float
    ghosts: Listing[Assignment]
    ghost_people: int
    left_lately: int
    left: int
    leavers: tuple[Person, ...]
    orphaned: Listing[Assignment]
    cold: Listing[Assignment]
    new_faces: Listing[NewFace]
    newcomers: Listing[Newcomers]
    departments: tuple[Department, ...]
    churn_definition: str | None
    depended_on: tuple[Person, ...]

    @property
    def leavers_lately(self) -> tuple[Person, ...]:
        """Those of the leavers who left within the shorter window."""
        since = self.as_of - timedelta(days=LATELY - 1)
        return tuple(
            one
            for one in self.leavers
            if one.employee and one.employee.terminated_on and one.employee.terminated_on >= since
        )


def people_context(publication: Publication, as_of: date) -> PeopleContext:
    """The people page: the account teams of all current customers held against who is employed."""
    roles = ", ".join(f"'{role}'" for role in TEAM_ROLES)
    records = current_records(publication, as_of, assignments=f"role in ({roles})")
    employees = employees_by_id(publication)
    ghosts: Listing[Assignment] = listing(publication, records, "ghost_owners")
    gone = [one for one in employees.values() if _within(one.terminated_on, as_of, YEAR)]
    leavers = _leavers(records, {one.employee_id: one for one in gone})
    new_faces = tuple(entry(of, face) for of in records for face in _new_faces(of))
    return PeopleContext(
        as_of=as_of,
        arr=arr_of(of.customer for of in records),
        ghosts=ghosts,
        ghost_people=len({entry.record.employee_id for entry in ghosts.entries}),
        left_lately=sum(_within(one.terminated_on, as_of, LATELY) for one in gone),
        left=len(gone),
        leavers=leavers,
        orphaned=listing(publication, records, "roles_orphaned"),
        cold=listing(publication, records, "cold_handoffs_365d"),
        new_faces=Listing(NEW_FACES, len(new_faces), new_faces),
        newcomers=listing(publication, records, "inexperienced_assignees", lambda of: _newcomers(of, employees)),
        departments=_departments(publication, as_of, leavers),
        churn_definition=publication.definition("workforce_months", "churn_rate"),
        depended_on=_depended_on(records, employees),
    )


def _within(day: date | None, as_of: date, days: int) -> bool:
    return day is not None and as_of - timedelta(days=days - 1) <= day <= as_of


def _people(
    records: Sequence[CustomerRecords],
    employees: dict[str, Employee],
    keep: Callable[[Assignment], bool],
) -> Iterable[tuple[str, Employee | None, tuple[Held, ...]]]:
    """Employees with what is kept of their spells, by customer."""
    held: dict[str, list[Held]] = {}
    for of in records:
        kept = [spell for spell in of.assignments if spell.employee_id is not None and keep(spell)]
        for employee_id, spells in grouped_by(kept, lambda spell: spell.employee_id).items():
            held.setdefault(employee_id, []).append(Held(of.customer, tuple(spells)))
    return ((employee_id, employees.get(employee_id), tuple(of)) for employee_id, of in held.items())


def _leavers(records: Sequence[CustomerRecords], gone: dict[str, Employee]) -> tuple[Person, ...]:
    """Those who left within the year, with the current customers whom they served until then or still do on paper."""

    def lost(spell: Assignment) -> bool:
        employee = gone.get(spell.employee_id or "")
        if employee is None or employee.terminated_on is None:
            return False
        if spell.ended_on is None:
            return spell.is_ghost is True
        handed_over_from = employee.terminated_on - timedelta(days=HANDED_OVER_BEFORE_DAYS)
        return spell.end_cause == "employee_left" and spell.ended_on >= handed_over_from

    return _most_arr_first(Person(*person) for person in _people(records, gone, lost))


def _depended_on(records: Sequence[CustomerRecords], employees: dict[str, Employee]) -> tuple[Person, ...]:
    """Those who hold a role now, ghosts aside, with how many of their customers know nobody but them."""
    teams = {
        of.customer.customer_id: {spell.employee_id for spell in of.assignments if _serves(spell)} for of in records
    }
    return _most_arr_first(
        Person(employee_id, employee, held, sum(len(teams[one.customer.customer_id]) == 1 for one in held))
        for employee_id, employee, held in _people(records, employees, _serves)
    )


def _most_arr_first(people: Iterable[Person]) -> tuple[Person, ...]:
    return tuple(sorted(people, key=lambda person: (-person.arr, person.employee_id)))


def _serves(spell: Assignment) -> bool:
    return spell.ended_at is None and spell.is_ghost is not True


def _new_faces(of: CustomerRecords) -> Iterable[NewFace]:
    """Employees who hold a role and held none in this team before the last months."""
    by_employee = grouped_by(of.assignments, lambda spell: spell.employee_id)
    for employee_id, spells in by_employee.items():
        since = min(spell.started_on for spell in spells)
        running = [spell for spell in spells if _serves(spell)]
        if employee_id is None or not running or not of.within(since, LATELY):
            continue
        before = [_last_before(spell, of.assignments) for spell in running]
        yield NewFace(employee_id, since, tuple(running), tuple(one for one in before if one is not None))


def _last_before(spell: Assignment, spells: Sequence[Assignment]) -> Assignment | None:
    """The spell in the same role that ended last before this one began."""
    ended = [
        (other.ended_at, other.assignment_id, other)
        for other in spells
        if other.role == spell.role and other.ended_at is not None and other.ended_at <= spell.started_at
    ]
    return max(ended, key=lambda one: one[:2])[2] if ended else None


def _newcomers(of: CustomerRecords, employees: dict[str, Employee]) -> Sequence[Newcomers]:
    if not of.lifecycle["inexperienced_assignees"]:
        return ()
    serving = [spell for spell in of.assignments if _serves(spell)]
    new = [
        spell
        for spell in serving
        if (employee := employees.get(spell.employee_id or "")) and of.within(employee.hired_on, NEWCOMER_DAYS)
    ]
    return (
        Newcomers(
            spells=tuple(new),
            count=of.lifecycle["inexperienced_assignees"],
            holders=len({spell.employee_id for spell in serving}),
            median_tenure_days=of.lifecycle["team_median_tenure_days"],
        ),
    )


def _departments(publication: Publication, as_of: date, leavers: Sequence[Person]) -> tuple[Department, ...]:
    months = publication.rows(
        "workforce_months",
        WorkforceMonth,
        "where month = (select max(month) from mart.workforce_months where month <= ?) order by department",
        [as_of],
    )
    hit: dict[str, list[Customer]] = {}
    for person in leavers:
        department = (person.employee.department if person.employee else None) or "unknown"
        hit.setdefault(department, []).extend(held.customer for held in person.held)
    return tuple(
        Department(month, None, None)
        if month.is_suppressed
        else Department(
            month,
            len({customer.customer_id for customer in hit.get(month.department or "unknown", ())}),
            arr_of(hit.get(month.department or "unknown", ())),
        )
        for month in sorted(
            months, key=lambda month: (month.churn_rate is None, -(month.churn_rate or 0.0), month.department or "")
        )
    )
