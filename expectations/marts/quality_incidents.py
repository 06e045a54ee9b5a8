"""Gate 2 for quality_incidents: what went wrong."""

from expectations import COLLAPSE, Rule

KEY = ("incident_id",)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.9}),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "An incident is resolved after it opened.",
        kwargs={
            "column_A": "resolved_at",
            "column_B": "opened_at",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
    ),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "An incident of nobody helps nobody; more than half is a lost link between ticketing and CRM.",
        "customer_id",
        {"mostly": 0.5},
    ),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "The previous incident opened before.",
        "days_since_previous_incident",
        {"min_value": 0},
    ),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "An incident is answered after it opened.",
        kwargs={
            "column_A": "first_responded_at",
            "column_B": "opened_at",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
    ),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "A warning of more than half a year before is none.",
        "festered_days",
        {"min_value": 0, "max_value": 180},
    ),
    Rule(
        "ExpectColumnValuesToNotBeInSet",
        "When most incidents fall under other, the tags no longer speak the company's language.",
        "category",
        {"value_set": ["other"], "mostly": 0.5},
        severity="warning",
    ),
)
