"""What customers use of what they bought, which of their goals were met, and what winning and keeping them costs."""

from __future__ import annotations

from datetime import date

import pandas

from tests.reference.days import add_months, day, month_of, number, share
from tests.reference.files import FileRow, Files, first_of_month
from tests.reference.identity import Identity
from tests.reference.landing import Row


class Outcome:
    def __init__(self, files: Files, identity: Identity, as_of: date) -> None:
        self.files = files
        self.identity = identity
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
        statuses = [
            status_of(entry.row, as_of) for entry in self.files.goals(as_of) if self.customer_of(entry) == customer_id
        ]
        met, missed = statuses.count("met"), statuses.count("missed")
        return {
            "utilization": now,
            "utilization_change_90d": now - before if now is not None and before is not None else None,
            "goals_active": statuses.count("active") if self.files.has_any("success_goals") else None,
            "goals_met_share": share(met, met + missed),
        }

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
                    "customer_id": self.customer_of(entry),
                    "goal": entry.row["goal"],
                    "agreed_on": day(entry.row["agreed_on"]),
                    "due_on": day(entry.row["due_on"]),
                    "met_on": met_on(entry.row, self.as_of),
                    "status": status_of(entry.row, self.as_of),
                    "source_record_id": entry.source_record_id,
                    "recorded_at": entry.recorded_at,
                }
                for entry in self.files.goals(self.as_of)
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
                    "acquisition_cost": number(entry.row["acquisition_cost"]),
                    "retention_cost": number(entry.row["retention_cost"]),
                    "source_record_id": entry.source_record_id,
                    "recorded_at": entry.recorded_at,
                }
                for entry in self.files.costs(self.as_of)
            ],
            dtype=object,
        )

    def cost(self, which: str, segment: str, as_of: date) -> float | None:
        """Cost of the last twelve calendar months of a segment, or of all; null where no file tells any."""
        first = add_months(month_of(as_of), -11)
        found = [
            amount
            for entry in self.files.costs(as_of)
            if first_of_month(entry.row) >= first
            and segment in ("all", self.segment_of(entry))
            and (amount := number(entry.row[which])) is not None
        ]
        return sum(found) if found else None

    def segment_of(self, entry: FileRow) -> str:
        """The segment that a cost is of: its own, else that of its customer."""
        if entry.row["segment"]:
            return str(entry.row["segment"])
        customer_id = self.customer_of(entry)
        company = self.identity.companies[customer_id.split(":", 1)[1]] if customer_id else None
        return (company.properties.get("segment") if company else None) or "unknown"


def met_on(row: Row, as_of: date) -> date | None:
    """The day on which a goal was met, if it is over."""
    on = day(row["met_on"])
    return on if on and on <= as_of else None


def status_of(row: Row, as_of: date) -> str:
    """A goal's status at the end of a day: met only from the day it was met on, missed only once it was due."""
    status: str = row["status"]
    met, due = day(row["met_on"]), day(row["due_on"])
    if status == "met" and met is not None and met > as_of:
        return "active"
    if status == "missed" and due is not None and due >= as_of:
        return "active"
    return status
