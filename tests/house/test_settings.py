"""Configuration: every variable is documented, a bad value is told in one line, and a secret shows itself to nobody."""

from __future__ import annotations

import copy
import json
import pickle
import re
import shutil
from dataclasses import asdict, fields, replace
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from pprint import pformat
from typing import Any

import dagster_dbt.core.resource
import pytest
from dotenv import dotenv_values

from dagster_project import settings as configuration
from dagster_project.assets.models import dbt_resource
from dagster_project.resources import connect
from dagster_project.settings import KNOWN_SOURCES, PROJECT_DIR, Secret, Settings, SettingsError
from dagster_project.sources import SourceRefused

DOCUMENTED = dotenv_values(PROJECT_DIR / ".env.example")
GIVEN = {
    "KEPT_SOURCES": "zendesk, HubSpot",
    "KEPT_DATA_DIR": "elsewhere",
    "KEPT_AS_OF": "2026-03-31",
    "KEPT_TARGET": "duckdb",
    "HUBSPOT_BASE_URL": "https://hubspot.example",
    "HUBSPOT_TOKEN": "secret-of-hubspot",
    "HUBSPOT_API_VERSION": "2026-03",
    "ZENDESK_BASE_URL": "https://zendesk.example/",
    "ZENDESK_OAUTH_TOKEN": "secret-of-zendesk",
    "ZENDESK_CLIENT_ID": "client",
    "ZENDESK_CLIENT_SECRET": "secret-of-client",
    "ZENDESK_EMAIL": "data@zendesk.example",
    "ZENDESK_API_TOKEN": "secret-of-api",
    "BAMBOOHR_BASE_URL": "https://bamboohr.example",
    "BAMBOOHR_API_KEY": "secret-of-bamboohr",
    "KEPT_ALERT_EMAIL_TO": "leads@kept.example, it@kept.example",
    "KEPT_ALERT_EMAIL_FROM": "kept@kept.example",
    "KEPT_REPORT_EMAIL_FROM": "retention@kept.example",
    "KEPT_SMTP_URL": "smtp://kept:secret-of-mail@mail.example:587",
    "KEPT_ALERT_WEBHOOK_URL": "https://hooks.example/secret-of-webhook",
}
SECRETS = [value for value in GIVEN.values() if "secret" in value]


def setting_of(variable: str) -> str:
    """`KEPT_AS_OF` is `as_of`, `HUBSPOT_TOKEN` is `hubspot_token`."""
    return variable.removeprefix("KEPT_").lower()


def test_every_setting_is_a_documented_variable_and_every_documented_variable_a_setting() -> None:
    assert {setting_of(name) for name in DOCUMENTED} == {field.name for field in fields(Settings)}
    assert set(GIVEN) == set(DOCUMENTED)


# There is one target so far, so that none can differ from the default.
@pytest.mark.parametrize("name", sorted(GIVEN.keys() - {"KEPT_TARGET"}))
def test_a_variable_sets_its_own_setting_and_no_other(name: str) -> None:
    default, given = Settings.from_env({}), Settings.from_env({name: GIVEN[name]})
    changed = [field.name for field in fields(Settings) if getattr(default, field.name) != getattr(given, field.name)]
    assert changed == [setting_of(name)]


def test_the_shipped_example_means_the_defaults_but_for_the_addresses_only_you_know() -> None:
    shipped = Settings.from_env({name: value or "" for name, value in DOCUMENTED.items()})
    assert replace(shipped, zendesk_base_url="", bamboohr_base_url="") == Settings.from_env({})


def test_every_variable_has_a_line_of_explanation_above_it_or_above_its_group() -> None:
    lines = (PROJECT_DIR / ".env.example").read_text().splitlines()
    for number, line in enumerate(lines):
        if re.match(r"[A-Z_]+=", line):
            above = lines[number - 1]
            assert above.startswith("#") or re.match(r"[A-Z_]+=", above), line


