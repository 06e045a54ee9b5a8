"""Who a record speaks of: companies that are customers, contacts, and owners and agents who are employees."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.reference.landing import Fact, Landing, Record, Row
from tests.reference.phrases import bears

BUYING_ROLES = [
    ("executive", {"EXECUTIVE_SPONSOR"}),
    ("decision_maker", {"DECISION_MAKER", "BUDGET_HOLDER"}),
    ("user", {"END_USER"}),
]
TITLES = [
    ("executive", ["chief", "ceo", "cto", "coo", "cfo", "vp", "vice president", "president"]),
    ("manager", ["director", "head", "manager"]),
    ("technical", ["engineer", "technician", "technical", "it", "developer"]),
]


@dataclass(frozen=True, kw_only=True)
class Contact(Fact):
    contact_id: str
    number: int
    customer_id: str | None
    full_name: str | None
    job_title: str | None
    email: str
    persona: str
    counts: bool


@dataclass(frozen=True)
class Link:
    """A person's decision that a source record is, or is not, a customer or an employee."""

    source_object: str
    source_record_id: str
    entity_id: str
    is_merge: bool
    reason: str


class Identity:
    """Resolves references by native id, e-mail and domain, and by what people merged or separated, as MART.md says."""

    def __init__(self, landing: Landing, seeds: Path) -> None:
        self.landing = landing
        self.seeds = seeds

    @cached_property
    def companies(self) -> dict[str, Record]:
        return {record.source_record_id: record for record in self.landing.hubspot("hubspot__companies")}

    def links(self, entity: str) -> list[Link]:
        """Decisions about `customer` or `employee`."""
        with (self.seeds / "identity" / f"{entity}_links.csv").open(encoding="utf-8") as file:
            return [
                Link(
                    row["source_object"],
                    row["source_record_id"],
                    row[f"{entity}_id"],
                    row["decision"] == "merge",
                    row["reason"],
                )
                for row in csv.DictReader(file)
            ]

    @cached_property
    def customer_links(self) -> list[Link]:
        return self.links("customer")

    @cached_property
    def employee_links(self) -> list[Link]:
        return self.links("employee")

    @cached_property
    def company_winners(self) -> dict[str, str]:
        """The company that each merged company became: a person's merge outranks the CRM's, a separation undoes it."""
        found = winners(list(self.companies.values()))
        links = [link for link in self.customer_links if link.source_object == "companies"]
        for link in links:
            if not link.is_merge and f"hubspot:{surviving(link.source_record_id, found)}" == link.entity_id:
                found.pop(link.source_record_id, None)
        return found | {link.source_record_id: link.entity_id.split(":", 1)[1] for link in links if link.is_merge}

    def customer_of_company(self, company: str | None) -> str | None:
        return f"hubspot:{known}" if (known := surviving(company, self.company_winners)) in self.companies else None

    def customer_of_id(self, customer_id: str | None) -> str | None:
        """The customer that a file names by an id of the mart, `hubspot:1`."""
        system, _, native = (customer_id or "").partition(":")
        return self.customer_of_company(native) if system == "hubspot" else None

    def customer_of(self, record: Record) -> str | None:
        """Customer of the associated company labelled primary, else of the one with the lowest id."""
        linked = record.associated("companies")
        primary = [
            entry
            for entry in linked
            if any((kind.get("label") or "").lower() == "primary" for kind in entry.get("associationTypes") or [])
        ]
        chosen = min((int(entry["toObjectId"]) for entry in primary or linked), default=None)
        return self.customer_of_company(str(chosen)) if chosen is not None else None

    @cached_property
    def contacts(self) -> dict[str, Contact]:
        """Contacts by the vendor's id, those merged into another under the id of the one they became."""
        records = self.landing.hubspot("hubspot__contacts")
        merged = winners(records)
        standing = {
            record.source_record_id: self.contact(record) for record in records if record.source_record_id not in merged
        }
        redirected = {loser: standing[won] for loser in merged if (won := surviving(loser, merged)) in standing}
        return {**standing, **redirected}

    def contact(self, record: Record) -> Contact:
        properties = record.properties
        names = [properties.get(name) for name in ("firstname", "lastname")]
        return Contact(
            source_system="hubspot",
            source_record_id=record.source_record_id,
            recorded_at=record.recorded_at,
            removed_at=record.removed_at,
            contact_id=f"hubspot:{record.source_record_id}",
            number=int(record.source_record_id),
            customer_id=self.customer_of(record),
            full_name=" ".join(name for name in names if name) or None,
            job_title=properties.get("jobtitle") or None,
            email=(properties.get("email") or "").strip().lower(),
            counts=record.counts,
            persona=persona(properties.get("hs_buying_role"), properties.get("jobtitle")),
        )

    def contacts_of(self, record: Record) -> list[Contact]:
        """Contacts associated with an activity, lowest id first, each once."""
        found = {
            self.contacts[key].number: self.contacts[key]
            for key in record.associated_ids("contacts")
            if key in self.contacts
        }
        return [found[number] for number in sorted(found)]

    @cached_property
    def contacts_by_email(self) -> dict[str, Contact]:
        """The contact with the lowest id of those that share an address, standing before archived ones."""
        ordered = sorted(self.contacts.values(), key=lambda contact: (contact.removed_at is None, -contact.number))
        return {contact.email: contact for contact in ordered if contact.email and contact.counts}

    @cached_property
    def users(self) -> dict[str, Row]:
        return self.landing.newest("zendesk__users")

    def is_agent(self, user: str | None) -> bool:
        return user in self.users and self.users[user]["role"] in ("agent", "admin")

    def contact_of_user(self, user: str | None) -> Contact | None:
        email = (self.users[user]["email"] or "").strip().lower() if user in self.users else ""
        return self.contacts_by_email.get(email)

    @cached_property
    def organizations(self) -> dict[str, Row]:
        return self.landing.newest("zendesk__organizations")

    @cached_property
    def companies_by_domain(self) -> dict[str, list[str]]:
        with (self.seeds / "identity" / "free_mail_domains.csv").open() as file:
            free_mail = {row["domain"] for row in csv.DictReader(file)}
        found: dict[str, list[str]] = {}
        for key, company in sorted(self.companies.items(), key=lambda item: int(item[0])):
            domain = (company.properties.get("domain") or "").lower()
            if domain and domain not in free_mail and company.removed_at is None:
                found.setdefault(domain, []).append(key)
        return found

    def customer_of_organization(self, organization_id: str | None) -> str | None:
        """By the organization's external id, else by an exact domain, else by hand."""
        organization = self.organizations.get(organization_id or "")
        if organization is None:
            return None
        links = [
            link
            for link in self.customer_links
            if link.source_object == "organizations" and link.source_record_id == organization_id
        ]
        separated = {link.entity_id for link in links if not link.is_merge}
        named = [self.customer_of_company(organization["external_id"])]
        for domain in json.loads(organization["domain_names"] or "[]"):
            named += [self.customer_of_company(company) for company in self.companies_by_domain.get(domain.lower(), [])]
        named += [self.customer_of_id(link.entity_id) for link in links if link.is_merge]
        return next((one for one in named if one is not None and one not in separated), None)

    @cached_property
    def employees_by_email(self) -> dict[str, str]:
        people = self.landing.newest("bamboohr__employees", "employeeId")
        return {row["workEmail"].strip().lower(): f"bamboohr:{key}" for key, row in people.items() if row["workEmail"]}

    @cached_property
    def owners(self) -> dict[str, Row]:
        return self.landing.newest("hubspot__owners")

    def employee_of_owner(self, owner: str | None) -> str | None:
        if not owner:
            return None
        email = (self.owners[owner]["email"] or "").strip().lower() if owner in self.owners else ""
        return self.employee_of("owners", owner, email) or f"hubspot-user:{owner}"

    def employee_of(self, source_object: str, key: str, email: str) -> str | None:
        """By e-mail, else by hand."""
        links = [
            link for link in self.employee_links if link.source_object == source_object and link.source_record_id == key
        ]
        separated = {link.entity_id for link in links if not link.is_merge}
        named = [self.employees_by_email.get(email), *(link.entity_id for link in links if link.is_merge)]
        return next((one for one in named if one is not None and one not in separated), None)

    def employee_of_id(self, employee_id: str | None) -> str | None:
        """The employee whom a file names by an id of the mart: one of HR, or an owner or agent unknown to HR."""
        known = {f"bamboohr:{key}" for key in self.landing.newest("bamboohr__employees", "employeeId")}
        known |= {str(self.employee_of_owner(owner)) for owner in self.owners}
        known |= {str(self.employee_of_agent(user)) for user in self.users if self.is_agent(user)}
        return employee_id if employee_id in known else None

    def contact_of_id(self, contact_id: str | None) -> Contact | None:
        system, _, native = (contact_id or "").partition(":")
        return self.contacts.get(native) if system == "hubspot" else None

    def employee_of_agent(self, user: str | None) -> str | None:
        if not user:
            return None
        email = (self.users[user]["email"] or "").strip().lower() if user in self.users else ""
        return self.employee_of("users", user, email) or f"zendesk-user:{user}"


def winners(records: list[Record]) -> dict[str, str]:
    """The id that each merged id was merged into."""
    return {
        loser.strip(): record.source_record_id
        for record in records
        for loser in re.split(r"[;,]", record.properties.get("hs_merged_object_ids") or "")
        if loser.strip()
    }


def surviving(key: str | None, merged: dict[str, str]) -> str | None:
    while key in merged:
        key = merged[key]
    return key


def persona(buying_role: str | None, job_title: str | None) -> str:
    """From the buying role, else from the job title, else unknown; the first in MAPPING.md's order."""
    roles = {role.strip().upper() for role in (buying_role or "").split(";")}
    for found, meaning in BUYING_ROLES:
        if roles & meaning:
            return found
    for found, phrases in TITLES:
        if any(bears(job_title, phrase) for phrase in phrases):
            return found
    return "unknown"
