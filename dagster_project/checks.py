"""Binds expectations to Dagster: every suite becomes asset checks, one per rule, by one factory.

What a rule is stands in `expectations/__init__.py`; a suite is found by its path and needs no registration.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from statistics import median
from typing import TYPE_CHECKING, Any

from dagster import AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, AssetKey

from dagster_project.past import SHARE_ROWS, Batch, judge_by_past, values_keep_their_shape
from dagster_project.settings import PROJECT_DIR
from expectations import OF_EVERY_LANDED_TABLE, Allowance, Outcome, Rule

if TYPE_CHECKING:
    import pandas as pd

# The one word of a rule's kwargs that Great Expectations does not know.
PAST = "min_share_of_past"
# Enough to find the records by; a broken feed would otherwise fill Dagster's event log with keys.
KEYS_SHOWN = 20


@dataclass(frozen=True)
class Suite:
    """The rules about one table, the columns whose values name a row in a report, and what may be held back."""

    table: str
    key: tuple[str, ...]
    rules: tuple[Rule, ...]
    allowance: Allowance = Allowance()

    @property
    def columns(self) -> tuple[str, ...]:
        """What the rules read and rows are named by; every column (nothing) where a rule has a condition of its own."""
        if any(rule.where for rule in self.rules):
            return ()
        pairs = [rule.kwargs[name] for rule in self.rules for name in ("column_A", "column_B") if name in rule.kwargs]
        return tuple(dict.fromkeys([*self.key, *(rule.column for rule in self.rules if rule.column), *pairs]))


@cache
def suites(layer: str) -> Mapping[str, Suite]:
    """Every suite of `landing` or `marts`, by table."""
    found = {}
    for path in sorted((PROJECT_DIR / "expectations" / layer).glob("[a-z]*.py")):
        module = import_module(f"expectations.{layer}.{path.stem}")
        allowance = getattr(module, "ALLOWANCE", Allowance())
        found[path.stem] = Suite(path.stem, tuple(module.KEY), tuple(module.RULES), allowance)
        names = [rule.name for rule in found[path.stem].rules]
        if len(set(names)) < len(names):
            raise ValueError(f"{path}: two rules share a name among {sorted(names)}; give one of them `of`")
    return found


def rules_of_landing(table: str) -> tuple[Rule, ...]:
    """What gate 1 asks of a table: its suite's rules, and those asked of every table."""
    suite = suites("landing").get(table)
    return (*(suite.rules if suite else ()), *OF_EVERY_LANDED_TABLE)


def check_specs(rules: Sequence[Rule], asset: AssetKey, *, blocking: bool) -> list[AssetCheckSpec]:
    """One check per rule; with `blocking`, a broken critical rule holds back what is downstream."""
    return [
        AssetCheckSpec(
            name=rule.name,
            asset=asset,
            description=f"{rule.notes} ({rule.severity})",
            blocking=blocking and rule.severity == "critical",
        )
        for rule in rules
    ]


def check_results(asset: AssetKey, outcomes: Sequence[Outcome]) -> Iterator[AssetCheckResult]:
    """What the rules said, as Dagster shows it: keys and counts only."""
    for outcome in outcomes:
        metadata: dict[str, Any] = {"rows_judged": outcome.rows_judged, "rows_failing": outcome.rows_failing}
        if outcome.failing_keys:
            metadata["failing_keys"] = ", ".join(outcome.failing_keys)
        if outcome.detail:
            metadata["detail"] = outcome.detail
        yield AssetCheckResult(
            asset_key=asset,
            check_name=outcome.rule.name,
            passed=outcome.passed,
            severity=_severity(outcome),
            metadata=metadata,
        )


def _severity(outcome: Outcome) -> AssetCheckSeverity:
    is_warning = outcome.rule.severity == "warning" or outcome.holds_rows_back
    return AssetCheckSeverity.WARN if is_warning else AssetCheckSeverity.ERROR