def test_what_dbt_reads_is_documented_and_handed_to_it(tmp_path: Path) -> None:
    text = "".join(
        path.read_text()
        for folder in ("macros", "models", "tests")
        for path in (PROJECT_DIR / "dbt" / folder).rglob("*.*")
        if path.suffix in (".sql", ".yml")
    )
    read = set(re.findall(r"env_var\('(\w+)'", text + (PROJECT_DIR / "dbt" / "profiles.yml").read_text()))
    assert read and read <= set(DOCUMENTED)
    given = Settings(data_dir=tmp_path, sources=("zendesk",), as_of=date(2026, 3, 31))
    assert read <= set(given.library_environment())
    assert given.library_environment()["KEPT_SOURCES"] == "zendesk"


def test_only_settings_and_the_demo_touch_the_environment() -> None:
    touching = {
        str(path.relative_to(PROJECT_DIR))
        for folder in ("dagster_project", "expectations", "reports")
        for path in (PROJECT_DIR / folder).rglob("*.py")
        if re.search(r"os\.(environ|getenv|putenv)", path.read_text())
    }
    assert touching == {"dagster_project/settings.py", "dagster_project/__main__.py"}


def test_no_secret_is_handed_to_the_libraries() -> None:
    handed = Settings.from_env(GIVEN).library_environment()
    assert not any(secret in value for value in handed.values() for secret in SECRETS)


def test_no_library_calls_home(tmp_path: Path) -> None:
    handed = Settings(data_dir=tmp_path).library_environment()
    said = {name: handed[name] for name in handed if re.search("ANALYTICS|TELEMETRY|TRACK|STATS", name)}
    assert said == {
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
        "DAGSTER_DISABLE_TELEMETRY": "true",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }


def test_dbt_is_not_asked_for_its_version_as_it_would_ask_the_package_index(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: list[str]) -> bytes:
        raise AssertionError(f"{command} is run")

    monkeypatch.setattr(dagster_dbt.core.resource, "check_output", run)
    assert str(dbt_resource(settings)._cli_version) == version("dbt-core")


def test_the_process_outranks_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuration, "PROJECT_DIR", tmp_path)
    (tmp_path / ".env").write_text("KEPT_AS_OF=2026-01-31\nHUBSPOT_TOKEN=of-the-file\nKEPT_DATA_DIR=here\n")
    monkeypatch.setenv("KEPT_AS_OF", "2026-02-28")
    monkeypatch.delenv("HUBSPOT_TOKEN", raising=False)
    read = Settings.from_env()
    assert (read.as_of, read.hubspot_token.reveal()) == (date(2026, 2, 28), "of-the-file")
    assert read.data_dir == tmp_path / "here"


def test_a_relative_data_folder_starts_beside_the_readme() -> None:
    assert Settings.from_env({"KEPT_DATA_DIR": "data/mine"}).data_dir == PROJECT_DIR / "data" / "mine"
    assert Settings.from_env({"KEPT_DATA_DIR": "~/mine"}).data_dir == Path.home() / "mine"


def test_a_load_is_stamped_with_now_unless_a_day_is_given(tmp_path: Path) -> None:
    assert abs((Settings(data_dir=tmp_path).landed_at() - datetime.now(UTC)).total_seconds()) < 5
    stamped = Settings(data_dir=tmp_path, as_of=date(2026, 3, 31)).landed_at()
    assert stamped == datetime(2026, 3, 31, 23, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("KEPT_SOURCES", "hubspot,salesforce", "comma separated list of hubspot, zendesk, bamboohr"),
        ("KEPT_SOURCES", ",", "comma separated list of hubspot, zendesk, bamboohr"),
        ("KEPT_AS_OF", "31.03.2026", "YYYY-MM-DD"),
        ("KEPT_AS_OF", "2026-02-30", "YYYY-MM-DD"),
        ("KEPT_AS_OF", "yesterday", "YYYY-MM-DD"),
        ("KEPT_TARGET", "snowflake", "one of duckdb"),
        ("KEPT_DATA_DIR", str(PROJECT_DIR / "README.md"), "takes a folder"),
        ("KEPT_DATA_DIR", str(PROJECT_DIR / "README.md" / "below"), "takes a folder"),
        ("HUBSPOT_BASE_URL", "api.hubapi.com", "host root"),
        ("ZENDESK_BASE_URL", "example.zendesk.com", "host root"),
        ("BAMBOOHR_BASE_URL", "ftp://example.bamboohr.com", "host root"),
    ],
)
def test_a_bad_value_gives_one_line_naming_variable_and_remedy(name: str, value: str, remedy: str) -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_env({name: value})
    said = str(error.value)
    assert said.startswith(name)
    assert remedy in said
    assert "\n" not in said
    assert error.value.__cause__ is None


