"""Rows that gate 1 keeps out alone: what is held back, what refuses the load, and how a person lets rows in again."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from dlt.destinations.impl.filesystem.filesystem import FilesystemClient
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from dagster_project.__main__ import commands
from dagster_project.checks import judge_batch, suites
from dagster_project.loads import SystemLoad, as_arrow, land, recorded_loads
from dagster_project.past import Batch, PastLoads
from dagster_project.progress import Narrator
from dagster_project.quarantine import held_rows, shape_of, standing
from dagster_project.settings import Settings
from dagster_project.sources import Record
from expectations import Allowance
from tests.house.fakes import GivenRows
from tests.house.mutations import BAD_TEXT, LANDED_AT, good_rows, landed_tables

USERS, PIPELINES = "zendesk__users", "hubspot__deal_pipelines"
AGENTS = good_rows("landing", USERS)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    configured = Settings(data_dir=tmp_path / "data", as_of=date(2026, 5, 4))
    configured.prepare()
    (configured.data_dir / ".demo").write_text("simulated")
    return configured


def run(settings: Settings, rows: list[Record], table: str = USERS) -> SystemLoad:
    return land(GivenRows(landed_tables()[table], rows), settings, judge_batch, Narrator())


def with_role(number: int, role: str | None) -> Record:
    return AGENTS[number] | {"role": role}


def landed_ids(settings: Settings, table: str = USERS) -> list[str | None]:
    folder = settings.landing_dir / table
    return [
        row["id"]
        for path in sorted(folder.glob("*.parquet"))
        for row in pq.read_table(path, partitioning=None).to_pylist()
    ]


def test_one_wrong_row_of_a_load_of_three_waits_alone_and_the_others_are_admitted(settings: Settings) -> None:
    load = run(settings, [AGENTS[0], with_role(1, "lurker"), AGENTS[2]])
    assert load.verdict == "admitted"
    (rules,) = standing(settings).values()
    (held,) = rules
    assert (held.source_table, held.record_id, held.rule) == (USERS, "2", "role__in_set")
    assert (held.load_id, held.landed_at.date()) == (load.load_id, date(2026, 5, 4))
    assert held.reason == next(rule.notes for rule in suites("landing")[USERS].rules if rule.name == held.rule)
    recorded = {row["source_table"]: row for row in recorded_loads(settings)}[USERS]
    assert (recorded["row_count"], recorded["rows_held_back"], recorded["rules_failed"]) == (3, 1, 0)


def test_landing_keeps_the_row_as_it_came_and_its_address_leads_to_it(settings: Settings) -> None:
    run(settings, [AGENTS[0], with_role(1, "lurker"), AGENTS[2]])
    assert landed_ids(settings) == ["1", "2", "3"]
    ((held,),) = standing(settings).values()
    file = settings.landing_dir / USERS / held.landing_file
    assert pq.read_table(file, partitioning=None).to_pylist()[held.landing_row]["role"] == "lurker"


def test_a_vocabulary_that_changed_under_us_refuses_the_load_and_leaves_the_cursor(settings: Settings) -> None:
    load = run(settings, [with_role(number, "lurker") for number in range(3)])
    assert load.verdict == "refused"
    assert load.reason is not None and "role__in_set on 3 of 3 rows" in load.reason
    assert standing(settings) == {}
    again = GivenRows(landed_tables()[USERS], AGENTS[:3])
    assert land(again, settings, judge_batch, Narrator()).verdict == "admitted"
    assert again.cursors_seen == [0]


def test_the_share_of_a_large_load_is_larger_than_the_floor_of_a_small_one() -> None:
    allowance = Allowance(share=0.05, rows=2)
    assert allowance.covers(2, 3) and not allowance.covers(3, 3)
    assert allowance.covers(50, 1_000) and not allowance.covers(51, 1_000)


def test_a_table_may_allow_no_row_to_be_held_back(settings: Settings) -> None:
    rows = good_rows("landing", PIPELINES)
    load = run(settings, [rows[0] | {"label": None}, *rows[1:]], PIPELINES)
    assert load.verdict == "refused"
    assert load.reason is not None and "label__not_be_null on 1 of 24 rows" in load.reason


def test_a_row_that_breaks_two_rules_is_one_row_that_waits(settings: Settings) -> None:
    run(settings, [AGENTS[0], with_role(1, None) | {"updated_at": "2026-13-40T99:00:00Z"}, AGENTS[2]])
    (rules,) = standing(settings).values()
    assert {held.rule for held in rules} == {"role__not_be_null", "updated_at__match_regex"}


def test_a_row_without_a_key_has_an_address_all_the_same(settings: Settings) -> None:
    run(settings, [AGENTS[0], AGENTS[1] | {"id": None}, AGENTS[2] | {"id": None}])
    found = standing(settings)
    assert [(rules[0].record_id, rules[0].landing_row) for rules in found.values()] in (
        [("", 1), ("", 2)],
        [("", 2), ("", 1)],
    )


def test_of_a_record_that_came_twice_only_the_wrong_row_waits(settings: Settings) -> None:
    run(settings, [AGENTS[0], with_role(0, "lurker"), AGENTS[1], AGENTS[2]])
    ((held,),) = standing(settings).values()
    assert (held.record_id, held.landing_row) == ("1", 1)


def test_json_that_came_as_words_waits_and_is_told_with_the_model_that_would_stop_at_it(settings: Settings) -> None:
    contacts = good_rows("landing", "hubspot__contacts")
    load = run(settings, [*contacts[:22], contacts[22] | {"properties": BAD_TEXT}], "hubspot__contacts")
    assert load.verdict == "admitted"
    ((held,),) = standing(settings).values()
    assert (held.record_id, held.rule) == ("1023", "table__keep_their_shape")
    (outcome,) = [one for one in load.broken if one.rule.name == held.rule]
    assert outcome.detail == "properties is no object, used by stg_hubspot__contacts"


class Killed(BaseException):
    """Stands for the end of the process."""


def killed(*_: Any) -> Any:
    raise Killed


def test_what_a_load_holds_back_is_told_only_once_the_load_is_marked_and_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [AGENTS[0], with_role(1, "lurker"), AGENTS[2]]
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(FilesystemClient, "complete_load", killed)
        run(settings, rows)
    assert (settings.landing_dir / "kept__quarantine").exists()
    assert standing(settings) == {}
    run(settings, [])
    assert [rules[0].record_id for rules in standing(settings).values()] == ["2"]


def test_a_load_cut_short_and_judged_by_mended_rules_holds_nothing_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(FilesystemClient, "complete_load", killed)
        run(settings, [AGENTS[0], with_role(1, "lurker"), AGENTS[2]])
    land(GivenRows(landed_tables()[USERS], []), settings, lambda _: [], Narrator())
    assert landed_ids(settings) == ["1", "2", "3"]
    assert standing(settings) == {}


@examples(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["good", "no key", "no role", "a word unknown", "no time", "twice wrong"]),
        min_size=1,
        max_size=60,
    )
)
def test_whatever_mixture_comes_every_row_is_admitted_or_held_back_or_the_whole_load_is_refused(
    tmp_path: Path, kinds: list[str]
) -> None:
    wrong: dict[str, Record] = {
        "good": {},
        "no key": {"id": None},
        "no role": {"role": None},
        "a word unknown": {"role": "lurker"},
        "no time": {"updated_at": "yesterday"},
        "twice wrong": {"role": None, "updated_at": "yesterday"},
    }
    rows = [AGENTS[number % len(AGENTS)] | {"id": str(number)} | wrong[kind] for number, kind in enumerate(kinds)]
    # Two files, as a large load has.
    landed = [
        as_arrow(landed_tables()[USERS], part, LANDED_AT) for part in (rows[: len(rows) // 2], rows[len(rows) // 2 :])
    ]
    places = {f"1.5.{number}.parquet": tmp_path / f"{number}.parquet" for number in range(len(landed))}
    for path, part in zip(places.values(), landed, strict=True):
        pq.write_table(part, path)
    batch = Batch(USERS, pa.concat_tables(landed), is_complete=False, past=PastLoads(), landed_at=LANDED_AT)
    outcomes = judge_batch(batch)
    held = {(row.landing_file, row.landing_row) for row in held_rows(batch, outcomes, places, "1.5")}
    every = [(name, row) for name, part in zip(places, landed, strict=True) for row in range(part.num_rows)]
    bad = {place for place, kind in zip(every, kinds, strict=True) if kind != "good"}
    is_refused = any(outcome.refuses for outcome in outcomes)
    assert is_refused == (len(bad) > max(2, 0.05 * len(rows)))
    assert held == (set() if is_refused else bad)


def command(settings: Settings, *arguments: str) -> str:
    """What `python -m dagster_project quarantine` says of the data folder, and that it went well."""
    ended = ask(settings, *arguments)
    assert ended.exit_code == 0, ended.output
    return ended.output


def ask(settings: Settings, *arguments: str) -> Any:
    return CliRunner().invoke(commands, ["quarantine", *arguments], env={"KEPT_DATA_DIR": str(settings.data_dir)})


@pytest.fixture
def waiting(settings: Settings) -> str:
    """The id of a person of a customer's whose role is a word that nobody knows."""
    person = {"name": "Zaphod Beeblebrox", "email": "zaphod@example.com", "url": "https://example.com/2"}
    run(settings, [AGENTS[0], with_role(1, "lurker") | person, AGENTS[2]])
    (one,) = standing(settings)
    return one


