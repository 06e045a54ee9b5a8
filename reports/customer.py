"""The page of one customer: headline, timeline, what is wrong now, and every number with its definition and records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reports.measures import grouped, label, unit
from reports.publication import (
    Assignment,
    Customer,
    Employee,
    IdentityLink,
    Incident,
    Publication,
    RemovedFact,
    Renewal,
    Touch,
)
from reports.reasons import Finding, Reason, findings
from reports.records import BEHIND, COUNTS, NO_RECORDS, AnyRecord, CustomerRecords

# Customers read at once: enough to spare hundreds of queries, few enough that millions of touches are never held.
BATCH = 50


@dataclass(frozen=True)
class Number:
    """One number of customer_lifecycle with what it means and what it was made from."""

    column: str
    label: str
    unit: str
    value: Any
    definition: str | None
    records: tuple[AnyRecord, ...]
    has_records: bool
    records_note: str | None
    reasons: tuple[str, ...]

    @property
    def differs_from_records(self) -> bool:
        return self.column in COUNTS and self.value is not None and self.value != len(self.records)


@dataclass(frozen=True)
class CustomerContext:
    """Everything that one customer's page shows."""

    customer: Customer
    as_of: date
    lifecycle: dict[str, Any]
    findings: tuple[Finding, ...]
    groups: tuple[tuple[str, tuple[Number, ...]], ...]
    next_term: Renewal | None
    touches: tuple[Touch, ...]
    assignments: tuple[Assignment, ...]
    incidents: tuple[Incident, ...]
    renewals: tuple[Renewal, ...]
    identity_links: tuple[IdentityLink, ...]
    removed_facts: tuple[RemovedFact, ...]
    records: CustomerRecords

    @property
    def is_current(self) -> bool:
        return bool(self.lifecycle)

    @property
    def numbers_that_differ(self) -> tuple[str, ...]:
        return tuple(number.column for _, numbers in self.groups for number in numbers if number.differs_from_records)


def reported_customers(publication: Publication) -> list[Customer]:
    """Companies with a page: customers of today and of the past. A company that never bought has nothing to keep."""
    return publication.rows(
        "customers",
        Customer,
        "where is_customer or customer_since_on is not null or churned_on is not null order by customer_id",
    )


def customer_contexts(publication: Publication, as_of: date, reasons: Sequence[Reason]) -> Iterator[CustomerContext]:
    """The contexts of all reported customers, in the order of their ids."""
    lifecycle = publication.lifecycle()
    columns = publication.columns("customer_lifecycle")
    definitions = {column: publication.definition("customer_lifecycle", column) for column in columns}
    customers = reported_customers(publication)
    links: dict[str, list[IdentityLink]] = {}
    for link in publication.rows(
        "identity_links", IdentityLink, "where entity_type = 'customer' and entity_id is not null order by all"
    ):
        links.setdefault(str(link.entity_id), []).append(link)
    for start in range(0, len(customers), BATCH):
        batch = customers[start : start + BATCH]
        ids = [customer.customer_id for customer in batch]
        touches = publication.rows_by_customer("touches", Touch, ids)
        assignments = publication.rows_by_customer("assignments", Assignment, ids)
        incidents = publication.rows_by_customer("quality_incidents", Incident, ids)
        renewals = publication.rows_by_customer("renewals", Renewal, ids)
        removed = publication.rows_by_customer("removed_facts", RemovedFact, ids)
        for customer in batch:
            key = customer.customer_id
            of = CustomerRecords(
                as_of=as_of,
                customer=customer,
                lifecycle=lifecycle.get(key, {}),
                touches=sorted(touches[key], key=lambda touch: (touch.occurred_at, touch.touch_id), reverse=True),
                assignments=sorted(assignments[key], key=lambda spell: (spell.started_at, spell.assignment_id)),
                incidents=sorted(incidents[key], key=lambda incident: (incident.opened_at, incident.incident_id)),
                renewals=sorted(renewals[key], key=lambda term: (term.contract_id, term.term_number)),
            )
            found = findings(of, reasons)
            yield CustomerContext(
                customer=customer,
                as_of=as_of,
                lifecycle=of.lifecycle,
                findings=found,
                groups=_groups(of, found, definitions),
                next_term=of.next_term,
                touches=tuple(of.touches),
                assignments=tuple(of.assignments),
                incidents=tuple(reversed(of.incidents)),
                renewals=tuple(of.renewals),
                identity_links=tuple(links.get(key, ())),
                removed_facts=tuple(sorted(removed[key], key=lambda fact: (fact.fact_table, fact.id))),
                records=of,
            )


def employees_by_id(publication: Publication) -> dict[str, Employee]:
    """Everybody of ours whom a fact refers to."""
    return {employee.employee_id: employee for employee in publication.rows("employees", Employee)}


def _groups(
    of: CustomerRecords, found: Sequence[Finding], definitions: dict[str, str | None]
) -> tuple[tuple[str, tuple[Number, ...]], ...]:
    blamed: dict[str, list[str]] = {}
    for finding in found:
        for evidence in finding.evidence:
            blamed.setdefault(evidence.column, []).append(finding.reason.title)
    return tuple(
        (title, tuple(_number(column, of, definitions.get(column), blamed.get(column, [])) for column in columns))
        for title, columns in grouped(of.lifecycle)
    )


def _number(column: str, of: CustomerRecords, definition: str | None, blamed: Sequence[str]) -> Number:
    select = BEHIND.get(column)
    return Number(
        column=column,
        label=label(column),
        unit=unit(column),
        value=of.lifecycle[column],
        definition=definition,
        records=tuple(select(of)) if select else (),
        has_records=select is not None,
        records_note=NO_RECORDS.get(column),
        reasons=tuple(blamed),
    )
