"""One publication, opened read-only: the mart's rows as typed records, and what it says that its columns mean."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import duckdb

from reports.book import WHOLE, show_only


class ReportError(Exception):
    """A report that cannot be made; the message names the remedy."""


@dataclass(frozen=True, slots=True)
class Customer:
    customer_id: str
    customer_name: str | None
    domain: str | None
    industry: str | None
    segment: str | None
    region: str | None
    is_customer: bool | None
    customer_since_on: date | None
    churned_on: date | None
    lifecycle_stage: str | None
    arr: float | None
    account_manager_id: str | None
    csm_id: str | None
    has_ghost_owner: bool | None
    is_archived: bool | None
    source_system: str | None
    source_record_id: str | None
    source_url: str | None
    kind_of_record: ClassVar = "customer"

    @property
    def record_id(self) -> str:
        return self.customer_id

    @property
    def has_page(self) -> bool:
        """Customers of today and of the past have one: a company that never bought has nothing to keep."""
        return bool(self.is_customer) or self.customer_since_on is not None or self.churned_on is not None


@dataclass(frozen=True, slots=True)
class Employee:
    employee_id: str
    full_name: str | None
    department: str | None
    job_title: str | None
    hired_on: date | None
    terminated_on: date | None
    is_active: bool | None


@dataclass(frozen=True, slots=True)
class Touch:
    touch_id: str
    customer_id: str | None
    occurred_at: datetime
    occurred_on: date
    channel: str | None
    direction: str | None
    initiative: str | None
    substance: str | None
    substance_rule: str | None
    theme: str | None
    is_sales: bool | None
    is_pulse_check: bool | None
    is_holding_reply: bool | None
    employee_id: str | None
    department: str | None
    contact_id: str | None
    persona: str | None
    customer_talk_share: float | None
    duration_minutes: float | None
    source_system: str | None
    source_record_id: str | None
    source_url: str | None
    kind_of_record: ClassVar = "touch"

    @property
    def record_id(self) -> str:
        return self.touch_id


@dataclass(frozen=True, slots=True)
class Contact:
    contact_id: str
    customer_id: str | None
    full_name: str | None
    job_title: str | None
    persona: str | None
    is_active: bool | None
    source_system: str | None
    source_record_id: str | None
    source_url: str | None
    kind_of_record: ClassVar = "contact"

    @property
    def record_id(self) -> str:
        return self.contact_id


@dataclass(frozen=True, slots=True)
class TouchContact:
    touch_id: str
    contact_id: str


@dataclass(frozen=True, slots=True)
class Assignment:
    assignment_id: str
    customer_id: str | None
    role: str
    employee_id: str | None
    started_at: datetime
    ended_at: datetime | None
    end_cause: str | None
    handoff: str | None
    gap_days: int | None
    tenure_at_start_days: int | None
    is_ghost: bool | None
    ghost_days: int | None
    source_system: str | None
    source_record_id: str | None
    source_url: str | None
    kind_of_record: ClassVar = "assignment"

    @property
    def record_id(self) -> str:
        return self.assignment_id

    @property
    def started_on(self) -> date:
        return self.started_at.date()

    @property
    def ended_on(self) -> date | None:
        return None if self.ended_at is None else self.ended_at.date()


@dataclass(frozen=True, slots=True)
class Training:
    training_id: str
    employee_id: str | None
    training: str | None
    completed_on: date
    source_system: str | None
    source_record_id: str | None
    source_url: str | None
    kind_of_record: ClassVar = "training"

    @property
    def record_id(self) -> str:
        return self.training_id


@dataclass(frozen=True, slots=True)
class Incident:
    incident_id: str
    customer_id: str | None
    opened_at: datetime
    opened_on: date
    resolved_at: datetime | None
    resolved_on: date | None
    category: str | None
    theme: str | None
    severity: str | None
    phase: str | None
    detected_by: str | None
    is_surprise: bool | None
    first_response_due_at: datetime | None
    first_responded_at: datetime | None
    first_response_kept: bool | None
    resolution_due_at: datetime | None
    resolution_kept: bool | None
    reopen_count: int | None
    repeat_of: str | None
    days_since_previous_incident: int | None
    was_warned: bool | None
    warned_by_voice_id: str | None
    festered_days: int | None
    went_quiet: bool | None
    source_system: str | None
    source_record_id: str | None
    source_url: str | None
    kind_of_record: ClassVar = "incident"

    @property
    def record_id(self) -> str:
        return self.incident_id

    @property
    def is_severe(self) -> bool:
        return self.severity in ("high", "critical")


@dataclass(frozen=True, slots=True)
class Renewal:
    renewal_id: str
    customer_id: str | None
    contract_id: str
    term_number: int
    term_started_on: date
    due_on: date
    notice_due_on: date | None
    arr_due: float | None
    outcome: str | None
    arr_after: float | None
    decided_on: date | None
    loss_reason: str | None
    first_pulse_check_on: date | None
    pulse_months: int | None
    assessed_late: bool | None
    source_system: str | None
    source_record_id: str | None
    source_url: str | None
    kind_of_record: ClassVar = "term"

    @property
    def record_id(self) -> str:
        return self.renewal_id


@dataclass(frozen=True, slots=True)
class Survey:
    survey_response_id: str
    customer_id: str | None
    contact_id: str | None
    survey_type: str | None
    sent_at: datetime | None
    responded_at: datetime | None
    score: float | None
    score_max: float | None
    sentiment: str | None
    comment: str | None
    acted_on_at: datetime | None
    action_lag_days: int | None
    source_system: str | None
    source_record_id: str | None
    source_url: str | None
    kind_of_record: ClassVar = "survey"

    @property
    def record_id(self) -> str:
        return self.survey_response_id

    @property
    def asked_at(self) -> datetime | None:
        """When it was sent; where the system only has the answer, when it was answered."""
        return self.sent_at or self.responded_at

    @property
    def asked_on(self) -> date | None:
        return None if self.asked_at is None else self.asked_at.date()

    @property
    def responded_on(self) -> date | None:
        return None if self.responded_at is None else self.responded_at.date()


@dataclass(frozen=True, slots=True)
class Voice:
    voice_id: str
    customer_id: str | None
    heard_at: datetime
    heard_on: date
    kind: str | None
    theme: str | None
    department: str | None
    employee_id: str | None
    channel: str | None
    acted_on_at: datetime | None
    quote: str | None
    source_system: str | None
    source_record_id: str | None
    source_url: str | None
    kind_of_record: ClassVar = "voice"

    @property
    def record_id(self) -> str:
        return self.voice_id


@dataclass(frozen=True, slots=True)
class IdentityLink:
    source_system: str
    source_object: str
    source_record_id: str
    entity_type: str
    entity_id: str | None
    rule: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class UnresolvedReference:
    source_system: str
    source_object: str
    source_record_id: str
    reference_object: str | None
    reference: str | None
    reason: str | None
    first_seen_at: datetime | None
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class RemovedFact:
    fact_table: str
    id: str
    customer_id: str | None
    occurred_at: datetime | None
    recorded_at: datetime | None
    removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class LoadStatus:
    source_system: str
    source_table: str
    last_good_load_at: datetime | None
    row_count: int | None
    newest_record_at: datetime | None
    age_hours: float | None
    freshness: str | None
    last_verdict: str | None
    last_reason: str | None
    rules_passed: int | None
    rules_warned: int | None
    rules_failed: int | None


@dataclass(frozen=True, slots=True)
class SeedFault:
    seed_file: str
    seed_row: int
    reason: str
    verdict: str


@dataclass(frozen=True, slots=True)
class RetentionMonth:
    month: date
    segment: str
    arr_start: float | None
    arr_churned: float | None
    arr_contracted: float | None
    arr_expanded: float | None
    arr_new: float | None
    arr_end: float | None
    arr_kept: float | None
    grr: float | None
    nrr: float | None
    logo_retention: float | None
    renewal_rate_12m: float | None
    renewals_overdue: int | None


@dataclass(frozen=True, slots=True)
class WorkforceMonth:
    department: str | None
    month: date
    is_suppressed: bool | None
    headcount: int | None
    joiners: int | None
    leavers: int | None
    churn_rate: float | None


@dataclass(frozen=True, slots=True)
class Restatement:
    month: date
    customer_id: str
    column: str
    before: str | None
    after: str | None
    refresh: datetime | None


@dataclass(frozen=True, slots=True)
class DriverPoints:
    """What one driver of the health score costs a customer now."""

    customer_id: str
    is_current: bool
    driver: str
    pillar: str
    measured_column: str
    needs: str
    value: float | None
    penalty: float | None
    weight: float
    points_lost: float
    state: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """A record that an action points at; `fact_table` where the mart holds it."""

    fact_table: str | None
    fact_id: str
    words: str
    source_system: str | None
    source_record_id: str | None
    source_url: str | None


@dataclass(frozen=True, slots=True)
class Action:
    customer_id: str
    driver: str
    rank: int
    pillar: str
    measured_column: str
    health_band: str | None
    override_band: str | None
    arr: float | None
    expected_loss: float | None
    at_stake: float
    next_renewal_on: date | None
    points_lost: float
    points_lost_change_1m: float | None
    why: str
    bring: str
    owner_id: str | None
    owner_reason: str
    pressed_by: str
    due_on: date
    evidence: str
    is_evidence_absence: bool

    @property
    def pointers(self) -> tuple[Pointer, ...]:
        return tuple(
            Pointer(**{field.name: record[field.name] for field in fields(Pointer)})
            for record in json.loads(self.evidence)
        )


@dataclass(frozen=True, slots=True)
class ActionOutcome:
    """What a person said came of a recommended action."""

    action_outcome_id: str
    customer_id: str | None
    driver: str
    outcome: str
    reason: str
    recorded_by: str
    recorded_on: date
    rests_until_on: date
    is_resting: bool
    source_system: str | None
    source_record_id: str | None
    source_url: str | None
    kind_of_record: ClassVar = "outcome"

    @property
    def record_id(self) -> str:
        return self.action_outcome_id


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What people said of the actions upon one driver, or `all`, and the renewals with and without one done in time."""

    driver: str
    outcomes: int
    done: int
    wrong: int
    wrong_share: float | None
    churned: int
    is_validatable: bool
    n_done: int
    retained_done: int
    rate_done: float | None
    rate_done_low: float | None
    rate_done_high: float | None
    n_without: int
    retained_without: int
    rate_without: float | None
    rate_without_low: float | None
    rate_without_high: float | None