def test_the_list_names_record_rule_and_load_and_no_value(settings: Settings, waiting: str) -> None:
    told = command(settings)
    assert told == command(settings, "list")
    assert waiting in told and "zendesk__users  2 " in told and "role__in_set" in told and "1 row held back." in told
    assert "lurker" not in told and "Zaphod" not in told


def test_an_explanation_shows_the_word_that_is_wrong_and_no_personal_data(settings: Settings, waiting: str) -> None:
    told = command(settings, "explain", waiting)
    assert "breaks role__in_set: Who found an incident depends on who is an agent" in told
    assert "    role: lurker\n" in told
    assert "    id: 2\n" in told
    assert "    name: xxxxxx xxxxxxxxxx\n" in told
    assert "    email: xxxxxx@xxxxxxx.xxx\n" in told
    assert "Zaphod" not in told and "zaphod" not in told


def test_a_released_row_waits_no_more_and_its_release_is_kept_with_its_reason(settings: Settings, waiting: str) -> None:
    before = {path: path.read_bytes() for path in settings.landing_dir.rglob("*") if path.is_file()}
    assert "1 row released" in command(settings, "release", waiting, "--reason", "lurkers are end users here")
    assert standing(settings) == {}
    (added,) = set(settings.landing_dir.rglob("*.parquet")) - set(before)
    (release,) = pq.read_table(added, partitioning=None).to_pylist()
    assert (added.parent.name, release["quarantine_id"]) == ("kept__releases", waiting)
    assert release["reason"] == "lurkers are end users here"
    assert {path: path.read_bytes() for path in before} == before
    assert ask(settings, "release", waiting, "--reason", "again").exit_code == 1


