"""Rules that a person edited wrongly: such a row is left out and told with file, row and reason; no other is hurt."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from dagster_project.assets.models import tell_faults_of_seeds
from dagster_project.progress import Narrator
from dagster_project.settings import Settings
from tests.dbt.landing_writer import REPOSITORY, Row, build, copied_project, land, parsed_project, query

# A copy of the dbt project is read anew, which costs more than what is asked of it.
pytestmark = pytest.mark.long

AS_OF = "2026-03-31"
SOUND_DRIVER = {
    "driver": "health",
    "column": "touches_90d",
    "needs": "crm",
    "pillar": "touches",
    "good_at": "9",
    "bad_at": "3",
    "weight": "1",
    "in_confusion": "",
    "why_text": "why",
    "bring_text": "bring",
    "reason": "convention",
}
SOUND_OVERRIDE = {
    "customer_id": "hubspot:7",
    "band": "watch",
    "reason": "met them",
    "set_by": "ann",
    "set_on": "2026-03-01",
    "expires_on": "2026-06-30",
}


def driver(**changed: str) -> list[str]:
    """A row of health_drivers that is what it must be, but for what is changed."""
    return list((SOUND_DRIVER | changed).values())


def override(**changed: str) -> list[str]:
    return list((SOUND_OVERRIDE | changed).values())


# By seed: rows that a person added, each with what is to be told about it; None where it is what it must be.
ADDED: dict[str, list[tuple[list[str], str | None]]] = {
    "health/health_drivers.csv": [
        (driver(driver="sound"), None),
        (
            driver(driver="none", column="touches"),
            "`column` is `touches`, no number and no yes or no that customer_months",
        ),
        (driver(driver="text", column="lifecycle_stage"), "`column` is `lifecycle_stage`, no number"),
        (driver(driver="scored", column="health_score"), "`column` is `health_score`, no number"),
        (driver(driver="below", weight="-1"), "`weight` is `-1`, below 0"),
        (driver(driver="heavy", weight="heavy"), "`weight` is `heavy`, which is no number"),
        (driver(driver="flat", good_at="3.0", bad_at="3"), "`bad_at` is `3`, the same as `good_at`"),
        (driver(driver="moody", pillar="mood"), "`pillar` is `mood`, not one of touches, people"),
        (driver(driver="erp", needs="crm+erp"), "`needs` is `crm+erp`, not made of crm, ticketing, hr, files"),
        (driver(driver="both", needs="crm+hr"), None),
        (driver(driver="joined", needs="crmhr"), "`needs` is `crmhr`, not made of"),
        (driver(driver="puzzled", in_confusion="voice"), "`in_confusion` is `voice`, not one of message, quality"),
        (driver(driver=""), "`driver` is empty"),
        (driver(driver="sound"), "`driver` is `sound`, as in a row above"),
        (driver(driver="mute", why_text=""), "`why_text` is empty"),
        (
            driver(driver="asked", bring_text="an answer to {warning}, not {warnings}"),
            "in braces can stand value, percent",
        ),
        (driver(driver="open", why_text="{value"), "`why_text` is `{value`; in braces can stand value"),
        (driver(driver="filled", why_text="{percent} %", bring_text="{incident} and {incident}"), None),
    ],
    "health/measure_evidence.csv": [
        (["touches", "touches", "", "1"], "`measured_column` is `touches`, no number and no yes or no"),
        (["touches_90d", "tickets", "", "2"], "`evidence` is `tickets`, no kind of evidence"),
        (["touches_90d", "touches", "-1", "3"], "`days` is `-1`, below 0"),
        (["touches_90d", "touches", "all", "4"], "`days` is `all`, which is no number"),
        (["touches_90d", "pitches", "90", "1"], "`position` is `1`, as in a row above"),
        (["touches_90d", "pitches", "90", "5"], None),
    ],
    "health/health_overrides.csv": [
        (override(), None),
        (override(customer_id="hubspot:404"), "`customer_id` is `hubspot:404`, no customer"),
        (override(band="green"), "`band` is `green`, not one of healthy, watch, at_risk"),
        (override(expires_on="2026-03-30"), "`expires_on` is `2026-03-30`: it is no longer shown"),
        (override(expires_on="2026-03-31"), None),
        (override(expires_on=""), "`expires_on` is empty"),
        (override(expires_on="30.6.2026"), "`expires_on` is `30.6.2026`, which is no day written YYYY-MM-DD"),
        (override(set_on="2026-07-01"), "`expires_on` is `2026-06-30`, before `set_on`"),
        (override(reason=""), "`reason` is empty"),
    ],
    "mappings/touch_rules.csv": [
        (["9001", "title", "", "courtesy", "", "no_phrase"], "`phrase` is empty"),
        (["9002", "title", "...", "courtesy", "", "dots"], "`phrase` is `...`, without a letter or digit"),
        (["9003", "title", "check.*in", "courtesy", "", "pattern"], "`phrase` is `check.*in`: a phrase is words"),
        (["9004", "title", "check%in", "courtesy", "", "wildcard"], "`phrase` is `check%in`: a phrase is words"),
        (["9005", "title", "Fix (soon)!", "courtesy", "", "punctuation"], None),
        (["9006", "subject", "hello", "courtesy", "", "field"], "`field` is `subject`, not one of activity_type"),
        (["9007", "title", "hello", "kind", "", "substance"], "`substance` is `kind`, not one of administrative"),
        (["9005", "title", "hello", "courtesy", "", "priority"], "`priority` is `9005`, as in a row above"),
    ],
    "mappings/holding_phrases.csv": [
        (["?!"], "`phrase` is `?!`, without a letter or digit"),
        (["No update, yet!"], "`phrase` is `No update, yet!`, as in a row above"),
    ],
    "mappings/contact_personas.csv": [
        (["901", "job_title", "boss", "ruler"], "`persona` is `ruler`, not one of executive"),
        (["902", "title", "boss", "executive"], "`field` is `title`, not one of buying_role"),
        (["903", "job_title", "head|chief", "executive"], "`phrase` is `head|chief`: a phrase is words"),
    ],
    "mappings/activity_channels.csv": [
        (["meeting", "FIELD-VISIT", "event"], "`activity_type` is `FIELD-VISIT`, as in a row above"),
        (["call", "Fax", "fax"], "`channel` is `fax`, not one of email"),
    ],
    "mappings/incident_tags.csv": [
        (["901", "category", "Billing", "billing"], "`tag` is `Billing`: only lower case letters and digits"),
        (["902", "category", "late delivery", "delivery"], "`tag` is `late delivery`: only lower case letters"),
        (["903", "phase", "phase_after", "after"], "`value` is `after`, for phase not one of before_start"),
        (["904", "category", "paint", ""], "`value` is empty"),
        (["905", "theme_prefix", "topic_", ""], None),
        (["906", "severity", "bad", "high"], "`kind` is `severity`, not one of incident_type"),
    ],
    "mappings/voice_marks.csv": [
        (["text", "kind", "#voc-wish", "preference"], "`mark` is `#voc-wish`: only lower case letters and digits"),
        (["text", "kind", "voc-hope", "hope"], "`value` is `hope`, not one of expectation"),
        (["text", "kind", "voc-nothing", ""], "`value` is empty"),
        (["title", "acted", "acted-too", ""], "`place` is `title`, not one of text, tag"),
    ],
}


@dataclass(frozen=True)
class Edited:
    """A project whose seeds have the rows added, the warehouse built by it, and what is to be told by file and row."""

    project: Path
    data_dir: Path
    expected: dict[tuple[str, int], str | None]


def add(path: Path, rows: list[list[str]]) -> None:
    with path.open("a", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def landed(data_dir: Path) -> Path:
    """One customer, known to the CRM."""
    company = {"id": "7", "properties": {"name": "Acme"}, "createdAt": "2026-01-01T08:00:00Z", "archived": False}
    land(data_dir, "1.0", AS_OF, {"hubspot__companies": [company]}, is_complete=True)
    return data_dir


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Edited:
    folder = tmp_path_factory.mktemp("edited")
    project = copied_project(folder)
    expected: dict[tuple[str, int], str | None] = {}
    for name, added in ADDED.items():
        path = folder / "seeds" / name
        with path.open(newline="") as file:
            last = len(list(csv.reader(file)))
        add(path, [row for row, _ in added])
        expected |= {(f"seeds/{name}", last + position): told for position, (_, told) in enumerate(added, start=1)}
    data_dir = landed(folder / "data")
    select = "+seed_faults int_health_drivers int_touch_rule_sets"
    build(data_dir, select=select, as_of=AS_OF, project=project)
    return Edited(project, data_dir, expected)


def test_every_wrong_row_is_told_with_file_row_and_reason_and_no_other(edited: Edited) -> None:
    faults = query(edited.data_dir, "from mart.seed_faults")
    told = {(row["seed_file"], row["seed_row"]): row["reason"] for row in faults}
    wrong = {place: reason for place, reason in edited.expected.items() if reason}
    assert sorted(told) == sorted(wrong)
    assert [(told[place], reason) for place, reason in wrong.items() if reason not in told[place]] == []


def test_the_rows_that_are_what_they_must_be_go_on_counting(edited: Edited) -> None:
    drivers = query(edited.data_dir, "select driver from intermediate.int_health_drivers")
    with (REPOSITORY / "seeds" / "health" / "health_drivers.csv").open(newline="") as file:
        shipped = [row["driver"] for row in csv.DictReader(file)]
    assert sorted(row["driver"] for row in drivers) == sorted([*shipped, "sound", "both", "filled"])


def test_texts_are_read_by_the_same_rules_as_if_the_wrong_rows_were_not_there(edited: Edited, tmp_path: Path) -> None:
    for name in ("mappings/touch_rules.csv", "mappings/holding_phrases.csv"):
        path = edited.project.parent / "seeds" / name
        shutil.copy(REPOSITORY / "seeds" / name, path)
        add(path, [row for row, told in ADDED[name] if told is None])
    build(tmp_path, select="int_touch_rule_sets", as_of=AS_OF, project=edited.project)
    rule_sets = [query(data_dir, "from intermediate.int_touch_rule_sets") for data_dir in (edited.data_dir, tmp_path)]
    assert rule_sets[0] == rule_sets[1]


def test_the_rows_shipped_are_what_they_must_be(tmp_path: Path) -> None:
    build(landed(tmp_path), select="+seed_faults", as_of=AS_OF)
    assert query(tmp_path, "from mart.seed_faults") == []


def test_every_seed_with_rules_is_told_of() -> None:
    nodes = parsed_project().nodes
    ruled = {
        node.unique_id
        for node in nodes.values()
        if node.resource_type == "seed" and any(column.config.meta.get("rules") for column in node.columns.values())
    }
    assert ruled == {name for name in nodes["model.kept.seed_faults"].depends_on.nodes if name.startswith("seed.")}


def test_a_person_at_the_terminal_hears_of_each_in_one_line(edited: Edited) -> None:
    transcript = StringIO()
    tell = Narrator(transcript)
    tell_faults_of_seeds(Settings(data_dir=edited.data_dir), tell)
    faults: list[Row] = query(edited.data_dir, "from mart.seed_faults")
    assert len(transcript.getvalue().splitlines()) == len(faults)
    # What has expired had its time: it is told, and nobody is asked to mend it.
    expired = [row for row in faults if row["verdict"] == "expired"]
    assert [row["reason"] for row in expired] == ["`expires_on` is `2026-03-30`: it is no longer shown"]
    assert len(tell.problems) == len(faults) - 1
    ((file, row),) = [place for place, reason in edited.expected.items() if reason == "`weight` is `-1`, below 0"]
    assert f"{file}, row {row} is left out: `weight` is `-1`, below 0" in tell.problems
