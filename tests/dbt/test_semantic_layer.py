"""Metrics asked through MetricFlow of a publication, by time and dimension: the same figures as the mart's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pytest
from dbt.contracts.graph.semantic_manifest import SemanticManifest
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from tests.conftest import DemoRun
from tests.dbt.landing_writer import parsed_project

pytestmark = pytest.mark.long

MEANS = (
    "health_score",
    "pulse_coverage_12m",
    "reactive_share_term",
    "promise_kept_rate_180d",
    "team_continuity_365d",
)
STATES = ("customers", "arr", "arr_at_risk", "arr_at_risk_share", "surprises_180d", *MEANS)
RETENTION = (
    "grr",
    "nrr",
    "logo_retention",
    "arr_start",
    "arr_kept",
    "arr_of_cohort",
    "customers_start",
    "customers_kept",
)
TOUCHES = ("reactive_share", "reactive_touches", "initiated_touches")
INCIDENTS = ("surprises", "promises_kept", "promises_due", "promise_kept_rate")
USAGE = ("units_used", "units_bought", "utilization")

# The same figures in SQL, by the columns that a query puts in the place of the braces.
OF_STATES = f"""
with states as (
    select *, case when health_band = 'at_risk' then arr else 0 end as arr_at_risk from mart.customer_months
)
select
    {{by}}, count(*), sum(arr), sum(arr_at_risk), sum(arr_at_risk) / nullif(sum(arr), 0), sum(surprises_180d),
    {", ".join(f"avg({mean})" for mean in MEANS)}
from states
where {{rows}}
group by all
"""
OF_RETENTION = f"""
with retention as (select *, arr_end - arr_new as arr_of_cohort from mart.retention_by_month)
select {{by}}, {", ".join(RETENTION)} from retention where {{rows}}
"""
OF_TOUCHES = """
select
    {by},
    count(*) filter (where initiative = 'reactive')
    / nullif(count(*) filter (where initiative in ('reactive', 'proactive')), 0),
    count(*) filter (where initiative = 'reactive'),
    count(*) filter (where initiative in ('reactive', 'proactive'))
from mart.touches left join mart.customers using (customer_id)
group by all
"""
OF_INCIDENTS = """
with promises as (
    select incident_id, unnest([first_response_kept, resolution_kept]) as is_kept from mart.quality_incidents
),
counted as (
    select incident_id, count(*) filter (where is_kept) as kept, count(is_kept) as due from promises group by all
)
select {by}, count(*) filter (where is_surprise), sum(kept), sum(due), sum(kept) / nullif(sum(due), 0)
from mart.quality_incidents join counted using (incident_id) left join mart.customers using (customer_id)
group by all
"""
OF_USAGE = """
select {by}, sum(units_used), sum(units_bought), sum(units_used) / nullif(sum(units_bought), 0)
from mart.product_usage left join mart.customers using (customer_id)
where units_used is not null and units_bought is not null
group by all
"""
LAST_OF_QUARTER = "month in (select max(month) from mart.retention_by_month group by date_trunc('quarter', month))"

MONTH, QUARTER = "metric_time__month", "metric_time__quarter"
SEGMENT, STAGE = "customer__segment", "customer__lifecycle_stage"


@dataclass(frozen=True)
class Question:
    """Metrics by some dimensions, and the SQL that has the same columns in the same order."""

    metrics: tuple[str, ...]
    by: tuple[str, ...]
    sql: str


QUESTIONS = [
    Question(STATES, (MONTH,), OF_STATES.format(by="month", rows="true")),
    Question(STATES, (MONTH, SEGMENT), OF_STATES.format(by="month, segment", rows="true")),
    Question(
        STATES,
        (MONTH, "customer_month__lifecycle_stage", "customer_month__health_band"),
        OF_STATES.format(by="month, lifecycle_stage, health_band", rows="true"),
    ),
    Question(STATES, (QUARTER,), OF_STATES.format(by="date_trunc('quarter', month)", rows=LAST_OF_QUARTER)),
    Question(RETENTION, (MONTH,), OF_RETENTION.format(by="month", rows="segment = 'all'")),
    Question(
        RETENTION,
        (MONTH, "retention_month__segment"),
        OF_RETENTION.format(by="month, segment", rows="segment <> 'all'"),
    ),
    Question(
        RETENTION,
        (QUARTER,),
        OF_RETENTION.format(by="date_trunc('quarter', month)", rows=f"segment = 'all' and {LAST_OF_QUARTER}"),
    ),
    Question(TOUCHES, (MONTH, SEGMENT), OF_TOUCHES.format(by="date_trunc('month', occurred_on), segment")),
    Question(TOUCHES, (QUARTER, STAGE), OF_TOUCHES.format(by="date_trunc('quarter', occurred_on), lifecycle_stage")),
    Question(INCIDENTS, (MONTH, SEGMENT), OF_INCIDENTS.format(by="date_trunc('month', opened_on), segment")),
    Question(INCIDENTS, (QUARTER, STAGE), OF_INCIDENTS.format(by="date_trunc('quarter', opened_on), lifecycle_stage")),
    Question(USAGE, (MONTH, SEGMENT), OF_USAGE.format(by="month, segment")),
    Question(USAGE, (QUARTER,), OF_USAGE.format(by="date_trunc('quarter', month)")),
]


class ReadOnly:
    """What MetricFlow must know of the engine to write its SQL; we run it, on a file that nobody writes."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


