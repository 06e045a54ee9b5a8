"""What a person configures: the only reader of the environment, and its only writer for the libraries Kept starts."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

PROJECT_DIR = Path(__file__).resolve().parent.parent
KNOWN_SOURCES = ("hubspot", "zendesk", "bamboohr")
# Nobody has to be asked for a folder, so it is looked at always.
DROP_FOLDER = "files"
TARGETS = ("duckdb",)


class SettingsError(Exception):
    """A variable holds something Kept cannot use; the message is one line naming variable and remedy."""


class Secret:
    """A credential that shows itself only when asked by name: repr, str, format and pickle carry no value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(***)" if self._value else "Secret(not set)"

    __str__ = __repr__

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return (Secret, ("",))


NO_SECRET = Secret("")


@dataclass(frozen=True)
class Settings:
    """One run's configuration. Base URLs are host roots without the API path; an empty string means not set."""

    data_dir: Path
    sources: tuple[str, ...] = KNOWN_SOURCES
    as_of: date | None = None
    target: str = "duckdb"

    hubspot_base_url: str = ""
    hubspot_token: Secret = field(default=NO_SECRET)
    hubspot_api_version: str = "2026-09"

    zendesk_base_url: str = ""
    zendesk_oauth_token: Secret = field(default=NO_SECRET)
    zendesk_client_id: str = ""
    zendesk_client_secret: Secret = field(default=NO_SECRET)
    zendesk_email: str = ""
    zendesk_api_token: Secret = field(default=NO_SECRET)

    bamboohr_base_url: str = ""
    bamboohr_api_key: Secret = field(default=NO_SECRET)

    alert_email_to: str = ""
    alert_email_from: str = ""
    report_email_from: str = ""
    smtp_url: Secret = field(default=NO_SECRET)
    alert_webhook_url: Secret = field(default=NO_SECRET)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the process environment, which outranks the file `.env`; raise SettingsError on a value of no use."""
        values = _dotenv() | dict(os.environ) if env is None else dict(env)

        def text(name: str, default: str = "") -> str:
            return values.get(name, "").strip() or default

        def secret(name: str) -> Secret:
            return Secret(text(name))

        return cls(
            data_dir=data_dir_of(text("KEPT_DATA_DIR", "data")),
            sources=_sources(text("KEPT_SOURCES", ",".join(KNOWN_SOURCES))),
            as_of=_as_of(text("KEPT_AS_OF")),
            target=_target(text("KEPT_TARGET", "duckdb")),
            hubspot_base_url=_base_url("HUBSPOT_BASE_URL", text("HUBSPOT_BASE_URL", "https://api.hubapi.com")),
            hubspot_token=secret("HUBSPOT_TOKEN"),
            hubspot_api_version=text("HUBSPOT_API_VERSION", "2026-09"),
            zendesk_base_url=_base_url("ZENDESK_BASE_URL", text("ZENDESK_BASE_URL")),
            zendesk_oauth_token=secret("ZENDESK_OAUTH_TOKEN"),
            zendesk_client_id=text("ZENDESK_CLIENT_ID"),
            zendesk_client_secret=secret("ZENDESK_CLIENT_SECRET"),
            zendesk_email=text("ZENDESK_EMAIL"),
            zendesk_api_token=secret("ZENDESK_API_TOKEN"),
            bamboohr_base_url=_base_url("BAMBOOHR_BASE_URL", text("BAMBOOHR_BASE_URL")),
            bamboohr_api_key=secret("BAMBOOHR_API_KEY"),
            alert_email_to=_addresses("KEPT_ALERT_EMAIL_TO", text("KEPT_ALERT_EMAIL_TO")),
            alert_email_from=_addresses("KEPT_ALERT_EMAIL_FROM", text("KEPT_ALERT_EMAIL_FROM")),
            report_email_from=_address("KEPT_REPORT_EMAIL_FROM", text("KEPT_REPORT_EMAIL_FROM")),
            smtp_url=_secret_url("KEPT_SMTP_URL", text("KEPT_SMTP_URL"), "smtp://user:password@host:587", "smtps"),
            alert_webhook_url=_secret_url(
                "KEPT_ALERT_WEBHOOK_URL", text("KEPT_ALERT_WEBHOOK_URL"), "https://hooks.example/…", "http"
            ),
        )

    @property
    def systems(self) -> tuple[str, ...]:
        """Everything that is read: what KEPT_SOURCES names, and the drop folder."""
        return (*self.sources, DROP_FOLDER)

    @property
    def drop_dir(self) -> Path:
        return self.data_dir / "drop"

    @property
    def landing_dir(self) -> Path:
        return self.data_dir / "landing"

    @property
    def warehouse_path(self) -> Path:
        return self.data_dir / "warehouse" / "retention.duckdb"

    @property
    def published_dir(self) -> Path:
        return self.data_dir / "published"

    @property
    def reports_dir(self) -> Path:
        return self.data_dir / "reports"

    @property
    def deliveries_dir(self) -> Path:
        """What was delivered to whom, and what it said in ids and numbers."""
        return self.data_dir / "deliveries"

    @property
    def dry_deliveries_dir(self) -> Path:
        """What a dry run would have delivered."""
        return self.data_dir / "deliveries_dry_run"

    @property
    def check_results_path(self) -> Path:
        return self.data_dir / "check_results.json"

    @property
    def dlt_dir(self) -> Path:
        return self.data_dir / "dlt"

    @property
    def dbt_target_dir(self) -> Path:
        return self.data_dir / "dbt"

    @property
    def dagster_home(self) -> Path:
        return self.data_dir / "dagster"

    @property
    def suppression_dir(self) -> Path:
        """Who was erased, as ids and keyed hashes."""
        return self.data_dir / "suppression"

    @property
    def dbt_dir(self) -> Path:
        return PROJECT_DIR / "dbt"

    @property
    def seeds_dir(self) -> Path:
        return PROJECT_DIR / "seeds"

    def landed_at(self) -> datetime:
        """The UTC instant a load is stamped with: the end of the KEPT_AS_OF day where that is set, else now."""
        if self.as_of is None:
            return datetime.now(UTC)
        return datetime.combine(self.as_of, time.max, tzinfo=UTC)

    def prepare(self) -> None:
        """Create the data folder for its owner alone and configure the libraries, before dlt, dbt or Dagster start."""
        os.umask(0o077)
        for folder in (self.data_dir, self.warehouse_path.parent, self.published_dir):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.dagster_home.mkdir(exist_ok=True, mode=0o700)
        instance_file = self.dagster_home / "dagster.yaml"
        wanted = (PROJECT_DIR / "dagster.yaml").read_text()
        if not instance_file.exists() or instance_file.read_text() != wanted:
            instance_file.write_text(wanted)
        os.environ.update(self.library_environment())

    def process_environment(self) -> dict[str, str]:
        """The environment for a process of its own that works on this configuration."""
        return {**os.environ, **self.library_environment()}

    def library_environment(self) -> dict[str, str]:
        """What dlt, dbt and Dagster read from the environment: where to write, never to call home; no secret."""
        return {
            "KEPT_DATA_DIR": str(self.data_dir),
            **({"KEPT_AS_OF": self.as_of.isoformat()} if self.as_of else {}),
            "KEPT_SOURCES": ",".join(self.sources),
            "KEPT_TARGET": self.target,
            "DAGSTER_HOME": str(self.dagster_home),
            # dagster-dbt looks for the dbt command on the path, even in an environment that was not activated.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "DBT_PROFILES_DIR": str(self.dbt_dir),
            "DO_NOT_TRACK": "1",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "GX_ANALYTICS_ENABLED": "false",
            "DAGSTER_DISABLE_TELEMETRY": "true",
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "RUNTIME__LOG_LEVEL": "ERROR",
            # Names stay as declared; the default naming would make snake case of the vendors' fields.
            "SCHEMA__NAMING": "direct",
            "NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID": "true",
            # A copy of every admitted row in the working folder would be personal data kept twice.
            "LOAD__DELETE_COMPLETED_JOBS": "true",
            "DLT_DATA_DIR": str(self.dlt_dir),
            # dlt looks for a project's own .dlt folder in the working directory; Kept has none.
            "DLT_PROJECT_DIR": str(self.dlt_dir),
        }


def _dotenv() -> dict[str, str]:
    return {name: value for name, value in dotenv_values(PROJECT_DIR / ".env").items() if value is not None}


def has_systems() -> bool:
    """Whether a person has given a credential of any system of their own, in `.env` or the environment."""
    values = _dotenv() | dict(os.environ)
    names = ("HUBSPOT_TOKEN", "ZENDESK_OAUTH_TOKEN", "ZENDESK_CLIENT_SECRET", "ZENDESK_API_TOKEN", "BAMBOOHR_API_KEY")
    return any(values.get(name, "").strip() for name in names)


def given_data_dir() -> str:
    """KEPT_DATA_DIR as the process was given it, not as `.env` says; empty if it was not."""
    return os.environ.get("KEPT_DATA_DIR", "").strip()


def data_dir_of(value: str) -> Path:
    """A folder as a person writes it, a relative one beside the README; raises SettingsError on one of no use."""
    path = Path(value).expanduser()
    path = path if path.is_absolute() else (PROJECT_DIR / path).resolve()
    existing = next(place for place in (path, *path.parents) if os.access(place, os.F_OK))
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise SettingsError(f"KEPT_DATA_DIR is {value!r}; it takes a folder that you may write to.")
    return path


def _sources(value: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip().lower() for name in value.split(",") if name.strip()))
    unknown = [name for name in names if name not in KNOWN_SOURCES]
    if unknown or not names:
        wrong = ", ".join(unknown) or "nothing"
        raise SettingsError(
            f"KEPT_SOURCES names {wrong}; it takes a comma separated list of {', '.join(KNOWN_SOURCES)}."
        )
    return names


def _as_of(value: str) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise SettingsError(f"KEPT_AS_OF is {value!r}; it takes a day as YYYY-MM-DD, or nothing for today.") from None


def _target(value: str) -> str:
    if value not in TARGETS:
        raise SettingsError(f"KEPT_TARGET is {value!r}; it takes one of {', '.join(TARGETS)}.")
    return value


def _base_url(name: str, value: str) -> str:
    if value and not value.startswith(("https://", "http://")):
        raise SettingsError(f"{name} is {value!r}; it takes a host root such as https://example.zendesk.com.")
    return value.rstrip("/")


def _addresses(name: str, value: str) -> str:
    if value and not all(re.fullmatch(r"[^\s@,;<>]+@[^\s@,;<>]+", one.strip()) for one in value.split(",")):
        raise SettingsError(f"{name} is {value!r}; it takes e-mail addresses, comma separated.")
    return value


def _address(name: str, value: str) -> str:
    if "," in value:
        raise SettingsError(f"{name} is {value!r}; it takes one e-mail address.")
    return _addresses(name, value)


def _secret_url(name: str, value: str, example: str, other_scheme: str) -> Secret:
    """Never shown, since a password or the address itself is the credential."""
    try:
        server = urlsplit(value)
        is_url = server.scheme in (urlsplit(example).scheme, other_scheme) and server.hostname and server.port != 0
    except ValueError:
        is_url = False
    if value and not is_url:
        raise SettingsError(f"{name} cannot be used; it takes an address such as {example}.")
    return Secret(value)
