"""What rendering costs, in ratios that hold on any machine: seconds are told (`pytest -s`), never asserted."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from reports.customer import CustomerReader, employees_by_id, reported_customers
from reports.pages import PAGES
from reports.publication import open_publication
from reports.reasons import read_reasons
from reports.render import BATCH, PageWriter, Writing, render_reports, report_environment
from reports.timeline import legend, timeline
from reports.trust import trust
from tests.reports.fixture_publication import AS_OF, FixturePublication

pytestmark = pytest.mark.long

FEW, MANY = BATCH, 3 * BATCH
# What a customer of the demo has.
TOUCHES = 200
KEYS = {
    # Companies that share a name or a domain would name one another on every page.
    "customers": ["customer_id", "customer_name", "domain"],
    "touches": ["customer_id", "touch_id"],
    "renewals": ["customer_id", "renewal_id"],
    "quality_incidents": ["customer_id", "incident_id"],
    "customer_lifecycle": ["customer_id"],
}


def company(path: Path, customers: int) -> Path:
    """A publication of so many customers who have all lived through the same."""
    made = FixturePublication()
    one = made.customer("hubspot:0", "Halden Robotics")
    made.term(one, 100)
    for number in range(TOUCHES):
        made.touch(one, 5 * number, ("substantive", "courtesy", "sales")[number % 3])
    for number in range(10):
        made.incident(one, 90 * number + 10, 90 * number + 1, "high")
    made.write(path)
    with duckdb.connect(str(path)) as connection:
        for table, keys in KEYS.items():
            copied = ", ".join(f"{key} || '-' || copy as {key}" for key in keys)
            connection.execute(
                f"insert into mart.{table} select * exclude (copy) replace ({copied}) "
                f"from mart.{table} cross join range(1, {customers}) as copies (copy)"
            )
    return path


@contextmanager
def writing(publication: Path, folder: Path) -> Iterator[Callable[[], None]]:
    """Writes the pages of all customers of one publication, as one process does."""
    folder.mkdir()
    with open_publication(publication) as opened:
        customers = reported_customers(opened)
        writer = PageWriter(opened, Writing(folder, AS_OF, read_reasons(), trust(opened, AS_OF), "", None, None))

        def write() -> None:
            for start in range(0, len(customers), BATCH):
                writer.write(customers[start : start + BATCH])

        yield write


def cpu_seconds(work: Callable[[], object], times: int = 2) -> float:
    """The least that it took: whatever else runs on the machine only adds."""

    def once() -> float:
        started = time.process_time()
        work()
        return time.process_time() - started

    return min(once() for _ in range(times))


def test_a_page_costs_no_more_where_there_are_three_times_as_many(tmp_path: Path) -> None:
    costs = {}
    for customers in (FEW, MANY):
        with writing(company(tmp_path / f"{customers}.duckdb", customers), tmp_path / str(customers)) as write:
            costs[customers] = cpu_seconds(write) / customers
    print(f"{costs[MANY]:.4f} CPU-seconds a page of {TOUCHES} touches; 2,000 on two cores {1_000 * costs[MANY]:.0f} s")
    assert costs[MANY] < 1.5 * costs[FEW]


@pytest.mark.nightly
def test_three_times_as_many_pages_are_far_from_holding_three_times_as_much_in_memory(tmp_path: Path) -> None:
    held = {}
    for customers in (FEW, MANY):
        with writing(company(tmp_path / f"{customers}.duckdb", customers), tmp_path / str(customers)) as write:
            tracemalloc.start()
            write()
            held[customers] = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    print(f"{held[MANY] / 2**20:.1f} MiB at most while {MANY} pages are written, {held[FEW] / 2**20:.1f} while {FEW}")
    # Names and addresses once made are kept, up to a number of them.
    assert held[MANY] < 2 * held[FEW]


def test_the_timeline_costs_less_than_half_of_the_rest_of_its_page(tmp_path: Path) -> None:
    with open_publication(company(tmp_path / "kept.duckdb", BATCH)) as opened:
        employees, trusted = employees_by_id(opened), trust(opened, AS_OF)
        contexts = list(CustomerReader(opened, AS_OF, read_reasons()).contexts(reported_customers(opened)))
    template = report_environment(employees).get_template("customer.html")
    shared = {"trust": trusted, "before": None, "folder": "../", "timeline": "", "legend": legend()}
    chart = cpu_seconds(lambda: [timeline(context.records, employees) for context in contexts])
    rest = cpu_seconds(lambda: [template.render(page=context, **shared) for context in contexts])
    print(f"a timeline takes {chart / rest:.2f} of what the rest of its page takes")
    assert chart < 0.5 * rest


@pytest.mark.nightly
def test_of_two_thousand_customers_every_page_stays_light(tmp_path: Path) -> None:
    """All in trouble with the same, and due on the same day: no list could be longer."""
    publication = company(tmp_path / "kept.duckdb", 2_000)
    told: list[str] = []
    started = time.perf_counter()
    folder = render_reports(publication, tmp_path / "reports", AS_OF, told.append).parent
    print(f"2,000 customers in {time.perf_counter() - started:.0f} s")
    assert told[-1] == "2,000 of 2,000 customer pages written"
    weights = {path.name: path.stat().st_size for path in folder.rglob("*.html")}
    assert len(weights) == 2_000 + len(PAGES)
    assert {name: weight for name, weight in weights.items() if weight > 1_500_000} == {}
