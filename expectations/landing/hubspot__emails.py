"""Gate 1 for HubSpot's emails."""

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
        "When the e-mail was sent; a few lack it, most lacking it is a lost field.",
        "properties.hs_timestamp",
        {"mostly": 0.9},
    ),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "An e-mail without a direction is no touch; most lacking it is a lost field.",
        "properties.hs_email_direction",
        {"mostly": 0.9},
        severity="warning",
    ),
    Rule(
        "ExpectColumnValuesToBeInSet",
        "Who wrote to whom decides the initiative; an unknown word means the vendor changed its vocabulary.",
        "properties.hs_email_direction",
        {"value_set": ["EMAIL", "INCOMING_EMAIL", "FORWARDED_EMAIL", "DRAFT_EMAIL"]},
    ),
    Rule(
        "ExpectColumnValuesToBeInSet",
        "What was never sent is no touch; an unknown word means the vendor changed its vocabulary.",
        "properties.hs_email_status",
        {"value_set": ["BOUNCED", "FAILED", "SCHEDULED", "SENDING", "SENT"]},
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
        "Half of all emails do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
