"""Companies in the CRM, customers and prospects: what they are and how they are cared for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from dagster_project.demo.stories import OTHER_RECORD_SINCE, RENEWAL_DUE_IN, STORIES, Story
from dagster_project.demo.timeline import (
    DAY,
    HOUR,
    IDS_A_PART,
    MINUTE,
    Record,
    Seed,
    end_of,
    months_later,
    number,
    start_of,
    working_day,
    working_moment,
)

if TYPE_CHECKING:
    from dagster_project.demo.contracts import Contract
    from dagster_project.demo.teams import Spell
    from dagster_project.demo.tickets import Trouble

FIRST_COMPANY_ID = 1_001
FIRST_UNSTORIED_ID = FIRST_COMPANY_ID + len(STORIES) + sum(s.other_customer_id is not None for s in STORIES.values())
PRESALE_DAYS = 150
# Under this share of what was bought, a customer has hardly a use for it.
LOW_USE = 0.45

_FIRST_WORDS = (
    "Alder Amber Arden Aspen Avon Balder Baltic Beacon Birch Blackwater Borealis Breton Bright Calder Cascade "
    "Cedar Clearfield Cobalt Corvus Crest Danube Delta Dover Eastgate Elm Ember Falcon Fenwick Fjord Garnet Glen "
    "Granite Harbour Hazel Heron Highland Iris Ivory Jasper Juniper Kestrel Lakeland Larch Linden Lunar Maple "
    "Marlow Meridian Mersey Nordic Oakfield Onyx Orchard Osprey Pearl Pine Quartz Raven Redwood Ridge Rowan Sable "
    "Saffron Severn Silver Solent Sterling Summit Tamar Thistle Tundra Umber Vale Verdant Walnut Wexford Willow "
    "Yarrow Zephyr"
)
FIRST_WORDS = _FIRST_WORDS.split()
_SECOND_WORDS = (
    "Foods Packaging Bottling Metals Castings Plastics Paper Textiles Logistics Dairy Brewing Pharma Optics "
    "Energy Ceramics Timber Motors Tooling Bakeries Aggregates"
)
SECOND_WORDS = _SECOND_WORDS.split()
INDUSTRIES = {
    "Foods": "FOOD_PRODUCTION",
    "Bottling": "FOOD_BEVERAGES",
    "Dairy": "DAIRY",
    "Brewing": "FOOD_BEVERAGES",
    "Bakeries": "FOOD_PRODUCTION",
    "Packaging": "PACKAGING_AND_CONTAINERS",
    "Paper": "PAPER_FOREST_PRODUCTS",
    "Pharma": "PHARMACEUTICALS",
    "Logistics": "LOGISTICS_AND_SUPPLY_CHAIN",
    "Energy": "RENEWABLES_ENVIRONMENT",
}
COUNTRIES = (
    ("EMEA", "Germany", "EUR"),
    ("EMEA", "Netherlands", "EUR"),
    ("EMEA", "United Kingdom", "GBP"),
    ("EMEA", "Sweden", "EUR"),
    ("AMER", "United States", "USD"),
    ("AMER", "United States", "USD"),
    ("AMER", "Canada", "USD"),
    ("APAC", "Singapore", "USD"),
)
SEGMENTS = (("enterprise", 0.2, 180_000), ("mid_market", 0.45, 60_000), ("small_business", 0.35, 18_000))


@dataclass
class Account:
    """A company and what drives its story.

    `care` is the share of substance in our contact and its density (0 to 1), `fragility` multiplies its troubles;
    `rhythm` is how we keep in touch (usual, steady, silent, smothered), `is_answering` whether surveys are answered,
    `use` how much of what it bought it uses (0 to 1); `is_fair_visitor` changes nothing at all. `twin` is a second
    record of the same company; from `other_since` on everybody uses that one.
    """

    record: Record
    name: str
    domain: str
    segment: str
    currency: str
    yearly_value: int
    care: float
    fragility: float
    is_customer: bool
    rhythm: str = "usual"
    is_answering: bool = True
    is_fair_visitor: bool = False
    use: float = 0.75
    win_on: date | None = None
    story: str | None = None
    people: list[Record] = field(default_factory=list)
    newcomers: list[Record] = field(default_factory=list)
    contracts: list[Contract] = field(default_factory=list)
    teams: dict[str, list[Spell]] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    churned_on: date | None = None
    organization: Record | None = None
    requesters: list[Record] = field(default_factory=list)
    twin: Record | None = None
    other_since: int | None = None
    neighbours_from: int = FIRST_UNSTORIED_ID

    @property
    def id(self) -> str:
        return str(self.record.id)

    @property
    def contacts(self) -> list[str]:
        """Ids of the people known since the company's first day."""
        return [str(contact.id) for contact in self.people]

    def neighbour(self, distance: int) -> str | None:
        """Id of an unstoried company entered before this one, if there is one at that distance."""
        number = self.record.id - distance
        return str(number) if number > self.neighbours_from else None

    def is_served_on(self, day: date) -> bool:
        return self.win_on is not None and self.win_on <= day and (self.churned_on is None or day < self.churned_on)


