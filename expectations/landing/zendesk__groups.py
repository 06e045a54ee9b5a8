"""Gate 1 for Zendesk's groups, compared whole every time."""

from expectations import MISREAD_PAGES, Rule

KEY = ("id",)
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "Tickets name their group by this id.", "id"),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "id", {"min_value": 0.5}),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "People know a group by its name; a few may lack it, most lacking it is a lost field.",
        "name",
        {"mostly": 0.9},
        severity="warning",
    ),
)
