"""Gate 2 for health_points: what each driver cost each customer month by month."""

from expectations import COLLAPSE, ZERO_TO_ONE, Rule

KEY = (
    "customer_id",
    "month",
    "driver",
)
RULES = (
    # A person may take drivers out; half of the rows go only with customers or with most drivers.
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.5}),
    Rule(
        "ExpectColumnValuesToBeInSet",
        "It is known or it is not.",
        "state",
        {"value_set": ["known", "unknown", "not_applicable"]},
    ),
    Rule("ExpectColumnValuesToBeBetween", "Nobody loses more than all of a driver.", "penalty", ZERO_TO_ONE),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "Nobody wins points, and nobody loses more than all.",
        "points_lost",
        {"min_value": 0, "max_value": 100},
    ),
)
