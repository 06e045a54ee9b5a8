"""Gate 2 for customer_months: every customer month by month."""

from expectations import COLLAPSE, ZERO_TO_ONE, Rule

KEY = (
    "customer_id",
    "month",
)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.9}),
    Rule("ExpectColumnValuesToBeBetween", "Revenue is not negative.", "arr", {"min_value": 0}),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "courtesy_share_90d", ZERO_TO_ONE),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "pulse_coverage_12m", ZERO_TO_ONE),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "reactive_share_term", ZERO_TO_ONE),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "customer_talk_share_180d", ZERO_TO_ONE),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "team_continuity_365d", ZERO_TO_ONE),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "presale_faces_kept", ZERO_TO_ONE),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "late_discrepancy_share_365d", ZERO_TO_ONE),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "promise_kept_rate_180d", ZERO_TO_ONE),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "severity_mix_365d", ZERO_TO_ONE),
    Rule(
        "ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "expectations_acted_share_365d", ZERO_TO_ONE
    ),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "last_csat", ZERO_TO_ONE),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "goals_met_share", ZERO_TO_ONE),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "More than twice as much used as bought is one counted in other units than the other.",
        "utilization",
        {"min_value": 0, "max_value": 2, "mostly": 0.95},
        severity="warning",
    ),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "A window of 365 days holds no longer silence.",
        "longest_silence_days_365d",
        {"min_value": 0, "max_value": 365},
    ),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "Twelve months hold no more.",
        "pulse_months_12m",
        {"min_value": 0, "max_value": 12},
    ),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "Account manager, CSM, support lead and field engineer; the seller's role ends with the deal.",
        "roles_filled",
        {"min_value": 0, "max_value": 4},
    ),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "What is overdue is open.",
        kwargs={
            "column_A": "open_incidents",
            "column_B": "overdue_incidents",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
    ),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "Courtesy is never all there was and substance too.",
        kwargs={
            "column_A": "touches_90d",
            "column_B": "substantive_touches_90d",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
    ),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "100 is all good and 0 all bad.",
        "health_score",
        {"min_value": 0, "max_value": 100},
    ),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "What is unknown costs at most all there is.",
        "health_floor",
        {"min_value": 0, "max_value": 100},
    ),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "health_coverage", ZERO_TO_ONE),
    Rule(
        "ExpectColumnValuesToBeInSet",
        "A band is one of these, and unknown is no colour.",
        "health_band",
        {"value_set": ["healthy", "watch", "at_risk", "unknown"]},
    ),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "A mean of parts that lie between 0 and 100.",
        "confusion_index",
        {"min_value": 0, "max_value": 100},
    ),
)
