"""What customers use of what they bought, which of their goals were met, and what winning and keeping them costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

import pandas

from tests.reference.days import add_months, day, month_end, month_of, number, share
from tests.reference.deals import Deals
from tests.reference.files import FileRow, Files, first_of_month
from tests.reference.identity import Identity
from tests.reference.landing import Fact, Landing, Record, Row

GOAL = ("goal", "agreed_on", "due_on", "met_on", "status")


@dataclass(frozen=True, kw_only=True)
class Goal(Fact):
    """A goal agreed with a customer, as known at the end of a day."""

    customer_id: str | None
    goal: str | None
    agreed_on: date
    due_on: date | None
    met_on: date | None
    status: str
    is_overdue: bool


class Outcome:
    def __init__(self, landing: Landing, files: Files, identity: Identity, deals: Deals, as_of: date) -> None:
        self.landing = landing
        self.files = files
        self.identity = identity
        self.deals = deals
        self.as_of = as_of

    def utilization(self, customer_id: str, month: date, as_of: date) -> float | None:
        """Units used over units bought of the products whose both figures are known for the month."""
        rows = [
            entry.row
            for entry in self.files.usage(as_of)
            if self.customer_of(entry) == customer_id and first_of_month(entry.row) == month
        ]
        pairs = [(number(row["units_used"]), number(row["units_bought"])) for row in rows]
        whole = [(used, bought) for used, bought in pairs if used is not None and bought is not None]
        return share(sum(used for used, _ in whole), sum(bought for _, bought in whole))

    def customer_of(self, entry: FileRow) -> str | None:
        return self.identity.customer_of_id(entry.row["customer_id"])

    def columns(self, customer_id: str, as_of: date) -> Row:
        """The group outcome of customer_months."""
        month = month_of(as_of)
        now = self.utilization(customer_id, month, as_of)
        before = self.utilization(customer_id, add_months(month, -3), as_of)
        statuses = [goal.status for goal in self.goals(as_of) if goal.customer_id == customer_id]
        met, missed = statuses.count("met"), statuses.count("missed")
        missed += sum(goal.is_overdue for goal in self.goals(as_of) if goal.customer_id == customer_id)
        return {
            "utilization": now,
            "utilization_change_90d": now - before if now is not None and before is not None else None,
            "goals_active": statuses.count("active") if self.knows_goals else None,
            "goals_met_share": share(met, met + missed),
        }

    @property
    def knows_goals(self) -> bool:
        """Whether the goals of the CRM or of files were ever read whole."""
        tables = ("files__success_goals", "hubspot__success_goals")
        return any(self.landing.first_complete_load(table) is not None for table in tables)

    @cache  # noqa: B019 - an instance lives as long as one test
    def goals(self, as_of: date) -> list[Goal]:
        """Goals agreed by the end of a day."""
        in_crm = [
            self.goal(record, self.identity.customer_of(record), *standing(record, as_of), as_of)
            for record in self.landing.hubspot("hubspot__success_goals")
            if record.counts and record.known(as_of)
        ]
        in_files = [
            self.goal(entry, self.customer_of(entry), entry.row, entry.landed_on, as_of)
            for entry in self.files.goals(as_of)
        ]
        return [goal for goal in [*in_crm, *in_files] if goal is not None and goal.agreed_on <= as_of]

    def goal(self, fact: Fact, customer_id: str | None, row: Row, stated_on: date, as_of: date) -> Goal | None:
        agreed_on, due_on, met_on = day(row["agreed_on"]), day(row["due_on"]), day(row["met_on"])
        status = status_of(row, stated_on, as_of)
        if agreed_on is None:
            return None
        return Goal(
            source_system=fact.source_system,
            source_record_id=fact.source_record_id,
            recorded_at=fact.recorded_at,
            removed_at=fact.removed_at,
            customer_id=customer_id,
            goal=row["goal"],
            agreed_on=agreed_on,
            due_on=due_on,
            met_on=met_on if met_on and met_on <= as_of else None,
            status=status,
            is_overdue=status == "active" and due_on is not None and due_on <= as_of,
        )

    def product_usage(self) -> pandas.DataFrame:
        return pandas.DataFrame(
            [
                {
                    "customer_id": self.customer_of(entry),
                    "product": entry.row["product"],
                    "month": first_of_month(entry.row),
                    "units_bought": number(entry.row["units_bought"]),
                    "units_used": number(entry.row["units_used"]),
                    "source_record_id": entry.source_record_id,
                    "recorded_at": entry.recorded_at,
                }
                for entry in self.files.usage(self.as_of)
            ],
            dtype=object,
        )

    def success_goals(self) -> pandas.DataFrame:
        return pandas.DataFrame(
            [
                {
                    "customer_id": goal.customer_id,
                    "goal": goal.goal,
                    "agreed_on": goal.agreed_on,
                    "due_on": goal.due_on,
                    "met_on": goal.met_on,
                    "status": goal.status,
                    "source_system": goal.source_system,
                    "source_record_id": goal.source_record_id,
                    "recorded_at": goal.recorded_at,
                }
                for goal in self.goals(self.as_of)
            ],
            dtype=object,
        )

    def retention_costs(self) -> pandas.DataFrame:
        return pandas.DataFrame(
            [
                {
                    "customer_id": self.customer_of(entry) if entry.row["customer_id"] else None,
                    "segment": entry.row["segment"],
                    "month": first_of_month(entry.row),
                    "acquisition_cost": self.amount(entry, "acquisition_cost", self.as_of),
                    "retention_cost": self.amount(entry, "retention_cost", self.as_of),
                    "source_record_id": entry.source_record_id,
                    "recorded_at": entry.recorded_at,
                }
                for entry in self.files.costs(self.as_of)
            ],
            dtype=object,
        )

    def amount(self, entry: FileRow, which: str, as_of: date) -> float | None:
        """A cost in dollars at the rate of its month's last day, of the running month at that of the as-of day."""
        told = number(entry.row[which])
        on = min(month_end(first_of_month(entry.row)), as_of)
        return told * self.deals.rate(entry.row.get("currency") or "USD", on) if told is not None else None

    def cost(self, which: str, segment: str, as_of: date) -> float | None:
        """Cost of the last twelve calendar months of a segment, or of all; null where no file tells any."""
        first = add_months(month_of(as_of), -11)
        found = [
            amount
            for entry in self.files.costs(as_of)
            if first_of_month(entry.row) >= first
            and segment in ("all", self.segment_of(entry))
            and (amount := self.amount(entry, which, as_of)) is not None
        ]
        return sum(found) if found else None

    def segment_of(self, entry: FileRow) -> str:
        """The segment that a cost is of: its own, else that of its customer."""
        if entry.row["segment"]:
            return str(entry.row["segment"])
        customer_id = self.customer_of(entry)
        company = self.identity.companies[customer_id.split(":", 1)[1]] if customer_id else None
        return (company.properties.get("segment") if company else None) or "unknown"


def standing(record: Record, as_of: date) -> tuple[Row, date]:
    """The values of a goal at the end of a day by their history, where there is one, and the day of its status."""
    found: Row = {name: record.properties.get(name) for name in GOAL}
    stated_on = record.recorded_at.date()
    for name, history in record.history().items():
        known = [(at.date(), value) for at, value in history if at.date() <= as_of]
        if name in found and history:
            found[name] = (known[-1][1] if known else None) or None
            if name == "status" and known:
                stated_on = known[-1][0]
    return found, stated_on


def status_of(row: Row, stated_on: date, as_of: date) -> str:
    """A goal's status at the end of a day.

    It is met from the day it was met on; missed from the end of the day it was due, or earlier where somebody said so
    earlier; dropped, or met on no day that is told, from the day somebody said so.
    """
    status = row["status"] or "active"
    met_on, due_on = day(row["met_on"]), day(row["due_on"])
    if status in ("met", "active") and met_on is not None:
        return "met" if met_on <= as_of else "active"
    since = stated_on
    if status == "missed" and due_on is not None:
        since = min(stated_on, due_on)
    return status if since <= as_of else "active"
