"""Employees of the demo company: hired, promoted, moved, gone and back, and what HR has on record of it when."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from dagster_project.demo.timeline import (
    IDS_A_PART,
    Record,
    Seed,
    at_work,
    day_of,
    start_of,
    working_day,
    working_moment,
)

DOMAIN = "nordhaven.example"
FEWEST_EMPLOYEES = 30

# Shares of the headcount; the first four serve customers.
DEPARTMENTS = {
    "Sales": 0.20,
    "Customer Success": 0.18,
    "Support": 0.18,
    "Field Service": 0.15,
    "Engineering": 0.11,
    "Marketing": 0.06,
    "Operations": 0.06,
    "Finance": 0.03,
    "Human Resources": 0.03,
}
CUSTOMER_FACING = ("Sales", "Customer Success", "Support", "Field Service")
TITLES = {
    "Sales": ("Account Manager", "Senior Account Manager"),
    "Customer Success": ("Customer Success Manager", "Senior Customer Success Manager"),
    "Support": ("Support Engineer", "Senior Support Engineer"),
    "Field Service": ("Field Service Engineer", "Lead Field Service Engineer"),
    "Engineering": ("Design Engineer", "Principal Engineer"),
    "Marketing": ("Marketing Manager", "Senior Marketing Manager"),
    "Operations": ("Operations Planner", "Operations Lead"),
    "Finance": ("Controller", "Senior Controller"),
    "Human Resources": ("People Partner", "Senior People Partner"),
}
MOVES_TO = {
    "Sales": "Customer Success",
    "Customer Success": "Sales",
    "Support": "Engineering",
    "Field Service": "Engineering",
}
LEAVERS_A_YEAR = 0.11
PROMOTIONS_A_YEAR = 0.10

_FIRST_NAMES = (
    "Anna Bram Chiara Dieter Elena Farid Greta Hugo Ines Jonas Karin Lars Maria Nils Olga Pavel Quentin Rosa Sven "
    "Tara Ulrich Vera Wim Xenia Yannick Zoë Amira Björn Camille Daniel Esther Felix Gudrun Henrik Ivana Jasper "
    "Kofi Leonie Mateus Nadia Oskar Petra Rafael Saskia Tomasz Ursula Victor Wanda Yusuf Zdenka Alice Bruno Clara "
    "David Emma Fatima Georg Hanna"
)
FIRST_NAMES = _FIRST_NAMES.split()
_LAST_NAMES = (
    "Adler Bakker Conti Dahl Ekström Fischer Garcia Hansen Ivanov Jansen Keller Lindqvist Moreau Novak Okafor "
    "Petersen Quist Rossi Schmidt Toure Urban Vogel Weiss Yilmaz Zeman Aalto Berger Carlsen Dubois Engel Ferrari "
    "Gruber Holm Iversen Jovanović Klein Larsen Meyer Nowak Olsen Pires Reuter Silva Thomsen Ullrich Visser "
    "Wagner Young Ziegler Brandt Costa Duarte Eriksen Faber Gomes Hofer"
)
LAST_NAMES = _LAST_NAMES.split()


@dataclass(slots=True)
class TableRow:
    """A row of an HR table, from the day it holds; it can be entered earlier or later than that, and withdrawn."""

    table: str
    effective_on: date
    values: dict[str, str | None]
    entered_at: int
    withdrawn_at: int | None = None
    id: int = 0


@dataclass(slots=True)
class Employee:
    """A person. `record` holds what HR shows of them, the tables what HR keeps by effective date."""

    key: str
    first_name: str
    last_name: str
    email: str
    record: Record
    is_head: bool = False
    rows: list[TableRow] = field(default_factory=list)
    spells: list[tuple[date, date | None]] = field(default_factory=list)
    departments: list[tuple[date, str]] = field(default_factory=list)
    is_duplicate: bool = False

    @property
    def hired_on(self) -> date:
        return self.spells[0][0]

    @property
    def left_on(self) -> date | None:
        """First day gone, of the last employment; None while it lasts."""
        return self.spells[-1][1]

    def is_employed_on(self, day: date) -> bool:
        return any(start <= day and (end is None or day < end) for start, end in self.spells)

    def department_on(self, day: date) -> str | None:
        current = None
        for start, department in self.departments:
            if start <= day:
                current = department
        return current if self.is_employed_on(day) else None


@dataclass
class Staff:
    """Everybody ever employed, and the persons whom a story needs, by their part in it."""

    employees: list[Employee]
    cast: dict[str, Employee]

    def serving(self, department: str, day: date, staying_days: int = 0) -> list[Employee]:
        """Those of a department who can take an account on that day and are not gone or moved within `staying_days`."""
        later = day + timedelta(days=staying_days)
        return [
            employee
            for employee in self.employees
            if not employee.is_head
            and not employee.is_duplicate
            and employee.department_on(day) == department
            and employee.department_on(later) == department
        ]


class Hiring:
    """Builds employees one event at a time, each with its HR rows and the moment HR recorded it."""

    def __init__(self, seed: Seed, begin: date, horizon: date, part: int = 0) -> None:
        self.begin, self.horizon, self.part = begin, horizon, part
        self.rng = Random(f"{seed}/people")
        self.employees: list[Employee] = []
        self.taken_names: set[tuple[str, str]] = set()

    def recorded(self, effective_on: date, entered_on: date | None = None) -> int:
        """When HR entered something: by default 1 to 12 days ahead, as HR plans."""
        day = entered_on or effective_on - timedelta(days=self.rng.randint(1, 12))
        return working_moment(self.rng, working_day(day))

    def hire(
        self, key: str, department: str, day: date, entered_on: date | None = None, title: str | None = None
    ) -> Employee:
        first, last = self.name()
        entered_at = self.recorded(day, entered_on)
        record = Record(
            entered_at,
            firstName=first,
            lastName=last,
            preferredName=None,
            workEmail=self.email_of(first, last),
            hireDate=day.isoformat(),
            birthDate=f"{self.rng.randint(1962, 2002)}-{self.rng.randint(1, 12):02d}-{self.rng.randint(1, 28):02d}",
            homeEmail=self.email_of(first, last).replace(DOMAIN, "home.example"),
            mobilePhone=f"+49 151 {self.rng.randint(1_000_000, 9_999_999)}",
            gender=("Female", "Male")[self.rng.randint(0, 1)],
            address1=f"{self.rng.randint(1, 199)} Harbour Lane",
            city="Bremen",
            payRate=f"{self.rng.randint(42, 120)}000.00 EUR",
            locationName=self.rng.choice(("Bremen", "Leeds", "Columbus")),
            divisionName="Machines",
            status="Active",
        )
        employee = Employee(key, first, last, self.email_of(first, last), record)
        employee.spells.append((day, None))
        self.employees.append(employee)
        self.add_status(employee, day, self.rng.choice(("Full-Time",) * 8 + ("Part-Time", "Contractor")), entered_at)
        self.add_job(employee, day, department, title or TITLES[department][0], entered_at)
        return employee

    def email_of(self, first: str, last: str) -> str:
        """Namesakes of different parts of the company are told apart by a number."""
        return email_of(first, last if self.part == 0 else f"{last}{self.part + 1}")

    def name(self) -> tuple[str, str]:
        while True:
            name = (self.rng.choice(FIRST_NAMES), self.rng.choice(LAST_NAMES))
            if name not in self.taken_names:
                self.taken_names.add(name)
                return name

    def add_status(self, employee: Employee, day: date, status: str, entered_at: int) -> TableRow:
        row = TableRow(
            "employmentStatus",
            day,
            {
                "employmentStatus": status,
                "comment": "as agreed" if status == "Terminated" else "",
                "terminationReasonId": str(self.rng.randint(1, 5)) if status == "Terminated" else None,
                "terminationTypeId": str(self.rng.randint(1, 2)) if status == "Terminated" else None,
            },
            entered_at,
        )
        employee.rows.append(row)
        employee.record.touch(entered_at)
        self.show(employee, day, "employmentStatusName", status, entered_at)
        return row

    def add_job(self, employee: Employee, day: date, department: str, title: str, entered_at: int) -> TableRow:
        values = {
            "department": department,
            "jobTitle": title,
            "division": "Machines",
            "location": "Bremen",
            "reportsTo": None,
        }
        row = TableRow("jobInfo", day, values, entered_at)
        employee.rows.append(row)
        if not employee.departments or employee.departments[-1][1] != department:
            employee.departments.append((day, department))
        employee.record.touch(entered_at)
        self.show(employee, day, "departmentName", department, entered_at)
        self.show(employee, day, "jobTitleName", title, entered_at)
        return row

    def show(self, employee: Employee, day: date, name: str, value: str, entered_at: int) -> None:
        """HR shows a value as current from its effective day on, but not before it was entered."""
        employee.record.change(name, value, max(entered_at, at_work(start_of(day))))

    def leave(self, employee: Employee, day: date, entered_on: date | None = None) -> TableRow:
        """`day` is the first day gone."""
        employee.spells[-1] = (employee.spells[-1][0], day)
        entered_at = self.recorded(day, entered_on)
        row = self.add_status(employee, day, "Terminated", entered_at)
        self.show(employee, day, "status", "Inactive", entered_at)
        return row

    def rehire(self, employee: Employee, day: date, entered_on: date | None = None) -> None:
        """A second hire row; the hire date is overwritten, as HR systems do."""
        employee.spells.append((day, None))
        entered_at = self.recorded(day, entered_on)
        self.add_status(employee, day, "Full-Time", entered_at)
        employee.record.change("hireDate", day.isoformat(), entered_at)
        self.show(employee, day, "status", "Active", entered_at)

    def promote(self, employee: Employee, day: date, entered_on: date | None = None) -> None:
        department = employee.departments[-1][1]
        self.add_job(employee, day, department, TITLES[department][1], self.recorded(day, entered_on))

    def move(self, employee: Employee, day: date, entered_on: date | None = None, to: str | None = None) -> None:
        department = to or MOVES_TO[employee.departments[-1][1]]
        self.add_job(employee, day, department, TITLES[department][0], self.recorded(day, entered_on))

    def before_begin(self) -> date:
        return working_day(self.begin - timedelta(days=self.rng.randint(60, 2_200)))


def email_of(first: str, last: str) -> str:
    plain = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode()
    return f"{plain.lower()}@{DOMAIN}"


def simulate_people(seed: Seed, employees: int, begin: date, as_of: date, horizon: date, part: int = 0) -> Staff:
    """About `employees` people are employed on the as-of day, one or two seats being vacant.

    `staff.cast` names the people of the stories and of the days to come by their part; only part 0 has any.
    """
    if employees < FEWEST_EMPLOYEES:
        raise ValueError(f"the stories need {FEWEST_EMPLOYEES} employees, not {employees}")
    hiring = Hiring(seed, begin, horizon, part)
    boss = hiring.hire("Managing Director", "Operations", hiring.before_begin(), title="Managing Director")
    boss.is_head = True
    cast: dict[str, Employee] = {}
    years = (as_of - begin).days / 365.25
    seats = {department: max(2, round(share * employees * 0.93)) for department, share in DEPARTMENTS.items()}
    for department, count in seats.items():
        head = hiring.hire(f"Head of {department}", department, hiring.before_begin(), title=f"Head of {department}")
        head.is_head = True
        head.record.change("reportsTo", boss, head.record.created_at)
        scripts = SCRIPTS.get(department, ()) if part == 0 else ()
        for seat in range(count - 1):
            if seat < len(scripts):
                fill_scripted_seat(hiring, department, seat, scripts[seat], as_of, cast)
            else:
                started_on = hiring.before_begin()
                if hiring.rng.random() < 0.4:
                    started_on = working_day(begin + timedelta(days=hiring.rng.randint(20, int(years * 365) - 60)))
                fill_seat(hiring, department, seat, started_on, horizon)
        for employee in hiring.employees:
            if employee.departments[0][1] == department and not employee.is_head:
                employee.record.change("reportsTo", head, employee.record.created_at)
    live_on(hiring, as_of, cast)
    tell_of_pay(hiring, begin, horizon)
    staff = sorted(hiring.employees, key=lambda employee: employee.record.created_at)
    for position, employee in enumerate(staff):
        employee.record.id = 101 + part * IDS_A_PART + position
    rows = sorted(
        (row for employee in staff for row in employee.rows), key=lambda row: (row.entered_at, row.effective_on)
    )
    for position, row in enumerate(rows):
        row.id = 5_001 + part * IDS_A_PART + position
    return Staff(staff, cast)


# One line a seat: (part in a story, event, days from as-of). The seats left by a leaver or mover are filled again.
SCRIPTS: dict[str, tuple[tuple[str, str, int], ...]] = {
    "Customer Success": (
        ("csm 1", "leave", -330),
        ("csm 2", "move", -215),
        ("csm 3", "leave", -70),
        ("csm 4", "stay", 0),
    ),
    "Support": (
        ("support 1", "move", -290),
        ("support 2", "leave", -120),
        ("support 3", "stay", 0),
        ("support leaver", "stay", 0),
    ),
    "Field Service": (
        ("field 1", "move", -95),
        ("field 2", "stay", 0),
        ("field promoted", "stay", 0),
    ),
    "Sales": (
        ("seller 1", "leave", -190),
        ("seller 2", "stay", 0),
        ("ghost", "leave", -64),
        ("sales leaver", "stay", 0),
    ),
}


def fill_scripted_seat(
    hiring: Hiring, department: str, seat: int, script: tuple[str, str, int], as_of: date, cast: dict[str, Employee]
) -> None:
    part, event, days = script
    employee = hiring.hire(f"{department} {seat}", department, hiring.before_begin())
    cast[part] = employee
    day = as_of + timedelta(days=days)
    if event == "leave":
        hiring.leave(employee, day)
    if event == "move":
        hiring.move(employee, day)
    if event != "stay":
        fill_seat(
            hiring, department, seat, working_day(day + timedelta(days=hiring.rng.randint(15, 60))), hiring.horizon
        )


def fill_seat(hiring: Hiring, department: str, seat: int, started_on: date, horizon: date) -> None:
    """One person after another until the horizon, with a vacancy of some weeks between them."""
    rng = hiring.rng
    while started_on < horizon:
        employee = hiring.hire(f"{department} {seat}", department, started_on)
        leaves_on = max(started_on, hiring.begin) + timedelta(days=60 + int(rng.expovariate(LEAVERS_A_YEAR) * 365))
        promoted_on = max(started_on, hiring.begin) + timedelta(
            days=300 + int(rng.expovariate(PROMOTIONS_A_YEAR) * 365)
        )
        moves_on = max(started_on, hiring.begin) + timedelta(days=300 + int(rng.expovariate(0.03) * 365))
        if promoted_on < min(leaves_on, moves_on, horizon):
            hiring.promote(employee, promoted_on.replace(day=1))
        if department in MOVES_TO and moves_on < min(leaves_on, horizon):
            hiring.move(employee, moves_on.replace(day=1))
            leaves_on = moves_on.replace(day=1)
        elif leaves_on < horizon:
            # One leaving in eight is entered a few days after the fact.
            late = rng.random() < 0.12
            hiring.leave(employee, leaves_on, leaves_on + timedelta(days=rng.randint(2, 9)) if late else None)
        started_on = working_day(leaves_on + timedelta(days=rng.randint(15, 75)))


def live_on(hiring: Hiring, as_of: date, cast: dict[str, Employee]) -> None:
    """A leave of absence, a rehire long ago, and one thing of each kind around and after the as-of day."""
    rng = hiring.rng

    def on(days: int) -> date:
        return as_of + timedelta(days=days)

    rehired = hiring.hire("rehired", "Support", hiring.before_begin())
    left_on = working_day(hiring.begin + timedelta(days=210))
    hiring.leave(rehired, left_on)
    hiring.rehire(rehired, working_day(left_on + timedelta(days=270)))
    returner = hiring.hire("returner", "Customer Success", hiring.before_begin())
    hiring.leave(returner, on(-200))
    hiring.rehire(returner, on(20), entered_on=on(16))
    duplicate = hiring.hire("duplicate", "Operations", on(-20), entered_on=on(-25))
    duplicate.is_duplicate = True
    duplicate.record.archived_at = working_moment(rng, working_day(on(2)))
    duplicate.record.touch(duplicate.record.archived_at)
    hiring.hire("newcomer", "Customer Success", on(6), entered_on=on(-9))
    if not cast:
        return
    absent = cast["csm 4"]
    hiring.add_status(absent, on(-500), "Leave of Absence", hiring.recorded(on(-500)))
    hiring.add_status(absent, on(-440), "Full-Time", hiring.recorded(on(-440)))
    # Dated ahead when the as-of day's load reads it: must not count yet.
    hiring.leave(cast["support leaver"], on(9), entered_on=on(-6))
    hiring.promote(cast["field promoted"], on(14), entered_on=on(-5))
    # Back-dated, corrected, deleted and come back, in the days after.
    late_row = hiring.leave(cast["sales leaver"], on(1), entered_on=on(6))
    correction = working_moment(rng, working_day(on(12)))
    late_row.withdrawn_at = correction
    hiring.add_status(cast["sales leaver"], on(3), "Terminated", correction)
    cast["sales leaver"].spells[-1] = (cast["sales leaver"].spells[-1][0], on(3))
    hiring.promote(cast["field 2"], on(-3), entered_on=on(5))


def tell_of_pay(hiring: Hiring, begin: date, horizon: date) -> None:
    """A pay rise every January: it moves HR's change time of everybody and shows in nothing that may be read."""
    for year in range(begin.year + 1, horizon.year + 1):
        day = date(year, 1, 12)
        for employee in hiring.employees:
            if day < horizon and employee.is_employed_on(day) and employee.record.created_at < start_of(day):
                employee.record.change(
                    "payRate", f"{hiring.rng.randint(42, 130)}000.00 EUR", working_moment(hiring.rng, day)
                )


def rows_of(employee: Employee, table: str, at: int) -> list[TableRow]:
    """The table's rows as HR held them then, unsorted as the vendor gives them."""
    rows = [
        row
        for row in employee.rows
        if row.table == table and row.entered_at <= at and (row.withdrawn_at is None or row.withdrawn_at > at)
    ]
    return rows[1::2] + rows[::2]


def known_leavings(employee: Employee, at: int) -> list[date]:
    """Termination days HR had on record then, the future ones left out."""
    today = day_of(at)
    rows = rows_of(employee, "employmentStatus", at)
    return sorted(
        r.effective_on for r in rows if r.values["employmentStatus"] == "Terminated" and r.effective_on <= today
    )