def judge_batch(batch: Batch) -> list[Outcome]:
    """Gate 1: what the rules about a landed table say about one load's batch.

    Rows that break a critical rule of rows are held back, if they are no more than the table's allowance.
    """
    suite = suites("landing").get(batch.table, Suite(batch.table, (), ()))
    past_rows = {rule.name: median(batch.past.complete) for rule in rules_with_a_past(suite) if batch.past.complete}
    outcomes = [
        *judge(suite, batch.rows.to_pandas(), past_rows, is_whole=batch.is_complete),
        *judge_by_past(batch),
    ]
    wrong = {row for outcome in outcomes if _is_of_single_rows(outcome) for row in outcome.failing_rows}
    if not suite.allowance.covers(len(wrong), batch.rows.num_rows):
        return outcomes
    return [replace(outcome, holds_rows_back=True) if _is_of_single_rows(outcome) else outcome for outcome in outcomes]


def judge_rows(batch: Batch) -> list[Outcome]:
    """What the critical rules of rows say about landed rows apart from the loads that brought them."""
    suite = suites("landing").get(batch.table, Suite(batch.table, (), ()))
    of_rows = tuple(rule for rule in suite.rules if rule.is_of_rows and rule.severity == "critical")
    return [*judge(replace(suite, rules=of_rows), batch.rows.to_pandas(), {}), values_keep_their_shape(batch)]


def _is_of_single_rows(outcome: Outcome) -> bool:
    """Whether a broken rule names the rows that would have to be held back."""
    return outcome.refuses and outcome.rule.is_of_rows and bool(outcome.failing_rows)


def key_of(table: str) -> tuple[str, ...]:
    """The columns that name a row of a landed table."""
    suite = suites("landing").get(table)
    return suite.key if suite else ()


def words_of(table: str) -> set[str | None]:
    """The columns of a landed table, or keys of their objects, that hold words of a vocabulary."""
    return {rule.column for rule in rules_of_landing(table) if "value_set" in rule.kwargs}


def record_ids(table: str, rows: pd.DataFrame) -> list[str]:
    """What a report calls each row: the values of its table's key."""
    return _named(rows, key_of(table))


def _named(rows: pd.DataFrame, key: Sequence[str]) -> list[str]:
    """The values of the key's columns, joined; what is missing has no text."""
    known = [rows[column] for column in key if column in rows]
    texts = [values.astype(object).where(values.notna(), "").astype(str) for values in known]
    return [":".join(values) for values in zip(*texts, strict=True)] if texts else [""] * len(rows)


def rules_with_a_past(suite: Suite) -> list[Rule]:
    """The rules that compare with what the table, or a column's sum, was before."""
    return [rule for rule in suite.rules if PAST in rule.kwargs]


def judge(suite: Suite, rows: pd.DataFrame, past: Mapping[str, float], *, is_whole: bool = True) -> list[Outcome]:
    """Ask every rule of a suite about rows.

    `past` holds by rule what it compares with, nothing where there is no past; `is_whole` says whether these are all
    the table's rows.
    """
    # About no rows a column rule says nothing; Great Expectations would call some of them broken.
    asked = [
        rule
        for rule in suite.rules
        if (is_whole or not rule.of_whole_readings)
        and (rule.column is None or len(rows) >= (SHARE_ROWS if rule.is_share else 1))
    ]
    on_columns = [rule for rule in asked if not _json_path(rule)]
    on_json = [rule for rule in asked if _json_path(rule)]
    # Apart, since the columns that are added to read JSON would be strangers to a rule about the table's columns.
    broken = _broken(suite, rows, on_columns, past) | _broken(suite, _with_json_keys(rows, on_json), on_json, past)
    return [broken.get(rule.name) or Outcome(rule, passed=True, rows_judged=len(rows)) for rule in suite.rules]


