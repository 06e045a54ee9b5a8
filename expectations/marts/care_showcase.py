"""Gate 2 for care_showcase: what is shown to strangers."""

from expectations import ZERO_TO_ONE, Rule

KEY = ("segment",)
RULES = (
    Rule("ExpectColumnValuesToBeBetween", "Of under five customers one is known.", "customers", {"min_value": 5}),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "months_in_touch_share", ZERO_TO_ONE),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "promises_kept_rate", ZERO_TO_ONE),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "Nobody is in touch before the win that is counted from.",
        "days_to_first_substantive_touch",
        {"min_value": 0},
    ),
)
