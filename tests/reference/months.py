"""customer_months and retention_by_month: what a person could have known at the end of each month."""

from __future__ import annotations

import statistics
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise

import pandas

from tests.reference.acting import Acting
from tests.reference.activities import Activities
from tests.reference.days import add_months, days_since, in_window, month_end, month_ends, month_of, share, spread
from tests.reference.deals import Deals, Term, churned_on, next_term, seller_at_first_win
from tests.reference.hr import Hr
from tests.reference.identity import Identity
from tests.reference.landing import Record, Row
from tests.reference.message import Message
from tests.reference.outcome import Outcome
from tests.reference.people import People
from tests.reference.quality import Quality
from tests.reference.surveys import Surveys
from tests.reference.touches import Touch, Touches
from tests.reference.voice import Voices

STAGES = {
    "subscriber": "attraction",
    "lead": "awareness",
    "marketingqualifiedlead": "discovery",
    "salesqualifiedlead": "cultivation",
    "opportunity": "cultivation",
    "customer": "purchase",
    "evangelist": "advocacy",
}


class Months:
    def __init__(
        self,
        identity: Identity,
        hr: Hr,
        deals: Deals,
        activities: Activities,
        touches: Touches,
        people: People,
        quality: Quality,
        voices: Voices,
        surveys: Surveys,
        acting: Acting,
        message: Message,
        outcome: Outcome,
        as_of: date,
    ) -> None:
        self.identity = identity
        self.hr = hr
        self.deals = deals
        self.activities = activities
        self.touches = touches
        self.people = people
        self.quality = quality
        self.voices = voices
        self.surveys = surveys
        self.acting = acting
        self.message = message
        self.outcome = outcome
        self.as_of = as_of

    @cached_property
    def as_of_days(self) -> list[date]:
        return month_ends(min((deal.recorded_at.date() for deal in self.deals.all), default=self.as_of), self.as_of)

    def lifecycle_stage(self, company: Record, since: date | None, churned: date | None, as_of: date) -> str | None:
        if churned is not None:
            return "churned"
        known = [value for at, value in company.history().get("lifecyclestage", []) if at.date() <= as_of]
        vendor = STAGES.get(known[-1] or "") if known else None
        if vendor == "advocacy" or since is None:
            return vendor
        return "use" if as_of >= since + timedelta(days=90) else "purchase"

    @cached_property
    def measured(self) -> list[Row]:
        """Rows of customer_months but for what the health score makes of them."""
        found = []
        for key, company in self.identity.companies.items():
            if company.counts and key not in self.identity.company_winners:
                for as_of in self.as_of_days:
                    if company.known(as_of) and (row := self.customer_month(company, as_of)) is not None:
                        found.append(row)
        return found

    def customer_month(self, company: Record, as_of: date) -> Row | None:
        """The row of a customer's month; null before the first win and after the month of churn."""
        customer_id = f"hubspot:{company.source_record_id}"
        since = self.deals.customer_since(customer_id, as_of)
        if since is None:
            return None
        terms = self.deals.terms(customer_id, as_of)
        churned = churned_on(terms, as_of)
        if churned is not None and month_of(churned) != month_of(as_of):
            return None
        return {
            "customer_id": customer_id,
            "month": month_of(as_of),
            "as_of_on": as_of,
            "is_current": as_of == self.as_of and churned is None,
            "lifecycle_stage": self.lifecycle_stage(company, since, churned, as_of),
            "segment": company.properties.get("segment") or None,
            **self.state_columns(terms, as_of),
            **self.touch_columns(customer_id, since, terms, as_of),
            **self.contact_columns(customer_id, as_of),
            **self.people.columns(customer_id, since, as_of),
            **self.quality.columns(customer_id, as_of),
            **self.voice_columns(customer_id, as_of),
            **self.survey_columns(customer_id, as_of),
            **self.message.columns(customer_id, as_of),
            **self.outcome.columns(customer_id, as_of),
        }

    def state_columns(self, terms: list[Term], as_of: date) -> Row:
        term, running = next_term(terms, as_of)
        decided = sorted(
            (decided, t.contract.number, t.number, self.deals.outcome(t, as_of))
            for t in terms
            if (decided := t.decided_on(as_of)) is not None
        )
        notice = term.opened_by.notice_on if term else None
        return {
            "arr": self.deals.arr(terms, as_of, as_of),
            "contracts_running": len({t.contract.deal_id for t in terms if t.runs(as_of, as_of)}),
            "next_renewal_on": term.due_on if term else None,
            "days_to_renewal": (term.due_on - as_of).days if term else None,
            "days_to_notice": (notice - as_of).days if notice else None,
            "term_number": running.number if running else None,
            "term_started_on": running.start_on if running else None,
            "last_renewal_outcome": decided[-1][3] if decided else None,
        }

    def touch_columns(self, customer_id: str, since: date, terms: list[Term], as_of: date) -> Row:
        touches = self.touches.known(customer_id, as_of)

        def within(days: int) -> list[Touch]:
            return [touch for touch in touches if in_window(touch.on, days, as_of)]

        start = max(as_of - timedelta(days=364), since)
        touch_days = sorted({touch.on for touch in within(365)})
        edges = [start - timedelta(days=1), *(on for on in touch_days if on >= start), as_of + timedelta(days=1)]
        silences = [(after - before).days - 1 for before, after in pairwise(edges)]
        gaps = [float((after - before).days) for before, after in pairwise(touch_days)]
        first_month = add_months(month_of(as_of), -11)
        pulses = {month_of(t.on) for t in touches if t.on >= first_month and t.is_pulse_check(as_of)}
        existed = max(first_month, month_of(since))
        months = (as_of.year - existed.year) * 12 + as_of.month - existed.month + 1
        _, running = next_term(terms, as_of)
        in_term = [touch for touch in touches if running and touch.on >= running.start_on]
        reactive = sum(touch.initiative(as_of) == "reactive" for touch in in_term)
        proactive = sum(touch.initiative(as_of) == "proactive" for touch in in_term)
        talked = [t for t in within(180) if t.customer_talk_share is not None and t.duration_minutes is not None]
        minutes = sum(touch.duration_minutes or 0 for touch in talked)
        seller = seller_at_first_win(self.deals, self.identity, customer_id, as_of)
        reviews = [
            review.occurred_at.date()
            for review in self.activities.account_reviews
            if review.customer_id == customer_id and review.known(as_of) and review.occurred_at.date() <= as_of
        ]
        return {
            "touches_90d": len(within(90)),
            "substantive_touches_90d": sum(touch.substance == "substantive" for touch in within(90)),
            "courtesy_share_90d": share(sum(t.substance == "courtesy" for t in within(90)), len(within(90))),
            "days_since_touch": days_since((touch.on for touch in touches), as_of),
            "days_since_substantive_touch": days_since(
                (touch.on for touch in touches if touch.substance == "substantive"), as_of
            ),
            "longest_silence_days_365d": max(silences),
            "cadence_cv_365d": spread(gaps) if len(touch_days) >= 3 else None,
            "pulse_months_12m": len(pulses),
            "pulse_coverage_12m": share(sum(month >= existed for month in pulses), months),
            "reactive_share_term": share(reactive, reactive + proactive),
            "departments_touching_180d": len(
                {d for t in within(180) if (d := self.hr.department(t.employee_id, t.on, as_of)) is not None}
            ),
            "customer_talk_share_180d": share(
                sum((t.customer_talk_share or 0) * (t.duration_minutes or 0) for t in talked), minutes
            ),
            "education_touches_180d": sum(touch.is_education for touch in within(180)),
            "days_since_account_review": days_since(reviews, as_of),
            "days_since_seller_touch": days_since(
                (touch.on for touch in touches if seller and touch.employee_id == seller), as_of
            ),
        }

    def contact_columns(self, customer_id: str, as_of: date) -> Row:
        touched = {
            contact.contact_id: contact.persona
            for touch in self.touches.known(customer_id, as_of)
            if in_window(touch.on, 180, as_of)
            for contact in touch.contacts_known(as_of)
        }
        known = [persona for persona in touched.values() if persona != "unknown"]
        return {
            "personas_touched_180d": len(set(known)),
            "user_touch_share_180d": share(sum(persona in ("user", "technical") for persona in known), len(known)),
            "is_single_threaded": len(touched) <= 1,
        }

    def voice_columns(self, customer_id: str, as_of: date) -> Row:
        voices = self.voices.known(customer_id, as_of)
        recent = [voice for voice in voices if in_window(voice.on, 365, as_of)]
        unacted = [voice for voice in voices if self.voices.acted_on_at(voice, as_of) is None]
        expectations = [voice for voice in recent if voice.kind == "expectation"]
        departments = {voice.department or self.hr.department(voice.employee_id, voice.on, as_of) for voice in recent}
        return {
            "voice_365d": len(recent),
            "voice_departments_365d": len(departments - {None}),
            "warnings_unacted": sum(voice.kind == "warning" for voice in unacted),
            "expectations_acted_share_365d": share(
                sum(voice not in unacted for voice in expectations), len(expectations)
            ),
            "opportunities_open": sum(voice.kind == "opportunity" for voice in unacted),
        }

    def survey_columns(self, customer_id: str, as_of: date) -> Row:
        surveys = self.surveys.known(customer_id, as_of)
        answered = sorted(
            (survey for survey in surveys if survey.responded_at is not None),
            key=lambda survey: (survey.responded_at, survey.survey_response_id),
        )
        nps = [survey.score for survey in answered if survey.survey_type == "nps"]
        csat = [survey for survey in answered if survey.survey_type == "csat"]
        lags = []
        for survey in answered:
            assert survey.responded_on
            if in_window(survey.responded_on, 365, as_of):
                acted_on_at = self.acting.acted_on_at(survey, as_of)
                until = acted_on_at.date() if acted_on_at else as_of
                lags.append((until - survey.responded_on).days)
        return {
            "surveys_sent_365d": sum(in_window(survey.asked_on, 365, as_of) for survey in surveys),
            "last_nps": nps[-1] if nps else None,
            "last_csat": share(csat[-1].score or 0.0, csat[-1].score_max or 0.0) if csat else None,
            "survey_action_lag_days_365d": statistics.fmean(lags) if lags else None,
        }

    def retention_by_month(self) -> pandas.DataFrame:
        found = []
        for as_of in self.as_of_days:
            then_on = month_end(add_months(month_of(as_of), -12))
            first_due = add_months(month_of(as_of), -11)
            balances: dict[str, list[tuple[float, float]]] = {}
            outcomes: dict[str, list[str]] = {}
            for key, company in self.identity.companies.items():
                terms = self.deals.terms(f"hubspot:{key}", as_of)
                if not company.counts or not company.known(as_of) or not terms:
                    continue
                pair = (self.deals.arr(terms, then_on, as_of), self.deals.arr(terms, as_of, as_of))
                due = [self.deals.outcome(term, as_of) for term in terms if first_due <= term.due_on <= as_of]
                for segment in ("all", company.properties.get("segment") or "unknown"):
                    balances.setdefault(segment, []).append(pair)
                    outcomes.setdefault(segment, []).extend(due)
            for segment, pairs in balances.items():
                start = sum(then for then, _ in pairs)
                cohort = [(then, now) for then, now in pairs if then > 0]
                kept = sum(min(pair) for pair in cohort)
                decided = [outcome for outcome in outcomes[segment] if outcome != "open"]
                acquisition_cost = self.outcome.cost("acquisition_cost", segment, as_of)
                retention_cost = self.outcome.cost("retention_cost", segment, as_of)
                found.append(
                    {
                        "month": month_of(as_of),
                        "segment": segment,
                        "as_of_on": as_of,
                        "arr_start": start,
                        "arr_churned": sum(then for then, now in cohort if now == 0),
                        "arr_contracted": sum(then - now for then, now in cohort if 0 < now < then),
                        "arr_expanded": sum(now - then for then, now in cohort if now > then),
                        "arr_new": sum(now for then, now in pairs if then == 0),
                        "arr_end": sum(now for _, now in pairs),
                        "arr_kept": kept,
                        "grr": share(kept, start),
                        "nrr": share(sum(now for _, now in cohort), start),
                        "logo_retention": share(sum(now > 0 for _, now in cohort), len(cohort)),
                        "renewal_rate_12m": share(sum(o != "churned" for o in decided), len(decided)),
                        "renewals_overdue": outcomes[segment].count("open"),
                        "acquisition_cost": acquisition_cost,
                        "retention_cost": retention_cost,
                        "cost_per_new_customer": per_customer(
                            acquisition_cost, sum(then == 0 and now > 0 for then, now in pairs)
                        ),
                        "cost_per_kept_customer": per_customer(retention_cost, sum(now > 0 for _, now in cohort)),
                    }
                )
        return pandas.DataFrame(found, dtype=object)


def per_customer(cost: float | None, customers: int) -> float | None:
    return cost / customers if cost is not None and customers else None
