"""The voice page: what customers were heard to say, what nobody acted on, and who has stopped speaking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from reports.gathering import grouped_by
from reports.listing import Entry, Listing, current_records, entry, listing, total
from reports.publication import Ambassador, Incident, Opportunity, Publication, Survey, Voice
from reports.records import BEHIND, SELECTIONS, SURVEY_FINDS_WITHIN_DAYS, AnyRecord, CustomerRecords

# Most urgent first.
KINDS = ("warning", "aversion", "expectation", "preference", "opportunity")

LATELY = 90
YEAR = 365

# One unanswered survey may be chance; who answers none of several has turned away, and such customers renew less.
UNANSWERED_FROM = 2

# The scale of NPS: up to 6 a detractor, from 9 a promoter.
DETRACTOR_UP_TO = 6
PROMOTER_FROM = 9

UNANSWERED_SURVEYS = (
    f"Answers of the last {YEAR} days after which, within {SURVEY_FINDS_WITHIN_DAYS} days, no incident was opened, "
    "nothing heard and nobody in touch on our initiative; in the last of them there may still be time."
)
UNACTED_EXPECTATIONS = f"Expectations heard in the last {YEAR} days that nobody has acted on."
HEARD_LATELY = f"Things customers were heard to say in the last {LATELY} days."
SILENT = f"Customers sent {UNANSWERED_FROM} surveys or more in the last {YEAR} days who answered none."
DETRACTORS = f"Customers whose last NPS answer was {DETRACTOR_UP_TO} or less, of 10."


@dataclass(frozen=True)
class Asked:
    """The surveys of one kind sent in the last year, and what was answered; null where no sending is recorded."""

    survey_type: str
    sent: int | None
    sent_answered: int | None
    answered: int
    acted_on: int
    mean_share: float | None

    @property
    def response_rate(self) -> float | None:
        return self.sent_answered / self.sent if self.sent and self.sent_answered is not None else None


@dataclass(frozen=True)
class Proved:
    """An incident with the latest of the warnings that had told of it."""

    incident: Incident
    warning: Voice | None


@dataclass(frozen=True)
class Open:
    """What one customer might buy, as the mart has it, with what was heard of it, the newest first."""

    opportunity: Opportunity
    heard: tuple[AnyRecord, ...]


@dataclass(frozen=True)
class VoiceContext:
    """Everything that the voice page shows."""

    kinds: ClassVar = KINDS
    lately: ClassVar = LATELY
    year: ClassVar = YEAR
    act_within: ClassVar = SURVEY_FINDS_WITHIN_DAYS
    unanswered_from: ClassVar = UNANSWERED_FROM

    as_of: date
    is_known: bool
    heard: Listing[Voice]
    heard_by: Counter[tuple[str | None, str | None]]
    warnings: Listing[Voice]
    proved_right: Listing[Proved]
    unacted_answers: Listing[Survey]
    asked: tuple[Asked, ...]
    promoters: int
    passives: int
    detractors: Listing[Survey]
    quiet: Listing[Incident]
    silent: Listing[tuple[Survey, ...]]
    expectations: Listing[Voice]
    expectations_heard: int
    opportunities: tuple[Entry[Open], ...]
    opportunities_open: int | None
    ambassadors: tuple[Entry[Ambassador], ...]

    @property
    def warnings_lately(self) -> int:
        """Of the warnings nobody acted on, those heard within the shorter window."""
        since = self.as_of - timedelta(days=LATELY - 1)
        return sum(one.record.heard_on >= since for one in self.warnings.entries)

    @property
    def heard_by_kind(self) -> Counter[str | None]:
        return Counter(one.record.kind for one in self.heard.entries)

    @property
    def departments(self) -> list[str | None]:
        """Departments that heard anything lately, by name; those that are not known last."""
        found = {department for _, department in self.heard_by}
        return sorted(found, key=lambda department: (department is None, department or ""))


def voice_context(publication: Publication, as_of: date) -> VoiceContext:
    """The voice page: what all current customers said, in notes, answers and silence."""
    records = current_records(publication, as_of, voice="true", surveys="true", incidents="true")
    is_known = not records or any(of.lifecycle["voice_365d"] is not None for of in records)

    def counted(definition: str, select: Callable[[CustomerRecords], Iterable[Any]]) -> Listing[Any]:
        entries = tuple(entry(of, record) for of in records for record in select(of))
        return Listing(definition, len(entries) if is_known else None, entries)

    heard = counted(HEARD_LATELY, lambda of: [one for one in of.voice if of.within(one.heard_on, LATELY)])
    expectations = [one for of in records for one in of.voice if _is_expectation(one, of)]
    scores = [of.lifecycle["last_nps"] for of in records if of.lifecycle["last_nps"] is not None]
    opportunities = {row.customer_id: row for row in publication.rows("opportunities", Opportunity)}
    ambassadors = {row.customer_id: row for row in publication.rows("ambassadors", Ambassador)}
    return VoiceContext(
        as_of=as_of,
        is_known=is_known,
        heard=heard,
        heard_by=Counter((one.record.kind, one.record.department) for one in heard.entries),
        warnings=listing(publication, records, "warnings_unacted"),
        proved_right=listing(publication, records, "warned_incidents_365d", _proved),
        unacted_answers=counted(UNANSWERED_SURVEYS, _unacted_answers),
        asked=_asked([survey for of in records for survey in of.surveys if of.within(survey.asked_on, YEAR)]),
        promoters=sum(score >= PROMOTER_FROM for score in scores),
        passives=sum(DETRACTOR_UP_TO < score < PROMOTER_FROM for score in scores),
        detractors=counted(DETRACTORS, _detractor),
        quiet=listing(publication, records, "is_quiet_after_complaint", lambda of: SELECTIONS["gone_quiet"](of)[:1]),
        silent=counted(SILENT, _silent),
        expectations=counted(
            UNACTED_EXPECTATIONS,
            lambda of: [one for one in of.voice if _is_expectation(one, of) and one.acted_on_at is None],
        ),
        expectations_heard=len(expectations),
        opportunities=tuple(
            entry(of, Open(opportunities[of.customer.customer_id], tuple(BEHIND["opportunities_open"](of))))
            for of in records
            if of.customer.customer_id in opportunities
        ),
        opportunities_open=total(records, "opportunities_open"),
        ambassadors=tuple(
            entry(of, ambassadors[of.customer.customer_id]) for of in records if of.customer.customer_id in ambassadors
        ),
    )


def _is_expectation(voice: Voice, of: CustomerRecords) -> bool:
    return voice.kind == "expectation" and of.within(voice.heard_on, YEAR)


def _proved(of: CustomerRecords) -> list[Proved]:
    heard = {voice.voice_id: voice for voice in of.voice}
    return [
        Proved(incident, heard.get(incident.warned_by_voice_id or ""))
        for incident in of.incidents
        if incident.was_warned and of.within(incident.opened_on, YEAR)
    ]


def _unacted_answers(of: CustomerRecords) -> list[Survey]:
    return [one for one in of.surveys if of.within(one.responded_on, YEAR) and one.acted_on_at is None]


def _detractor(of: CustomerRecords) -> Sequence[Any]:
    score = of.lifecycle["last_nps"]
    return SELECTIONS["last_nps"](of) if score is not None and score <= DETRACTOR_UP_TO else ()


def _silent(of: CustomerRecords) -> Sequence[tuple[Survey, ...]]:
    sent = tuple(one for one in of.surveys if one.sent_at is not None and of.within(one.asked_on, YEAR))
    answers = [one for one in of.surveys if of.within(one.responded_on, YEAR)]
    return (sent,) if len(sent) >= UNANSWERED_FROM and not answers else ()


def _asked(surveys: Sequence[Survey]) -> tuple[Asked, ...]:
    by_type = grouped_by(surveys, lambda survey: survey.survey_type)
    return tuple(_asked_of(survey_type, by_type[survey_type]) for survey_type in sorted(by_type))


def _asked_of(survey_type: str, surveys: Sequence[Survey]) -> Asked:
    sent = [survey for survey in surveys if survey.sent_at is not None]
    answers = [survey for survey in surveys if survey.responded_at is not None]
    shares = [one.score / one.score_max for one in answers if one.score is not None and one.score_max]
    return Asked(
        survey_type=survey_type,
        sent=len(sent) if sent else None,
        sent_answered=sum(survey.responded_at is not None for survey in sent) if sent else None,
        answered=len(answers),
        acted_on=sum(survey.acted_on_at is not None for survey in answers),
        mean_share=sum(shares) / len(shares) if shares else None,
    )
