"""Gate 1 for Zendesk's organizations."""

from expectations import MISREAD_PAGES, TIMESTAMP, Rule

KEY = ("id",)
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "Tickets name their organization by this id.", "id"),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "id", {"min_value": 0.5}),
    Rule("ExpectColumnValuesToMatchRegex", "The vendor's change time orders versions.", "updated_at", TIMESTAMP),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "Domains link an organization to its customer; as a list, or exact matching would never match.",
        "domain_names",
        {"regex": r"^\["},
    ),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of all organizations do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
