"""The ten named customers who carry a story; everybody else's life is drawn at random."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Story:
    """A customer whose trouble, or luck, must stand out in every report, whatever the seed.

    `other_customer_id` is the second record of a company that the CRM holds twice.
    """

    name: str
    reason: str
    customer_id: str
    customer_name: str
    other_customer_id: str | None = None


STORIES = {
    story.name: story
    for story in (
        Story(
            "musical_chairs",
            "Seven changes in the account team within a year, because people left or moved inside the company.",
            "hubspot:1001",
            "Halden Robotics",
        ),
        Story(
            "ghost_owner",
            "HR says the account manager has left; the CRM still names them.",
            "hubspot:1002",
            "Brightwater Bottling",
        ),
        Story(
            "courtesy_calls_only",
            "Somebody calls twice a month, and for over a year nobody has brought anything of substance.",
            "hubspot:1003",
            "Castell Packaging",
        ),
        Story(
            "courted_before_renewal",
            "Silent since the term began, then visited and flattered as soon as the renewal came near.",
            "hubspot:1004",
            "Vanterra Foods",
        ),
        Story(
            "surprise_by_survey",
            "A severe fault nobody had reported came out in a survey answer.",
            "hubspot:1005",
            "Orlanda Ceramics",
        ),
        Story(
            "told_you_so",
            "The field engineer warned of the hydraulics twice, nobody acted, then the hydraulics failed.",
            "hubspot:1006",
            "Tresco Castings",
        ),
        Story(
            "gone_quiet",
            "They complained loudly, were given an answer, and have not been heard of since.",
            "hubspot:1007",
            "Lindesnes Paper",
        ),
        Story(
            "two_records",
            "Contract on one CRM record, contact and complaints on another: a person has to merge the two.",
            "hubspot:1008",
            "Skagen Dairy",
            "hubspot:1011",
        ),
        Story(
            "flavour_of_the_month",
            "Six offerings pitched by five people within half a year.",
            "hubspot:1009",
            "Pallas Optics",
        ),
        Story(
            "happy_ambassador",
            "Top marks twice, promises kept, something of substance every month, and a third line ordered.",
            "hubspot:1010",
            "Valdemar Brewing",
        ),
    )
}

# Days from the as-of day. The courted customer's term ends RENEWAL_DUE_IN days after it: its last 90 days began 44 days
# before.
RENEWAL_DUE_IN = 45
COURTED_FOR = 40
SUBSTANCE_ENDED = 420
GHOST_REASSIGNED_IN = 12
SURVEYED_BEFORE, SURPRISED_BEFORE, MENDED_BEFORE = 31, 26, 9
WARNED_BEFORE, PROVED_RIGHT_BEFORE = (124, 76), 31
COMPLAINED_BEFORE, ANSWERED_BEFORE = 132, 121
OTHER_RECORD_SINCE = 300
PITCHED_SINCE = 160
SILENT_TERM = 380 - RENEWAL_DUE_IN

# From so many days before the as-of day on, only the plot speaks with, hears of or is reported trouble by the customer.
ONLY_THE_PLOT_SPEAKS = {
    "courtesy_calls_only": SUBSTANCE_ENDED,
    "courted_before_renewal": SILENT_TERM,
    "gone_quiet": ANSWERED_BEFORE + 1,
}
ONLY_THE_PLOT_ASKS = {**ONLY_THE_PLOT_SPEAKS, "surprise_by_survey": 200, "happy_ambassador": 400}
ONLY_THE_PLOT_NOTES = {"told_you_so": 200, "gone_quiet": 200}
ONLY_THE_PLOT_FAILS = {
    "courtesy_calls_only": SUBSTANCE_ENDED + 60,
    "courted_before_renewal": SILENT_TERM + 60,
    "surprise_by_survey": 240,
    "told_you_so": 240,
    "gone_quiet": 240,
    "happy_ambassador": 500,
}

# Who of the cast held which role at musical chairs, from which day on: some days after the one before left or moved.
MUSICAL_CHAIRS = {
    "csm": (("csm 1", None), ("csm 2", -326), ("csm 3", -203), ("csm 4", -66)),
    "support_lead": (("support 1", None), ("support 2", -281), ("support 3", -109)),
    "account_manager": (("seller 1", None), ("seller 2", -183)),
    "field_engineer": (("field 1", None), ("field 2", -90)),
}


def is_plotted(limits: Mapping[str, int], story: str | None, day: date, as_of: date) -> bool:
    """Whether a day is the plot's alone, in one of the respects above."""
    return story is not None and story in limits and day > as_of - timedelta(days=limits[story])
