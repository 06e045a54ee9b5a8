"""Surveys sent and answered: HubSpot's feedback submissions, Zendesk's ratings and its newer survey responses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from tests.reference.activities import Activities
from tests.reference.days import instant, number
from tests.reference.identity import Contact, Identity
from tests.reference.landing import Fact, Landing, Row
from tests.reference.tickets import Ticket, Tickets, kind_of

MAXIMA = {"nps": 10.0, "csat": 5.0, "ces": 7.0}
SENTIMENTS = {
    **{"PROMOTER": "positive", "PASSIVE": "neutral", "DETRACTOR": "negative"},
    **{"POSITIVE": "positive", "NEUTRAL": "neutral", "NEGATIVE": "negative"},
}


@dataclass(frozen=True, kw_only=True)
class Survey(Fact):
    """A survey as it was known from `recorded_at` on, until a later version says more or something else."""

    survey_response_id: str
    customer_id: str | None
    contacts: tuple[Contact, ...]
    ticket: Ticket | None
    survey_type: str
    sent_at: datetime | None
    responded_at: datetime | None
    score: float | None
    score_max: float | None
    sentiment: str | None
    comment: str | None

    @property
    def responded_on(self) -> date | None:
        return self.responded_at.date() if self.responded_at else None

    @property
    def asked_on(self) -> date | None:
        """Day on which it was sent, else answered."""
        at = self.sent_at or self.responded_at
        return at.date() if at else None


class Surveys:
    def __init__(self, landing: Landing, identity: Identity, activities: Activities, tickets: Tickets) -> None:
        self.landing = landing
        self.identity = identity
        self.activities = activities
        self.tickets = tickets

    @cached_property
    def versions(self) -> dict[str, list[Survey]]:
        """Versions of each survey, oldest first."""
        found: dict[str, list[Survey]] = {}
        for survey in [*self.submissions(), *self.ratings(), *self.newer_responses()]:
            found.setdefault(survey.survey_response_id, []).append(survey)
        return found

    def known(self, customer_id: str | None, as_of: date) -> list[Survey]:
        """The customer's surveys as known at the end of a day."""
        return [survey for survey in self.all_known(as_of) if survey.customer_id == customer_id]

    def all_known(self, as_of: date) -> list[Survey]:
        found = []
        for versions in self.versions.values():
            known = [version for version in versions if version.known(as_of)]
            if known and (known[-1].asked_on or as_of) <= as_of:
                found.append(known[-1])
        return found

    def submissions(self) -> Iterator[Survey]:
        for record in self.landing.hubspot("hubspot__feedback_submissions"):
            if record.counts:
                properties = record.properties
                kind = (properties.get("hs_survey_type") or "").lower()
                kind = kind if kind in MAXIMA else "other"
                yield Survey(
                    source_system="hubspot",
                    source_record_id=record.source_record_id,
                    recorded_at=record.recorded_at,
                    removed_at=record.removed_at,
                    survey_response_id=f"hubspot:feedback_submission:{record.source_record_id}",
                    customer_id=self.activities.customer_of(record),
                    contacts=tuple(self.identity.contacts_of(record)),
                    ticket=None,
                    survey_type=kind,
                    sent_at=None,
                    responded_at=instant(properties.get("hs_submission_timestamp")),
                    score=number(properties.get("hs_value")),
                    score_max=MAXIMA.get(kind),
                    sentiment=SENTIMENTS.get((properties.get("hs_sentiment") or "").upper()),
                    comment=properties.get("hs_content") or None,
                )

    def of_ticket(
        self,
        ticket_id: str,
        requester: str | None,
        survey_id: str,
        source_record_id: str,
        recorded_at: datetime,
        sent_at: datetime | None,
        score_max: float,
        answer: Row,
    ) -> Survey:
        ticket = self.tickets.all.get(ticket_id)
        contact = self.identity.contact_of_user(requester)
        nothing = dict.fromkeys(("responded_at", "score", "sentiment", "comment"))
        return Survey(
            source_system="zendesk",
            source_record_id=source_record_id,
            recorded_at=recorded_at,
            removed_at=ticket.removed_at if ticket else None,
            survey_response_id=survey_id,
            customer_id=ticket.customer_id if ticket else None,
            contacts=(contact,) if contact else (),
            ticket=ticket,
            survey_type="csat",
            sent_at=sent_at,
            score_max=score_max,
            **{**nothing, **answer},
        )

    def ratings(self) -> Iterator[Survey]:
        """A rating as offered when it was created, and as good or bad from each change of it that landed."""
        by_id: dict[str, list[Row]] = {}
        for row in self.landing.rows("zendesk__satisfaction_ratings"):
            if row["score"] != "unoffered" and row["ticket_id"] not in self.tickets.gone:
                by_id.setdefault(row["id"], []).append(row)
        for key, rows in by_id.items():
            sent_at = instant(rows[0]["created_at"])
            assert sent_at
            about = (rows[-1]["ticket_id"], rows[-1]["requester_id"], f"zendesk:satisfaction_rating:{key}", key)
            yield self.of_ticket(*about, sent_at, sent_at, 1.0, {})
            answers = {row["updated_at"]: row for row in rows if row["score"] in ("good", "bad")}
            for row in sorted(answers.values(), key=lambda row: str(instant(row["updated_at"]))):
                responded_at = instant(row["updated_at"])
                assert responded_at
                is_good = row["score"] == "good"
                answer = {
                    "responded_at": responded_at,
                    "score": 1.0 if is_good else 0.0,
                    "sentiment": "positive" if is_good else "negative",
                    "comment": row["comment"] or None,
                }
                yield self.of_ticket(*about, responded_at, sent_at, 1.0, answer)

    def newer_responses(self) -> Iterator[Survey]:
        """Surveys in the events of a ticket; an answer belongs to the latest survey offered before it."""
        for ticket_id, ticket in self.tickets.all.items():
            about: tuple[str, str] | None = None
            sent_at = None
            for event in ticket.events:
                for child in event["children"]:
                    if kind_of(child) == "SurveyOffered":
                        about, sent_at = (f"zendesk:survey:{child['id']}", str(child["id"])), event["at"]
                        yield self.of_ticket(
                            ticket_id, ticket.row["requester_id"], *about, event["at"], sent_at, 5.0, {}
                        )
                    if kind_of(child) == "SurveyResponseSubmitted":
                        response = child["response"] if isinstance(child.get("response"), dict) else child
                        rating = number(response.get("rating"))
                        answer = {
                            "responded_at": event["at"],
                            "score": rating,
                            "sentiment": sentiment_of_five(rating),
                            "comment": response.get("comment") or None,
                        }
                        own = about or (f"zendesk:survey:{child['id']}", str(child["id"]))
                        requester = ticket.row["requester_id"]
                        yield self.of_ticket(ticket_id, requester, *own, event["at"], sent_at, 5.0, answer)
                        about = sent_at = None


def sentiment_of_five(rating: float | None) -> str | None:
    """4 and 5 of 5 are positive, 3 is neutral, less is negative."""
    if rating is None:
        return None
    if rating == 3:
        return "neutral"
    return "positive" if rating > 3 else "negative"
