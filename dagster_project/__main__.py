"""The commands behind the Makefile: `python -m dagster_project --help` lists them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from importlib import import_module
from pathlib import Path

import click

from dagster_project import runs
from dagster_project.progress import Narrator, counted, terminal
from dagster_project.settings import PROJECT_DIR, Settings, SettingsError, data_dir_of, given_data_dir, has_systems

# Marks a data folder as the simulated company's: real and simulated customers must never meet in one warehouse.
DEMO_MARK = ".demo"


@click.group()
def commands() -> None:
    """Kept: which customers are we about to lose, why, and what should we bring them?"""
    # Whatever is written from here on is its owner's alone.
    os.umask(0o077)


@commands.command()
def demo() -> None:
    """Run the main job on a simulated company, served on this machine by servers that speak its vendors' APIs."""
    tell = terminal()
    started = time.monotonic()
    with demo_settings(tell) as settings:
        _finish(runs.refresh_and_report(settings, tell), settings, tell, started)


@commands.command()
def refresh() -> None:
    """Refresh the warehouse and the reports from the systems configured in .env."""
    tell = terminal()
    started = time.monotonic()
    settings = _own_settings()
    _finish(runs.refresh_and_report(settings, tell), settings, tell, started)


@commands.command()
def rebuild() -> None:
    """Rebuild and publish from what has landed, asking no system: yours if .env names one, else the demo's."""
    tell = terminal()
    started = time.monotonic()
    settings = _own_settings() if has_systems() else _demo_data()
    _finish(runs.rebuild(settings, tell), settings, tell, started)


@commands.command()
def report() -> None:
    """Render the reports from what stands published: yours if .env names a system, else the demo's."""
    tell = terminal()
    started = time.monotonic()
    settings = _own_settings() if has_systems() else _demo_data()
    _finish(runs.report(settings, tell), settings, tell, started)


@commands.command()
def components() -> None:
    """Write the page that shows every component of the reports, for whoever works on them."""
    from reports.components import write_components

    settings = _own_settings() if has_systems() else _demo_data()
    settings.prepare()
    path = settings.reports_dir / "components.html"
    write_components(path)
    click.echo(path)


@commands.command()
@click.option("--dry-run", is_flag=True, help="Send nothing; write mails and pages to the data folder.")
@click.option("--recipient", "only", multiple=True, metavar="NAME", help="Only this row; may be given several times.")
@click.option("--again", is_flag=True, help="Also to those who had the report of this day before.")
def deliver(dry_run: bool, only: tuple[str, ...], again: bool) -> None:
    """Deliver the reports to the people of seeds/delivery/report_recipients.csv, by mail and into folders.

    Each gets the report of their own book once per as-of day; what was cut short or failed is made up for by the next
    call. Yours if .env names a system, else the demo's, of which no mail goes out. Ends with 1 if anybody did not get
    theirs.
    """
    from dagster_project.delivery import deliver as deliver_reports
    from dagster_project.mail import NotDelivered
    from dagster_project.recipients import RecipientsError, recipients_path

    tell = terminal()
    settings = _own_settings() if has_systems() else _demo_data()
    settings.prepare()
    try:
        outcome = deliver_reports(settings, tell, only, is_dry=dry_run, again=again)
    except (RecipientsError, NotDelivered) as error:
        raise click.ClickException(str(error)) from None
    if not (outcome.delivered or outcome.had_it or outcome.failed):
        tell.line(f"{recipients_path(settings)} names nobody, so there is nothing to deliver.")
        return
    tell.line(f"{'Dry run, nothing sent: ' if dry_run else ''}{outcome.told}.")
    raise SystemExit(1 if outcome.failed else 0)


@commands.command()
def alert_test() -> None:
    """Send a test alert by every configured way, to see that alerts arrive."""
    from dagster_project.alerts import send_test

    outcome = send_test(_own_settings())
    if not outcome:
        raise click.ClickException(
            "no way is configured; set KEPT_ALERT_EMAIL_TO with KEPT_SMTP_URL, or KEPT_ALERT_WEBHOOK_URL, in .env"
        )
    for way, failure in outcome.items():
        click.echo(f"{way}: {failure or 'delivered'}")
    raise SystemExit(1 if any(outcome.values()) else 0)


