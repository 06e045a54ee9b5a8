"""Customers asked how it goes: surveys of the CRM, satisfaction ratings of tickets, and the newer ticket surveys.

A ticketing account has either ratings or surveys, never both: ours changed over CHANGED_OVER days before the as-of day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from dagster_project.demo.accounts import Account
from dagster_project.demo.activities import Diary
from dagster_project.demo.stories import ONLY_THE_PLOT_ASKS, is_plotted
from dagster_project.demo.timeline import (
    DAY,
    HOUR,
    Record,
    Seed,
    at_work,
    day_of,
    end_of,
    iso_milliseconds,
    number,
    start_of,
    working_day,
    working_moment,
)

FIRST_SUBMISSION_ID = 9_000_001
FIRST_RATING_ID = 62_001
CHANGED_OVER = 300
SURVEY_ID = "01J5SURVEYCSAT"
HIGHEST = {"NPS": 10, "CSAT": 5, "CES": 7}
PRAISE = ("Great people, fast and friendly.", "Runs as promised.", "")
BLAME = ("Nobody calls back.", "Third stop this month & no explanation.", "We waited for two weeks <again>.")
SHRUG = ("", "Fine so far.", "It is what we expected.")


@dataclass
class Surveys:
    """What was asked and answered, but for the newer surveys, which live on the tickets."""

    submissions: list[Record]
    ratings: list[Record]

    def number(self, shift: int = 0) -> None:
        number(self.submissions, FIRST_SUBMISSION_ID + shift)
        number(self.ratings, FIRST_RATING_ID + shift)


def simulate_surveys(seed: Seed, accounts: list[Account], diary: Diary) -> Surveys:
    """A survey answer about twice a year and customer, and one asked after every third solved ticket; unnumbered."""
    surveys = Surveys([], [])
    for account in accounts:
        if account.win_on is None:
            continue
        rng = Random(f"{seed}/surveys/{account.record.id}")
        if account.is_answering:
            answer_surveys(rng, surveys, diary, account)
        rate_tickets(rng, surveys, diary, account)
    return surveys


def answer_surveys(rng: Random, surveys: Surveys, diary: Diary, account: Account) -> None:
    assert account.win_on is not None
    day = account.win_on + timedelta(days=rng.randint(60, 200))
    while day < min(diary.horizon, account.churned_on or diary.horizon):
        workday = working_day(day)
        if workday < diary.horizon and not is_plotted(ONLY_THE_PLOT_ASKS, account.story, workday, diary.as_of):
            kind = rng.choices(("NPS", "CSAT", "CES"), (6, 3, 1))[0]
            submit(rng, surveys, account, working_moment(rng, workday), kind, mood(rng, account, workday))
        day += timedelta(days=int(rng.uniform(90, 260)))


def mood(rng: Random, account: Account, day: date) -> float:
    """0 (furious) to 1 (delighted): the care they get, less what went wrong of late."""
    recent = sum(t.is_severe and day - timedelta(days=90) < t.opened_on <= day for t in account.troubles)
    return min(1.0, max(0.0, 0.45 + 0.45 * account.care - 0.22 * min(recent, 3) + rng.gauss(0, 0.16)))


def submit(
    rng: Random, surveys: Surveys, account: Account, at: int, kind: str, content: float, comment: str | None = None
) -> Record:
    """One answer. Scales begin at 0 for NPS and at 1 for the others."""
    lowest = 0 if kind == "NPS" else 1
    score = lowest + round(content * (HIGHEST[kind] - lowest))
    if kind == "NPS":
        group, sentiment = ("DETRACTOR", "NEGATIVE") if score <= 6 else ("PASSIVE", "NEUTRAL")
        if score >= 9:
            group, sentiment = "PROMOTER", "POSITIVE"
    else:
        share = (score - lowest) / (HIGHEST[kind] - lowest)
        group, sentiment = ("UNHAPPY", "NEGATIVE") if share < 0.45 else ("NEUTRAL", "NEUTRAL")
        if share > 0.7:
            group, sentiment = "HAPPY", "POSITIVE"
    words = comment or rng.choice({"POSITIVE": PRAISE, "NEUTRAL": SHRUG, "NEGATIVE": BLAME}[sentiment])
    submission = Record(
        at_work(at + rng.randint(1, 20) * 60_000),
        hs_survey_type=kind,
        hs_survey_name=f"{kind} {day_of(at).year}",
        hs_survey_channel="EMAIL",
        hs_value=str(score),
        hs_response_group=group,
        hs_sentiment=sentiment,
        hs_submission_timestamp=iso_milliseconds(at),
        hs_content=words or None,
    )
    submission.link("companies", account.id)
    contact = rng.choice(account.people)
    submission.link("contacts", str(contact.id))
    surveys.submissions.append(submission)
    return submission


def rate_tickets(rng: Random, surveys: Surveys, diary: Diary, account: Account) -> None:
    changed_over_at = start_of(diary.as_of - timedelta(days=CHANGED_OVER))
    for trouble in account.troubles:
        if trouble.solved_at is None or trouble.is_plotted or rng.random() > 0.36:
            continue
        offered_at = at_work(trouble.solved_at + DAY)
        if is_plotted(ONLY_THE_PLOT_ASKS, account.story, day_of(offered_at), diary.as_of) or offered_at >= end_of(
            diary.horizon
        ):
            continue
        is_good = rng.random() < 0.55 + 0.4 * account.care - 0.15 * trouble.is_severe
        answered_at = at_work(offered_at + rng.randint(1, 90) * HOUR) if rng.random() < 0.45 else None
        if not account.is_answering:
            answered_at = None
        ask_about(rng, surveys, trouble.ticket, offered_at, answered_at, is_good, changed_over_at)


def ask_about(
    rng: Random,
    surveys: Surveys,
    ticket: Record,
    offered_at: int,
    answered_at: int | None,
    is_good: bool,
    changed_over_at: int,
) -> None:
    """A rating before the change-over, a survey after it. A rating keeps its number when it is answered."""
    words = rng.choice(PRAISE if is_good else BLAME)
    if offered_at >= changed_over_at:
        asked: dict[str, Any] = {
            "type": "SurveyOffered",
            "event_type": "SurveyOffered",
            "survey_id": SURVEY_ID,
            "survey_type": "csat",
        }
        told = [(offered_at, -1, asked)]
        if answered_at is not None:
            answered: dict[str, Any] = {
                "type": "SurveyResponseSubmitted",
                "event_type": "SurveyResponseSubmitted",
                "survey_id": SURVEY_ID,
                "survey_type": "csat",
                "rating": rng.choice((4, 5) if is_good else (1, 2, 3)),
                "rating_category": "good" if is_good else "bad",
                "comment": words or None,
            }
            told.append((answered_at, ticket.fixed["requester_id"], answered))
        ticket.fixed["surveys"] = told
        for moment, _, _ in told:
            ticket.touch(moment)
        return
    agents = [change.value for change in ticket.changes.get("assignee_id", ()) if change.value is not None]
    rating = Record(
        offered_at,
        score="offered",
        comment=None,
        ticket=ticket,
        requester_id=ticket.fixed["requester_id"],
        assignee_id=agents[-1] if agents else None,
    )
    if answered_at is not None:
        rating.change("score", "good" if is_good else "bad", answered_at)
        if words:
            rating.change("comment", words, answered_at)
    surveys.ratings.append(rating)