@dataclass(frozen=True, slots=True)
class Backtest:
    """How well a score or driver told the renewals that followed."""

    predictor: str
    segment: str
    predictor_kind: str
    n: int
    churned: int
    is_validatable: bool
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    predicts: bool | None
    lift_worst_tenth: float | None
    capture_worst_tenth: float | None
    green_then_churned_share: float | None
    forecasts: int
    forecast_churned: int
    forecast_churned_expected: float | None
    brier_score: float | None
    brier_score_of_rate_of_all: float | None
    calibration_error: float | None
    n_held_out: int | None
    rate_acted: float | None
    rate_held_out: float | None
    gained_by_acting: float | None
    gained_by_acting_low: float | None
    gained_by_acting_high: float | None


@dataclass(frozen=True, slots=True)
class DriverRate:
    """How many renewed of those whose driver, or health band, lay in one range, with the 95 % interval."""

    driver: str
    bucket: str
    measured_column: str | None
    good_at: float | None
    bad_at: float | None
    n: int
    retained: int
    rate: float
    rate_low: float
    rate_high: float
    rate_of_all: float
    lift: float | None
    differs_from_all: bool


@dataclass(frozen=True, slots=True)
class SurvivalTerm:
    """What became of the contracts of one segment at the end of their n-th term; unknown where none was due."""

    term_number: int
    segment: str
    due: int
    lost: int
    running: int
    entered_late: int
    hazard: float | None
    survival: float | None
    survival_low: float | None
    survival_high: float | None


