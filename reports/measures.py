"""How each number of customer_lifecycle is called, grouped and printed; what it means is the publication's to say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

# Columns that name the row rather than measure the customer.
IDENTITY = frozenset(
    {
        "customer_id",
        "customer_name",
        "domain",
        "industry",
        "region",
        "customer_since_on",
        "account_manager_id",
        "account_manager_name",
        "csm_id",
        "csm_name",
        "source_url",
        "month",
        "as_of_on",
        "is_current",
    }
)

# A group ends where the next begins: these are the first columns of MART.md's groups, in the mart's order.
GROUPS = (
    ("State", ("lifecycle_stage", "has_ghost_owner")),
    ("Touches: substance, not just keeping in touch", ("touches_90d",)),
    ("People: no musical chairs", ("roles_filled",)),
    ("Quality: no surprises", ("open_incidents",)),
    ("Voice of the customer: heard and acted on", ("voice_365d",)),
    ("Message: one story", ("offerings_pitched_180d",)),
    ("Outcome: what they use and reach", ("utilization",)),
)

LABELS = {
    "arr": "Annual recurring revenue (ARR)",
    "next_renewal_on": "Next renewal due",
    "days_to_notice": "Days to notice day",
    "term_number": "Running term",
    "term_started_on": "Running term started",
    "last_renewal_outcome": "Last renewal",
    "cadence_cv_365d": "Irregularity of contact, last 365 days",
    "resolution_cv_365d": "Irregularity of resolution, last 365 days",
    "pulse_months_12m": "Months with a pulse check, last 12 months",
    "pulse_coverage_12m": "Share of months with a pulse check, last 12 months",
    "longest_silence_days_365d": "Longest silence in days, last 365 days",
    "presale_faces_kept": "Faces from before the sale kept",
    "severity_mix_365d": "Severe share of incidents, last 365 days",
    "changes_employee_left_365d": "Changes because somebody left the company, last 365 days",
    "changes_internal_move_365d": "Changes because somebody moved inside, last 365 days",
    "changes_reassignment_365d": "Changes by reassignment, last 365 days",
    "team_continuity_365d": "Team continuity over 365 days",
    "next_term_assessed_late": "No pulse check before the last quarter of the term",
    "ghost_days": "Days since the owner left",
    "personas_touched_180d": "Personas in touch, last 180 days",
    "user_touch_share_180d": "Users and technical people among contacts in touch, last 180 days",
    "is_single_threaded": "In touch with one person at most",
    "assignees_trained_share": "Assignees with a training in the last year",
    "overdue_incidents": "Incidents past their promised fix",
    "promise_kept_rate_180d": "Promises kept, last 180 days",
    "warned_incidents_365d": "Incidents warned of in vain, last 365 days",
    "is_quiet_after_complaint": "Gone quiet after a complaint",
    "voice_365d": "Things heard, last 365 days",
    "voice_departments_365d": "Departments that heard them, last 365 days",
    "warnings_unacted": "Warnings nobody acted on",
    "expectations_acted_share_365d": "Expectations acted on, last 365 days",
    "opportunities_open": "Opportunities nobody took up",
    "surveys_sent_365d": "Surveys sent, last 365 days",
    "last_nps": "Last NPS answer (0 to 10)",
    "last_csat": "Last CSAT answer, share of its best",
    "survey_action_lag_days_365d": "Days until a survey answer was acted on, last 365 days",
    "offerings_pitched_180d": "Different offerings pitched, last 180 days",
    "pitchers_180d": "People who pitched, last 180 days",
    "utilization": "Used of what was bought, this month",
    "utilization_change_90d": "Change of that within three months",
    "goals_active": "Goals agreed and open",
    "goals_met_share": "Goals met, share of those due",
    "severe_found_by_survey_180d": "Severe incidents that a survey found, last 180 days",
    "longest_festered_days": "Days from the warning to the incident",
    "quiet_days": "Days since the complaint without a word",
    "look_alike_records": "Other CRM records with its domain or name",
    "is_in_use": "In use or advocacy",
    "days_since_nps": "Days since that NPS answer",
}

SHARES = frozenset(
    {
        "team_continuity_365d",
        "presale_faces_kept",
        "severity_mix_365d",
        "pulse_coverage_12m",
        "last_csat",
        "utilization",
        "utilization_change_90d",
    }
)


def label(column: str) -> str:
    """The column's name in words: `touches_90d` is "Touches, last 90 days"."""
    if column in LABELS:
        return LABELS[column]
    words = column
    window = ""
    if match := re.fullmatch(r"(.+)_(\d+)d", column):
        words, window = match[1], f", last {match[2]} days"
    elif match := re.fullmatch(r"(.+)_(\d+)m", column):
        words, window = match[1], f", last {match[2]} months"
    elif match := re.fullmatch(r"(.+)_term", column):
        words, window = match[1], ", this term"
    words = re.sub(r"^(is|has|was)_", "", words).replace("_", " ")
    return words[:1].upper() + words[1:] + window


def unit(column: str) -> str:
    """How a value of the column is printed: money, share, ratio, decimal or plain."""
    if column == "arr" or column.startswith("arr_"):
        return "money"
    if column in SHARES or re.search(r"_(share|rate)(_|$)", column):
        return "share"
    if "_cv_" in column:
        return "ratio"
    if "_hours_" in column or "_median_" in column or "_lag_" in column:
        return "decimal"
    return "plain"


def grouped(columns: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Groups of the page with their columns in the mart's order; a new one joins the group it stands in."""
    groups: dict[str, list[str]] = {title: [] for title, _ in GROUPS}
    current = GROUPS[0][0]
    for column in columns:
        if column in IDENTITY:
            continue
        for title, firsts in GROUPS:
            if column in firsts:
                current = title
        groups[current].append(column)
    for title, members in groups.items():
        if members:
            yield title, tuple(members)
