"""Gate 1 for HubSpot's contacts."""

from expectations import MISREAD_PAGES, STANDING, TIMESTAMP, Rule

KEY = ("id",)
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "A person is joined to touches and surveys by this id.", "id"),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "id", {"min_value": 0.5}),
    Rule(
        "ExpectColumnValuesToMatchRegex", "The vendor's creation time starts the second clock.", "createdAt", TIMESTAMP
    ),
    Rule("ExpectColumnValuesToMatchRegex", "The vendor's change time orders versions.", "updatedAt", TIMESTAMP),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "A ticket's requester finds the contact by e-mail; a few have none, most lacking it is a lost field.",
        "properties.email",
        {"mostly": 0.5},
        severity="warning",
    ),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "Whose person it is; without associations a contact is nobody's.",
        "associations",
        {"regex": r'"companies":'},
        where=STANDING,
    ),
    Rule("ExpectColumnValuesToBeInSet", "Deletion is read from it.", "archived", {"value_set": ["true", "false"]}),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of all contacts do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
