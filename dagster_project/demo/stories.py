"""The four named customers who carry a story; everybody else's life is drawn at random."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Story:
    """A customer whose trouble must stand out in every report, whatever the seed."""

    name: str
    reason: str
    customer_id: str
    customer_name: str


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
    )
}

# Days from the as-of day. The courted customer's term ends RENEWAL_DUE_IN days after it: its last 90 days began 44 days
# before.
RENEWAL_DUE_IN = 45
COURTED_FOR = 40
SUBSTANCE_ENDED = 420
GHOST_REASSIGNED_IN = 12

# Who of the cast held which role at musical chairs, from which day on: some days after the one before left or moved.
MUSICAL_CHAIRS = {
    "csm": (("csm 1", None), ("csm 2", -326), ("csm 3", -203), ("csm 4", -66)),
    "support_lead": (("support 1", None), ("support 2", -281), ("support 3", -109)),
    "account_manager": (("seller 1", None), ("seller 2", -183)),
    "field_engineer": (("field 1", None), ("field 2", -90)),
}
