"""Who serves a customer: spells in roles, why they ended, how they were handed over, and the figures over them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import groupby, pairwise

from tests.reference.days import in_window, instant, median, share
from tests.reference.deals import Deals
from tests.reference.hr import Hr
from tests.reference.identity import Identity
from tests.reference.landing import Fact, Row
from tests.reference.touches import Touches

ROLE_PROPERTIES = {
    "hubspot_owner_id": "account_manager",
    "csm_owner_id": "csm",
    "support_owner_id": "support_lead",
    "field_owner_id": "field_engineer",
}
TEAM_ROLES = set(ROLE_PROPERTIES.values())


@dataclass(frozen=True, kw_only=True)
class Spell(Fact):
    customer_id: str | None
    role: str
    employee_id: str
    started_at: datetime
    ended_at: datetime | None
    ends_with_close: bool
    successor: Spell | None

    @property
    def assignment_id(self) -> str:
        return f"{self.source_system}:{self.source_record_id}:{self.role}:{self.started_at:%Y%m%dT%H%M%S}"

    @property
    def started_on(self) -> date:
        return self.started_at.date()

    @property
    def ended_on(self) -> date | None:
        return self.ended_at.date() if self.ended_at else None

    @property
    def is_change(self) -> bool:
        """Whether it ended otherwise than by a deal's close or by the same person coming back."""
        came_back = self.successor is not None and self.successor.employee_id == self.employee_id
        return self.ended_at is not None and not self.ends_with_close and not came_back


