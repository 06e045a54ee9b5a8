"""A simulated company of known causes, from landing through the models that prove, and what the mart found of it.

Two kinds of made-up predictors go through the very statistics of the mart beside the real ones: the placebo that the
simulator plants, and the health score against outcomes that were shuffled.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.demo.company import DEFAULT_AS_OF
from dagster_project.demo.landing import Size, write_landing
from tests.dbt.landing_writer import Row, build, invoke_dbt, query

AS_OF = DEFAULT_AS_OF.isoformat()
# Some 360 lost renewals: enough to see causes of published size, where 240 customers show few of them.
LARGE = Size(customers=2_000, prospects=500, years=4, employees=600)
SMALL = Size(customers=240, prospects=60, years=4, employees=72)
PROOF = "+retention_drivers +health_backtest +retention_by_month +renewals +assignments +quality_incidents"
STATISTICS = "int_predictors_ranked_on_renewals int_bucket_rates_tried_on_later_years retention_drivers health_backtest"
SHUFFLES = 20


@dataclass(frozen=True)
class Rate:
    """Of how many renewals how many were lost."""

    n: int
    lost: int

    @property
    def retained(self) -> float:
        return (self.n - self.lost) / self.n


@dataclass(frozen=True)
class Found:
    """What the mart says of one company. Rates are of the renewals before which something befell the customer."""

    seed: int
    drivers: list[Row]
    backtest: dict[str, Row]
    months: list[Row]
    all_renewals: Rate
    successors: dict[str, Rate]
    failures: dict[str, Rate]
    promises: dict[str, Rate]
    outcomes_unlike_truth: int

    def buckets(self, column: str) -> Iterator[Row]:
        return (row for row in self.drivers if row["measured_column"] == column)


def made(size: Size, seed: int, folder: Path) -> Path:
    """The landing of a company, in a data folder of its own."""
    write_landing(size, seed, DEFAULT_AS_OF, folder, 1, lambda *_: None)
    return folder


def proven(seed: int, folder: Path) -> Found:
    """Made, built and looked at."""
    made(LARGE, seed, folder)
    build(folder, select=PROOF, as_of=AS_OF)
    add_placebo(folder)
    add_shuffles(folder, seed)
    invoke_dbt(folder, ["run", "--select", *STATISTICS.split()], as_of=AS_OF)
    return found(seed, folder)


@contextmanager
def warehouse(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(folder / "warehouse" / "retention.duckdb")) as connection:
        yield connection


def truth(folder: Path) -> str:
    return f"read_parquet('{folder}/truth/terms/*.parquet')"


def add_placebo(folder: Path) -> None:
    """Whether a customer was met at a fair, as if it were a driver of which nobody knows that it does nothing."""
    with warehouse(folder) as connection:
        connection.execute(
            f"""insert into intermediate.int_predictors_joined_to_renewals by name
            select
                renewals.* exclude (term_number, due_on, month), 'placebo' as predictor, 'driver' as predictor_kind,
                cast(visitors.is_visitor as double) as risk, if(visitors.is_visitor, 'bad', 'good') as bucket
            from intermediate.int_renewals_assessed as renewals
            inner join (
                select customer_id, bool_or(list_contains(causes, 'placebo')) as is_visitor
                from {truth(folder)} group by customer_id
            ) as visitors using (customer_id)"""
        )


def add_shuffles(folder: Path, seed: int) -> None:
    """The health score against outcomes that belong to other renewals, twenty times."""
    with warehouse(folder) as connection:
        connection.execute(
            f"""insert into intermediate.int_predictors_joined_to_renewals by name
            with scored as (
                select *, row_number() over (order by renewal_id) as place
                from intermediate.int_predictors_joined_to_renewals
                where predictor = 'health_score'
            ), drawn as (
                select shuffle, is_lost, row_number() over (
                    partition by shuffle order by md5(renewal_id || '/{seed}/' || shuffle)
                ) as place
                from scored cross join (select unnest(range({SHUFFLES})) as shuffle)
            )
            select scored.* exclude (place) replace (
                drawn.is_lost as is_lost, printf('shuffled_%02d', drawn.shuffle) as predictor
            )
            from scored inner join drawn using (place)"""
        )


# The year before a term's due day, in which its causes lie.
IN_ITS_YEAR = "{day} > renewals.due_on - 365 and {day} < renewals.due_on"

SUCCESSORS = f"""
with spells as (
    select
        customer_id, end_cause, handoff, cast(ended_at as date) as ended_on,
        lead(employee_id) over (partition by customer_id, role order by started_at) as successor_id,
        lead(tenure_at_start_days) over (partition by customer_id, role order by started_at) as tenure
    from mart.assignments
    where role <> 'seller'
), departures as (
    select
        customer_id, ended_on,
        handoff = 'warm' and tenure >= 365 as is_warm_and_experienced,
        successor_id is null or (handoff = 'cold' and tenure < 365) as is_cold_and_new
    from spells
    where end_cause = 'employee_left'
), befallen as (
    select
        renewals.renewal_id, renewals.outcome = 'churned' as is_lost,
        bool_or(is_warm_and_experienced) as has_warm, bool_or(is_cold_and_new) as has_cold
    from mart.renewals as renewals
    inner join departures
        on renewals.customer_id = departures.customer_id
        and {IN_ITS_YEAR.format(day="departures.ended_on")}
    where renewals.outcome <> 'open'
    group by all
)
select if(has_warm, 'warm and experienced', 'cold and new') as kind, is_lost
from befallen where coalesce(has_warm, false) <> coalesce(has_cold, false)
"""

FAILURES = f"""
with severe as (
    select
        customer_id, cast(opened_at as date) as opened_on,
        lag(cast(opened_at as date)) over (partition by customer_id order by opened_at, incident_id) as before_on
    from mart.quality_incidents
    where severity in ('high', 'critical')
), befallen as (
    select
        renewals.renewal_id, renewals.outcome = 'churned' as is_lost, count(*) as failures,
        bool_or(before_on > renewals.due_on - 365 and opened_on - before_on <= 90) as is_soon
    from mart.renewals as renewals
    inner join severe
        on renewals.customer_id = severe.customer_id and {IN_ITS_YEAR.format(day="severe.opened_on")}
    where renewals.outcome <> 'open'
    group by all
)
select if(is_soon, 'within 90 days', 'far apart') as kind, is_lost from befallen where failures > 1
"""

PROMISES = f"""
with promised as (
    select
        customer_id, cast(opened_at as date) as opened_on,
        not (coalesce(first_response_kept, true) and coalesce(resolution_kept, true)) as is_broken,
        date_diff('hour', opened_at, resolved_at) > 6 * 24 as is_slow
    from mart.quality_incidents
    where (first_response_kept is not null or resolution_kept is not null) and resolved_at is not null
), befallen as (
    select
        renewals.renewal_id, renewals.outcome = 'churned' as is_lost,
        bool_or(is_broken) as has_broken, bool_or(is_slow) as has_slow
    from mart.renewals as renewals
    inner join promised
        on renewals.customer_id = promised.customer_id and {IN_ITS_YEAR.format(day="promised.opened_on")}
    where renewals.outcome <> 'open'
    group by all
)
select if(has_broken, 'fast and broken', 'slow and kept') as kind, is_lost from befallen where has_broken <> has_slow
"""


def found(seed: int, folder: Path) -> Found:
    rows = query(folder, "select outcome = 'churned' as is_lost from mart.renewals where outcome <> 'open'")
    unlike = query(
        folder,
        f"""select count(*) as n
        from {truth(folder)} as told
        left join mart.renewals as renewals using (customer_id, contract_id, term_number)
        where told.decided_on <= date '{AS_OF}' and told.outcome is distinct from renewals.outcome""",
    )
    return Found(
        seed=seed,
        drivers=query(folder, "select * from mart.retention_drivers"),
        backtest={
            row["predictor"]: row for row in query(folder, "select * from mart.health_backtest where segment = 'all'")
        },
        months=query(folder, "select * from mart.retention_by_month"),
        all_renewals=Rate(len(rows), sum(row["is_lost"] for row in rows)),
        successors=rates(folder, SUCCESSORS),
        failures=rates(folder, FAILURES),
        promises=rates(folder, PROMISES),
        outcomes_unlike_truth=unlike[0]["n"],
    )


def rates(folder: Path, sql: str) -> dict[str, Rate]:
    counted = f"select kind, count(*) as n, count(*) filter (where is_lost) as lost from ({sql}) group by kind"
    return {row["kind"]: Rate(row["n"], row["lost"]) for row in query(folder, counted)}


def forget(folder: Path) -> None:
    shutil.rmtree(folder)