@commands.command()
@click.option("--contact", metavar="ID", help="The contact's id, as in mart.contacts: hubspot:123.")
@click.option("--employee", metavar="ID", help="The employee's id, as in mart.employees: bamboohr:42.")
@click.option("--dry-run", is_flag=True, help="Change nothing; list what would change.")
@click.option("--blank-mentions", is_flag=True, help="Blank the name in what others wrote too, not only list it.")
def erase(contact: str | None, employee: str | None, dry_run: bool, blank_mentions: bool) -> None:
    """Erase one person from everything Kept has written, build and publish again, and prove it by a search.

    Name, e-mail, phone and what the person wrote go, from landing, dropped files, publications, reports, also those
    delivered to folders, and logs; ids stay, and of texts the words that rules read, so that every count holds. The
    person does not land again. What others wrote about them is listed for review. Works on your data if .env names a
    system, else on the demo's.
    """
    from dagster_project.erasure import CONTACT, EMPLOYEE, NotErased
    from dagster_project.erasure import erase as erase_person

    if (contact is None) == (employee is None):
        raise click.UsageError("Name one person: --contact hubspot:123 or --employee bamboohr:42.")
    tell = terminal()
    settings = _own_settings() if has_systems() else _demo_data()
    kind, identity = (CONTACT, contact) if contact else (EMPLOYEE, employee or "")
    try:
        found = erase_person(settings, tell, kind, identity, is_dry=dry_run, blanks_mentions=blank_mentions)
    except NotErased as error:
        raise click.ClickException(str(error)) from None
    for line in found.told(is_dry=dry_run):
        tell.line(line)


@commands.command()
@click.option(
    "--later-from",
    type=int,
    metavar="YEAR",
    help="Try the weights on the renewals known of from this year on, and fit on those decided before.  "
    "[default: the latest that leaves a third of the churned ones to try on]",
)
def propose_weights(later_from: int | None) -> None:
    """Fit weights of the health drivers on earlier renewals and try them on later ones; changes nothing.

    Reads what stands published: yours if .env names a system, else the demo's. Prints the proposed weights beside the
    current ones, and how well either ranks renewals that neither was fitted on. A person decides, and edits
    seeds/health/health_drivers.csv.
    """
    # Imported here, since no other command needs the numeric libraries.
    from dagster_project.weights import NoProposal, propose, told

    settings = _own_settings() if has_systems() else _demo_data()
    try:
        for line in told(propose(settings.published_dir / "kept.duckdb", later_from)):
            click.echo(line)
    except NoProposal as reason:
        click.echo(str(reason))


@commands.command()
@click.option("--customers", default=2_000, show_default=True, help="Customers won by the as-of day.")
@click.option("--prospects", type=int, help="Companies never won, or not yet.  [default: a quarter of the customers]")
@click.option("--years", default=4, show_default=True, help="Years of history.")
@click.option("--employees", type=int, help="Employees on the as-of day.  [default: three for ten customers]")
@click.option("--touch-factor", default=1.0, show_default=True, help="Times as many calls, meetings and messages.")
@click.option("--seed", default=7, show_default=True, help="The same seed gives the same company.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day of the load.  [default: the demo's]")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Data folder to write; must hold no landing."
)
@click.option("--processes", default=1, show_default=True, help="Parts of the company made at a time.")
def simulate(
    customers: int,
    prospects: int | None,
    years: int,
    employees: int | None,
    touch_factor: float,
    seed: int,
    as_of: datetime | None,
    out: Path,
    processes: int,
) -> None:
    """Write the landing of a simulated company of any size, and the truth about it beside.

    Build it with KEPT_DATA_DIR set to the folder and KEPT_AS_OF to the day. Made 240 customers at a time, it takes half
    a gigabyte of memory a process whatever the size, and some 25 seconds of one core per thousand customers.
    """
    from dagster_project.demo.company import DEFAULT_AS_OF
    from dagster_project.demo.landing import Size, write_landing

    tell = terminal()
    started = time.monotonic()
    size = Size(
        customers,
        customers // 4 if prospects is None else prospects,
        years,
        customers * 3 // 10 if employees is None else employees,
        touch_factor,
    )

    def heard(done: int, parts: int, rows: int) -> None:
        tell.line(f"    {done} of {parts} parts, {rows:,} rows  ({time.monotonic() - started:.0f} s)")

    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        write_landing(size, seed, as_of.date() if as_of else DEFAULT_AS_OF, out.absolute(), processes, heard)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    (out / DEMO_MARK).write_text("The customers in this folder are simulated; delete the folder to be rid of them.\n")
    tell.line(f"Landing: {out / 'landing'}. What is true of it: {out / 'truth'}.")


