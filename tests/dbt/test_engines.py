"""The macros that engines answer differently, each on the engine at hand, and what rules read in a text."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.cli.main import dbtRunner

from tests.dbt.landing_writer import UNHEARD, dbt_environment, parsed_project_without_tests

at = datetime.fromisoformat


def macro(name: str, *arguments: Any) -> str:
    """A macro's call as it stands between braces; arguments are SQL or keys, which JSON quotes as Jinja does."""
    return f"{name}({', '.join(argument if is_call(argument) else json.dumps(argument) for argument in arguments)})"


def is_call(argument: Any) -> bool:
    return isinstance(argument, str) and argument.startswith("json_map(")


CASES: dict[str, tuple[str, Any]] = {
    "iso_with_z": (macro("parse_timestamp", "'2026-01-01T10:00:00.5Z'"), at("2026-01-01T10:00:00.500000")),
    "iso_with_offset": (macro("parse_timestamp", "'2026-01-01T10:00:00+02:00'"), at("2026-01-01T08:00:00")),
    "iso_with_bare_offset": (macro("parse_timestamp", "'2026-01-01T10:00:00-0500'"), at("2026-01-01T15:00:00")),
    "iso_without_zone": (macro("parse_timestamp", "'2026-01-01T10:00:00'"), at("2026-01-01T10:00:00")),
    "iso_day": (macro("parse_timestamp", "'2026-01-01'"), at("2026-01-01T00:00:00")),
    "epoch_milliseconds": (macro("parse_timestamp", "'1767261600000'"), at("2026-01-01T10:00:00")),
    "no_timestamp": (macro("parse_timestamp", "'soon'"), None),
    "empty_timestamp": (macro("parse_timestamp", "''"), None),
    "day_of_iso": (macro("parse_date", "'2026-03-31T23:30:00Z'"), date(2026, 3, 31)),
    "day_of_milliseconds": (macro("parse_date", "'1774915200000'"), date(2026, 3, 31)),
    "day_that_is_none": (macro("parse_date", "'0000-00-00'"), None),
    "number": (macro("number_of", "'12.5'"), 12.5),
    "number_that_is_none": (macro("number_of", "'12,5 kg'"), None),
    "number_without_end": (macro("number_of", "'inf'"), None),
    "local_day": (macro("day_of", "timestamp '2026-03-31 22:30:00'"), date(2026, 4, 1)),
    "local_day_in_winter": (macro("day_of", "timestamp '2026-01-31 22:30:00'"), date(2026, 1, 31)),
    "start_of_local_day": (macro("start_of_day", "date '2026-04-01'"), at("2026-03-31T22:00:00")),
    "days_between": (macro("days_between", "date '2026-02-27'", "date '2026-03-01'"), 2),
    "days_back": (macro("days_between", "date '2026-03-01'", "date '2026-02-27'"), -2),
    "hours": (macro("hours_between", "timestamp '2026-01-01 10:00'", "timestamp '2026-01-01 11:30'"), 1.5),
    "seconds_added": (macro("add_seconds", "timestamp '2026-02-28 23:59:59'", 1.5), at("2026-03-01T00:00:00.500000")),
    "days_added": (macro("add_days", "date '2026-02-27'", 2), date(2026, 3, 1)),
    "months_added_clamped": (macro("add_months", "date '2026-01-31'", 1), date(2026, 2, 28)),
    "month": (macro("date_month", "date '2026-02-27'"), date(2026, 2, 1)),
    "json_text": (macro("json_text", '\'{"a b": {"c": 1}}\'', "a b"), '{"c":1}'),
    "json_null": (macro("json_text", "'{\"a\": null}'", "a"), None),
    "json_dynamic": (macro("json_text_dynamic", '\'{"a": "x"}\'', "'a'"), "x"),
    "json_has": (macro("json_has", "'{\"a\": null}'", "a"), True),
    "json_has_not": (macro("json_has", '\'{"b": "a"}\'', "a"), False),
    "map_value": (macro("map_value", macro("json_map", '\'{"a": "x"}\''), "'a'"), "x"),
    "map_value_empty": (macro("map_value", macro("json_map", '\'{"a": ""}\''), "'a'"), None),
    "map_value_absent": (macro("map_value", macro("json_map", "'{}'"), "'a'"), None),
    "json_texts": (macro("json_texts_of", '\'[{"i":"2"},{"i":"1"},{"i":"2"}]\'', "i"), '["1","2"]'),
    "json_texts_of_nothing": (macro("json_texts_of", "cast(null as string)", "i"), "[]"),
    "whole_words": (macro("normalized_text", "'Q3 Business-Review!'"), " q3 business review "),
    "letters_with_accents": (macro("normalized_text", "'Übergabe: fertig'"), " übergabe fertig "),
    "html": (
        macro("normalized_text", "'<p>Season&#39;s&nbsp;<b>greet</b>ings</p><style>p {x}</style>'"),
        " season s greet ings ",
    ),
    "quoted_html": (macro("normalized_text", "'Thanks<blockquote>please <i>fix</i></blockquote>'"), " thanks "),
    "quoted_lines": (
        macro("normalized_text", "'Noted' || chr(10) || '> please fix' || chr(10) || 'Bye'"),
        " noted bye ",
    ),
    "quoted_reply": (
        macro("normalized_text", "'Noted' || chr(10) || 'On Mon, 5 Jan Ada wrote:' || chr(10) || 'please fix'"),
        " noted ",
    ),
    "original_message": (
        macro("normalized_text", "'Noted' || chr(10) || '-----Original Message-----' || chr(10) || 'please fix'"),
        " noted ",
    ),
    "signature": (macro("normalized_text", "'Noted' || chr(10) || '-- ' || chr(10) || 'Ada, sales'"), " noted "),
    "arithmetic_is_no_tag": (macro("normalized_text", "'a < b and c > d'"), " a b and c d "),
    "read_by_a_person": (
        macro("plain_text", "'<p>They fear &amp; hope #voc-warning</p>'"),
        " They fear   hope #voc-warning\n",
    ),
    "marks_taken_out": (
        macro("text_without_marks", "'#voc-warning They  fear' || chr(10) || 'delays. #theme-a_b-c, #9'"),
        "They fear delays. ,",
    ),
    "nothing_but_marks": (macro("text_without_marks", "' #voc-warning '"), None),
    "id_in_mark": (macro("id_in_mark", "'Fair_2026/Übersee #7!'"), "fair-2026-übersee-7"),
    "no_text": (macro("normalized_text", "cast(null as string)"), None),
    "objects": (
        macro("json_objects", {"a": "'x'", "b": "cast(null as string)", "on": "date '2026-01-01'"}, "1"),
        '[{"a":"x","b":null,"on":"2026-01-01"}]',
    ),
    "whole_number": (macro("number_in_words", "3.0"), "3"),
    "number_near_a_whole": (macro("number_in_words", "1.999"), "2"),
    "one_decimal": (macro("number_in_words", "-0.2"), "-0.2"),
    "two_decimals": (macro("number_in_words", "1.2269"), "1.23"),
    "large_number": (macro("number_in_words", "13.5"), "14"),
    "negative_zero": (macro("number_in_words", "cast(-0.0 as double)"), "0"),
    "no_number": (macro("number_in_words", "cast(null as double)"), None),
    "quoted": (macro("in_quotes", "'It fails again...'"), "“It fails again”"),
    "quoted_too_long": (macro("in_quotes", "repeat('ab ', 60)"), "“" + "ab " * 52 + "ab…”"),
    "nothing_quoted": (macro("in_quotes", "cast(null as string)"), None),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    data_dir: Path = tmp_path_factory.mktemp("engines")
    columns = ",\n".join(f"{{{{ {expression} }}}} as {name}" for name, (expression, _) in CASES.items())
    variables = json.dumps({"reporting_timezone": "Europe/Paris"})
    with dbt_environment(data_dir, as_of=""):
        result = dbtRunner(manifest=parsed_project_without_tests()).invoke(
            ["compile", *UNHEARD, "--inline", f"select {columns}", "--vars", variables]
        )
    assert result.success, result.exception
    with duckdb.connect() as engine:
        engine.execute("set TimeZone = 'UTC'")
        cursor = engine.execute(result.result.results[0].node.compiled_code)
        names = [column[0] for column in cursor.description]
        (row,) = cursor.fetchall()
    return dict(zip(names, row, strict=True))


@pytest.mark.parametrize("name", CASES)
def test_an_engine_answers(answers: dict[str, Any], name: str) -> None:
    assert answers[name] == CASES[name][1]
