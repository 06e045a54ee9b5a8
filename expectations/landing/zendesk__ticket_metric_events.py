"""Gate 1 for Zendesk's ticket metric events: promises made, kept and broken."""

from expectations import MISREAD_PAGES, TIMESTAMP, Rule

KEY = ("id",)
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "A promise is followed back to its events by this id.", "id"),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "id", {"min_value": 0.5}),
    Rule("ExpectColumnValuesToNotBeNull", "Which ticket was promised something.", "ticket_id"),
    Rule("ExpectColumnValuesToMatchRegex", "When a promise runs, is kept or broken.", "time", TIMESTAMP),
    Rule("ExpectColumnValuesToNotBeNull", "What was promised.", "metric"),
    Rule(
        "ExpectColumnValuesToBeInSet",
        "What was promised is told by it; an unknown word means the vendor changed its vocabulary.",
        "metric",
        {
            "value_set": [
                "agent_work_time",
                "group_ownership_time",
                "pausable_update_time",
                "periodic_update_time",
                "reply_time",
                "requester_wait_time",
                "resolution_time",
            ]
        },
        severity="warning",
    ),
    Rule("ExpectColumnValuesToNotBeNull", "Whether a promise was made, kept or broken.", "type"),
    Rule(
        "ExpectColumnValuesToBeInSet",
        "Made, kept and broken are told by it; an unknown word means the vendor changed its vocabulary.",
        "type",
        {
            "value_set": [
                "activate",
                "apply_group_sla",
                "apply_sla",
                "breach",
                "fulfill",
                "measure",
                "pause",
                "update_status",
            ]
        },
        severity="warning",
    ),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "The time promised stands with the policy that was applied; without it there is no due date.",
        "sla",
        {"regex": r'"target'},
        where='type == "apply_sla"',
    ),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of all events do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
