"""The page of one customer: headline, timeline, what is wrong now, and every number with its definition and records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from reports.gathering import Gatherer, grouped_by
from reports.measures import grouped, label, unit
from reports.publication import (
    Action,
    ActionOutcome,
    Contact,
    Customer,
    DriverPoints,
    Employee,
    IdentityLink,
    Publication,
    RemovedFact,
    Renewal,
    Restatement,
)
from reports.reasons import Finding, Reason, findings
from reports.records import BEHIND, COUNTS, NO_RECORDS, AnyRecord, CustomerRecords


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
class Health:
    """The health score with what every driver costs it, the dearest first."""

    score: float | None
    drivers: tuple[DriverPoints, ...]

    @property
    def costing(self) -> tuple[DriverPoints, ...]:
        return tuple(driver for driver in self.drivers if driver.points_lost > 0)

    @property
    def costing_nothing(self) -> tuple[DriverPoints, ...]:
        return tuple(driver for driver in self.drivers if driver.state == "known" and driver.points_lost == 0)

    @property
    def unknown(self) -> tuple[DriverPoints, ...]:
        return tuple(driver for driver in self.drivers if driver.state == "unknown")

    @property
    def not_applicable(self) -> tuple[DriverPoints, ...]:
        return tuple(driver for driver in self.drivers if driver.state == "not_applicable")

    @property
    def points_lost(self) -> float:
        """Their sum, added as the decimals that they are."""
        return float(sum(Decimal(repr(driver.points_lost)) for driver in self.drivers))

    @property
    def differs_from_points(self) -> bool:
        """Whether 100 less the points is not the score: two roads to the same figure."""
        return self.score is not None and Decimal(100) - Decimal(repr(self.points_lost)) != Decimal(repr(self.score))


@dataclass(frozen=True)
class CustomerContext:
    """Everything that one customer's page shows."""

    customer: Customer
    as_of: date
    lifecycle: dict[str, Any]
    health: Health
    actions: tuple[Action, ...]
    outcomes: tuple[ActionOutcome, ...]
    # What the columns of these mean.
    outcome_terms: Mapping[str, str | None]
    findings: tuple[Finding, ...]
    praises: tuple[Finding, ...]
    groups: tuple[tuple[str, tuple[Number, ...]], ...]
    next_term: Renewal | None
    identity_links: tuple[IdentityLink, ...]
    removed_facts: tuple[RemovedFact, ...]
    restatements: tuple[Restatement, ...]
    records: CustomerRecords

    @property
    def is_current(self) -> bool:
        return bool(self.lifecycle)

    @cached_property
    def contacts(self) -> list[Contact]:
        """People at the customer and in its touches, last touched first."""
        last = self.records.last_touched_on
        return sorted(
            self.records.contacts,
            key=lambda contact: (-last.get(contact.contact_id, date.min).toordinal(), contact.contact_id),
        )

    @cached_property
    def contacts_by_id(self) -> dict[str, Contact]:
        return {contact.contact_id: contact for contact in self.records.contacts}

    @property
    def numbers_that_differ(self) -> tuple[str, ...]:
        differing = [number.column for _, numbers in self.groups for number in numbers if number.differs_from_records]
        return (*differing, *(["health_score"] if self.health.differs_from_points else []))


def reported_customers(publication: Publication) -> list[Customer]:
    """Companies with a page, by id."""
    return [
        customer for customer in publication.rows("customers", Customer, "order by customer_id") if customer.has_page
    ]


class CustomerReader:
    """Holds what is read once for all customers' pages, and reads the rest for some of them at a time."""

    def __init__(self, publication: Publication, as_of: date, reasons: Sequence[Reason]) -> None:
        self._publication = publication
        self._as_of = as_of
        self._reasons = reasons
        columns = publication.columns("customer_lifecycle")
        self._definitions = {column: publication.definition("customer_lifecycle", column) for column in columns}
        self._outcome_terms = {
            name: publication.definition("action_outcomes", name) for name in ("outcome", "rests_until_on")
        }
        self._gatherer = Gatherer(publication, as_of)
        self._links = grouped_by(
            publication.rows(
                "identity_links", IdentityLink, "where entity_type = 'customer' and entity_id is not null order by all"
            ),
            lambda link: link.entity_id,
        )

    def contexts(self, customers: Sequence[Customer]) -> Iterator[CustomerContext]:
        """The contexts of these customers, in their order."""
        read = self._publication.rows_by_customer
        ids = [customer.customer_id for customer in customers]
        removed = read("removed_facts", RemovedFact, ids)
        restated = read("restatements", Restatement, ids)
        actions = read("recommended_actions", Action, ids)
        outcomes = read("action_outcomes", ActionOutcome, ids)
        points = read("health_points", DriverPoints, ids, "is_current")
        for of in self._gatherer.records_of(customers):
            key = of.customer.customer_id
            found = findings(of, self._reasons)
            wrong = tuple(finding for finding in found if finding.reason.is_wrong)
            yield CustomerContext(
                customer=of.customer,
                as_of=self._as_of,
                lifecycle=of.lifecycle,
                health=Health(
                    of.lifecycle.get("health_score"),
                    tuple(sorted(points[key], key=lambda driver: (-driver.points_lost, driver.driver))),
                ),
                actions=tuple(sorted(actions[key], key=lambda action: action.rank)),
                outcomes=newest_first(outcomes[key]),
                outcome_terms=self._outcome_terms,
                findings=wrong,
                praises=tuple(finding for finding in found if not finding.reason.is_wrong),
                groups=_groups(of, wrong, self._definitions),
                next_term=of.next_term,
                identity_links=tuple(self._links.get(key, ())),
                removed_facts=tuple(sorted(removed[key], key=lambda fact: (fact.fact_table, fact.id))),
                restatements=tuple(sorted(restated[key], key=lambda change: (change.month, change.column))),
                records=of,
            )


def newest_first(outcomes: Iterable[ActionOutcome]) -> tuple[ActionOutcome, ...]:
    """What was recorded of actions, the latest day first."""
    return tuple(sorted(outcomes, key=lambda told: (-told.recorded_on.toordinal(), told.action_outcome_id)))


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
