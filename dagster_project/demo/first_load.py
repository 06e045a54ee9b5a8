"""What a first complete load of a simulated company brings, record by record, without a request.

What a vendor shows of a record is the servers' code, what is asked for and kept of it the connectors'; a test holds the
two roads against each other. How records become files belongs in landing.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from dagster_project.demo.bamboohr import BambooHR, training_type
from dagster_project.demo.company import World
from dagster_project.demo.files import files_of
from dagster_project.demo.groups import GROUPS
from dagster_project.demo.hubspot import KINDS, HubSpot
from dagster_project.demo.timeline import MINUTE, end_of
from dagster_project.demo.trainings import TYPES
from dagster_project.demo.wire import Json
from dagster_project.demo.zendesk import Zendesk
from dagster_project.settings import PROJECT_DIR
from dagster_project.sources import Record, Table, bamboohr, files, hubspot, load_crm_properties, zendesk

# Of a company that is made in parts these are the same in every part.
SHARED = {"hubspot__deal_pipelines", "zendesk__groups", "zendesk__sla_policies", "bamboohr__training_types"}
# What the company has not, and why a load that found none says so: files that nobody drops need no word.
NOT_THERE = {
    "hubspot__success_goals": "left out: the account has no such object",
    "files__touches": None,
    "files__voice_of_customer": None,
    "files__action_outcomes": None,
}


def first_load(world: World, system: str) -> Iterator[tuple[Table, Record]]:
    """Every record that one system shows at the end of the as-of day, as it lands."""
    received, tables = {
        "hubspot": (from_hubspot, hubspot.TABLES),
        "zendesk": (from_zendesk, zendesk.TABLES),
        "bamboohr": (from_bamboohr, bamboohr.TABLES),
        "files": (from_files, files.TABLES),
    }[system]
    by_entity = {table.name.removeprefix(f"{system}__"): table for table in tables}
    for entity, one in received(world, end_of(world.as_of)):
        table = by_entity[entity]
        yield table, table.record(one)


def from_hubspot(world: World, at: int) -> Iterator[tuple[str, Json]]:
    """Standing records, then those in the recycle bin, with their associations; of objects that the portal has."""
    portal = HubSpot(world, "")
    properties = load_crm_properties(PROJECT_DIR / "seeds", "hubspot")
    for owner in world.owners:
        if owner.created_at <= at:
            yield "owners", portal.owner(owner, at)
    for pipeline in world.pipelines:
        yield "deal_pipelines", pipeline
    for entity in hubspot.ENTITIES:
        if entity.name not in KINDS:
            continue
        kind, histories = entity.name, entity.history_names(properties)
        names = portal.names(kind, entity.property_names(properties), histories)
        for is_archived in (False, True):
            for record in portal.standing(kind, is_archived, at)[0]:
                row = portal.row(kind, record, names, histories, at)
                if entity.targets:
                    found = {target: portal.targets(kind, target, record, at) for target in entity.targets}
                    row["associations"] = found if any(found.values()) or not is_archived else None
                yield kind, row


def from_zendesk(world: World, at: int) -> Iterator[tuple[str, Json]]:
    """The exports, which leave out the last minute, and the lists."""
    desk = Zendesk(world, oauth_token="", client_id="", client_secret="", email="", api_token="")
    for _, _, organization in desk.stream("organizations", at):
        yield "organizations", desk.organization(organization, at)
    for _, _, user in desk.stream("users", at):
        yield "users", desk.user(user, at)
    for group in GROUPS:
        yield "groups", desk.group(group)
    for policy in desk.policies(at):
        yield "sla_policies", policy
    for _, _, ticket in desk.stream("tickets", at):
        yield "tickets", {**desk.ticket(ticket, at), "metric_set": desk.metric_set(ticket, at)}
    for event in world.ticket_events:
        if event.at <= at - MINUTE:
            yield "ticket_events", desk.ticket_event(event, with_comments=True)
    for metric_event in world.metric_events:
        if metric_event.at <= at - MINUTE:
            yield "ticket_metric_events", desk.metric_event(metric_event)
    for rating in world.ratings:
        if rating.created_at <= at:
            yield "satisfaction_ratings", desk.rating(rating, at)


def from_bamboohr(world: World, at: int) -> Iterator[tuple[str, Json]]:
    """Everybody whom HR has ever had and not deleted, with a marker where somebody has no rows or no training."""
    office = BambooHR(world, "")
    standing = office.standing(at)
    everybody = {str(employee.record.id) for employee in standing}
    for change in office.changes(0, at):
        yield "employees_changed", change
    for employee in standing:
        yield "employees", office.employee(employee, list(bamboohr.REQUESTED_FIELDS), at)
    histories = {"job_info": "jobInfo", "employment_status": "employmentStatus"}
    for entity, vendor_name in histories.items():
        rows = [row for employee in standing for row in office.rows(employee, vendor_name, at)]
        for row in [*rows, *bamboohr.markers(everybody - {str(row["employeeId"]) for row in rows})]:
            yield entity, row
    for number in TYPES:
        yield "training_types", training_type(number)
    for employee in standing:
        for row in office.trainings_of(employee, at) or bamboohr.markers([str(employee.record.id)]):
            yield "training_records", row


def from_files(world: World, _at: int) -> Iterator[tuple[str, Json]]:
    """Every row of the files that lie in the drop folder."""
    for file in files_of(world):
        for record in files.records_of(file.name, file.content, files.CONTRACTS[file.table]):
            yield file.table, dict(record)
