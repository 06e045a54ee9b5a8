"""Gate 1 for HubSpot's deals."""

from expectations import MISREAD_PAGES, STANDING, TIMESTAMP, Rule

KEY = ("id",)
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "Contracts and renewals are joined by this id.", "id"),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "id", {"min_value": 0.5}),
    Rule(
        "ExpectColumnValuesToMatchRegex", "The vendor's creation time starts the second clock.", "createdAt", TIMESTAMP
    ),
    Rule("ExpectColumnValuesToMatchRegex", "The vendor's change time orders versions.", "updatedAt", TIMESTAMP),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "Stage, pipeline and close day decide every outcome; without the field it was read with too few rights.",
        "properties",
        {"regex": r'(?s)(?=.*"dealstage":)(?=.*"pipeline":)(?=.*"closedate":)'},
        where=STANDING,
    ),
    Rule("ExpectColumnValuesToNotBeNull", "A deal stands in one stage.", "properties.dealstage", where=STANDING),
    Rule("ExpectColumnValuesToNotBeNull", "A deal belongs to one pipeline.", "properties.pipeline", where=STANDING),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "Money is digits; a formatted amount would be read as none.",
        "properties.amount",
        {"regex": r"^-?\d+(?:\.\d+)?$"},
    ),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "Rates are found by the three letters.",
        "properties.deal_currency_code",
        {"regex": r"^[A-Z]{3}$"},
        severity="warning",
    ),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "Past months read stage and amount from the history, which has to be asked for apart.",
        "propertiesWithHistory",
        {"mostly": 0.5},
    ),
    Rule("ExpectColumnValuesToBeInSet", "Deletion is read from it.", "archived", {"value_set": ["true", "false"]}),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of all deals do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