class People:
    def __init__(self, identity: Identity, deals: Deals, hr: Hr, touches: Touches) -> None:
        self.identity = identity
        self.deals = deals
        self.hr = hr
        self.touches = touches

    @cache  # noqa: B019 - an instance lives as long as one test
    def spells(self, customer_id: str | None, as_of: date) -> list[Spell]:
        """Spells of the account team and of sellers, as known."""
        found: list[Spell] = []
        for key, company in self.identity.companies.items():
            if company.counts and customer_id is not None and self.identity.customer_of_company(key) == customer_id:
                for name, role in ROLE_PROPERTIES.items():
                    history = company.history().get(name, [])
                    found += self.spells_of(company, customer_id, role, history, as_of, None, None)
        for deal in self.deals.by_customer.get(customer_id, []):
            state = deal.state(as_of)
            if state is not None and state.kind == "new_business":
                closed = instant(deal.value("closedate", as_of)) if state.outcome != "open" else None
                created = deal.history["createdate"][0][1] if "createdate" in deal.history else None
                history = deal.history.get("hubspot_owner_id", [])
                found += self.spells_of(deal, customer_id, "seller", history, as_of, closed, instant(created))
        return found

    def spells_of(
        self,
        record: Fact,
        customer_id: str | None,
        role: str,
        history: list[tuple[datetime, str | None]],
        as_of: date,
        closed: datetime | None,
        created: datetime | None,
    ) -> list[Spell]:
        """Spells of one property's history; a seller's run from the deal's creation to its close."""
        entries = [(at, self.identity.employee_of_owner(owner or None)) for at, owner in history if at.date() <= as_of]
        entries = [(max(at, created) if created else at, who) for at, who in entries]
        if closed is not None:
            entries = [(at, who) for at, who in entries if at <= closed] or entries[:1]
        merged = [next(group) for _, group in groupby(entries, key=lambda entry: entry[1])]
        found: list[Spell] = []
        successor: Spell | None = None
        for index, (at, who) in reversed(list(enumerate(merged))):
            following = merged[index + 1][0] if index + 1 < len(merged) else None
            if who is not None:
                with_close = following is None and closed is not None
                successor = Spell(
                    source_system=record.source_system,
                    source_record_id=record.source_record_id,
                    recorded_at=at,
                    removed_at=record.removed_at,
                    customer_id=customer_id,
                    role=role,
                    employee_id=who,
                    started_at=at,
                    ended_at=max(closed, at) if with_close and closed else following,
                    ends_with_close=with_close,
                    successor=successor,
                )
                found.append(successor)
        return found

    def end_cause(self, spell: Spell, as_of: date) -> str | None:
        if not spell.is_change or not self.hr.is_connected:
            return None
        assert spell.ended_on
        latest = spell.ended_on + timedelta(days=45)
        ends = [gone for _, gone in self.hr.employments(spell.employee_id, as_of) if gone]
        if any(spell.started_on <= gone <= latest for gone in ends):
            return "employee_left"
        for before, after in pairwise(self.hr.jobs_known(spell.employee_id, as_of)):
            moved = any(before.row[name] != after.row[name] for name in ("department", "jobTitle"))
            if moved and abs((after.effective_on - spell.ended_on).days) <= 45:
                return "internal_move"
        return "reassignment"

    def handoff(self, spell: Spell, as_of: date) -> str | None:
        if not spell.is_change or spell.successor is None:
            return None
        assert spell.ended_on
        touches = self.touches.known(spell.customer_id, as_of)

        def near(employee_id: str, on: date) -> bool:
            return any(t.employee_id == employee_id and abs((t.on - on).days) <= 30 for t in touches)

        start = spell.successor.started_on
        if near(spell.employee_id, spell.ended_on) and near(spell.successor.employee_id, start):
            return "warm"
        return "cold" if as_of >= start + timedelta(days=30) else None

    def ghost_days(self, spell: Spell, as_of: date) -> int | None:
        """Days that the spell went on after the person had left, until it ended or the person came back."""
        employments = self.hr.employments(spell.employee_id, as_of)
        if not employments:
            return None
        until = min(spell.ended_on or as_of, as_of)
        hired_again = [*(hired for hired, _ in employments[1:]), until]
        return sum(
            max(0, (min(until, again) - max(gone, spell.started_on)).days)
            for (_, gone), again in zip(employments, hired_again, strict=True)
            if gone is not None
        )

    def columns(self, customer_id: str, since: date, as_of: date) -> Row:
        """The group people of customer_months."""
        spells = [spell for spell in self.spells(customer_id, as_of) if spell.role in TEAM_ROLES]
        running = [spell for spell in spells if spell.ended_at is None]
        ended = [spell for spell in spells if in_window(spell.ended_on, 365, as_of)]
        changes = [spell for spell in ended if spell.is_change]
        causes = [self.end_cause(spell, as_of) for spell in changes]
        then = as_of - timedelta(days=365)
        held_then = holders_by_role(s for s in spells if s.started_on <= then and (not s.ended_on or s.ended_on > then))
        held_now = holders_by_role(running)
        both = set(held_then) & set(held_now)
        holders = {spell.employee_id for spell in running if self.hr.is_employed(spell.employee_id, as_of)}
        tenures = [(as_of - self.hr.employments(holder, as_of)[-1][0]).days for holder in holders]
        trained = [
            holder
            for holder in holders
            if any(in_window(entry.effective_on, 365, as_of) for entry in self.hr.trainings(holder, as_of))
        ]
        gone = {spell.employee_id for spell in running if self.hr.has_left(spell.employee_id, as_of)}
        touches = [touch for touch in self.touches.known(customer_id, as_of) if touch.employee_id]
        before = {touch.employee_id for touch in touches if 1 <= (since - touch.on).days <= 180}
        after = {touch.employee_id for touch in touches if 0 <= (touch.on - since).days <= 180}
        from_hr = {
            "changes_employee_left_365d": causes.count("employee_left"),
            "changes_internal_move_365d": causes.count("internal_move"),
            "changes_reassignment_365d": causes.count("reassignment"),
            "ghost_owners": len(gone),
            "team_median_tenure_days": median([float(tenure) for tenure in tenures]),
            "inexperienced_assignees": sum(tenure < 180 for tenure in tenures),
            "assignees_trained_share": share(len(trained), len(holders)),
        }
        return {
            "roles_filled": len(held_now),
            "roles_orphaned": len({spell.role for spell in spells} - set(held_now)),
            "assignment_changes_365d": len(changes),
            "team_continuity_365d": share(sum(bool(held_then[role] & held_now[role]) for role in both), len(both)),
            "cold_handoffs_365d": sum(self.handoff(spell, as_of) == "cold" for spell in ended),
            "presale_faces_kept": share(len(before & after), len(before)) if (as_of - since).days >= 180 else None,
            **(from_hr if self.hr.is_connected else dict.fromkeys(from_hr)),
        }


def holders_by_role(spells: Iterable[Spell]) -> dict[str, set[str]]:
    """Holders of each role; of companies merged by hand there may be two."""
    found: dict[str, set[str]] = {}
    for spell in spells:
        found.setdefault(spell.role, set()).add(spell.employee_id)
    return found