def _with_json_keys(rows: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    """Add a column `properties.hs_timestamp` for every rule that reads a key of a column holding JSON objects."""
    paths = {str(rule.column): _json_path(rule) for rule in rules}
    objects = {column: [_json_object(text) for text in rows[column]] for column in {path[0] for path in paths.values()}}
    added: dict[str, Any] = {
        name: [one.get(key) or None for one in objects[column]] for name, (column, key) in paths.items()
    }
    return rows.assign(**added)


def _json_path(rule: Rule) -> tuple[str, ...]:
    """Column and key of `properties.hs_timestamp`, nothing for a plain column."""
    return tuple(rule.column.split(".", 1)) if rule.column and "." in rule.column else ()


def _json_object(text: Any) -> dict[str, Any]:
    """The object, or an empty one where there is none: its keys then count as missing."""
    if not isinstance(text, str):
        return {}
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _broken(suite: Suite, rows: pd.DataFrame, rules: Sequence[Rule], past: Mapping[str, float]) -> dict[str, Outcome]:
    """The rules that do not hold, by name."""
    if not rules:
        return {}
    # Great Expectations takes seconds to import, which only a run that judges should pay.
    import great_expectations as gx

    expectations = [
        getattr(gx.expectations, rule.expectation)(
            **({"column": rule.column} if rule.column else {}),
            **_resolved(rule, past),
            **({"row_condition": rule.where, "condition_parser": "pandas"} if rule.where else {}),
            severity=rule.severity,
            notes=rule.notes,
            meta={"rule": rule.name},
        )
        for rule in rules
    ]
    result = (
        _frames()
        .get_batch(batch_parameters={"dataframe": rows})
        .validate(
            gx.ExpectationSuite(name=suite.table, expectations=expectations),
            result_format={"result_format": "COMPLETE", "exclude_unexpected_values": True},
        )
    )
    named = {rule.name: rule for rule in rules}
    outcomes = {}
    for asked in result.results:
        if not asked.success:
            rule = named[asked.expectation_config.meta["rule"]]
            outcomes[rule.name] = _outcome(rule, asked, rows, suite.key)
    return outcomes


@cache
def _frames() -> Any:
    """Great Expectations in memory: no files, no documentation site, no progress bars, nothing sent anywhere.

    One batch definition for the frames of every table: it writes all of its configuration anew whenever one is added.
    """
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
        analytics_enabled=False,
    )
    source = gx.get_context(mode="ephemeral", project_config=config).data_sources.add_pandas("frames")
    return source.add_dataframe_asset("frames").add_batch_definition_whole_dataframe("frames")


def _resolved(rule: Rule, past: Mapping[str, float]) -> dict[str, Any]:
    """The kwargs for Great Expectations, a share of the past turned into the number it comes to."""
    resolved = dict(rule.kwargs)
    share = resolved.pop(PAST, None)
    if share is not None:
        resolved["min_value"] = int(share * past.get(rule.name, 0))
    return resolved


def _outcome(rule: Rule, asked: Any, rows: pd.DataFrame, key: Sequence[str]) -> Outcome:
    failing = tuple(asked.result.get("unexpected_index_list") or ())
    return Outcome(
        rule,
        passed=False,
        rows_judged=len(rows),
        rows_failing=asked.result.get("unexpected_count") or len(failing),
        failing_keys=tuple(_named(rows.loc[list(failing[:KEYS_SHOWN])], key)) if failing else (),
        detail=_detail(asked),
        failing_rows=failing,
    )


def _detail(asked: Any) -> str:
    """The number or the columns the rule looked at; of an error its kind alone, since a message may quote a value."""
    observed = asked.result.get("observed_value")
    if isinstance(observed, int | float):
        return f"observed {observed:,.6g}"
    mismatched = asked.result.get("details", {}).get("mismatched")
    if mismatched:
        return "; ".join(f"{kind} columns: {', '.join(names)}" for kind, names in mismatched.items())
    if not asked.result:
        errors = " ".join(str(entry.get("exception_message")) for entry in asked.exception_info.values())
        return "the column is missing" if "does not exist" in errors else "could not be judged"
    return ""
