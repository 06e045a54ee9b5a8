"""A second, naive implementation of the mart: plain Python over landed records, straight from the definitions.

It shares no code with dbt and makes no effort to be fast: its only use is to be compared with the mart, value by value.
Reporting time zone UTC and reporting currency USD are assumed.
"""

from __future__ import annotations

import csv
import html
import json
import re
import statistics
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet

Row = dict[str, Any]

TEAM_ROLES = {"account_manager", "csm", "support_lead", "field_engineer"}
ROLE_PROPERTIES = {
    "hubspot_owner_id": "account_manager",
    "csm_owner_id": "csm",
    "support_owner_id": "support_lead",
    "field_owner_id": "field_engineer",
}
PIPELINES = {"New Business": "new_business", "Renewals": "renewal", "Expansion": "expansion"}
STAGES = {
    "subscriber": "attraction",
    "lead": "awareness",
    "marketingqualifiedlead": "discovery",
    "salesqualifiedlead": "cultivation",
    "opportunity": "cultivation",
    "customer": "purchase",
    "evangelist": "advocacy",
}
ADMINISTRATIVE = ["scheduling", "reschedule", "out of office", "automatic reply", "invoice", "unsubscribe"]
COURTESY = [
    "checking in",
    "check in",
    "touching base",
    "keep in touch",
    "keeping in touch",
    "just following up",
    "just wanted to say",
    "happy holidays",
    "season s greetings",
    "hope all is well",
    "satisfaction call",
    "courtesy call",
]
EDUCATION = ["training", "workshop", "webinar", "onboarding", "how to", "best practice"]
SUBSTANTIVE = [
    *EDUCATION,
    *["business review", "qbr", "ebr", "health check", "roadmap", "success plan", "benchmark", "audit"],
    *["design review", "commissioning", "upgrade", "migration", "optimisation", "optimization", "root cause"],
    *["drawing review", "industry", "regulation", "trend", "standard", "white paper", "case study"],
    *["answer", "solution", "fix", "resolved", "workaround"],
]
SALES = ["proposal", "quote", "offer", "promotion", "discount", "demo", "pricing"]
PHRASES = {"administrative": ADMINISTRATIVE, "courtesy": COURTESY, "substantive": SUBSTANTIVE, "sales": SALES}
INCIDENT_TAGS = {"quality", "complaint", "defect", "outage", "discrepancy"}
CATEGORIES = ["defect", "discrepancy", "outage", "delivery", "documentation", "billing", "service"]
SEVERITIES = {"low": "low", "normal": "normal", "high": "high", "urgent": "critical"}
SEVERE = {"high", "critical"}


def instant(text: str | None) -> datetime | None:
    """The UTC instant of an ISO or epoch-millisecond text, without time zone."""
    if not text:
        return None
    if re.fullmatch(r"-?\d{10,}", text):
        return datetime.fromtimestamp(int(text) / 1000, UTC).replace(tzinfo=None)
    parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return parsed.astimezone(UTC).replace(tzinfo=None) if parsed.tzinfo else parsed


def day(text: str | None) -> date | None:
    at = instant(text)
    return at.date() if at else None


def number(text: str | None) -> float | None:
    try:
        return float(text) if text not in (None, "") else None
    except ValueError:
        return None


def add_months(start: date, months: int) -> date:
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def month_end(any_day: date) -> date:
    return any_day.replace(day=monthrange(any_day.year, any_day.month)[1])


def share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def spread(values: list[float]) -> float | None:
    """Population standard deviation over mean; null where the mean is 0."""
    mean = statistics.fmean(values)
    return statistics.pstdev(values) / mean if mean else None


def normalized(text: str | None) -> str:
    """Lower case, without HTML, quoted replies and signature; runs of anything but letters and digits as one space."""
    kept: list[str] = []
    for line in (text or "").splitlines():
        if line.rstrip() == "--" or re.match(r"\s*on .* wrote:\s*$", line, re.IGNORECASE):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
    plain = html.unescape(re.sub(r"<[^>]*>", " ", "\n".join(kept))).lower()
    return " " + re.sub(r"[\W_]+", " ", plain).strip() + " "


@dataclass(frozen=True)
class Fact:
    """What every fact carries: when it was recorded and when, if ever, it was removed."""

    recorded_on: date
    removed_on: date | None

    def known(self, as_of: date) -> bool:
        return self.recorded_on <= as_of and (self.removed_on is None or self.removed_on > as_of)


@dataclass(frozen=True)
class Touch(Fact):
    touch_id: str
    customer_id: str | None
    employee_id: str | None
    occurred_at: datetime
    channel: str
    direction: str
    linked_tickets: tuple[Fact, ...]
    substance: str
    is_education: bool
    is_sales: bool
    is_two_way: bool
    duration_minutes: float | None
    customer_talk_share: float | None

    @property
    def on(self) -> date:
        return self.occurred_at.date()

    def initiative(self, as_of: date) -> str:
        if self.direction == "inbound":
            return "customer"
        return "reactive" if any(ticket.known(as_of) for ticket in self.linked_tickets) else "proactive"

    def is_pulse_check(self, as_of: date) -> bool:
        matters = self.substance == "substantive" and not self.is_sales
        return matters and self.is_two_way and self.initiative(as_of) == "proactive"


@dataclass(frozen=True)
class Incident(Fact):
    incident_id: str
    number: int
    customer_id: str | None
    opened_at: datetime
    category: str
    phase: str
    detected_by: str
    versions: tuple[tuple[date, Row], ...]

    @property
    def opened_on(self) -> date:
        return self.opened_at.date()

    def version(self, as_of: date) -> Row:
        standing = self.versions[0][1]
        for version_on, record in self.versions:
            if version_on <= as_of:
                standing = record
        return standing

    def severity(self, as_of: date) -> str:
        return SEVERITIES.get(self.version(as_of)["priority"] or "", "normal")

    def resolved_at(self, as_of: date) -> datetime | None:
        record = self.version(as_of)
        if record["status"] not in ("solved", "closed"):
            return None
        solved = instant(json.loads(record["metric_set"] or "{}").get("solved_at"))
        return solved if solved and solved.date() <= as_of else None