@dataclass(frozen=True, slots=True)
class Care:
    """How the customers of one segment were treated after the sale; nobody is named."""

    segment: str
    as_of_on: date
    customers: int
    days_to_first_substantive_touch: float | None
    months_in_touch_share: float
    promises_kept_rate: float | None
    surprises_per_100_customer_months: float | None


@dataclass(frozen=True, slots=True)
class Opportunity:
    """What the front line heard a customer might buy, where nothing is overdue there."""

    customer_id: str
    opportunities_open: int
    themes: str | None
    departments: str | None


@dataclass(frozen=True, slots=True)
class Ambassador:
    """A customer who could speak for us, where nothing is overdue there."""

    customer_id: str
    why: str
    reasons: int
    nps_on: date | None
    survey_response_id: str | None


RECORDS: dict[str, type[Any]] = {
    "customers": Customer,
    "contacts": Contact,
    "employees": Employee,
    "touches": Touch,
    "touch_contacts": TouchContact,
    "assignments": Assignment,
    "trainings": Training,
    "quality_incidents": Incident,
    "renewals": Renewal,
    "survey_responses": Survey,
    "voice_of_customer": Voice,
    "identity_links": IdentityLink,
    "unresolved_references": UnresolvedReference,
    "removed_facts": RemovedFact,
    "load_status": LoadStatus,
    "seed_faults": SeedFault,
    "retention_by_month": RetentionMonth,
    "workforce_months": WorkforceMonth,
    "health_points": DriverPoints,
    "recommended_actions": Action,
    "action_outcomes": ActionOutcome,
    "action_results": ActionResult,
    "health_backtest": Backtest,
    "retention_drivers": DriverRate,
    "renewal_survival": SurvivalTerm,
    "care_showcase": Care,
    "restatements": Restatement,
    "opportunities": Opportunity,
    "ambassadors": Ambassador,
}

