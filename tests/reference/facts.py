"""The tables that say what stands now: everything as known on the run's as-of day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cached_property

import pandas

from tests.reference.acting import Acting
from tests.reference.days import add_months, month_end, month_of
from tests.reference.deals import Deals, Term, churned_on
from tests.reference.hr import Hr
from tests.reference.identity import Identity
from tests.reference.landing import Fact, Record, Row
from tests.reference.months import Months
from tests.reference.people import TEAM_ROLES, People, Spell
from tests.reference.quality import Incident, Quality
from tests.reference.surveys import Surveys
from tests.reference.tickets import Promise
from tests.reference.touches import Touch, Touches
from tests.reference.voice import Voices


class Facts:
    def __init__(
        self,
        identity: Identity,
        hr: Hr,
        deals: Deals,
        touches: Touches,
        people: People,
        quality: Quality,
        voices: Voices,
        surveys: Surveys,
        acting: Acting,
        months: Months,
        as_of: date,
    ) -> None:
        self.identity = identity
        self.hr = hr
        self.deals = deals
        self.touch_facts = touches
        self.people = people
        self.quality = quality
        self.voices = voices
        self.surveys = surveys
        self.acting = acting
        self.months = months
        self.as_of = as_of

    @cached_property
    def known_touches(self) -> list[Touch]:
        return [touch for touch in self.touch_facts.all if touch.known(self.as_of) and touch.on <= self.as_of]

    def touches(self) -> pandas.DataFrame:
        return table(self.touch(touch) for touch in self.known_touches)

    def touch(self, touch: Touch) -> Row:
        contacts = touch.contacts_known(self.as_of)
        return {
            "touch_id": touch.touch_id,
            "customer_id": touch.customer_id,
            "occurred_at": touch.occurred_at,
            "occurred_on": touch.on,
            "channel": touch.channel,
            "direction": touch.direction,
            "initiative": touch.initiative(self.as_of),
            "substance": touch.substance,
            "substance_rule": touch.substance_rule,
            "theme": touch.theme,
            "is_sales": touch.is_sales,
            "is_pulse_check": touch.is_pulse_check(self.as_of),
            "is_holding_reply": touch.is_holding_reply,
            "employee_id": touch.employee_id,
            "department": self.hr.department(touch.employee_id, touch.on, self.as_of),
            "contact_id": contacts[0].contact_id if contacts else None,
            "persona": contacts[0].persona if contacts else None,
            "customer_talk_share": touch.customer_talk_share,
            "duration_minutes": touch.duration_minutes,
            **provenance(touch),
        }

    def touch_contacts(self) -> pandas.DataFrame:
        return table(
            {"touch_id": touch.touch_id, "contact_id": contact.contact_id, **provenance(touch)}
            for touch in self.known_touches
            for contact in touch.contacts_known(self.as_of)
        )

    def contacts(self) -> pandas.DataFrame:
        everybody = {contact.contact_id: contact for contact in self.identity.contacts.values()}
        return table(
            {
                "contact_id": contact.contact_id,
                "customer_id": contact.customer_id,
                "full_name": contact.full_name,
                "job_title": contact.job_title,
                "persona": contact.persona,
                "is_active": contact.removed_at is None,
                **provenance(contact),
            }
            for contact in everybody.values()
            if contact.recorded_at.date() <= self.as_of
        )

    @property
    def customers_and_nobody(self) -> list[str | None]:
        return [*(f"hubspot:{key}" for key in self.identity.companies), None]

    @cached_property
    def known_incidents(self) -> list[Incident]:
        return [
            incident for customer in self.customers_and_nobody for incident in self.quality.known(customer, self.as_of)
        ]

    def quality_incidents(self) -> pandas.DataFrame:
        return table(self.incident(incident) for incident in self.known_incidents)

    def incident(self, incident: Incident) -> Row:
        ticket = incident.ticket
        warnings = self.quality.warnings(incident)
        first = self.quality.tickets.first_responded_at(ticket, self.as_of)
        return {
            "incident_id": ticket.ticket_id,
            "customer_id": ticket.customer_id,
            "opened_at": ticket.opened_at,
            "opened_on": incident.opened_on,
            "resolved_at": incident.resolved_at,
            "resolved_on": incident.resolved_on,
            "category": incident.category,
            "theme": ticket.theme,
            "severity": incident.severity,
            "phase": incident.phase,
            "detected_by": incident.detected_by,
            "is_surprise": incident.is_surprise,
            "first_response_due_at": due_at(incident.first_response),
            "first_responded_at": first,
            "first_response_kept": kept(incident.first_response, self.as_of),
            "resolution_due_at": due_at(incident.resolution),
            "resolution_kept": kept(incident.resolution, self.as_of),
            "reopen_count": len(incident.reopened),
            "repeat_of": incident.repeat_of.ticket.ticket_id if incident.repeat_of else None,
            "days_since_previous_incident": incident.days_since_previous,
            "was_warned": bool(warnings),
            "warned_by_voice_id": warnings[-1].voice_id if warnings else None,
            "festered_days": (incident.opened_on - warnings[0].on).days if warnings else None,
            "went_quiet": self.quality.went_quiet(incident),
            **provenance(ticket),
        }

    @cached_property
    def known_spells(self) -> list[Spell]:
        found = [spell for customer in self.customers_and_nobody for spell in self.people.spells(customer, self.as_of)]
        return [spell for spell in found if spell.known(self.as_of)]

    def assignments(self) -> pandas.DataFrame:
        return table(self.assignment(spell) for spell in self.known_spells)

    def assignment(self, spell: Spell) -> Row:
        follows = spell.successor if spell.is_change else None
        has_left = self.hr.has_left(spell.employee_id, self.as_of)
        return {
            "assignment_id": spell.assignment_id,
            "customer_id": spell.customer_id,
            "employee_id": spell.employee_id,
            "role": spell.role,
            "started_at": spell.started_at,
            "ended_at": spell.ended_at,
            "end_cause": self.people.end_cause(spell, self.as_of),
            "handoff": self.people.handoff(spell, self.as_of),
            "gap_days": (follows.started_on - spell.ended_on).days if follows and spell.ended_on else None,
            "tenure_at_start_days": self.hr.tenure(spell.employee_id, spell.started_on, self.as_of),
            "is_ghost": spell.ended_at is None and has_left if self.hr.is_connected else None,
            "ghost_days": self.people.ghost_days(spell, self.as_of),
            **provenance(spell),
        }

    @cached_property
    def known_terms(self) -> list[tuple[str | None, Term]]:
        return [
            (customer, term)
            for customer in [*self.customers_and_nobody]
            for term in self.deals.terms(customer, self.as_of)
        ]

    def renewals(self) -> pandas.DataFrame:
        return table(self.renewal(customer, term) for customer, term in self.known_terms)

    def renewal(self, customer_id: str | None, term: Term) -> Row:
        outcome = self.deals.outcome(term, self.as_of)
        after = term.renewal if outcome not in ("open", "churned") else None
        currency = term.opened_by.currency
        expansions = term.counted_expansions(self.as_of)
        amounts = [state.arr for state in (term.opened_by, *expansions) if state.arr is not None]
        is_in_one_currency = all(expansion.currency == currency for expansion in expansions)
        touches = self.touch_facts.known(customer_id, self.as_of) if customer_id else []
        pulses = [t.on for t in touches if term.start_on <= t.on <= term.due_on and t.is_pulse_check(self.as_of)]
        last_90_days = term.due_on - timedelta(days=89)
        is_late = not any(on < last_90_days for on in pulses) if self.as_of >= last_90_days else None
        gone = outcome == "churned"
        after_original = after.arr if after and after.currency == currency else None
        after_original = 0.0 if gone else after_original
        return {
            "renewal_id": f"{term.contract.deal_id}:{term.number}",
            "contract_id": term.contract.deal_id,
            "customer_id": customer_id,
            "term_number": term.number,
            "term_started_on": term.start_on,
            "due_on": term.due_on,
            "notice_due_on": term.opened_by.notice_on,
            "arr_due": self.deals.arr_due(term, self.as_of),
            "outcome": outcome,
            "arr_after": self.deals.dollars(after, self.as_of) if after else 0.0 if gone else None,
            "decided_on": term.decided_on(self.as_of),
            "loss_reason": (term.renewal.deal.properties.get("closed_lost_reason") or None)
            if term.renewal and gone
            else None,
            "first_pulse_check_on": min(pulses, default=None),
            "pulse_months": len({month_of(on) for on in pulses}),
            "assessed_late": is_late,
            "arr_due_original": sum(amounts) if amounts and is_in_one_currency else None,
            "arr_after_original": after_original,
            "currency": currency,
            **provenance(term.opened_by.deal),
        }

    def survey_responses(self) -> pandas.DataFrame:
        found = []
        for survey in self.surveys.all_known(self.as_of):
            acted_on_at = self.acting.acted_on_at(survey, self.as_of)
            first = self.surveys.versions[survey.survey_response_id][0]
            found.append(
                {
                    "survey_response_id": survey.survey_response_id,
                    "customer_id": survey.customer_id,
                    "survey_type": survey.survey_type,
                    "sent_at": survey.sent_at,
                    "responded_at": survey.responded_at,
                    "score": survey.score,
                    "score_max": survey.score_max,
                    "sentiment": survey.sentiment,
                    "comment": survey.comment,
                    "acted_on_at": acted_on_at,
                    "action_lag_days": (acted_on_at.date() - survey.responded_on).days
                    if acted_on_at and survey.responded_on
                    else None,
                    **provenance(first),
                }
            )
        return table(found)

    def voice_of_customer(self) -> pandas.DataFrame:
        return table(
            {
                "voice_id": voice.voice_id,
                "customer_id": voice.customer_id,
                "heard_at": voice.heard_at,
                "heard_on": voice.on,
                "kind": voice.kind,
                "theme": voice.theme,
                "department": voice.department or self.hr.department(voice.employee_id, voice.on, self.as_of),
                "employee_id": voice.employee_id,
                "channel": voice.channel,
                "acted_on_at": self.voices.acted_on_at(voice, self.as_of),
                "quote": voice.quote,
                **provenance(voice),
            }
            for voice in self.voices.all
            if voice.known(self.as_of) and voice.on <= self.as_of
        )

    def trainings(self) -> pandas.DataFrame:
        return table(
            {
                "training_id": f"bamboohr:{entry.row['id']}",
                "employee_id": employee_id,
                "completed_on": entry.effective_on,
                "training": self.hr.training_names.get(entry.row["type"]),
                "source_system": "bamboohr",
                "source_record_id": entry.row["id"],
                "recorded_at": entry.recorded_at,
            }
            for employee_id in self.hr.training_records
            for entry in self.hr.trainings(employee_id, self.as_of)
        )

    def workforce_months(self) -> pandas.DataFrame:
        return table(row for as_of in self.months.as_of_days for row in self.workforce_month(as_of))

    def workforce_month(self, as_of: date) -> Iterator[Row]:
        """Departments of a month; of one with under five people nothing is told but that it is there."""
        year_before = month_end(add_months(month_of(as_of), -12))
        now, then = self.headcounts(as_of, as_of), self.headcounts(year_before, as_of)
        hired, gone = self.moves(as_of)
        for department in sorted(now):
            figures = {
                "headcount": now[department],
                "joiners": sum(where == department and month_of(on) == month_of(as_of) for where, on in hired),
                "leavers": sum(where == department and month_of(on) == month_of(as_of) for where, on in gone),
                "churn_rate": sum(where == department and on > year_before for where, on in gone)
                / ((now[department] + then[department]) / 2),
            }
            is_suppressed = now[department] < 5
            yield {
                "department": department,
                "month": month_of(as_of),
                "as_of_on": as_of,
                "is_suppressed": is_suppressed,
                **(dict.fromkeys(figures) if is_suppressed else figures),
            }

    def headcounts(self, on: date, as_of: date) -> Counter[str]:
        """Employees in each department on a day, by what HR is known to have said by the as-of day."""
        return Counter(
            self.hr.department(employee_id, on, as_of) or "unknown"
            for employee_id in self.hr.employees
            if self.hr.tenure(employee_id, on, as_of) is not None
        )

    def moves(self, as_of: date) -> tuple[list[tuple[str, date]], list[tuple[str, date]]]:
        """Department and day of each employment's beginning and end; of an end, the department of the last day."""
        hired, gone = [], []
        for employee_id in self.hr.employees:
            for began_on, ended_on in self.hr.employments(employee_id, as_of):
                hired.append((self.hr.department(employee_id, began_on, as_of) or "unknown", began_on))
                if ended_on is not None:
                    last_day = ended_on - timedelta(days=1)
                    gone.append((self.hr.department(employee_id, last_day, as_of) or "unknown", ended_on))
        return hired, gone

    def employees(self) -> pandas.DataFrame:
        referred = {touch.employee_id for touch in self.known_touches}
        referred |= {spell.employee_id for spell in self.known_spells}
        referred |= {v.employee_id for v in self.voices.all if v.known(self.as_of) and v.on <= self.as_of}
        referred |= {one for one in self.hr.training_records if self.hr.trainings(one, self.as_of)}
        known_to_hr = [one for one in self.hr.employees if not self.hr.is_deleted(one, self.as_of)]
        unknown_to_hr = sorted(one for one in referred if one and one not in known_to_hr)
        return table([self.employee(one) for one in known_to_hr] + [self.stranger(one) for one in unknown_to_hr])

    def employee(self, employee_id: str) -> Row:
        row = self.hr.employees[employee_id]
        employments = self.hr.employments(employee_id, self.as_of)
        jobs = self.hr.jobs_known(employee_id, self.as_of)
        manager = f"bamboohr:{row['reportsToId']}"
        return {
            "employee_id": employee_id,
            "full_name": " ".join(name for name in (row["firstName"], row["lastName"]) if name) or None,
            "department": jobs[-1].row["department"] or None if jobs else None,
            "job_title": jobs[-1].row["jobTitle"] or None if jobs else None,
            "manager_id": manager if manager in self.hr.employees else None,
            "hired_on": employments[-1][0] if employments else None,
            "terminated_on": employments[-1][1] if employments else None,
            "is_active": employments[-1][1] is None if employments else None,
            "trainings_completed": len(self.hr.trainings(employee_id, self.as_of)),
            "source_system": "bamboohr",
            "source_record_id": employee_id.split(":", 1)[1],
        }

    def stranger(self, employee_id: str) -> Row:
        """Somebody whom HR does not know or has deleted, by the name that HR, the CRM or the ticketing system gave."""
        system, native = employee_id.replace("-user:", ":").split(":", 1)
        owner, user = self.identity.owners.get(native), self.identity.users.get(native)
        person = owner if system == "hubspot" else self.hr.employees.get(employee_id)
        name = None
        if person:
            name = " ".join(part for part in (person["firstName"], person["lastName"]) if part) or None
        if system == "zendesk" and user:
            name = user["name"] or None
        nothing = ("department", "job_title", "manager_id", "hired_on", "terminated_on", "is_active")
        return {
            "employee_id": employee_id,
            "full_name": name,
            **dict.fromkeys(nothing),
            "trainings_completed": 0 if employee_id in self.hr.employees else None,
            "source_system": system,
            "source_record_id": native,
        }

    def customers(self) -> pandas.DataFrame:
        return table(
            self.customer(company)
            for key, company in self.identity.companies.items()
            if key not in self.identity.company_winners and company.recorded_at.date() <= self.as_of
        )

    def customer(self, company: Record) -> Row:
        customer_id = f"hubspot:{company.source_record_id}"
        properties = company.properties
        since = self.deals.customer_since(customer_id, self.as_of)
        terms = self.deals.terms(customer_id, self.as_of)
        churned = churned_on(terms, self.as_of)
        spells = [spell for spell in self.people.spells(customer_id, self.as_of) if spell.known(self.as_of)]
        running = [spell for spell in spells if spell.ended_at is None and spell.role in TEAM_ROLES]
        own = [spell for spell in running if spell.source_record_id == company.source_record_id]
        holders = {spell.role: spell.employee_id for spell in [*running, *own]}
        ghosts = [spell for spell in running if self.hr.has_left(spell.employee_id, self.as_of)]
        return {
            "customer_id": customer_id,
            "customer_name": properties.get("name") or None,
            "domain": (properties.get("domain") or "").lower() or None,
            "industry": properties.get("industry") or None,
            "segment": properties.get("segment") or None,
            "region": properties.get("region") or properties.get("country") or None,
            "is_customer": since is not None and churned is None,
            "customer_since_on": since,
            "churned_on": churned,
            "lifecycle_stage": self.months.lifecycle_stage(company, since, churned, self.as_of),
            "arr": self.deals.arr(terms, self.as_of, self.as_of),
            "account_manager_id": holders.get("account_manager"),
            "csm_id": holders.get("csm"),
            "has_ghost_owner": bool(ghosts) if self.hr.is_connected else None,
            "is_archived": company.removed_at is not None,
            **provenance(company),
        }

    def removed_facts(self) -> pandas.DataFrame:
        found = [removed("touches", t.touch_id, t.customer_id, t.occurred_at, t) for t in self.touch_facts.all]
        for tickets in self.quality.tickets_by_customer.values():
            found += [removed("quality_incidents", t.ticket_id, t.customer_id, t.opened_at, t) for t in tickets]
        found += [removed("voice_of_customer", v.voice_id, v.customer_id, v.heard_at, v) for v in self.voices.all]
        for survey_id, versions in self.surveys.versions.items():
            first = versions[0]
            at = first.sent_at or first.responded_at
            found.append(removed("survey_responses", survey_id, first.customer_id, at, first))
        spells = [spell for customer in self.customers_and_nobody for spell in self.people.spells(customer, self.as_of)]
        found += [removed("assignments", s.assignment_id, s.customer_id, s.started_at, s) for s in spells]
        return table(
            row
            for row in found
            if row["removed_at"] is not None and max(row["removed_at"].date(), row["occurred_at"].date()) <= self.as_of
        )


def table(rows: Iterable[Row] | Iterator[Row]) -> pandas.DataFrame:
    """Rows as a table that keeps None, days and instants as they are."""
    return pandas.DataFrame(list(rows), dtype=object)


def provenance(fact: Fact) -> Row:
    return {
        "source_system": fact.source_system,
        "source_record_id": fact.source_record_id,
        "recorded_at": fact.recorded_at,
    }


def removed(fact_table: str, key: str, customer_id: str | None, occurred_at: object, fact: Fact) -> Row:
    return {
        "fact_table": fact_table,
        "id": key,
        "customer_id": customer_id,
        "occurred_at": occurred_at,
        "removed_at": fact.removed_at,
        **provenance(fact),
    }


def due_at(promise: Promise | None) -> object:
    return promise.due_at if promise else None


def kept(promise: Promise | None, as_of: date) -> bool | None:
    return promise.kept(as_of) if promise else None
