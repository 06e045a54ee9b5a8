"""Mixed messages: what was pitched to a customer in a short time, and by how many people."""

from __future__ import annotations

from datetime import date

from tests.reference.days import day, in_window
from tests.reference.deals import Deal, Deals
from tests.reference.identity import Identity
from tests.reference.landing import Row
from tests.reference.touches import Touches


class Message:
    def __init__(self, deals: Deals, identity: Identity, touches: Touches) -> None:
        self.deals = deals
        self.identity = identity
        self.touches = touches

    def columns(self, customer_id: str, as_of: date) -> Row:
        """The group message of customer_months: sales touches and deals opened, both ways and of every kind."""
        pitches = [
            touch
            for touch in self.touches.known(customer_id, as_of)
            if touch.is_sales and in_window(touch.on, 180, as_of)
        ]
        opened = [
            deal
            for deal in self.deals.by_customer.get(customer_id, [])
            if deal.known(as_of) and in_window(opened_on(deal), 180, as_of)
        ]
        offerings = {touch.theme for touch in pitches} | {deal.properties.get("offering") or None for deal in opened}
        pitchers = {touch.employee_id for touch in pitches} | {self.opener(deal, as_of) for deal in opened}
        return {
            "offerings_pitched_180d": len(offerings - {None}),
            "pitchers_180d": len(pitchers - {None}),
        }

    def opener(self, deal: Deal, as_of: date) -> str | None:
        """The employee who owned the deal first, as known."""
        owners = [owner for at, owner in deal.history.get("hubspot_owner_id", []) if owner and at.date() <= as_of]
        return self.identity.employee_of_owner(owners[0]) if owners else None


def opened_on(deal: Deal) -> date:
    return day(deal.properties.get("createdate")) or deal.recorded_at.date()