@dataclass(frozen=True)
class Deal(Fact):
    deal_id: str
    number: int
    customer_id: str | None
    history: dict[str, list[tuple[datetime, str | None]]]
    stages: dict[tuple[str, str], tuple[str | None, str]]

    def value(self, name: str, as_of: date) -> str | None:
        known = [value for at, value in self.history.get(name, []) if at.date() <= as_of]
        return known[-1] if known and known[-1] != "" else None

    def state(self, as_of: date) -> DealState | None:
        if not self.known(as_of):
            return None
        pipeline, outcome = self.stages.get(
            (self.value("pipeline", as_of) or "", self.value("dealstage", as_of) or ""), (None, "open")
        )
        close_on = day(self.value("closedate", as_of))
        if outcome != "open" and (close_on is None or close_on > as_of):
            outcome = "open"
        start_on = day(self.value("contract_start_date", as_of)) or close_on
        end_on = day(self.value("contract_end_date", as_of))
        if end_on is None and start_on is not None:
            end_on = add_months(start_on, 12) - timedelta(days=1)
        arr = number(self.value("hs_arr", as_of))
        return DealState(
            deal=self,
            kind=PIPELINES.get(pipeline or ""),
            outcome=outcome,
            close_on=close_on,
            start_on=start_on,
            end_on=end_on,
            notice_on=day(self.value("notice_date", as_of)),
            arr=arr if arr is not None else number(self.value("amount", as_of)) or 0.0,
            currency=self.value("deal_currency_code", as_of) or "USD",
        )


@dataclass(frozen=True)
class DealState:
    deal: Deal
    kind: str | None
    outcome: str
    close_on: date | None
    start_on: date | None
    end_on: date | None
    notice_on: date | None
    arr: float
    currency: str


@dataclass
class Term:
    contract: Deal
    number: int
    opened_by: DealState
    renewal: DealState | None = None
    expansions: list[DealState] = field(default_factory=list)
    following: Term | None = None

    @property
    def start_on(self) -> date:
        assert self.opened_by.start_on
        return self.opened_by.start_on

    @property
    def due_on(self) -> date:
        assert self.opened_by.end_on
        return self.opened_by.end_on

    def decided_on(self, as_of: date) -> date | None:
        if self.renewal is not None:
            return self.renewal.close_on if self.renewal.outcome != "open" else None
        return self.due_on + timedelta(days=90) if (as_of - self.due_on).days > 90 else None

    def runs_until(self, as_of: date) -> date | None:
        """First day on which the term no longer runs; null while nothing ends it."""
        if self.following is not None:
            return self.following.start_on
        return self.decided_on(as_of)

    def runs(self, on: date, as_of: date) -> bool:
        until = self.runs_until(as_of)
        return self.start_on <= on and (until is None or on < until)


@dataclass(frozen=True)
class Spell:
    role: str
    employee_id: str
    started_on: date
    ended_on: date | None
    ends_with_close: bool
    successor: Spell | None
    followed_by_same: bool


