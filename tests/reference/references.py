"""What became of every source record, and which references lead nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pandas

from tests.reference.activities import Activities, Activity
from tests.reference.deals import Deals, distance
from tests.reference.files import TABLES, place_of
from tests.reference.health import Health
from tests.reference.identity import Identity, surviving, winners
from tests.reference.landing import Fact, Landing, Record, Row
from tests.reference.tickets import Tickets
from tests.reference.touches import direction_of
from tests.reference.voice import Voices, as_typed, hashtags

Reference = tuple[str, str, str, str, str | None]
ACTIVITIES = ("calls", "meetings", "emails", "communications", "notes", "feedback_submissions")


class References:
    def __init__(
        self,
        landing: Landing,
        identity: Identity,
        deals: Deals,
        activities: Activities,
        tickets: Tickets,
        voices: Voices,
        health: Health,
        as_of: date,
    ) -> None:
        self.landing = landing
        self.identity = identity
        self.deals = deals
        self.activities = activities
        self.tickets = tickets
        self.voices = voices
        self.health = health
        self.as_of = as_of

    def identity_links(self) -> pandas.DataFrame:
        found = [*self.companies(), *self.organizations(), *self.contacts(), *self.people()]
        names = ("source_system", "source_object", "source_record_id", "entity_type", "entity_id", "rule")
        return pandas.DataFrame([dict(zip(names, link, strict=True)) for link in found], dtype=object)

    def companies(self) -> Iterator[tuple[str | None, ...]]:
        by_hand = {
            link.source_record_id
            for link in self.identity.customer_links
            if link.source_object == "companies" and link.is_merge
        }
        by_crm = winners(list(self.identity.companies.values()))
        for key in sorted({*self.identity.companies, *by_crm, *by_hand}):
            if key not in {*self.identity.companies, *self.identity.company_winners}:
                continue
            rule = "native"
            if key in self.identity.company_winners:
                rule = "customer_link" if key in by_hand else "merged_in_crm"
            yield "hubspot", "companies", key, "customer", self.identity.customer_of_company(key), rule

    def organizations(self) -> Iterator[tuple[str | None, ...]]:
        for key, organization in self.identity.organizations.items():
            customer_id = self.identity.customer_of_organization(key)
            domains = json.loads(organization["domain_names"] or "[]")
            by_domain = {
                self.identity.customer_of_company(company)
                for domain in domains
                for company in self.identity.companies_by_domain.get(domain.lower(), [])
            }
            rule = "customer_link"
            if customer_id is None:
                rule = "none"
            elif customer_id == self.identity.customer_of_company(organization["external_id"]):
                rule = "external_id"
            elif customer_id in by_domain:
                rule = "domain"
            yield "zendesk", "organizations", key, "customer", customer_id, rule

    def contacts(self) -> Iterator[tuple[str | None, ...]]:
        records = self.landing.hubspot("hubspot__contacts")
        merged = winners(records)
        for key in sorted({*(record.source_record_id for record in records), *merged}):
            became = self.identity.contacts.get(surviving(key, merged) or "")
            rule = "merged_in_crm" if key in merged else "native"
            yield "hubspot", "contacts", key, "contact", became.contact_id if became else None, rule

    def people(self) -> Iterator[tuple[str | None, ...]]:
        for key in self.landing.newest("bamboohr__employees", "employeeId"):
            yield "bamboohr", "employees", key, "employee", f"bamboohr:{key}", "native"
        unlisted = {reference for *_, kind, reference in self.of_crm() if kind == "owner" and reference}
        for owner in sorted({*self.identity.owners, *unlisted}):
            became = self.identity.employee_of_owner(owner)
            yield "hubspot", "owners", owner, "employee", became, self.rule_of(became, self.identity.owners.get(owner))
        for key, user in self.identity.users.items():
            if self.identity.is_agent(key):
                became = self.identity.employee_of_agent(key)
                yield "zendesk", "users", key, "employee", became, self.rule_of(became, user)
            else:
                contact = self.identity.contact_of_user(key)
                rule = "email" if contact else "none"
                yield "zendesk", "users", key, "contact", contact.contact_id if contact else None, rule

    def rule_of(self, employee_id: str | None, row: Row | None) -> str:
        if row is None or employee_id is None or "-user:" in employee_id:
            return "unknown_to_hr"
        email = (row["email"] or "").strip().lower()
        return "email" if self.identity.employees_by_email.get(email) == employee_id else "employee_link"

    def unresolved_references(self) -> pandas.DataFrame:
        found = {*self.of_crm(), *self.of_renewals(), *self.of_acts(), *self.of_tickets(), *self.of_files()}
        names = ("source_system", "source_object", "source_record_id", "reference_object", "reference")
        return pandas.DataFrame([dict(zip(names, reference, strict=True)) for reference in found], dtype=object)

    def standing(self, table: str) -> list[Record]:
        return [r for r in self.landing.hubspot(f"hubspot__{table}") if r.counts and r.known(self.as_of)]

    def of_crm(self) -> Iterator[Reference]:
        yield from self.of_activities()
        yield from self.of_crm_records()

    def of_activities(self) -> Iterator[Reference]:
        """Of what happened; an e-mail that was never sent or only forwarded is nothing that happened."""
        mails = {one.source_record_id for one in self.activities.all if one.kind == "email" and direction_of(one)}
        for table in ACTIVITIES:
            for record in self.standing(table):
                if table == "emails" and record.source_record_id not in mails:
                    continue
                about = ("hubspot", table, record.source_record_id)
                if self.activities.customer_of(record) is None:
                    named = record.associated_ids("companies")
                    yield *about, "company", named[0] if named else None
                yield from self.of_contacts(record, about)
                yield from self.of_owner(record, about)

    def of_contacts(self, record: Record, about: tuple[str, str, str]) -> Iterator[Reference]:
        for key in record.associated_ids("contacts"):
            if key not in self.identity.contacts:
                yield *about, "contact", key

    def of_owner(self, record: Record, about: tuple[str, str, str]) -> Iterator[Reference]:
        owner = record.properties.get("hubspot_owner_id")
        if owner and owner not in self.identity.owners:
            yield *about, "owner", owner

    def of_crm_records(self) -> Iterator[Reference]:
        for table in ("contacts", "deals"):
            for record in self.standing(table):
                about = ("hubspot", table, record.source_record_id)
                if self.identity.customer_of(record) is None:
                    named = record.associated_ids("companies")
                    yield *about, "company", named[0] if named else None
                if table == "deals":
                    yield from self.of_owner(record, about)

    def of_renewals(self) -> Iterator[Reference]:
        """Won renewals that fit no term, and those that fit one and found it taken."""
        for customer_id, deals in self.deals.by_customer.items():
            terms = self.deals.terms(customer_id, self.as_of)
            used = {term.renewal.deal.deal_id for term in terms if term.renewal}
            for deal in deals:
                state = deal.state(self.as_of)
                if state and state.kind == "renewal" and state.outcome == "won" and deal.deal_id not in used:
                    fits = any(distance(term.opened_by, state) is not None for term in terms)
                    opens = any(term.opened_by.deal is deal for term in terms)
                    if opens or fits:
                        yield "hubspot", "deals", deal.source_record_id, "contract_term", None

    def of_acts(self) -> Iterator[Reference]:
        """Marks `#acted-<id>` that name nothing heard of that customer before."""
        for activity in self.activities.all:
            if activity.kind == "note" and activity.known(self.as_of):
                yield from self.of_act(activity, "notes", activity.customer_id, activity.body, activity)
        for deal in self.deals.all:
            if deal.known(self.as_of):
                yield from self.of_act(deal, "deals", deal.customer_id, deal.properties.get("dealname"), None)
        for ticket in self.tickets.all.values():
            if ticket.known(self.as_of):
                text = f"{ticket.row['subject'] or ''} {ticket.row['description'] or ''}"
                yield from self.of_act(ticket, "tickets", ticket.customer_id, text, None)

    def of_act(
        self, fact: Fact, table: str, customer_id: str | None, text: str | None, activity: Activity | None
    ) -> Iterator[Reference]:
        # What was heard may have been deleted since: it is still what was acted on.
        at = activity.occurred_at if activity else fact.recorded_at
        heard = {
            voice.name
            for voice in self.voices.by_customer.get(customer_id, [])
            if voice.recorded_at.date() <= self.as_of and voice.heard_at < at
        }
        for key in hashtags(text, "acted"):
            if as_typed(key) not in heard or customer_id is None:
                yield fact.source_system, table, fact.source_record_id, "voice", key

    def of_tickets(self) -> Iterator[Reference]:
        for ticket in self.tickets.all.values():
            if ticket.known(self.as_of):
                about = ("zendesk", "tickets", ticket.source_record_id)
                requester = ticket.row["requester_id"]
                if ticket.customer_id is None:
                    yield *about, "organization", ticket.row["organization_id"]
                if self.identity.contact_of_user(requester) is None:
                    yield *about, "contact", requester

    def of_files(self) -> Iterator[Reference]:
        drivers = {driver.driver for driver in self.health.drivers}
        for table in (*TABLES, "action_outcomes"):
            for row in self.landing.newest(f"files__{table}", "record_id").values():
                about = ("files", table, place_of(row))
                if row["customer_id"] and self.identity.customer_of_id(row["customer_id"]) is None:
                    yield *about, "customer", row["customer_id"]
                employee, contact = row.get("employee_id"), row.get("contact_id")
                if employee and self.identity.employee_of_id(employee) is None:
                    yield *about, "employee", employee
                if contact and self.identity.contact_of_id(contact) is None:
                    yield *about, "contact", contact
                if table == "action_outcomes" and row["driver"] not in drivers:
                    yield *about, "driver", row["driver"]