def test_a_row_judged_again_is_released_once_the_rule_is_mended_and_not_before(
    settings: Settings, waiting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "1 row judged again, 0 released, 1 still held back." in command(settings, "replay")
    assert list(standing(settings)) == [waiting]
    for rule in suites("landing")[USERS].rules:
        if rule.name == "role__in_set":
            monkeypatch.setitem(rule.kwargs, "value_set", [*rule.kwargs["value_set"], "lurker"])
    assert "1 row judged again, 1 released, 0 still held back." in command(settings, "replay")
    assert standing(settings) == {}


def test_json_that_came_as_words_is_not_released_by_judging_it_again(settings: Settings) -> None:
    contacts = good_rows("landing", "hubspot__contacts")
    run(settings, [*contacts[:22], contacts[22] | {"properties": BAD_TEXT}], "hubspot__contacts")
    assert "0 released, 1 still held back" in command(settings, "replay", "--rule", "table__keep_their_shape")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["explain", "0123456789ab"], "0123456789ab is not held back (or was released already)"),
        (["release", "--reason", "right"], "name rows by ID, or with --table or --rule"),
        (
            ["release", "--table", "zendesk__tickets", "--reason", "right"],
            "no row of table zendesk__tickets is held back",
        ),
        (["release", "0123456789ab"], "Missing option '--reason'"),
        (["release", "0123456789ab", "--reason", " "], "--reason is empty"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(settings: Settings, arguments: list[str], told: str) -> None:
    ended = ask(settings, *arguments)
    assert ended.exit_code != 0
    assert told in ended.output


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (None, "nothing"),
        ("31/12/2026", "99/99/9999"),
        ("Müller-Lüdenscheidt, Zoë", "xxxxxx-xxxxxxxxxxxx, xxx"),
        ("\u202eنص 🚨", "xxx x"),
        ("a" * 41, "x" * 40 + " ... (41 characters)"),
    ],
)
def test_the_shape_of_a_value_tells_nothing_of_what_it_says(value: str | None, shape: str) -> None:
    assert shape_of(value) == shape
