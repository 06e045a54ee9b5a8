"""Gate 2 for touch_contacts: whom each touch reached."""

from expectations import COLLAPSE, Rule

KEY = ("touch_id", "contact_id")
RULES = (Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.9}),)
