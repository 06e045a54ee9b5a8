"""Lists over all current customers: a number of customer_lifecycle summed up, with the records behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from reports.publication import Assignment, Customer, Incident, Publication, Survey, Touch, Voice
from reports.records import BEHIND, CustomerRecords

# Rows of one list that a page holds: nobody reads more, and a page of many lists must still open on a phone.
FOLD_LENGTH = 100

# By the name that CustomerRecords gives them: the table, its record, and what tells which is newer.
_FACTS: dict[str, tuple[str, type[Any], str]] = {
    "assignments": ("assignments", Assignment, "started_at"),
    "incidents": ("quality_incidents", Incident, "opened_at"),
    "surveys": ("survey_responses", Survey, "asked_at"),
    "touches": ("touches", Touch, "occurred_at"),
    "voice": ("voice_of_customer", Voice, "heard_at"),
}

Row = TypeVar("Row")


@dataclass(frozen=True)
class Entry(Generic[Row]):
    """One record of one customer, or several in one, on a list."""

    customer: Customer
    next_renewal_on: date | None
    record: Row


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """What one number counts over all current customers; its total is null where no system tells it of any."""

    definition: str | None
    total: int | None
    entries: tuple[Entry[Row], ...]

    @property
    def customers(self) -> int:
        return len({entry.customer.customer_id for entry in self.entries})

    @property
    def arr(self) -> float:
        """The ARR of the customers on it, each once."""
        return arr_of(entry.customer for entry in self.entries)


def entry(of: CustomerRecords, record: Row) -> Entry[Row]:
    """One row of a list."""
    return Entry(of.customer, of.lifecycle["next_renewal_on"], record)


def arr_of(customers: Iterable[Customer]) -> float:
    """The ARR of these customers, each counted once; one whose ARR is not known adds nothing."""
    return sum({customer.customer_id: customer.arr or 0.0 for customer in customers}.values())


def current_records(publication: Publication, as_of: date, **conditions: str) -> tuple[CustomerRecords, ...]:
    """Current customers, most ARR first, each with those of its records of the named kinds that a condition holds for.

    Within a customer the newest record stands first; kinds that are not named are left empty.
    """
    lifecycle = publication.lifecycle()
    customers = publication.rows(
        "customers",
        Customer,
        "where list_contains(?, customer_id) order by arr desc nulls last, customer_id",
        [list(lifecycle)],
    )
    facts = {
        kind: publication.rows_by_customer(*_FACTS[kind][:2], list(lifecycle), condition)
        for kind, condition in conditions.items()
    }

    def records_of(customer: Customer) -> CustomerRecords:
        of: dict[str, Any] = {
            kind: _newest_first(rows[customer.customer_id], _FACTS[kind][2]) for kind, rows in facts.items()
        }
        return CustomerRecords(as_of=as_of, customer=customer, lifecycle=lifecycle[customer.customer_id], **of)

    return tuple(records_of(customer) for customer in customers)


def listing(
    publication: Publication,
    records: Sequence[CustomerRecords],
    column: str,
    select: Callable[[CustomerRecords], Sequence[Any]] | None = None,
) -> Listing[Any]:
    """The column summed over all customers, and of each the records behind it, as its own page has them."""
    behind = select or BEHIND[column]
    return Listing(
        definition=publication.definition("customer_lifecycle", column),
        total=total(records, column),
        entries=tuple(entry(of, record) for of in records for record in behind(of)),
    )


def total(records: Sequence[CustomerRecords], column: str) -> int | None:
    """A count summed over all customers; null where none of them has it."""
    values = [of.lifecycle[column] for of in records]
    known = [value for value in values if value is not None]
    return int(sum(known)) if known or not values else None


def _newest_first(rows: Iterable[Any], when: str) -> list[Any]:
    return sorted(rows, key=lambda row: (str(getattr(row, when)), row.record_id), reverse=True)