@commands.group(invoke_without_command=True)
@click.pass_context
def quarantine(context: click.Context) -> None:
    """Rows that gate 1 keeps out of the warehouse: list them, explain one, release them or judge them again.

    Yours if .env names a system, else the demo's. Without a command, lists.
    """
    if context.invoked_subcommand is None:
        context.invoke(list_quarantine)


OF_TABLE = click.option("--table", help="Only rows of this landing table, as zendesk__tickets.")
OF_RULE = click.option("--rule", help="Only rows that break this rule, as status__in_set.")


@quarantine.command("list")
@OF_TABLE
@OF_RULE
def list_quarantine(table: str | None = None, rule: str | None = None) -> None:
    """What waits for a person: id, table, record, load, and each rule that the row breaks."""
    from dagster_project.quarantine import chosen

    with _quarantine() as settings:
        found = chosen(settings, (), table, rule)
        for one, rules in found.items():
            first = rules[0]
            record = first.record_id or "a record without a key"
            click.echo(
                f"{one}  {first.source_table}  {record}  (load {first.load_id}, {first.landed_at:%Y-%m-%d %H:%M})"
            )
            for broken in rules:
                click.echo(f"    {broken.rule}: {broken.reason}")
        click.echo(f"{counted(len(found), 'row')} held back." if found else "Nothing is held back.")


@quarantine.command("explain")
@click.argument("row_id", metavar="ID")
def explain_quarantined(row_id: str) -> None:
    """One row: its rules with their reasons, and its fields, personal data masked."""
    from dagster_project.quarantine import chosen, masked_fields

    with _quarantine() as settings:
        rules = chosen(settings, (row_id,), None, None)[row_id]
        first = rules[0]
        click.echo(f"{first.source_table}, record {first.record_id or 'without a key'}")
        click.echo(f"load {first.load_id}, landed {first.landed_at:%Y-%m-%d %H:%M} UTC")
        click.echo(f"row {first.landing_row} of {settings.landing_dir / first.source_table / first.landing_file}")
        for broken in rules:
            click.echo(f"breaks {broken.rule}: {broken.reason}")
        click.echo("fields, letters masked as x and digits as 9 but for keys and words of vocabularies:")
        for path, value in masked_fields(settings, first):
            click.echo(f"    {path}: {value}")


@quarantine.command("release")
@click.argument("row_ids", metavar="[ID]...", nargs=-1)
@OF_TABLE
@OF_RULE
@click.option("--reason", required=True, help="Why the rows are right; kept with the release, so name no person.")
def release_quarantined(row_ids: tuple[str, ...], table: str | None, rule: str | None, reason: str) -> None:
    """Let rows in that a person found right: from the next build on, as if they had never been held back."""
    from dagster_project.quarantine import chosen, release

    if not (row_ids or table or rule):
        raise click.UsageError("name rows by ID, or with --table or --rule; `quarantine list` shows them")
    if not reason.strip():
        raise click.UsageError("--reason is empty; say why the rows are right")
    with _quarantine(is_changed=True) as settings:
        found = chosen(settings, row_ids, table, rule)
        release(settings, found, reason.strip())
        click.echo(f"{counted(len(found), 'row')} released; `make rebuild` or the next refresh brings them in.")


