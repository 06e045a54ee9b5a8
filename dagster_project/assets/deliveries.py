"""The deliveries asset: reports go to the people who act on them, once per person and as-of day."""

from dagster import AssetExecutionContext, AssetKey, AssetsDefinition, Failure, MaterializeResult, asset

from dagster_project.assets import reports
from dagster_project.delivery import deliver
from dagster_project.mail import NotDelivered
from dagster_project.progress import Narrator
from dagster_project.recipients import RecipientsError
from dagster_project.settings import Settings

KEY = AssetKey(["reports", "deliveries"])


def deliveries_asset(settings: Settings, tell: Narrator) -> AssetsDefinition:
    @asset(
        key=KEY,
        deps=[reports.KEY],
        group_name="reports",
        description="Reports by mail and into folders, to the people of seeds/delivery/report_recipients.csv and each "
        "about their own book of customers; once per person and as-of day.",
        kinds={"email"},
        required_resource_keys={"alerts"},
    )
    def deliveries(context: AssetExecutionContext) -> MaterializeResult:
        # Counts alone: an event names nobody.
        try:
            outcome = deliver(settings, tell)
        except (RecipientsError, NotDelivered) as error:
            tell.problem(str(error))
            raise Failure("nobody was delivered to; `make deliver` says why") from None
        if outcome.failed:
            raise Failure(f"{outcome.told}; `make deliver` says why, and goes on with what is left")
        told = outcome.told if outcome.delivered or outcome.had_it else "nobody is named to deliver to"
        context.log.info(told)
        return MaterializeResult(metadata={"delivered": len(outcome.delivered), "had it before": len(outcome.had_it)})

    return deliveries