@pytest.mark.parametrize(
    "show",
    [repr, str, format, "{}".format, "%s".__mod__, "%r".__mod__, pformat, asdict,
     lambda value: json.dumps(asdict(value), default=str), lambda value: vars(value), copy.deepcopy],
)  # fmt: skip
def test_settings_show_no_secret(show: Any) -> None:
    given = Settings.from_env(GIVEN)
    shown = str(show(given))
    assert "zendesk.example" in shown
    assert not any(secret in shown for secret in SECRETS)


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{0!r}".format, "%s".__mod__, ascii, pformat])
def test_a_secret_shows_whether_it_is_set_and_nothing_else(show: Any) -> None:
    assert show(Secret("of-hubspot")) == "Secret(***)"
    assert show(Secret("")) == "Secret(not set)"


def test_a_secret_does_not_survive_pickling_or_copying() -> None:
    secret = Secret("of-hubspot")
    assert b"of-hubspot" not in pickle.dumps(secret)
    assert not copy.deepcopy(secret)
    assert secret.reveal() == "of-hubspot"


ADDRESSES = {name: value for name, value in GIVEN.items() if name.endswith("_BASE_URL")}


@pytest.mark.parametrize(
    ("system", "given", "missing"),
    [
        ("hubspot", {}, "HUBSPOT_TOKEN"),
        ("zendesk", {}, "ZENDESK_OAUTH_TOKEN"),
        ("zendesk", {"ZENDESK_CLIENT_ID": "client"}, "ZENDESK_CLIENT_SECRET"),
        ("zendesk", {"ZENDESK_CLIENT_SECRET": "secret-of-client"}, "ZENDESK_CLIENT_ID"),
        ("zendesk", {"ZENDESK_EMAIL": "data@zendesk.example"}, "ZENDESK_API_TOKEN"),
        ("zendesk", {"ZENDESK_API_TOKEN": "secret-of-api"}, "ZENDESK_EMAIL"),
        ("bamboohr", {}, "BAMBOOHR_API_KEY"),
        ("hubspot", {"HUBSPOT_TOKEN": "secret of hubspot"}, "HUBSPOT_TOKEN"),
        ("zendesk", {"ZENDESK_BASE_URL": "", "ZENDESK_OAUTH_TOKEN": "secret-of-zendesk"}, "ZENDESK_BASE_URL"),
        ("bamboohr", {"BAMBOOHR_BASE_URL": "", "BAMBOOHR_API_KEY": "secret-of-bamboohr"}, "BAMBOOHR_BASE_URL"),
    ],
)
def test_a_missing_credential_gives_one_line_naming_system_variable_and_remedy(
    system: str, given: dict[str, str], missing: str
) -> None:
    with pytest.raises(SourceRefused) as error:
        connect(system, Settings.from_env(ADDRESSES | given)).check()
    said = str(error.value)
    assert said.startswith(f"{system}: {missing} ") or said.startswith(f"{system}: {missing}, ")
    assert re.search(r": (create|set it to|make|let) .+", said), said
    assert "\n" not in said
    assert "secret" not in said.replace("client secret", "")


def test_every_known_source_connects_without_asking_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [connect(system, Settings.from_env({})).system for system in KNOWN_SOURCES] == list(KNOWN_SOURCES)


def test_a_missing_seed_gives_one_line_naming_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(PROJECT_DIR / "seeds", tmp_path / "seeds")
    (tmp_path / "seeds" / "mappings" / "crm_roles.csv").unlink()
    monkeypatch.setattr(configuration, "PROJECT_DIR", tmp_path)
    with pytest.raises(Exception, match=r"^hubspot: the seed crm_roles.csv is missing from ") as error:
        connect("hubspot", Settings(data_dir=tmp_path))
    assert "\n" not in str(error.value)
