"""Gate 1 for Zendesk's SLA policies, compared whole every time; a plan without them lands none."""

from expectations import MISREAD_PAGES, Rule

KEY = ("id",)
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "Promises name their policy by this id.", "id"),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "id", {"min_value": 0.5}),
    Rule("ExpectColumnValuesToNotBeNull", "People know a policy by its title.", "title", severity="warning"),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "What a policy promises stands in a list; as anything else no target could be read.",
        "policy_metrics",
        {"regex": r"^\["},
    ),
)