class NaiveMart:
    """The mart of one data folder as of one day."""

    def __init__(self, data_dir: Path, seeds_dir: Path, as_of: date) -> None:
        self.landing = data_dir / "landing"
        self.seeds = seeds_dir
        self.as_of = as_of
        self.reaction_tickets: dict[str, Fact] = {}

    def rows(self, table: str) -> list[Row]:
        """Admitted landed rows of a table in the order of loads, each with `first` (of the table's first load)."""
        admitted = {
            json.loads(line)["load_id"]
            for marker in (self.landing / "_dlt_loads").glob("*.jsonl")
            for line in marker.read_text().splitlines()
        }
        found: list[Row] = []
        for path in sorted((self.landing / table).glob("*.parquet")):
            found += parquet.read_table(path).to_pylist()
        found = [row for row in found if row["_dlt_load_id"] in admitted]
        loads = sorted(
            (
                row["load_id"]
                for path in (self.landing / "kept__loads").glob("*.parquet")
                for row in parquet.read_table(path).to_pylist()
                if row["source_table"] == table and row["load_id"] in admitted and row["is_complete"]
            ),
            key=float,
        )
        for row in found:
            row["first"] = row["_dlt_load_id"] == loads[0]
        return sorted(found, key=lambda row: float(row["_dlt_load_id"]))

    def versions(self, table: str, key: str, changed: str) -> dict[str, list[Row]]:
        """Admitted versions of each record, oldest first."""
        by_key: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows(table):
            by_key[row[key]].append(row)
        for found in by_key.values():
            found.sort(key=lambda row: (str(instant(row[changed])), float(row["_dlt_load_id"])))
        return by_key

    def clocks(self, versions: list[Row]) -> tuple[date, date | None, bool]:
        """Recorded, removed and whether the record was removed already at the table's first load (HubSpot)."""
        newest = versions[-1]
        removed = day(newest["archivedAt"]) if newest["archived"] == "true" else None
        arrived = min(versions, key=lambda row: float(row["_dlt_load_id"]))
        gone_at_first = removed is not None and arrived["first"] and arrived["archived"] == "true"
        recorded = day(newest["createdAt"])
        assert recorded
        return recorded, removed, gone_at_first

    @cached_property
    def companies(self) -> dict[str, Row]:
        found = {}
        for key, versions in self.versions("hubspot__companies", "id", "updatedAt").items():
            recorded, removed, gone = self.clocks(versions)
            newest = versions[-1]
            found[key] = {
                "customer_id": f"hubspot:{key}",
                "properties": json.loads(newest["properties"]),
                "history": self.history(newest),
                "recorded_on": recorded,
                "removed_on": removed,
                "gone_at_first": gone,
            }
        return found

    @cached_property
    def winners(self) -> dict[str, str]:
        """Company id that a merged company id stands for today."""
        found = {}
        for key, company in self.companies.items():
            for loser in re.split(r"[;,]", company["properties"].get("hs_merged_object_ids") or ""):
                if loser:
                    found[loser.strip()] = key
        return found

    def history(self, record: Row) -> dict[str, list[tuple[datetime, str | None]]]:
        """Values of each property with history, oldest first."""
        found: dict[str, list[tuple[datetime, str | None]]] = {}
        for name, entries in json.loads(record["propertiesWithHistory"] or "{}").items():
            dated = [(instant(entry["timestamp"]), entry.get("value")) for entry in reversed(entries)]
            found[name] = sorted(((at, value) for at, value in dated if at), key=lambda entry: entry[0])
        return found

    def company_of(self, associations: str | None) -> str | None:
        linked = json.loads(associations or "{}").get("companies") or []
        if not linked:
            return None
        primary = [
            entry
            for entry in linked
            if any((kind.get("label") or "").lower() == "primary" for kind in entry["associationTypes"])
        ]
        chosen = min((int(entry["toObjectId"]) for entry in primary or linked), default=None)
        return str(chosen) if chosen is not None else None

    def customer_of(self, company: str | None) -> str | None:
        company = self.winners.get(company or "", company)
        return f"hubspot:{company}" if company in self.companies else None

    @cached_property
    def employees(self) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for row in self.rows("bamboohr__employees"):
            found[f"bamboohr:{row['employeeId']}"] = row
        return found

    def hr_history(self, table: str, fields: tuple[str, ...]) -> dict[str, list[tuple[date, date, date | None, Row]]]:
        """Per employee: effective day, recorded day, removed day and row; a re-read set replaces the one before."""
        sets: dict[str, dict[float, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in self.rows(table):
            sets[row["employeeId"]][float(row["_dlt_load_id"])].append(row)
        found: dict[str, list[tuple[date, date, date | None, Row]]] = {}
        for employee, loads in sets.items():
            entries: dict[tuple[Any, ...], list[Any]] = {}
            for load in sorted(loads):
                landed = loads[load][0]["_landed_at"].date()
                contents = {tuple(row[name] for name in ("date", *fields)): row for row in loads[load] if row["date"]}
                for content, row in contents.items():
                    effective = date.fromisoformat(row["date"][:10])
                    if content in entries:
                        entries[content][2] = None
                    else:
                        entries[content] = [effective, effective if row["first"] else landed, None, row]
                for content, entry in entries.items():
                    if content not in contents and entry[2] is None:
                        entry[2] = landed
            found[f"bamboohr:{employee}"] = sorted(
                ((e, r, gone, row) for e, r, gone, row in entries.values()), key=lambda entry: entry[0]
            )
        return found

    @cached_property
    def statuses(self) -> dict[str, list[tuple[date, date, date | None, Row]]]:
        return self.hr_history("bamboohr__employment_status", ("employmentStatus",))

    @cached_property
    def jobs(self) -> dict[str, list[tuple[date, date, date | None, Row]]]:
        return self.hr_history("bamboohr__job_info", ("department", "jobTitle"))

    def in_force(self, entries: Iterable[tuple[date, date, date | None, Row]], as_of: date) -> list[tuple[date, Row]]:
        return [
            (effective, row)
            for effective, recorded, removed, row in entries
            if effective <= as_of and recorded <= as_of and (removed is None or removed > as_of)
        ]

    @cache  # noqa: B019 - an instance lives as long as one test
    def employments(self, employee_id: str, as_of: date) -> list[tuple[date, date | None]]:
        """Hired and terminated days of each employment known at the as-of day, oldest first."""
        if employee_id not in self.employees:
            return []
        rows = self.in_force(self.statuses.get(employee_id, []), as_of)
        if not rows:
            hired = self.employees[employee_id]["hireDate"]
            if not hired or hired.startswith("0000") or date.fromisoformat(hired[:10]) > as_of:
                return []
            return [(date.fromisoformat(hired[:10]), None)]
        found: list[tuple[date, date | None]] = []
        for effective, row in rows:
            ends = row["employmentStatus"] == "Terminated"
            if ends and found and found[-1][1] is None:
                found[-1] = (found[-1][0], effective)
            elif not ends and (not found or found[-1][1] is not None):
                found.append((effective, None))
        return found

    def is_employed(self, employee_id: str, as_of: date) -> bool:
        spells = self.employments(employee_id, as_of)
        return bool(spells) and spells[-1][1] is None

    def department(self, employee_id: str | None, on: date, as_of: date) -> str | None:
        """Department on a day, by what HR is known to have said by the as-of day."""
        rows = [row for effective, row in self.jobs_known(employee_id or "", as_of) if effective <= on]
        return rows[-1]["department"] if rows else None

    @cache  # noqa: B019 - an instance lives as long as one test
    def jobs_known(self, employee_id: str, as_of: date) -> list[tuple[date, Row]]:
        return self.in_force(self.jobs.get(employee_id, []), as_of)

    @cached_property
    def employee_of_owner(self) -> dict[str, str]:
        by_email = {
            (row["workEmail"] or "").lower(): employee for employee, row in self.employees.items() if row["workEmail"]
        }
        found = {}
        for row in self.rows("hubspot__owners"):
            email = (row["email"] or "").lower()
            found[row["id"]] = by_email.get(email) or f"hubspot-user:{row['id']}"
        return found

    def employee(self, owner: str | None) -> str | None:
        return self.employee_of_owner.get(owner, f"hubspot-user:{owner}") if owner else None

    @cached_property
    def deals(self) -> list[Deal]:
        stages: dict[tuple[str, str], tuple[str | None, str]] = {}
        for row in self.rows("hubspot__deal_pipelines"):
            for stage in json.loads(row["stages"]):
                metadata = stage.get("metadata") or {}
                outcome = "open"
                if str(metadata.get("isClosed")).lower() == "true":
                    outcome = "won" if float(metadata.get("probability") or 0) == 1 else "lost"
                stages[(row["id"], stage["id"])] = (row["label"], outcome)
        found = []
        for key, versions in self.versions("hubspot__deals", "id", "updatedAt").items():
            recorded, removed, gone = self.clocks(versions)
            if gone:
                continue
            newest = versions[-1]
            history = self.history(newest)
            properties = json.loads(newest["properties"])
            created = instant(newest["createdAt"])
            assert created
            for name, value in properties.items():
                history.setdefault(name, [(created, value)])
            found.append(
                Deal(
                    recorded,
                    removed,
                    f"hubspot:{key}",
                    int(key),
                    self.customer_of(self.company_of(newest["associations"])),
                    history,
                    stages,
                )
            )
        return found

    @cached_property
    def deals_by_customer(self) -> dict[str, list[Deal]]:
        found: dict[str, list[Deal]] = defaultdict(list)
        for deal in self.deals:
            if deal.customer_id:
                found[deal.customer_id].append(deal)
        return found

    @cached_property
    def rates(self) -> dict[str, list[tuple[date, float]]]:
        found: dict[str, list[tuple[date, float]]] = defaultdict(list)
        with (self.seeds / "rates" / "exchange_rates.csv").open() as file:
            for row in csv.DictReader(file):
                found[row["currency"]].append((date.fromisoformat(row["valid_on"]), float(row["rate"])))
        for dated in found.values():
            dated.sort()
        return found

    def in_dollars(self, amount: float, currency: str, on: date) -> float:
        if currency == "USD":
            return amount
        return amount * [rate for valid_on, rate in self.rates[currency] if valid_on <= on][-1]

    @cached_property
    def incident_tickets(self) -> dict[str, Incident]:
        by_ticket = self.versions("zendesk__tickets", "id", "updated_at")
        agents = {row["id"] for row in self.rows("zendesk__users") if row["role"] in ("agent", "admin")}
        organizations = {row["id"]: row for row in self.rows("zendesk__organizations")}
        with (self.seeds / "identity" / "free_mail_domains.csv").open() as file:
            free_mail = {row["domain"] for row in csv.DictReader(file)}
        by_domain: dict[str, list[str]] = defaultdict(list)
        for key, company in sorted(self.companies.items(), key=lambda item: int(item[0])):
            domain = (company["properties"].get("domain") or "").lower()
            if domain and domain not in free_mail and not company["removed_on"]:
                by_domain[domain].append(key)

        def customer(organization_id: str | None) -> str | None:
            organization = organizations.get(organization_id or "")
            if organization is None:
                return None
            if (named := self.customer_of(organization["external_id"])) is not None:
                return named
            for domain in json.loads(organization["domain_names"] or "[]"):
                if by_domain.get(domain.lower()):
                    return f"hubspot:{by_domain[domain.lower()][0]}"
            return None

        found = {}
        for key, versions in by_ticket.items():
            newest = versions[-1]
            opened = instant(newest["created_at"])
            assert opened
            deleted = [row for row in versions if row["status"] == "deleted"]
            arrived = min(versions, key=lambda row: float(row["_dlt_load_id"]))
            if arrived["first"] and arrived["status"] == "deleted":
                continue
            removed = day(deleted[0]["updated_at"]) if deleted and newest["status"] == "deleted" else None
            if newest["type"] == "problem":
                self.reaction_tickets[key] = Fact(opened.date(), removed)
            tags = {tag.lower() for tag in json.loads(newest["tags"] or "[]")}
            is_incident = newest["type"] in ("incident", "problem") or tags & INCIDENT_TAGS
            if not is_incident or tags & {"closed_by_merge", "spam"}:
                continue
            self.reaction_tickets[key] = Fact(opened.date(), removed)
            via = json.loads(newest["via"] or "{}").get("channel")
            finders = ("internal", "front_line", "customer", "survey")
            detected = next((who for who in finders if f"found_by_{who}" in tags), "")
            if not detected:
                detected = (
                    "internal"
                    if via in ("api", "monitoring")
                    else ("front_line" if newest["submitter_id"] in agents else "customer")
                )
            phase = next((p for p in ("before_start", "delivery", "in_service") if f"phase_{p}" in tags), "in_service")
            dated: list[tuple[date, Row]] = []
            for row in versions:
                if row["status"] != "deleted":
                    changed = day(row["updated_at"])
                    assert changed
                    dated.append((changed, row))
            found[key] = Incident(
                opened.date(),
                removed,
                f"zendesk:{key}",
                int(key),
                customer(newest["organization_id"]),
                opened,
                next((category for category in CATEGORIES if category in tags), "other"),
                phase,
                detected,
                tuple(dated or [(opened.date(), newest)]),
            )
        return found

    @cached_property
    def touches(self) -> list[Touch]:
        """Touches that count at some time, in no order."""
        assert self.incident_tickets is not None, "reads the tickets that a touch can react to"
        deal_customers = {deal.number: deal.customer_id for deal in self.deals}
        found = []
        for activity in ("call", "meeting"):
            for key, versions in self.versions(f"hubspot__{activity}s", "id", "updatedAt").items():
                recorded, removed, gone = self.clocks(versions)
                if not gone:
                    touch = self.touch(activity, key, versions[-1], recorded, removed, deal_customers)
                    if touch is not None:
                        found.append(touch)
        return found

    def touch(
        self,
        activity: str,
        key: str,
        record: Row,
        recorded: date,
        removed: date | None,
        deal_customers: dict[int, str | None],
    ) -> Touch | None:
        properties = json.loads(record["properties"])
        kind = properties.get("hs_activity_type") or ""
        if activity == "call":
            occurred = instant(properties.get("hs_timestamp"))
            held = properties.get("hs_call_status") == "COMPLETED"
            direction = "inbound" if properties.get("hs_call_direction") == "INBOUND" else "outbound"
            milliseconds = number(properties.get("hs_call_duration"))
            minutes = milliseconds / 60000 if milliseconds is not None else None
            title, body, channel = properties.get("hs_call_title"), properties.get("hs_call_body"), "call"
        else:
            occurred = instant(properties.get("hs_meeting_start_time"))
            held = properties.get("hs_meeting_outcome") in ("COMPLETED", "", None)
            if not held or kind.lower() == "account review":
                return None
            direction = "outbound"
            ended = instant(properties.get("hs_meeting_end_time"))
            minutes = (ended - occurred).total_seconds() / 60 if ended and occurred else None
            title, body = properties.get("hs_meeting_title"), properties.get("hs_meeting_body")
            channels = {"field visit": "field_visit", "event": "event", "webinar": "webinar"}
            channel = channels.get(kind.lower(), "meeting")
        if occurred is None:
            return None
        matched: list[tuple[str, str]] = []
        for text, order in (
            (kind, ["administrative", "courtesy", "substantive", "sales"]),
            (title, ["administrative", "courtesy", "substantive", "sales"]),
            (body, ["administrative", "substantive", "sales", "courtesy"]),
        ):
            words = normalized(text)
            matched += [(what, phrase) for what in order for phrase in PHRASES[what] if f" {phrase} " in words]
        substance, phrase = matched[0] if matched else ("unclassified", "")
        is_sales = any(what == "sales" for what, _ in matched)
        if activity == "call" and not held:
            substance, phrase = "administrative", ""
        elif not matched and channel in ("meeting", "field_visit", "event") and minutes is not None and minutes >= 20:
            substance = "substantive"
        linked = [
            self.reaction_tickets[ticket]
            for ticket in re.findall(r"\[#(\d+)\]", title or "")
            if ticket in self.reaction_tickets
        ]
        customer = self.customer_of_activity(record, deal_customers)
        return Touch(
            recorded,
            removed,
            f"hubspot:{activity}:{key}",
            customer,
            self.employee(properties.get("hubspot_owner_id")),
            occurred,
            channel,
            direction,
            tuple(linked),
            substance,
            phrase in EDUCATION,
            is_sales,
            held and channel in ("call", "meeting", "field_visit", "event"),
            minutes,
            number(properties.get("customer_talk_share")),
        )

    def customer_of_activity(self, record: Row, deal_customers: dict[int, str | None]) -> str | None:
        customer = self.customer_of(self.company_of(record["associations"]))
        if customer is not None:
            return customer
        linked_deals = json.loads(record["associations"] or "{}").get("deals") or []
        numbers = sorted(int(entry["toObjectId"]) for entry in linked_deals)
        return next((deal_customers[n] for n in numbers if deal_customers.get(n)), None)

    @cached_property
    def account_reviews(self) -> list[tuple[str | None, date, Fact]]:
        deal_customers = {deal.number: deal.customer_id for deal in self.deals}
        found = []
        for versions in self.versions("hubspot__meetings", "id", "updatedAt").values():
            recorded, removed, gone = self.clocks(versions)
            properties = json.loads(versions[-1]["properties"])
            held = properties.get("hs_meeting_outcome") in ("COMPLETED", "", None)
            occurred = day(properties.get("hs_meeting_start_time"))
            is_review = (properties.get("hs_activity_type") or "").lower() == "account review"
            if is_review and held and occurred and not gone:
                customer = self.customer_of_activity(versions[-1], deal_customers)
                found.append((customer, occurred, Fact(recorded, removed)))
        return found

    @cached_property
    def touches_by_customer(self) -> dict[str, list[Touch]]:
        found: dict[str, list[Touch]] = defaultdict(list)
        for touch in self.touches:
            if touch.customer_id:
                found[touch.customer_id].append(touch)
        return found

    @cached_property
    def incidents_by_customer(self) -> dict[str, list[Incident]]:
        found: dict[str, list[Incident]] = defaultdict(list)
        for incident in self.incident_tickets.values():
            if incident.customer_id:
                found[incident.customer_id].append(incident)
        return found

    @cache  # noqa: B019 - an instance lives as long as one test
    def known_touches(self, customer_id: str, as_of: date) -> list[Touch]:
        return [t for t in self.touches_by_customer[customer_id] if t.known(as_of) and t.on <= as_of]

    def known_incidents(self, customer_id: str, as_of: date) -> list[Incident]:
        found = [i for i in self.incidents_by_customer[customer_id] if i.known(as_of) and i.opened_on <= as_of]
        return sorted(found, key=lambda incident: (incident.opened_at, incident.number))

    @cache  # noqa: B019 - an instance lives as long as one test
    def terms(self, customer_id: str, as_of: date) -> list[Term]:
        """Terms of the customer's contracts as known, with the renewals and expansions that go with them."""
        states = [state for deal in self.deals_by_customer[customer_id] if (state := deal.state(as_of))]
        opening = [s for s in states if s.outcome == "won" and s.kind in ("new_business", "renewal") and s.start_on]
        renewals = [s for s in states if s.kind == "renewal" and s.start_on]

        def distance(term: DealState, renewal: DealState) -> int | None:
            assert term.end_on and term.start_on and renewal.start_on
            apart = abs((renewal.start_on - term.end_on).days - 1)
            fits = apart <= 60 and term.start_on < renewal.start_on and term.deal is not renewal.deal
            return apart if fits else None

        chosen: dict[str, DealState] = {}
        used: set[str] = set()
        while True:
            suitors: dict[str, list[DealState]] = defaultdict(list)
            for renewal in renewals:
                if renewal.deal.deal_id in used:
                    continue
                free = [
                    (distance(term, renewal), term.deal.number, term)
                    for term in opening
                    if term.deal.deal_id not in chosen and distance(term, renewal) is not None
                ]
                if free:
                    suitors[min(free, key=lambda entry: entry[:2])[2].deal.deal_id].append(renewal)
            if not suitors:
                break
            for term in opening:
                for_term = suitors.get(term.deal.deal_id)
                if for_term:
                    best = min(
                        for_term,
                        key=lambda r: (["won", "open", "lost"].index(r.outcome), distance(term, r), r.deal.number),
                    )
                    chosen[term.deal.deal_id] = best
                    used.add(best.deal.deal_id)
        by_deal = {state.deal.deal_id: state for state in opening}
        fitting = {
            renewal.deal.deal_id for renewal in renewals if any(distance(term, renewal) is not None for term in opening)
        }
        found: list[Term] = []
        for state in opening:
            if state.kind == "renewal" and (state.deal.deal_id in used or state.deal.deal_id in fitting):
                continue
            term = Term(state.deal, 1, state)
            while True:
                found.append(term)
                term.renewal = chosen.get(term.opened_by.deal.deal_id)
                if term.renewal is None or term.renewal.outcome != "won":
                    break
                term.following = Term(term.contract, term.number + 1, by_deal[term.renewal.deal.deal_id])
                term = term.following
        for state in states:
            if state.kind == "expansion" and state.outcome == "won":
                assert state.close_on
                running = [term for term in found if term.runs(state.close_on, as_of)]
                if running:
                    max(running, key=lambda t: (t.start_on, -t.opened_by.deal.number)).expansions.append(state)
        return found

    def dollars(self, state: DealState, as_of: date) -> float:
        on = as_of if state.outcome == "open" or state.close_on is None else state.close_on
        return self.in_dollars(state.arr, state.currency, on)

    def arr(self, terms: list[Term], on: date, as_of: date) -> float:
        return sum(
            self.dollars(term.opened_by, as_of)
            + sum(self.dollars(e, as_of) for e in term.expansions if e.close_on and e.close_on <= on)
            for term in terms
            if term.runs(on, as_of)
        )

    def outcome(self, term: Term, as_of: date) -> str:
        decided = term.decided_on(as_of)
        if decided is None:
            return "open"
        if term.renewal is None or term.renewal.outcome == "lost":
            return "churned"
        limit = min(term.due_on, as_of)
        counted = [e for e in term.expansions if e.close_on and e.close_on <= limit]
        currencies = {state.currency for state in (term.opened_by, term.renewal, *counted)}
        if len(currencies) == 1:
            due = term.opened_by.arr + sum(e.arr for e in counted)
            after = term.renewal.arr
        else:
            due = self.dollars(term.opened_by, as_of) + sum(self.dollars(e, as_of) for e in counted)
            after = self.dollars(term.renewal, as_of)
        if abs(after - due) <= 0.01 * due:
            return "renewed"
        return "expanded" if after > due else "contracted"

    def customer_since(self, customer_id: str, as_of: date) -> date | None:
        states = [state for deal in self.deals_by_customer[customer_id] if (state := deal.state(as_of))]
        won = [s.close_on for s in states if s.kind == "new_business" and s.outcome == "won" and s.close_on]
        return min(won, default=None)

    def churned_on(self, terms: list[Term], as_of: date) -> date | None:
        if not terms:
            return None
        if any(term.runs(as_of, as_of) for term in terms):
            return None
        last = [term for term in terms if term.following is None]
        untils = [max(until, term.start_on) for term in last if (until := term.runs_until(as_of)) is not None]
        return max((until for until in untils if until <= as_of), default=None)

    def spells(self, customer_id: str, as_of: date) -> list[Spell]:
        """Spells of the account team and of sellers, as known."""
        company = customer_id.split(":", 1)[1]
        histories: list[tuple[str, list[tuple[datetime, str | None]], datetime | None, datetime | None]] = []
        for name, role in ROLE_PROPERTIES.items():
            histories.append((role, self.companies[company]["history"].get(name, []), None, None))
        for deal in self.deals_by_customer[customer_id]:
            state = deal.state(as_of)
            if state is not None and state.kind == "new_business":
                closed = instant(deal.value("closedate", as_of)) if state.outcome != "open" else None
                created = deal.history["createdate"][0][1] if "createdate" in deal.history else None
                histories.append(("seller", deal.history.get("hubspot_owner_id", []), closed, instant(created)))
        found: list[Spell] = []
        for role, history, closed, created in histories:
            entries = [(at, self.employee(owner or None)) for at, owner in history if at.date() <= as_of]
            entries = [(max(at, created) if created else at, who) for at, who in entries]
            if closed is not None:
                entries = [(at, who) for at, who in entries if at <= closed] or entries[:1]
            merged = [next(group) for _, group in groupby(entries, key=lambda entry: entry[1])]
            raw: list[tuple[str, date, date | None, bool]] = []
            for index, (at, who) in enumerate(merged):
                following = merged[index + 1][0] if index + 1 < len(merged) else None
                if who is not None:
                    with_close = following is None and closed is not None
                    ended = max(closed, at) if with_close and closed else following
                    raw.append((who, at.date(), ended.date() if ended else None, with_close))
            successor: Spell | None = None
            for who, started, ended, with_close in reversed(raw):
                same = successor is not None and successor.employee_id == who
                successor = Spell(role, who, started, ended, with_close, successor, same)
                found.append(successor)
        return found

    def end_cause(self, spell: Spell, as_of: date) -> str | None:
        if spell.ended_on is None or spell.ends_with_close or spell.followed_by_same:
            return None
        latest = spell.ended_on + timedelta(days=45)
        ends = [gone for _, gone in self.employments(spell.employee_id, as_of) if gone]
        if any(spell.started_on <= gone <= latest for gone in ends):
            return "employee_left"
        rows = self.jobs_known(spell.employee_id, as_of)
        for (_, before), (effective, after) in pairwise(rows):
            moved = (before["department"], before["jobTitle"]) != (after["department"], after["jobTitle"])
            if moved and abs((effective - spell.ended_on).days) <= 45:
                return "internal_move"
        return "reassignment"

    def handoff(self, spell: Spell, customer_id: str, as_of: date) -> str | None:
        if self.end_cause(spell, as_of) is None or spell.successor is None:
            return None
        assert spell.ended_on
        touches = self.known_touches(customer_id, as_of)

        def near(employee_id: str, on: date) -> bool:
            return any(t.employee_id == employee_id and abs((t.on - on).days) <= 30 for t in touches)

        start = spell.successor.started_on
        if near(spell.employee_id, spell.ended_on) and near(spell.successor.employee_id, start):
            return "warm"
        return "cold" if as_of >= start + timedelta(days=30) else None

    def lifecycle_stage(self, customer_id: str, since: date | None, churned: date | None, as_of: date) -> str | None:
        if churned is not None:
            return "churned"
        history = self.companies[customer_id.split(":", 1)[1]]["history"].get("lifecyclestage", [])
        known = [value for at, value in history if at.date() <= as_of]
        vendor = STAGES.get(known[-1] or "") if known else None
        if vendor == "advocacy":
            return "advocacy"
        if since is None:
            return vendor
        return "use" if as_of >= since + timedelta(days=90) else "purchase"

    @cached_property
    def as_of_days(self) -> list[date]:
        first = min((deal.recorded_on for deal in self.deals), default=self.as_of)
        found = []
        on = month_end(first)
        while on < self.as_of:
            found.append(on)
            on = month_end(on + timedelta(days=1))
        return [*found, self.as_of]

    def customer_months(self) -> list[Row]:
        found = []
        for company in self.companies.values():
            customer_id = company["customer_id"]
            if company["gone_at_first"] or customer_id.split(":", 1)[1] in self.winners:
                continue
            for as_of in self.as_of_days:
                if company["recorded_on"] > as_of or (company["removed_on"] and company["removed_on"] <= as_of):
                    continue
                since = self.customer_since(customer_id, as_of)
                if since is None:
                    continue
                terms = self.terms(customer_id, as_of)
                churned = self.churned_on(terms, as_of)
                if churned is not None and churned.replace(day=1) != as_of.replace(day=1):
                    continue
                found.append(
                    {
                        "customer_id": customer_id,
                        "month": as_of.replace(day=1),
                        "as_of_on": as_of,
                        "is_current": as_of == self.as_of and churned is None,
                        "lifecycle_stage": self.lifecycle_stage(customer_id, since, churned, as_of),
                        "segment": company["properties"].get("segment") or None,
                        **self.state_columns(terms, as_of),
                        **self.touch_columns(customer_id, since, terms, as_of),
                        **self.people_columns(customer_id, since, as_of),
                        **self.quality_columns(customer_id, as_of),
                    }
                )
        return found

    def next_term(self, terms: list[Term], as_of: date) -> tuple[Term | None, Term | None]:
        """The earliest undecided term, and the running term of its contract."""
        undecided = [term for term in terms if term.decided_on(as_of) is None]
        if not undecided:
            return None, None
        term = min(undecided, key=lambda t: (t.due_on, t.contract.number))
        running = [t for t in terms if t.contract is term.contract and t.runs(as_of, as_of)]
        return term, max(running, key=lambda t: t.start_on, default=None)

    def state_columns(self, terms: list[Term], as_of: date) -> Row:
        term, running = self.next_term(terms, as_of)
        decided = sorted(
            (decided, t.contract.number, t.number, self.outcome(t, as_of))
            for t in terms
            if (decided := t.decided_on(as_of)) is not None
        )
        notice = term.opened_by.notice_on if term else None
        return {
            "arr": self.arr(terms, as_of, as_of),
            "contracts_running": len({t.contract.deal_id for t in terms if t.runs(as_of, as_of)}),
            "next_renewal_on": term.due_on if term else None,
            "days_to_renewal": (term.due_on - as_of).days if term else None,
            "days_to_notice": (notice - as_of).days if notice else None,
            "term_number": running.number if running else None,
            "term_started_on": running.start_on if running else None,
            "last_renewal_outcome": decided[-1][3] if decided else None,
        }

    def touch_columns(self, customer_id: str, since: date, terms: list[Term], as_of: date) -> Row:
        touches = self.known_touches(customer_id, as_of)

        def within(days: int) -> list[Touch]:
            return [t for t in touches if (as_of - t.on).days < days]

        def days_since(days: Iterable[date]) -> int | None:
            newest = max(days, default=None)
            return (as_of - newest).days if newest else None

        start = max(as_of - timedelta(days=364), since)
        touch_days = sorted({t.on for t in within(365)})
        edges = [start - timedelta(days=1), *(d for d in touch_days if d >= start), as_of + timedelta(days=1)]
        silences = [(after - before).days - 1 for before, after in pairwise(edges)]
        gaps = [float((after - before).days) for before, after in pairwise(touch_days)]
        first_month = add_months(as_of.replace(day=1), -11)
        pulses = {t.on.replace(day=1) for t in touches if t.on >= first_month and t.is_pulse_check(as_of)}
        existed = max(first_month, since.replace(day=1))
        months = (as_of.year - existed.year) * 12 + as_of.month - existed.month + 1
        _, running = self.next_term(terms, as_of)
        in_term = [t for t in touches if running and t.on >= running.start_on]
        reactive = sum(t.initiative(as_of) == "reactive" for t in in_term)
        proactive = sum(t.initiative(as_of) == "proactive" for t in in_term)
        talked = [t for t in within(180) if t.customer_talk_share is not None and t.duration_minutes is not None]
        minutes = sum(t.duration_minutes or 0 for t in talked)
        return {
            "touches_90d": len(within(90)),
            "substantive_touches_90d": sum(t.substance == "substantive" for t in within(90)),
            "courtesy_share_90d": share(sum(t.substance == "courtesy" for t in within(90)), len(within(90))),
            "days_since_touch": days_since(t.on for t in touches),
            "days_since_substantive_touch": days_since(t.on for t in touches if t.substance == "substantive"),
            "longest_silence_days_365d": max(silences),
            "cadence_cv_365d": spread(gaps) if len(touch_days) >= 3 else None,
            "pulse_months_12m": len(pulses),
            "pulse_coverage_12m": share(sum(month >= existed for month in pulses), months),
            "reactive_share_term": share(reactive, reactive + proactive),
            "departments_touching_180d": len(
                {d for t in within(180) if (d := self.department(t.employee_id, t.on, as_of)) is not None}
            ),
            "customer_talk_share_180d": share(
                sum((t.customer_talk_share or 0) * (t.duration_minutes or 0) for t in talked), minutes
            ),
            "education_touches_180d": sum(t.is_education for t in within(180)),
            "days_since_account_review": days_since(
                on
                for customer, on, fact in self.account_reviews
                if customer == customer_id and on <= as_of and fact.known(as_of)
            ),
            "days_since_seller_touch": days_since(
                t.on for t in touches if t.employee_id and t.employee_id == self.seller(customer_id, as_of)
            ),
        }

    def seller(self, customer_id: str, as_of: date) -> str | None:
        """Employee who held the role seller when the first deal was won."""
        won = [
            (state.close_on, state.deal.number, state.deal)
            for deal in self.deals_by_customer[customer_id]
            if (state := deal.state(as_of)) and state.kind == "new_business" and state.outcome == "won"
        ]
        deal = min(won)[2]
        closed = instant(deal.value("closedate", as_of))
        assert closed
        history = [(at, owner) for at, owner in deal.history.get("hubspot_owner_id", []) if at.date() <= as_of]
        before = [owner for at, owner in history if at <= closed] or [owner for _, owner in history[:1]]
        return self.employee(before[-1] or None) if before else None

    def people_columns(self, customer_id: str, since: date, as_of: date) -> Row:
        spells = [s for s in self.spells(customer_id, as_of) if s.role in TEAM_ROLES]
        running = [s for s in spells if s.ended_on is None]
        ended = [s for s in spells if s.ended_on and (as_of - s.ended_on).days < 365]
        causes = [cause for s in ended if (cause := self.end_cause(s, as_of))]
        then = as_of - timedelta(days=365)
        held_then = {
            s.role: s.employee_id for s in spells if s.started_on <= then and (not s.ended_on or s.ended_on > then)
        }
        held_now = {s.role: s.employee_id for s in running}
        both = set(held_then) & set(held_now)
        holders = {s.employee_id for s in running if self.is_employed(s.employee_id, as_of)}
        tenures = [(as_of - self.employments(e, as_of)[-1][0]).days for e in holders]
        gone = {
            s.employee_id
            for s in running
            if self.employments(s.employee_id, as_of) and not self.is_employed(s.employee_id, as_of)
        }
        touches = [t for t in self.known_touches(customer_id, as_of) if t.employee_id]
        before = {t.employee_id for t in touches if 1 <= (since - t.on).days <= 180}
        after = {t.employee_id for t in touches if 0 <= (t.on - since).days <= 180}
        return {
            "roles_filled": len(held_now),
            "roles_orphaned": len({s.role for s in spells} - set(held_now)),
            "assignment_changes_365d": len(causes),
            "changes_employee_left_365d": causes.count("employee_left"),
            "changes_internal_move_365d": causes.count("internal_move"),
            "changes_reassignment_365d": causes.count("reassignment"),
            "team_continuity_365d": share(sum(held_then[role] == held_now[role] for role in both), len(both)),
            "ghost_owners": len(gone),
            "team_median_tenure_days": statistics.median(tenures) if tenures else None,
            "inexperienced_assignees": sum(tenure < 180 for tenure in tenures),
            "cold_handoffs_365d": sum(self.handoff(s, customer_id, as_of) == "cold" for s in ended),
            "presale_faces_kept": share(len(before & after), len(before)) if (as_of - since).days >= 180 else None,
        }

    def quality_columns(self, customer_id: str, as_of: date) -> Row:
        incidents = self.known_incidents(customer_id, as_of)

        def within(days: int) -> list[Incident]:
            return [i for i in incidents if (as_of - i.opened_on).days < days]

        def severe(incident: Incident) -> bool:
            return incident.severity(as_of) in SEVERE

        def resolved(days: int) -> list[float]:
            hours = []
            for incident in incidents:
                at = incident.resolved_at(as_of)
                if at and (as_of - at.date()).days < days:
                    hours.append((at - incident.opened_at).total_seconds() / 3600)
            return hours

        before = {i.incident_id: incidents[:n] for n, i in enumerate(incidents)}
        discrepancies = [i for i in within(365) if i.category == "discrepancy"]
        late = sum(i.phase != "before_start" for i in discrepancies)
        return {
            "open_incidents": sum(i.resolved_at(as_of) is None for i in incidents),
            "incidents_180d": len(within(180)),
            "severe_incidents_180d": sum(severe(i) for i in within(180)),
            "surprises_180d": sum(severe(i) and i.detected_by in ("customer", "survey") for i in within(180)),
            "late_discrepancies_365d": late,
            "late_discrepancy_share_365d": share(late, len(discrepancies)),
            "repeat_incidents_180d": sum(
                any(e.category == i.category and (i.opened_on - e.opened_on).days <= 90 for e in before[i.incident_id])
                for i in within(180)
            ),
            "second_incidents_180d": sum(
                bool(before[i.incident_id]) and (i.opened_on - before[i.incident_id][-1].opened_on).days <= 90
                for i in within(180)
            ),
            "had_severe_incident_ever": any(severe(i) for i in incidents),
            "median_resolution_hours_180d": statistics.median(resolved(180)) if resolved(180) else None,
            "resolution_cv_365d": spread(resolved(365)) if len(resolved(365)) >= 3 else None,
            "severity_mix_365d": share(sum(severe(i) for i in within(365)), len(within(365))),
        }

    def retention_by_month(self) -> list[Row]:
        found = []
        for as_of in self.as_of_days:
            then_on = month_end(add_months(as_of.replace(day=1), -12))
            balances: dict[str, list[tuple[float, float]]] = defaultdict(list)
            for company in self.companies.values():
                gone = company["removed_on"] and company["removed_on"] <= as_of
                if company["gone_at_first"] or gone or company["recorded_on"] > as_of:
                    continue
                terms = self.terms(company["customer_id"], as_of)
                if not terms:
                    continue
                pair = (self.arr(terms, then_on, as_of), self.arr(terms, as_of, as_of))
                for segment in ("all", company["properties"].get("segment") or "unknown"):
                    balances[segment].append(pair)
            for segment, pairs in balances.items():
                start = sum(then for then, _ in pairs)
                cohort = [(then, now) for then, now in pairs if then > 0]
                found.append(
                    {
                        "month": as_of.replace(day=1),
                        "segment": segment,
                        "arr_start": start,
                        "arr_end": sum(now for _, now in pairs),
                        "arr_churned": sum(then for then, now in cohort if now == 0),
                        "arr_contracted": sum(then - now for then, now in cohort if 0 < now < then),
                        "arr_expanded": sum(now - then for then, now in cohort if now > then),
                        "arr_new": sum(now for then, now in pairs if then == 0),
                        "grr": share(sum(min(pair) for pair in cohort), start),
                        "nrr": share(sum(now for _, now in cohort), start),
                        "logo_retention": share(sum(now > 0 for _, now in cohort), len(cohort)),
                    }
                )
        return found
