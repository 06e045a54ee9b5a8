"""What employees were trained in: the types HR keeps, and who completed which when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from dagster_project.demo.people import Staff
from dagster_project.demo.timeline import Seed, working_day, working_moment

FIRST_RECORD_ID = 40_001
TYPES = {
    11: ("Machine safety", True),
    12: ("Customer conversations", False),
    13: ("Drive technology", False),
    14: ("Complaint handling", False),
    15: ("First aid", True),
}


@dataclass(slots=True)
class Training:
    """A completed training, from the moment HR entered it."""

    employee_id: int
    type_id: int
    completed_on: date
    entered_at: int
    id: int = 0


def simulate_trainings(seed: Seed, staff: Staff, begin: date, horizon: date, shift: int = 0) -> list[Training]:
    """Every other year or so, for four employees in five; entered some days after the fact. Some never had any."""
    trainings: list[Training] = []
    for employee in staff.employees:
        rng = Random(f"{seed}/trainings/{employee.record.id}")
        if rng.random() < 0.2 or employee.is_duplicate:
            continue
        day = max(begin, employee.hired_on) + timedelta(days=rng.randint(5, 300))
        while day < horizon:
            entered_at = max(
                working_moment(rng, working_day(day + timedelta(days=rng.randint(0, 12)))), employee.record.created_at
            )
            if employee.is_employed_on(day):
                trainings.append(Training(employee.record.id, rng.choice(list(TYPES)), day, entered_at))
                employee.record.touch(entered_at)
            day += timedelta(days=rng.randint(90, 700))
    trainings.sort(key=lambda training: (training.entered_at, training.employee_id))
    for position, training in enumerate(trainings):
        training.id = FIRST_RECORD_ID + shift + position
    return trainings
