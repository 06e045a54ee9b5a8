"""Gate 2 for contacts: the people at our customers."""

from expectations import COLLAPSE, Rule

KEY = ("contact_id",)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.8}),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "A contact of no company reaches nobody's customer; more than half is a lost association.",
        "customer_id",
        {"mostly": 0.5},
    ),
    Rule(
        "ExpectColumnValuesToNotBeInSet",
        "When most personas are unknown, the buying roles and job titles no longer speak the company's language.",
        "persona",
        {"value_set": ["unknown"], "mostly": 0.2},
        severity="warning",
    ),
)
