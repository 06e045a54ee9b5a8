"""Gate 2 for assignments: who served whom in which role."""

from expectations import COLLAPSE, Rule

KEY = ("assignment_id",)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.9}),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "A spell ends after it began.",
        kwargs={
            "column_A": "ended_at",
            "column_B": "started_at",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
    ),
    Rule(
        "ExpectColumnValuesToBeBetween", "The next spell starts after the one it follows.", "gap_days", {"min_value": 0}
    ),
    Rule("ExpectColumnValuesToBeBetween", "Days are counted forward.", "ghost_days", {"min_value": 0}),
    Rule("ExpectColumnValuesToNotBeNull", "A spell of nobody is a lost owner list.", "employee_id"),
)
