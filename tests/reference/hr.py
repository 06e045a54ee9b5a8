"""What HR is known to have said by a day: employments, jobs and trainings of employees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache, cached_property
from typing import Any

from tests.reference.days import day
from tests.reference.landing import Landing, Row


@dataclass
class Entry:
    """A row of an employee's history: when it takes effect, when it was first read and when it was gone."""

    effective_on: date
    recorded_at: datetime
    removed_on: date | None
    row: Row

    def counts(self, as_of: date) -> bool:
        known = self.recorded_at.date() <= as_of and (self.removed_on is None or self.removed_on > as_of)
        return known and self.effective_on <= as_of


class Hr:
    """BambooHR, which tells when a row takes effect and not when it was written."""

    def __init__(self, landing: Landing) -> None:
        self.landing = landing

    @cached_property
    def is_connected(self) -> bool:
        return self.landing.is_connected("bamboohr")

    @cached_property
    def employees(self) -> dict[str, Row]:
        return {f"bamboohr:{key}": row for key, row in self.landing.newest("bamboohr__employees", "employeeId").items()}

    @cached_property
    def deleted(self) -> dict[str, date]:
        """Employees whose last reported change is that HR deleted them, with the day; nothing of them counts after."""
        changes = sorted(self.landing.rows("bamboohr__employees_changed"), key=lambda row: str(row["lastChanged"]))
        last = {row["id"]: row for row in changes}
        deletions = [row for row in last.values() if row["action"] == "Deleted"]
        return {f"bamboohr:{row['id']}": on for row in deletions if (on := day(row["lastChanged"])) is not None}

    def is_deleted(self, employee_id: str, as_of: date) -> bool:
        return employee_id in self.deleted and self.deleted[employee_id] <= as_of

    def history(self, table: str, effective: str, fields: tuple[str, ...]) -> dict[str, list[Entry]]:
        """Entries of each employee by effective day; a set that is read again replaces the one before.

        A row counts from its landing, one of the table's first complete load from its effective day.
        """
        sets: dict[str, dict[float, list[Row]]] = {}
        for row in self.landing.rows(table):
            sets.setdefault(row["employeeId"], {}).setdefault(float(row["_dlt_load_id"]), []).append(row)
        found: dict[str, list[Entry]] = {}
        for employee, loads in sets.items():
            entries: dict[tuple[Any, ...], Entry] = {}
            for load in sorted(loads):
                landed = loads[load][0]["_landed_at"]
                dated = {
                    tuple(row[name] for name in (effective, *fields)): row for row in loads[load] if row[effective]
                }
                for content, row in dated.items():
                    effective_on = date.fromisoformat(row[effective][:10])
                    recorded = datetime.combine(effective_on, time()) if row["first"] else landed.replace(tzinfo=None)
                    entries.setdefault(content, Entry(effective_on, recorded, None, row)).removed_on = None
                for content, entry in entries.items():
                    if content not in dated and entry.removed_on is None:
                        entry.removed_on = landed.date()
            found[f"bamboohr:{employee}"] = sorted(entries.values(), key=lambda entry: entry.effective_on)
        return found

    @cached_property
    def statuses(self) -> dict[str, list[Entry]]:
        return self.history("bamboohr__employment_status", "date", ("employmentStatus",))

    @cached_property
    def jobs(self) -> dict[str, list[Entry]]:
        return self.history("bamboohr__job_info", "date", ("department", "jobTitle"))

    @cached_property
    def training_records(self) -> dict[str, list[Entry]]:
        return self.history("bamboohr__training_records", "completed", ("id", "type"))

    @cached_property
    def training_names(self) -> dict[str, str]:
        return {key: row["name"] for key, row in self.landing.newest("bamboohr__training_types").items()}

    def trainings(self, employee_id: str, as_of: date) -> list[Entry]:
        entries = self.training_records.get(employee_id, [])
        return in_force(entries, as_of) if not self.is_deleted(employee_id, as_of) else []

    @cache  # noqa: B019 - an instance lives as long as one test
    def employments(self, employee_id: str, as_of: date) -> list[tuple[date, date | None]]:
        """Hired and terminated days of each employment known at the as-of day, oldest first."""
        if employee_id not in self.employees or self.is_deleted(employee_id, as_of):
            return []
        rows = in_force(self.statuses.get(employee_id, []), as_of)
        if not rows:
            hired = self.employees[employee_id]["hireDate"]
            if not hired or hired.startswith("0000") or date.fromisoformat(hired[:10]) > as_of:
                return []
            return [(date.fromisoformat(hired[:10]), None)]
        found: list[tuple[date, date | None]] = []
        for entry in rows:
            ends = entry.row["employmentStatus"] == "Terminated"
            if ends and found and found[-1][1] is None:
                found[-1] = (found[-1][0], entry.effective_on)
            elif not ends and (not found or found[-1][1] is not None):
                found.append((entry.effective_on, None))
        return found

    def is_employed(self, employee_id: str, as_of: date) -> bool:
        spells = self.employments(employee_id, as_of)
        return bool(spells) and spells[-1][1] is None

    def has_left(self, employee_id: str, as_of: date) -> bool:
        """Whether HR says that the person is gone; of somebody unknown to HR it says nothing."""
        spells = self.employments(employee_id, as_of)
        return bool(spells) and spells[-1][1] is not None

    def tenure(self, employee_id: str, on: date, as_of: date) -> int | None:
        """Days in the company on a day, in the employment then in force."""
        for hired, gone in self.employments(employee_id, as_of):
            if hired <= on and (gone is None or gone > on):
                return (on - hired).days
        return None

    @cache  # noqa: B019 - an instance lives as long as one test
    def jobs_known(self, employee_id: str, as_of: date) -> list[Entry]:
        entries = self.jobs.get(employee_id, [])
        return in_force(entries, as_of) if not self.is_deleted(employee_id, as_of) else []

    def department(self, employee_id: str | None, on: date, as_of: date) -> str | None:
        """Department on a day, by what HR is known to have said by the as-of day."""
        entries = [entry for entry in self.jobs_known(employee_id or "", as_of) if entry.effective_on <= on]
        return entries[-1].row["department"] or None if entries else None


def in_force(entries: Iterable[Entry], as_of: date) -> list[Entry]:
    return [entry for entry in entries if entry.counts(as_of)]
