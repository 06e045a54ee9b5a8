"""Every component of the reports once, with made-up contents: what a new page is put together from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from markupsafe import Markup

from reports.charts import Charts
from reports.listing import Entry, Listing
from reports.publication import (
    Assignment,
    Backtest,
    Contact,
    Customer,
    DriverRate,
    Employee,
    Incident,
    LoadStatus,
    Pointer,
    Renewal,
    RetentionMonth,
    Survey,
    SurvivalTerm,
    Touch,
    Voice,
)
from reports.reasons import Evidence
from reports.records import CustomerRecords
from reports.render import report_environment
from reports.timeline import legend, timeline
from reports.trust import Trust

AS_OF = date(2026, 6, 30)

Record = TypeVar("Record")


@dataclass(frozen=True)
class ComponentsContext:
    """What the page of components shows: one made-up customer with a record of each kind."""

    as_of: date
    records: CustomerRecords
    evidence: tuple[Evidence, ...]
    pointers: tuple[Pointer, ...]
    definition: str
    listing: Listing[Incident]


def write_components(path: Path) -> None:
    """Write the page of all components."""
    seller = _made(Employee, employee_id="hr:1", full_name="Ada Lind", terminated_on=AS_OF - timedelta(days=40))
    charts = Charts()
    context = _context()
    page = report_environment({seller.employee_id: seller}).get_template("components.html")
    written = page.render(page=context, trust=_trust(), charts=_drawn(charts, context, seller), legend=legend())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(written, encoding="utf-8")


def _made(record: type[Record], **known: Any) -> Record:
    """A record of which all but what is named is not known."""
    return record(**{field.name: known.get(field.name) for field in fields(record)})  # type: ignore[arg-type]


def _at(days_ago: int) -> datetime:
    return datetime.combine(AS_OF - timedelta(days=days_ago), datetime.min.time()).replace(hour=9)


def _context() -> ComponentsContext:
    customer = _made(Customer, customer_id="crm:1", customer_name="Fjord Cannery", account_manager_id="hr:1")
    touches = [
        _made(
            Touch,
            touch_id=f"t{days}",
            occurred_at=_at(days),
            occurred_on=_at(days).date(),
            channel="call",
            direction="outbound",
            substance=substance,
            is_pulse_check=substance == "substantive",
        )
        for days, substance in ((20, "courtesy"), (95, "substantive"), (160, "sales"), (240, "substantive"))
    ]
    spells = [
        _made(
            Assignment,
            assignment_id="a1",
            role="account_manager",
            employee_id="hr:1",
            started_at=_at(500),
            is_ghost=True,
            ghost_days=40,
        )
    ]
    incident = _made(
        Incident,
        incident_id="i1",
        opened_at=_at(120),
        opened_on=_at(120).date(),
        severity="high",
        category="fault",
        detected_by="customer",
        is_surprise=True,
    )
    term = _made(
        Renewal,
        renewal_id="r1",
        contract_id="c1",
        term_number=1,
        term_started_on=_at(320).date(),
        due_on=AS_OF + timedelta(days=45),
        outcome="open",
        arr_due=48_000.0,
    )
    survey = _made(
        Survey,
        survey_response_id="s1",
        survey_type="nps",
        sent_at=_at(70),
        responded_at=_at(68),
        score=4.0,
        score_max=10.0,
        sentiment="negative",
    )
    heard = _made(Voice, voice_id="v1", heard_at=_at(200), heard_on=_at(200).date(), kind="warning", theme="leaks")
    contact = _made(Contact, contact_id="p1", full_name="Nils Berg", persona="user")
    records = CustomerRecords(
        as_of=AS_OF,
        customer=customer,
        touches=touches,
        assignments=spells,
        incidents=[incident],
        renewals=[term],
        surveys=[survey],
        voice=[heard],
        contacts=[contact],
    )
    return ComponentsContext(
        as_of=AS_OF,
        records=records,
        evidence=(Evidence("days_since_touch", "Days since touch", "plain", 95, "listed from 90"),),
        pointers=(Pointer("touches", "t95", "2026-03-27 call", "crm", "95", "https://crm.example/95"),),
        listing=Listing("Severe incidents that are not resolved.", 1, (Entry(customer, term.due_on, incident),)),
        definition="Share of last year's recurring revenue that is still there, expansions aside.",
    )


def _trust() -> Trust:
    loads = (
        _made(LoadStatus, source_system="crm", source_table="crm__deals", freshness="fresh", rules_passed=12),
        _made(
            LoadStatus,
            source_system="hr",
            source_table="hr__people",
            freshness="stale",
            last_good_load_at=_at(3),
            rules_passed=8,
            rules_failed=1,
        ),
    )
    return Trust(as_of=AS_OF, published_as_of=AS_OF - timedelta(days=1), loads=loads, unresolved=())


def _drawn(charts: Charts, context: ComponentsContext, seller: Employee) -> Mapping[str, Markup]:
    months = [
        _made(
            RetentionMonth,
            month=date(2026, number, 1),
            segment="all",
            arr_start=900_000.0,
            arr_churned=60_000.0,
            arr_contracted=20_000.0,
            arr_expanded=45_000.0,
            arr_new=70_000.0,
            arr_end=935_000.0,
            grr=0.90 + number / 500,
            nrr=0.95 + number / 300,
            logo_retention=0.93 - number / 900,
        )
        for number in range(1, 7)
    ]
    return {
        "timeline": timeline(context.records, {seller.employee_id: seller}),
        "bridge": charts.bridge(months[-1]),
        "trend": charts.retention_trend(months),
        "quality": charts.quality_by_month(
            [
                (
                    date(2026, number, 1),
                    {"critical": number % 2, "high": 1, "normal": 6 - number, "low": number % 3},
                    kept,
                )
                for number, kept in enumerate((0.8, 0.9, None, 0.7, 0.95, 1.0), start=1)
            ]
        ),
        "calendar": charts.renewals_due(
            (30_000.0, 1),
            [
                (date(2026, 7, 1), 120_000.0, 3, 2, 18_000.0),
                (date(2026, 8, 1), 0.0, 0, 1, 0.0),
                (date(2026, 9, 1), 45_000.0, 1, 0, None),
            ],
        ),
        "rates": charts.rates(
            [
                (band, _made(DriverRate, n=n, rate=rate, rate_low=low, rate_high=high, differs_from_all=differs))
                for band, n, rate, low, high, differs in (
                    ("at risk", 40, 0.70, 0.55, 0.82, True),
                    ("watch", 25, 0.88, 0.70, 0.96, False),
                    ("healthy", 160, 0.95, 0.91, 0.98, True),
                )
            ],
            0.9,
            "bands",
        ),
        "survival": charts.survival(
            [
                _made(
                    SurvivalTerm, term_number=1, due=80, lost=12, survival=0.85, survival_low=0.75, survival_high=0.91
                ),
                _made(
                    SurvivalTerm, term_number=2, due=30, lost=1, survival=0.82, survival_low=0.70, survival_high=0.90
                ),
            ]
        ),
        "foretold": charts.foretold(
            [
                _made(Backtest, segment="all", forecasts=90, forecast_churned=12, forecast_churned_expected=10.4),
                _made(Backtest, segment="mid_market", forecasts=30, forecast_churned=2, forecast_churned_expected=4.1),
            ]
        ),
        "care": charts.care(
            ["Enterprise", "Others"],
            [
                ("Days to first help", None, [(6.0, "6.0"), (None, "not known")]),
                ("Promises kept", 1.0, [(0.97, "97.0%"), (0.91, "91.0%")]),
            ],
        ),
    }
