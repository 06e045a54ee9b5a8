"""Gate 2 for touches: interactions with customers."""

from expectations import COLLAPSE, ZERO_TO_ONE, Rule

KEY = ("touch_id",)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.9}),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "A touch of nobody helps nobody; more than half is a lost association.",
        "customer_id",
        {"mostly": 0.5},
    ),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "A touch that nobody of ours made cannot be followed up; a survey goes out by itself.",
        "employee_id",
        {"mostly": 0.9},
        where='direction == "outbound" and channel != "survey"',
        severity="warning",
    ),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "customer_talk_share", ZERO_TO_ONE),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "Minutes; a value beyond a day is in another unit.",
        "duration_minutes",
        {"min_value": 0, "max_value": 1440, "mostly": 0.99},
    ),
    Rule(
        "ExpectColumnValuesToNotBeInSet",
        "When most touches match no rule, the phrases no longer speak the company's language.",
        "substance",
        {"value_set": ["unclassified"], "mostly": 0.2},
        severity="warning",
    ),
)