def simulate_accounts(
    seed: Seed, customers: int, prospects: int, begin: date, as_of: date, horizon: date, part: int = 0
) -> list[Account]:
    """Customers are those won by the as-of day. Some prospects are won afterwards, some are never."""
    rng = Random(f"{seed}/accounts")
    names = unused_names(rng, part)
    accounts: list[Account] = []
    others: list[Record] = []
    for story in STORIES.values() if part == 0 else ():
        account = new_account(rng, story.customer_name, begin, True)
        # Before everybody else on the first day, so that the ids of STORIES come true.
        account.record.created_at = start_of(begin) + 6 * HOUR + len(accounts) * MINUTE
        account.record.modified = [account.record.created_at]
        account.story = story.name
        account.rhythm, account.is_answering = "usual", True
        account.win_on = working_day(begin + timedelta(days=70 + 11 * len(accounts)))
        if story.name == "happy_ambassador":
            account.care, account.fragility, account.rhythm, account.use = 0.95, 0.2, "steady", 0.95
        if story.name == "courted_before_renewal":
            account.win_on = win_day_for_term_due_on(as_of + timedelta(days=RENEWAL_DUE_IN), account.win_on)
        if story.other_customer_id is not None:
            others.append(other_record(account, story, as_of, start_of(begin) + 6 * HOUR + (30 + len(others)) * MINUTE))
        accounts.append(account)
    days = (as_of - begin).days
    for position in range(customers - len(accounts)):
        # A third of the customers came in the first half year, the others evenly: about as many as leave.
        early = position % 3 == 0
        waited = rng.randint(60, 240) if early else rng.randint(60, days - 3)
        account = new_account(rng, next(names), begin, True)
        account.win_on = working_day(begin + timedelta(days=waited))
        if account.win_on > as_of:
            account.win_on = as_of
        accounts.append(account)
    for position in range(prospects):
        account = new_account(rng, next(names), begin, False)
        if position < max(2, prospects // 12):
            account.win_on = working_day(as_of + timedelta(days=2 + position * 9))
        accounts.append(account)
    for account in accounts:
        if account.story is None:
            set_creation(rng, account, begin, as_of, horizon)
    twins = add_twins(rng, accounts, begin, as_of)
    records = [account.record for account in accounts] + twins + others
    number(records, FIRST_COMPANY_ID + part * IDS_A_PART)
    for account in accounts:
        account.neighbours_from = FIRST_UNSTORIED_ID if part == 0 else FIRST_COMPANY_ID + part * IDS_A_PART
        tell_lifecycle(rng, account, as_of, horizon)
        if account.story is None:
            account.use = share_used(Random(f"{seed}/use/{account.record.id}"))
    return sorted(accounts, key=lambda account: account.record.id)


def share_used(rng: Random) -> float:
    """Two in nine customers hardly use what they bought."""
    return rng.uniform(0.15, LOW_USE) if rng.random() < 2 / 9 else rng.uniform(0.55, 0.95)


def win_day_for_term_due_on(due_on: date, earliest: date) -> date:
    """A win shortly before a yearly term, itself not before `earliest`, whose successors end on `due_on`."""
    starts_on = due_on + timedelta(days=1)
    while months_later(starts_on, -12) >= earliest + timedelta(days=7):
        starts_on = months_later(starts_on, -12)
    return working_day(starts_on - timedelta(days=7))


def other_record(account: Account, story: Story, as_of: date, created_at: int) -> Record:
    """The same company entered once more on the first day, under another domain, and never merged in the CRM."""
    other = Record(
        created_at,
        name=f"{story.customer_name} A/S",
        domain=f"{account.domain.removesuffix('.example')}-as.example",
        country=account.record.fixed["country"],
        lifecyclestage="lead",
    )
    account.twin = other
    account.other_since = start_of(as_of - timedelta(days=OTHER_RECORD_SINCE))
    return other


def add_twins(rng: Random, accounts: list[Account], begin: date, as_of: date) -> list[Record]:
    """Companies entered twice, most merged into the first entry: long ago, after the as-of day, one never."""
    merged_in = (-700, -260, -31, 2, 17, None)
    grown = [account for account in accounts if account.story is None and account.win_on is not None]
    twins: list[Record] = []
    for account, days in zip(rng.sample(grown, len(merged_in)), merged_in, strict=True):
        entered_on = max(begin, as_of + timedelta(days=(days or -90) - rng.randint(40, 80)))
        created_at = max(working_moment(rng, working_day(entered_on)), account.record.created_at + HOUR)
        twin = Record(
            created_at,
            name=f"{account.name} Ltd",
            domain=None,
            country=account.record.fixed["country"],
            lifecyclestage="lead",
        )
        if days is not None:
            account.record.absorb(
                twin, max(working_moment(rng, working_day(as_of + timedelta(days=days))), created_at + HOUR)
            )
        account.twin = twin
        twins.append(twin)
    return twins


def unused_names(rng: Random, part: int) -> Iterator[str]:
    """In any order; those of a further part bear its number, so that no two companies share a domain."""
    taken = {story.customer_name for story in STORIES.values()}
    names = [f"{first} {second}" for first in FIRST_WORDS for second in SECOND_WORDS]
    rng.shuffle(names)
    awkward = [
        "Müller & Söhne Fördertechnik",
        "O'Dowd <Precision> Ltd",
        'Señal 3D "Impresión" S.A.',
        "株式会社 Hoshino Robotics",
    ]
    free = awkward + [name for name in names if name not in taken]
    return iter(free if part == 0 else [f"{name} {part + 1}" for name in free])


def new_account(rng: Random, name: str, begin: date, is_customer: bool) -> Account:
    region, country, currency = rng.choice(COUNTRIES)
    segment, _, value = rng.choices(SEGMENTS, [share for _, share, _ in SEGMENTS])[0]
    domain = domain_of(name)
    record = Record(
        working_moment(rng, working_day(begin)),
        name=name,
        domain=domain,
        industry=INDUSTRIES.get(name.split()[-1], "MACHINERY") if rng.random() > 0.06 else None,
        segment=segment if rng.random() > 0.05 else None,
        region=region if rng.random() > 0.12 else None,
        country=country if rng.random() > 0.04 else None,
        lifecyclestage=rng.choice(("subscriber", "lead", "lead", "marketingqualifiedlead")),
    )
    rhythm = rng.choices(("usual", "steady", "silent", "smothered"), (50, 27, 12, 11))[0]
    is_fair_visitor = rng.random() < 0.4
    record.fixed["met_at_fair"] = "true" if is_fair_visitor else "false"
    return Account(
        record=record,
        name=name,
        domain=domain,
        segment=segment,
        currency=currency,
        yearly_value=int(value * rng.uniform(0.5, 1.9)) // 100 * 100,
        care=min(1.0, max(0.05, rng.gauss(0.6, 0.25))),
        fragility=rng.gammavariate(2.0, 0.5),
        is_customer=is_customer,
        rhythm=rhythm,
        is_answering=rng.random() < 0.78,
        is_fair_visitor=is_fair_visitor,
    )


def domain_of(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "".join(character if character.isalnum() else " " for character in plain).split()
    return f"{'-'.join(words)}.example"


def set_creation(rng: Random, account: Account, begin: date, as_of: date, horizon: date) -> None:
    if account.win_on is not None:
        day = max(begin, account.win_on - timedelta(days=rng.randint(60, PRESALE_DAYS + 60)))
    else:
        day = begin + timedelta(days=rng.randint(200, (horizon - begin).days - 30))
    account.record.created_at = working_moment(rng, min(working_day(day), working_day(as_of - timedelta(days=4))))
    account.record.modified = [account.record.created_at]
    if account.win_on is None and account.record.created_at % 7 == 0:
        account.record.created_at = working_moment(rng, working_day(as_of + timedelta(days=rng.randint(1, 40))))
        account.record.modified = [account.record.created_at]


def tell_lifecycle(rng: Random, account: Account, as_of: date, horizon: date) -> None:
    """Stages as marketing and sales set them; nobody sets them back when a customer leaves."""
    record = account.record
    stages = ["marketingqualifiedlead", "salesqualifiedlead", "opportunity"]
    if account.win_on is None:
        at = record.created_at
        for stage in stages[: rng.randint(0, 3)]:
            at += rng.randint(8, 60) * DAY
            if at < end_of(horizon):
                record.change("lifecyclestage", stage, at, "WORKFLOWS")
        if rng.random() < 0.05:
            record.change("lifecyclestage", "other", min(at + DAY, end_of(as_of) - 4 * HOUR), "CRM_UI")
        return
    win_at = start_of(account.win_on)
    for position, stage in enumerate(stages):
        at = record.created_at + (win_at - record.created_at) * (position + 1) // 4
        record.change("lifecyclestage", stage, at - at % DAY + record.created_at % DAY, "WORKFLOWS")
    record.change("lifecyclestage", "customer", working_moment(rng, account.win_on, 17, 19), "DEALS")
    if rng.random() < 0.12:
        day = account.win_on + timedelta(days=rng.randint(300, 900))
        if day < horizon:
            record.change("lifecyclestage", "evangelist", working_moment(rng, working_day(day)), "CRM_UI")
