"""Binds expectations to Dagster: every suite becomes asset checks, one per rule, by one factory.

What a rule is stands in `expectations/__init__.py`; a suite is found by its path and needs no registration.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from statistics import median
from typing import TYPE_CHECKING, Any

from dagster import AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, AssetKey

from dagster_project.settings import PROJECT_DIR
from expectations import Outcome, Rule

if TYPE_CHECKING:
    import pandas as pd

    from dagster_project.loads import Batch

# One employee without an e-mail is not a lost field; a share is asked for from here on.
SHARE_ROWS = 20
# The one word of a rule's kwargs that Great Expectations does not know.
PAST = "min_share_of_past"
# Enough to find the records by; a broken feed would otherwise fill Dagster's event log with keys.
KEYS_SHOWN = 20


@dataclass(frozen=True)
class Suite:
    """The rules about one table, and the columns whose values name a row in a report."""

    table: str
    key: tuple[str, ...]
    rules: tuple[Rule, ...]

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
        found[path.stem] = Suite(path.stem, tuple(module.KEY), tuple(module.RULES))
        names = [rule.name for rule in found[path.stem].rules]
        if len(set(names)) < len(names):
            raise ValueError(f"{path}: two rules share a name among {sorted(names)}; give one of them `of`")
    return found


def check_specs(suite: Suite, asset: AssetKey, *, blocking: bool) -> list[AssetCheckSpec]:
    """One check per rule; with `blocking`, a broken critical rule holds back what is downstream."""
    return [
        AssetCheckSpec(
            name=rule.name,
            asset=asset,
            description=f"{rule.notes} ({rule.severity})",
            blocking=blocking and rule.severity == "critical",
        )
        for rule in suite.rules
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
            severity=AssetCheckSeverity.ERROR if outcome.rule.severity == "critical" else AssetCheckSeverity.WARN,
            metadata=metadata,
        )


def judge_batch(batch: Batch) -> list[Outcome]:
    """Gate 1: what the rules about a landed table say about one load's batch; a table without a suite has no rules."""
    suite = suites("landing").get(batch.table)
    if suite is None:
        return []
    past_rows = {rule.name: median(batch.past.complete) for rule in rules_with_a_past(suite) if batch.past.complete}
    return judge(suite, batch.rows.to_pandas(), past_rows, is_whole=batch.is_complete)


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

    source = _context().data_sources.add_or_update_pandas(suite.table)
    definition = source.add_dataframe_asset(suite.table).add_batch_definition_whole_dataframe(suite.table)
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
    keys = [column for column in suite.key if column in rows.columns]
    result = definition.get_batch(batch_parameters={"dataframe": rows}).validate(
        gx.ExpectationSuite(name=suite.table, expectations=expectations),
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": keys,
            "exclude_unexpected_values": True,
        },
    )
    named = {rule.name: rule for rule in rules}
    outcomes = {}
    for asked in result.results:
        if not asked.success:
            rule = named[asked.expectation_config.meta["rule"]]
            outcomes[rule.name] = _outcome(rule, asked, len(rows), keys)
    return outcomes


@cache
def _context() -> Any:
    """Great Expectations in memory: no files, no documentation site, no progress bars, nothing sent anywhere."""
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
    return gx.get_context(mode="ephemeral", project_config=config)


def _resolved(rule: Rule, past: Mapping[str, float]) -> dict[str, Any]:
    """The kwargs for Great Expectations, a share of the past turned into the number it comes to."""
    resolved = dict(rule.kwargs)
    share = resolved.pop(PAST, None)
    if share is not None:
        resolved["min_value"] = int(share * past.get(rule.name, 0))
    return resolved


def _outcome(rule: Rule, asked: Any, rows_judged: int, keys: Sequence[str]) -> Outcome:
    found = asked.result
    lists: dict[str, list[Any]] = next(iter(found.get("unexpected_index_list") or []), {})
    failing = [":".join(map(str, values)) for values in zip(*(lists[key] for key in keys if key in lists), strict=True)]
    return Outcome(
        rule,
        passed=False,
        rows_judged=rows_judged,
        rows_failing=found.get("unexpected_count") or len(failing),
        failing_keys=tuple(failing[:KEYS_SHOWN]),
        detail=_detail(asked),
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