@quarantine.command("replay")
@click.argument("row_ids", metavar="[ID]...", nargs=-1)
@OF_TABLE
@OF_RULE
def replay_quarantined(row_ids: tuple[str, ...], table: str | None, rule: str | None) -> None:
    """Judge rows again by the rules as they are today, all where none are named, and release those that hold."""
    from dagster_project.quarantine import chosen, release, that_hold_now

    with _quarantine(is_changed=True) as settings:
        found = chosen(settings, row_ids, table, rule)
        holding = that_hold_now(settings, found)
        release(settings, holding, "judged again: holds by the rules as they are today")
        left = len(found) - len(holding)
        click.echo(f"{counted(len(found), 'row')} judged again, {len(holding):,} released, {left:,} still held back.")


@contextmanager
def _quarantine(*, is_changed: bool = False) -> Iterator[Settings]:
    """The data folder, held against a refresh where something is released; what is asked for in vain is one line."""
    from dagster_project.loads import one_at_a_time
    from dagster_project.quarantine import NothingToRelease

    settings = _own_settings() if has_systems() else _demo_data()
    settings.prepare()
    try:
        with one_at_a_time(settings, terminal()) if is_changed else nullcontext():
            yield settings
    except NothingToRelease as reason:
        raise click.ClickException(str(reason)) from None


@commands.command()
def dev() -> None:
    """Open Dagster's UI on the graph: your systems if .env names one, else the simulated company."""
    tell = terminal()
    if has_systems():
        raise SystemExit(_dagster(_own_settings(), "your systems", tell))
    with demo_settings(tell) as settings:
        raise SystemExit(_dagster(settings, "the simulated company", tell))


@contextmanager
def demo_settings(tell: Narrator) -> Iterator[Settings]:
    """Serve the simulated company while the block lasts; base URLs, tokens and as-of day are all that differs."""
    # Imported here, since only the demo needs the simulator and its web server.
    from dagster_project.demo.apart import server_apart

    tell.line("A simulated maker of connected machines, and servers on this machine that speak its vendors' APIs.")
    demo_data = _demo_data()
    with server_apart(demo_data.data_dir) as server:
        # Seconds of imports, meanwhile.
        import_module("dagster_project.definitions")
        served, as_of = server.recv()
        environment = {**served, "KEPT_DATA_DIR": str(demo_data.data_dir), "KEPT_AS_OF": as_of.isoformat()}
        # For Dagster's own processes, which `make dev` starts.
        os.environ.update(environment)
        yield Settings.from_env(environment)


def _demo_data() -> Settings:
    """Where the demo writes: KEPT_DATA_DIR if it was given one, else a folder of its own; never among real data."""
    try:
        data_dir = data_dir_of(given_data_dir() or "data/demo")
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    mark = data_dir / DEMO_MARK
    if not mark.exists():
        if (data_dir / "landing").exists():
            raise click.ClickException(f"{data_dir} holds loads of real systems; give the demo another KEPT_DATA_DIR.")
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        mark.write_text("The customers in this folder are simulated; delete the folder to be rid of them.\n")
    from dagster_project.demo.company import DEFAULT_AS_OF

    return Settings(data_dir=data_dir, as_of=DEFAULT_AS_OF)


def _own_settings() -> Settings:
    """The person's own configuration; ends the command with one line if it is of no use."""
    try:
        settings = Settings.from_env()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    if (settings.data_dir / DEMO_MARK).exists():
        raise click.ClickException(f"{settings.data_dir} holds the simulated company; set another KEPT_DATA_DIR.")
    return settings


def _finish(succeeded: bool, settings: Settings, tell: Narrator, started: float) -> None:
    runs.summarize(settings, tell, started)
    raise SystemExit(0 if succeeded else 1)


def _dagster(settings: Settings, what: str, tell: Narrator) -> int:
    settings.prepare()
    tell.line(f"Dagster's UI on {what}: http://127.0.0.1:3000 (Ctrl-C ends it). Data: {settings.data_dir}")
    command = [str(Path(sys.executable).with_name("dagster")), "dev", "-w", "workspace.yaml", "-h", "127.0.0.1"]
    try:
        return subprocess.call(command, cwd=PROJECT_DIR)
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    commands()