@pytest.fixture(scope="module")
def metricflow() -> MetricFlowEngine:
    """MetricFlow's own engine: its command line looks for newer versions on the network."""
    manifest = SemanticManifest(parsed_project())._get_pydantic_semantic_manifest()
    lookup = SemanticManifestLookup(parse_manifest_from_dbt_generated_manifest(manifest.json()))
    return MetricFlowEngine(semantic_manifest_lookup=lookup, sql_client=ReadOnly())


@pytest.fixture(scope="module")
def published(demo: DemoRun) -> Iterator[duckdb.DuckDBPyConnection]:
    """The publication under the name that the warehouse has where the metrics are defined."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{demo.publication}' as retention (read_only)")
        connection.execute("use retention")
        yield connection


def figures(connection: duckdb.DuckDBPyConnection, sql: str, by: int) -> dict[tuple[Any, ...], list[float | None]]:
    """Figures by the values of the first `by` columns, times as days."""
    found: dict[tuple[Any, ...], list[float | None]] = {}
    for row in connection.execute(sql).fetchall():
        key = tuple(value.date() if isinstance(value, datetime) else value for value in row[:by])
        assert key not in found
        found[key] = [None if value is None else float(value) for value in row[by:]]
    return found


def asked(
    metricflow: MetricFlowEngine, published: duckdb.DuckDBPyConnection, metrics: tuple[str, ...], by: tuple[str, ...]
) -> dict[tuple[Any, ...], list[float | None]]:
    request = MetricFlowQueryRequest.create(metric_names=metrics, group_by_names=by)
    sql = metricflow.explain(request).sql_statement.sql
    return figures(published, f"select {', '.join((*by, *metrics))} from ({sql.rstrip().rstrip(';')})", len(by))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: f"{one.metrics[0]}-{'-'.join(one.by)}")
def test_a_metric_has_the_figures_of_the_mart(
    metricflow: MetricFlowEngine, published: duckdb.DuckDBPyConnection, question: Question
) -> None:
    told = asked(metricflow, published, question.metrics, question.by)
    in_mart = figures(published, question.sql, len(question.by))
    assert told
    # The mart rounds the ARR of each segment to cents, and that of all together.
    assert told == {
        key: [None if value is None else pytest.approx(value, rel=1e-6) for value in expected]
        for key, expected in in_mart.items()
    }


def test_of_one_customer_a_metric_is_the_column_of_its_name(
    metricflow: MetricFlowEngine, published: duckdb.DuckDBPyConnection
) -> None:
    columns = ("arr", "surprises_180d", *MEANS)
    sql = f"select month, customer_id, {', '.join(columns)} from mart.customer_months"
    assert asked(metricflow, published, columns, (MONTH, "customer")) == figures(published, sql, 2)


def test_what_is_so_at_a_months_end_is_not_summed_over_months(
    metricflow: MetricFlowEngine, published: duckdb.DuckDBPyConnection
) -> None:
    last = "select sum(arr) from mart.customer_months where month = (select max(month) from mart.customer_months)"
    years = asked(metricflow, published, ("arr",), ("metric_time__year",))
    assert years[max(years)] == [pytest.approx(published.execute(last).fetchall()[0][0])]


def test_every_metric_is_compared(metricflow: MetricFlowEngine) -> None:
    compared = {metric for question in QUESTIONS for metric in question.metrics}
    assert {metric.name for metric in metricflow.list_metrics()} - compared == set()
