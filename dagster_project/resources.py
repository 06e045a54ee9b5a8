"""What the assets share: the connected source systems, the lock that keeps refreshes apart, and who hears of a run."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

from dagster import InitResourceContext, ResourceDefinition, resource

from dagster_project.alerts import watched
from dagster_project.loads import one_at_a_time
from dagster_project.progress import Narrator
from dagster_project.settings import Settings
from dagster_project.sources import Source, load_crm_properties
from dagster_project.sources.bamboohr import BambooHR
from dagster_project.sources.files import Files
from dagster_project.sources.hubspot import HubSpot
from dagster_project.sources.zendesk import Zendesk


def connect(system: str, settings: Settings) -> Source:
    """The source of one system with its credentials; nothing is asked of the vendor yet.

    Raises SourceFailed if a mapping seed it needs is missing.
    """
    if system == "hubspot":
        return HubSpot(
            base_url=settings.hubspot_base_url,
            token=settings.hubspot_token.reveal(),
            properties=load_crm_properties(settings.seeds_dir, system),
            api_version=settings.hubspot_api_version,
        )
    if system == "zendesk":
        return Zendesk(
            base_url=settings.zendesk_base_url,
            oauth_token=settings.zendesk_oauth_token.reveal(),
            client_id=settings.zendesk_client_id,
            client_secret=settings.zendesk_client_secret.reveal(),
            email=settings.zendesk_email,
            api_token=settings.zendesk_api_token.reveal(),
        )
    if system == "bamboohr":
        return BambooHR(base_url=settings.bamboohr_base_url, api_key=settings.bamboohr_api_key.reveal())
    if system == "files":
        return Files(settings.drop_dir)
    raise ValueError(f"no source is called {system}")


def refresh_lock(settings: Settings, tell: Narrator) -> ResourceDefinition:
    """Held from a run's first step to its last, since the in-process executor sets resources up once a run."""

    @resource(description="One refresh at a time, whoever starts it; what went wrong is told at its end.")
    def held(context: InitResourceContext) -> Iterator[None]:
        with one_at_a_time(settings, tell), _watched(context, settings, tell, is_refresh=True):
            yield

    return held


def alerts_of_run(settings: Settings, tell: Narrator) -> ResourceDefinition:
    """For what runs beside a refresh, as the reports do."""

    @resource(description="What went wrong in a run is told at its end.")
    def told(context: InitResourceContext) -> Iterator[None]:
        with _watched(context, settings, tell, is_refresh=False):
            yield

    return told


def _watched(
    context: InitResourceContext, settings: Settings, tell: Narrator, *, is_refresh: bool
) -> AbstractContextManager[None]:
    """Here and not in a sensor, so that a refresh typed at a terminal is told as one that Dagster's schedule began."""
    if context.instance is None or context.run_id is None:
        return nullcontext()

    def warn(line: str) -> None:
        tell.problem(line)
        if context.log:
            context.log.warning(line)

    return watched(settings, context.instance, context.run_id, warn, is_refresh=is_refresh)