# Columns that the reports compute with; every other column of customer_lifecycle is shown as it comes.
LIFECYCLE_COLUMNS = (
    "customer_id",
    "month",
    "as_of_on",
    "arr",
    "contracts_running",
    "next_renewal_on",
    "days_to_renewal",
    "days_to_notice",
    "term_number",
    "term_started_on",
    "last_renewal_outcome",
    "touches_90d",
    "substantive_touches_90d",
    "courtesy_share_90d",
    "days_since_touch",
    "days_since_substantive_touch",
    "longest_silence_days_365d",
    "pulse_months_12m",
    "reactive_share_term",
    "personas_touched_180d",
    "user_touch_share_180d",
    "is_single_threaded",
    "roles_filled",
    "roles_orphaned",
    "assignment_changes_365d",
    "ghost_owners",
    "team_median_tenure_days",
    "inexperienced_assignees",
    "assignees_trained_share",
    "cold_handoffs_365d",
    "open_incidents",
    "overdue_incidents",
    "incidents_180d",
    "severe_incidents_180d",
    "surprises_180d",
    "late_discrepancies_365d",
    "reopens_180d",
    "repeat_incidents_180d",
    "second_incidents_180d",
    "holding_replies_180d",
    "promise_kept_rate_180d",
    "warned_incidents_365d",
    "is_quiet_after_complaint",
    "voice_365d",
    "voice_departments_365d",
    "warnings_unacted",
    "expectations_acted_share_365d",
    "opportunities_open",
    "surveys_sent_365d",
    "last_nps",
    "last_csat",
    "survey_action_lag_days_365d",
    "offerings_pitched_180d",
    "pitchers_180d",
    "confusion_index",
    "health_score",
    "health_floor",
    "health_coverage",
    "health_band",
    "health_score_change_1m",
    "override_band",
    "override_reason",
    "override_expires_on",
    "renewal_risk",
    "expected_loss",
)

Record = TypeVar("Record")


def required_columns() -> dict[str, tuple[str, ...]]:
    """Columns that the reports read, by mart table."""
    columns = {table: tuple(field.name for field in fields(record)) for table, record in RECORDS.items()}
    columns["customer_lifecycle"] = LIFECYCLE_COLUMNS
    columns["customer_months"] = ("as_of_on",)
    return columns


