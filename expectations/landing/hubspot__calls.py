"""Gate 1 for HubSpot's calls."""

from expectations import MISREAD_PAGES, STANDING, TIMESTAMP, Rule

KEY = ("id",)
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "A touch is followed back to its record by this id.", "id"),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "id", {"min_value": 0.5}),
    Rule(
        "ExpectColumnValuesToMatchRegex", "The vendor's creation time starts the second clock.", "createdAt", TIMESTAMP
    ),
    Rule("ExpectColumnValuesToMatchRegex", "The vendor's change time orders versions.", "updatedAt", TIMESTAMP),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "When the call was made; a few lack it, most lacking it is a lost field.",
        "properties.hs_timestamp",
        {"mostly": 0.9},
    ),
    Rule(
        "ExpectColumnValuesToBeInSet",
        "Who started the contact decides its initiative; an unknown word means the vendor changed its vocabulary.",
        "properties.hs_call_direction",
        {"value_set": ["INBOUND", "OUTBOUND"]},
    ),
    Rule(
        "ExpectColumnValuesToBeInSet",
        "Whether the call was held is read from it; an unknown word counts as not held.",
        "properties.hs_call_status",
        {
            "value_set": [
                "BUSY",
                "CALLING_CRM_USER",
                "CANCELED",
                "COMPLETED",
                "CONNECTING",
                "FAILED",
                "IN_PROGRESS",
                "MISSED",
                "NO_ANSWER",
                "QUEUED",
                "RINGING",
            ]
        },
        severity="warning",
    ),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "Milliseconds as digits; anything else would be read as no duration.",
        "properties.hs_call_duration",
        {"regex": r"^\d+(?:\.\d+)?$"},
        severity="warning",
    ),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "A touch belongs to the company associated with it; without associations every touch would be nobody's.",
        "associations",
        {"regex": r'"companies":'},
        where=STANDING,
    ),
    Rule("ExpectColumnValuesToBeInSet", "Deletion is read from it.", "archived", {"value_set": ["true", "false"]}),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of all calls do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
