"""Gate 1 for Zendesk's tickets, deleted ones included."""

from expectations import MISREAD_PAGES, TIMESTAMP, Rule

KEY = ("id",)
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "Incidents are followed back to their ticket by this id.", "id"),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "id", {"min_value": 0.5}),
    Rule("ExpectColumnValuesToNotBeNull", "A ticket has a status, a deleted one too.", "status"),
    Rule(
        "ExpectColumnValuesToBeInSet",
        "Open, done and deleted are told by it; an unknown word means the vendor changed its vocabulary.",
        "status",
        {"value_set": ["new", "open", "pending", "hold", "solved", "closed", "deleted"]},
    ),
    Rule(
        "ExpectColumnValuesToBeInSet",
        "Severity is read from it.",
        "priority",
        {"value_set": ["low", "normal", "high", "urgent"]},
    ),
    Rule(
        "ExpectColumnValuesToBeInSet",
        "Whether a ticket is a quality incident is read from it.",
        "type",
        {"value_set": ["problem", "incident", "question", "task"]},
    ),
    Rule("ExpectColumnValuesToMatchRegex", "An incident opens when its ticket was created.", "created_at", TIMESTAMP),
    Rule("ExpectColumnValuesToMatchRegex", "Versions of a ticket are ordered by it.", "updated_at", TIMESTAMP),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "Resolution times come side-loaded; a standing ticket has its metric set from the start.",
        "metric_set",
        {"mostly": 0.5},
        where='status != "deleted"',
    ),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "Without an organization an incident is nobody's; more than half is a lost field.",
        "organization_id",
        {"mostly": 0.5},
        where='status != "deleted"',
        severity="warning",
    ),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of all tickets do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