class Publication:
    """A read-only connection to one publication, and the few shapes of question that the reports ask of it."""

    def __init__(
        self, path: Path, connection: duckdb.DuckDBPyConnection, customer_ids: frozenset[str] | None = None
    ) -> None:
        self.path = path
        # Whom its reader is shown; null for everybody.
        self.customer_ids = customer_ids
        # Where the mart of all customers is asked: its day is every reader's, and how many customers there are.
        self._whole = "mart" if customer_ids is None else f"{WHOLE}.mart"
        self._inode = path.stat().st_ino
        self._connection = connection
        self._columns: dict[str, dict[str, str | None]] = defaultdict(dict)
        for table, column, comment in connection.execute(
            "select table_name, column_name, comment from duckdb_columns() "
            "where schema_name = 'mart' and database_name = current_database() order by table_name, column_index"
        ).fetchall():
            self._columns[table][column] = comment
        missing = [
            f"mart.{table}.{column}"
            for table, columns in required_columns().items()
            for column in columns
            if column not in self._columns[table]
        ]
        if missing:
            raise ReportError(
                f"{path} lacks {', '.join(missing)}: it was published by another version of Kept; "
                "publish it anew with `make refresh` (or `make demo`)"
            )

    def rows(
        self, table: str, record: type[Record], rest: str = "order by all", values: Sequence[Any] = ()
    ) -> list[Record]:
        """Rows of a mart table as records; `rest` is the query from its `where` on, ordered wherever order matters."""
        columns = ", ".join(f'"{field.name}"' for field in fields(record))  # type: ignore[arg-type]
        found = self._connection.execute(f"select {columns} from mart.{table} {rest}", list(values)).fetchall()
        return [record(*row) for row in found]

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a question in SQL."""
        return self._connection.execute(sql).fetchall()

    def rows_by_customer(
        self, table: str, record: type[Record], customer_ids: Sequence[str], condition: str = "true"
    ) -> dict[str, list[Record]]:
        """Rows of these customers for which a condition holds, grouped by customer, within one in no order."""
        grouped: dict[str, list[Record]] = defaultdict(list)
        rest = f"where {condition} and list_contains(?, customer_id)"
        for row in self.rows(table, record, rest, [list(customer_ids)]):
            grouped[row.customer_id].append(row)  # type: ignore[attr-defined]
        return grouped

    def count(self, table: str, of: str = "*") -> int:
        """How many rows a mart table has, or how many values of something in it."""
        ((rows,),) = self._connection.execute(f"select count({of}) from mart.{table}").fetchall()
        return int(rows)

    def lifecycle(self) -> dict[str, dict[str, Any]]:
        """The whole of customer_lifecycle by customer, every column that is published."""
        columns = self.columns("customer_lifecycle")
        found = self._connection.execute(
            f"select {', '.join(columns)} from mart.customer_lifecycle order by customer_id"
        ).fetchall()
        rows = (dict(zip(columns, row, strict=True)) for row in found)
        return {row["customer_id"]: row for row in rows}

    def as_of_on(self) -> date | None:
        """The day at whose end the publication's numbers stand; null while nothing was ever built on data."""
        ((day,),) = self._connection.execute(f"select max(as_of_on) from {self._whole}.customer_months").fetchall()
        return day if isinstance(day, date) else None

    @property
    def was_replaced(self) -> bool:
        """Whether another publication has taken its place since: who opens the path now reads other rows."""
        return self.path.stat().st_ino != self._inode

    def current_customers(self) -> int:
        """How many current customers there are, also those whom this reader is not shown."""
        ((count,),) = self._connection.execute(f"select count(*) from {self._whole}.customer_lifecycle").fetchall()
        return int(count)

    def columns(self, table: str) -> tuple[str, ...]:
        """Columns of a mart table, in their order."""
        return tuple(self._columns[table])

    def definition(self, table: str, column: str) -> str | None:
        """What the publication itself says that a column means."""
        comment = self._columns[table].get(column)
        return " ".join(comment.split()) or None if comment else None


@contextmanager
def open_publication(path: Path, customer_ids: frozenset[str] | None = None) -> Iterator[Publication]:
    """Open a publication for reading, all of it or what the reader of some customers may see of it.

    Raises ReportError where there is none or where it cannot be read.
    """
    if not path.is_file():
        raise ReportError(f"there is no publication at {path}: make one with `make refresh` (or `make demo`)")
    try:
        if customer_ids is None:
            connection = duckdb.connect(str(path), read_only=True)
        else:
            connection = duckdb.connect()
            show_only(connection, path, customer_ids)
    except duckdb.Error as error:
        raise ReportError(f"{path} cannot be read ({error}): publish it anew with `make refresh`") from error
    try:
        yield Publication(path, connection, customer_ids)
    finally:
        connection.close()
