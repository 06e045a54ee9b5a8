"""Gathers from the publication everything that the page of each of some customers points at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from reports.publication import (
    Assignment,
    Contact,
    Customer,
    Incident,
    Publication,
    Renewal,
    Survey,
    Touch,
    TouchContact,
    Training,
    Voice,
)
from reports.records import TEAM_ROLES, CustomerRecords

# Ends of company names that say how the company is set up, not which it is; dots and strokes are left out.
_LEGAL_FORM = re.compile(
    r"( (ab|ag|aps|as|asa|bv|co|company|corp|corporation|gmbh|inc|kg|limited|llc|llp|ltd|nv|oy|oyj|plc|pty|sa|sarl|sas"
    r"|se|spa|srl))+$"
)

_TOUCHES = "select touch_id from mart.touches where list_contains(?, customer_id)"

Row = TypeVar("Row")


class Gatherer:
    """Holds what is read once for all customers, and reads the rest for some of them at a time."""

    def __init__(self, publication: Publication, as_of: date) -> None:
        self._publication = publication
        self._as_of = as_of
        self._lifecycle = publication.lifecycle()
        companies = publication.rows("customers", Customer, "where is_archived is not true order by customer_id")
        self._with_domain = grouped_by(companies, _domain)
        self._with_name = grouped_by(companies, _name)
        self._trainings = grouped_by(
            publication.rows(
                "trainings",
                Training,
                "where completed_on between ? and ? order by completed_on desc, training_id",
                [as_of - timedelta(days=364), as_of],
            ),
            lambda training: training.employee_id,
        )

    def records_of(self, customers: Sequence[Customer]) -> Iterator[CustomerRecords]:
        """The records of these customers, in their order."""
        read = self._publication.rows_by_customer
        ids = [customer.customer_id for customer in customers]
        touches = read("touches", Touch, ids)
        assignments = read("assignments", Assignment, ids)
        incidents = read("quality_incidents", Incident, ids)
        renewals = read("renewals", Renewal, ids)
        surveys = read("survey_responses", Survey, ids)
        voice = read("voice_of_customer", Voice, ids)
        contacts, met = self._contacts_of(ids)
        employed = grouped_by(contacts.values(), lambda contact: contact.customer_id)
        for customer in customers:
            key = customer.customer_id
            met_here = {touch.touch_id: met[touch.touch_id] for touch in touches[key] if touch.touch_id in met}
            known = dict.fromkeys(contact.contact_id for contact in employed.get(key, ()))
            known |= dict.fromkeys(contact_id for pair in met_here.values() for contact_id in pair)
            serving = dict.fromkeys(
                spell.employee_id for spell in assignments[key] if spell.role in TEAM_ROLES and spell.ended_at is None
            )
            yield CustomerRecords(
                as_of=self._as_of,
                customer=customer,
                lifecycle=self._lifecycle.get(key, {}),
                touches=sorted(touches[key], key=lambda touch: (touch.occurred_at, touch.touch_id), reverse=True),
                assignments=sorted(assignments[key], key=lambda spell: (spell.started_at, spell.assignment_id)),
                incidents=sorted(incidents[key], key=lambda incident: (incident.opened_at, incident.incident_id)),
                renewals=sorted(renewals[key], key=lambda term: (term.contract_id, term.term_number)),
                surveys=sorted(surveys[key], key=lambda survey: (str(survey.asked_at), survey.survey_response_id)),
                voice=sorted(voice[key], key=lambda heard: (heard.heard_at, heard.voice_id)),
                contacts=[contacts[contact_id] for contact_id in known if contact_id in contacts],
                contacts_of_touches=met_here,
                trainings=[training for employee in serving for training in self._trainings.get(employee, ())],
                look_alikes=self._look_alikes(customer),
            )

    def _look_alikes(self, customer: Customer) -> list[Customer]:
        domain, name = _domain(customer), _name(customer)
        alike = [
            *(self._with_domain.get(domain, ()) if domain else ()),
            *(self._with_name.get(name, ()) if name else ()),
        ]
        others = {other.customer_id: other for other in alike if other.customer_id != customer.customer_id}
        return [others[customer_id] for customer_id in sorted(others)]

    def _contacts_of(self, ids: Sequence[str]) -> tuple[dict[str, Contact], dict[str, list[str]]]:
        """People at these customers or in touches with them, and the contacts of each touch."""
        contacts = self._publication.rows(
            "contacts",
            Contact,
            "where list_contains(?, customer_id) or contact_id in "
            f"(select contact_id from mart.touch_contacts where touch_id in ({_TOUCHES})) order by contact_id",
            [ids, ids],
        )
        met: dict[str, list[str]] = {}
        for pair in self._publication.rows(
            "touch_contacts", TouchContact, f"where touch_id in ({_TOUCHES}) order by all", [ids]
        ):
            met.setdefault(pair.touch_id, []).append(pair.contact_id)
        return {contact.contact_id: contact for contact in contacts}, met


def grouped_by(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    """Rows by what they share, in their order."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _domain(customer: Customer) -> str:
    return (customer.domain or "").strip().casefold()


def _name(customer: Customer) -> str:
    """The name in small letters, without its legal form: "Skagen Dairy A/S" is "skagen dairy"."""
    words = re.sub(r"\W+", " ", re.sub(r"[./]", "", (customer.customer_name or "").casefold())).strip()
    return _LEGAL_FORM.sub("", words)
