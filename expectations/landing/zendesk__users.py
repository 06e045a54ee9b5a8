"""Gate 1 for Zendesk's users: agents and the customers' people."""

from expectations import MISREAD_PAGES, TIMESTAMP, Rule

KEY = ("id",)
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "Tickets name requester and submitter by this id.", "id"),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "id", {"min_value": 0.5}),
    Rule("ExpectColumnValuesToNotBeNull", "Who is an agent is told by the role.", "role"),
    Rule(
        "ExpectColumnValuesToBeInSet",
        "Who found an incident depends on who is an agent; an unknown role would make agents customers.",
        "role",
        {"value_set": ["end-user", "agent", "admin"]},
    ),
    Rule("ExpectColumnValuesToMatchRegex", "The vendor's change time orders versions.", "updated_at", TIMESTAMP),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of all users do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
