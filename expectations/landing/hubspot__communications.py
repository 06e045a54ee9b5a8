"""Gate 1 for HubSpot's communications."""

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
        "When the message was sent; a few lack it, most lacking it is a lost field.",
        "properties.hs_timestamp",
        {"mostly": 0.9},
    ),
    Rule(
        "ExpectColumnValuesToBeInSet",
        "By which way it went; an unknown word is a new kind of message that somebody should look at.",
        "properties.hs_communication_channel_type",
        {"value_set": ["SMS", "WHATS_APP", "LINKEDIN_MESSAGE", "PHYSICAL_MAIL", "CUSTOM_CHANNEL_CONVERSATION"]},
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
        "Half of all communications do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
