"""Renders the reports of one publication into a folder per as-of day, complete or not at all."""

from __future__ import annotations

import os
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from reports import figures
from reports.book import Book
from reports.charts import Charts
from reports.customer import CustomerContext, CustomerReader, employees_by_id, reported_customers
from reports.listing import FOLD_LENGTH
from reports.measures import label, unit
from reports.pages import PAGES, Reading
from reports.portfolio import (
    LIST_LENGTH,
    OUTCOMES_WITHIN_DAYS,
    REASONS_NAMED,
    START_WITHIN_DAYS,
    Line,
    PortfolioContext,
    line,
)
from reports.publication import Customer, Employee, Publication, ReportError, open_publication
from reports.reasons import Reason, check_columns, read_reasons
from reports.showcase import segment_name
from reports.since import Changes, Snapshot, changes, snapshot
from reports.timeline import legend, timeline
from reports.trust import Trust, read_checks, trust

TEMPLATES = Path(__file__).with_name("templates")

# Records named under one number; the rest is counted, and stands in the table that the links lead to.
RECORDS_NAMED = 40

# The kind of record, on a customer's page, that stands in each of these tables.
ANCHORED = {
    "touches": "touch",
    "assignments": "assignment",
    "quality_incidents": "incident",
    "survey_responses": "survey",
    "voice_of_customer": "voice",
    "renewals": "term",
}

# A process costs some two seconds of imports: fewer pages than this are written sooner without any.
PAGES_WORTH_PROCESSES = 100
# Customers read at once: enough to spare hundreds of queries, few enough that millions of touches are never held.
BATCH = 50


@dataclass(frozen=True)
class Rendered:
    """A report that lies in its folder, and what a letter about it is made of."""

    index: Path
    environment: Environment
    trust: Trust
    portfolio: PortfolioContext
    changes: Changes


def render_reports(
    publication: Path,
    out_dir: Path,
    as_of: date,
    progress: Callable[[str], None],
    currency: str = "",
    check_results: Path | None = None,
    *,
    before: Snapshot | None = None,
    book: Book | None = None,
) -> Path:
    """Write every page of `reports.pages` and one per customer for one as-of day; returns the path of index.html.

    `currency` stands before amounts of money, which the mart gives in its reporting currency without naming it.
    `check_results` is the file in which a refresh leaves what every check said, also where nothing was published.
    `before` is what the report before remembered, to compare with; of a `book` only its customers are told.
    Raises ReportError where the publication is missing, unreadable, lacks a column, or knows more than the as-of day.
    """
    return render(publication, out_dir, as_of, progress, currency, check_results, before=before, book=book).index


def render(
    publication: Path,
    out_dir: Path,
    as_of: date,
    progress: Callable[[str], None],
    currency: str = "",
    check_results: Path | None = None,
    *,
    before: Snapshot | None = None,
    book: Book | None = None,
) -> Rendered:
    """As `render_reports`, for whoever also writes a letter about the report."""
    reasons = read_reasons()
    with open_publication(publication, book.customer_ids if book else None) as opened:
        published_as_of = opened.as_of_on()
        if published_as_of is not None and published_as_of > as_of:
            raise ReportError(
                f"{publication} tells what was known on {published_as_of}, which a report as of {as_of} must not show: "
                f"refresh with KEPT_AS_OF={as_of}, or report as of {published_as_of}"
            )
        check_columns(reasons, opened.columns("customer_lifecycle"))
        trusted = trust(opened, as_of, read_checks(check_results))
        numbers_on = published_as_of or as_of
        customers = reported_customers(opened)
        shown_book = None
        if book:
            shown_book = ShownBook(book.title, opened.count("customer_lifecycle"), opened.current_customers())
        with swapped_in(out_dir / as_of.isoformat()) as folder:
            (folder / "customers").mkdir()
            lines: list[Line] = []
            writing = Writing(folder / "customers", numbers_on, reasons, trusted, currency, shown_book, before)
            with _customer_pages(opened, writing, customers) as written:
                for batch in written:
                    lines += batch
                    progress(f"{len(lines):,} of {len(customers):,} customer pages written")
            environment = report_environment(employees_by_id(opened), currency, shown_book)
            charts = Charts()
            reading = Reading(opened, numbers_on, trusted, tuple(lines), reasons)
            filled = {page: page.fill(reading) for page in PAGES}
            portfolio: PortfolioContext = filled[PAGES[0]]
            now = snapshot(opened, portfolio)
            changed = changes(opened, before, now, lines)
            now.write(folder)
            for page, context in filled.items():
                written = environment.get_template(f"{page.name}.html").render(
                    page=context,
                    trust=trusted,
                    changes=changed,
                    this_page=page.file,
                    charts=page.draw(charts, context),
                )
                (folder / page.file).write_text(written, encoding="utf-8")
    if differing := sum(line.has_numbers_that_differ for line in lines):
        progress(f"{differing} customers have a number that differs from its records: their pages say which")
    return Rendered(out_dir / as_of.isoformat() / "index.html", environment, trusted, portfolio, changed)


@dataclass(frozen=True)
class ShownBook:
    """What every page says of the reader's book: whose customers it is about, and how many of how many current ones."""

    title: str
    customers: int
    of: int


@dataclass(frozen=True)
class Writing:
    """How customer pages are written, beside the publication that they are read from."""

    folder: Path
    as_of: date
    reasons: tuple[Reason, ...]
    trusted: Trust
    currency: str
    book: ShownBook | None
    before: Snapshot | None


class PageWriter:
    """Reads customers from one publication and writes their pages; made anew in every process that writes some."""

    def __init__(self, publication: Publication, writing: Writing) -> None:
        self._writing = writing
        self._employees = employees_by_id(publication)
        self._reader = CustomerReader(publication, writing.as_of, writing.reasons)
        self._template = report_environment(self._employees, writing.currency, writing.book).get_template(
            "customer.html"
        )

    def write(self, customers: Sequence[Customer]) -> list[Line]:
        """Write the pages of these customers; what the portfolio keeps of each is returned."""
        return [self._write(context) for context in self._reader.contexts(customers)]

    def _write(self, context: CustomerContext) -> Line:
        page = self._template.render(
            page=context,
            trust=self._writing.trusted,
            before=self._writing.before,
            folder="../",
            timeline=timeline(context.records, self._employees),
            legend=legend(),
        )
        file = self._writing.folder / figures.file_name(context.customer.customer_id)
        file.write_text(page, encoding="utf-8")
        return line(context)


@contextmanager
def _customer_pages(
    publication: Publication, writing: Writing, customers: Sequence[Customer]
) -> Iterator[Iterator[list[Line]]]:
    """Lines of the customers in their order, in batches as their pages are written; large reports use every core."""
    batches = [customers[start : start + BATCH] for start in range(0, len(customers), BATCH)]
    cores = os.cpu_count() or 1
    if cores == 1 or len(customers) < PAGES_WORTH_PROCESSES:
        yield map(PageWriter(publication, writing).write, batches)
        return
    with ProcessPoolExecutor(
        cores, get_context("spawn"), _take_writer, (publication.path, publication.customer_ids, writing)
    ) as pool:
        yield pool.map(_write_batch, batches)
    if publication.was_replaced:
        raise ReportError(f"{publication.path} was replaced while it was read: make the report again")


# The one writer of a process that writes pages for another, and what closes its publication when the process ends.
_WRITERS: list[PageWriter] = []
_HELD_OPEN = ExitStack()


def _take_writer(publication: Path, customer_ids: frozenset[str] | None, writing: Writing) -> None:
    _WRITERS.append(PageWriter(_HELD_OPEN.enter_context(open_publication(publication, customer_ids)), writing))


def _write_batch(customers: Sequence[Customer]) -> list[Line]:
    return _WRITERS[0].write(customers)


class CompiledTemplates(BytecodeCache):
    """Templates compiled in this process: to compile them takes longer than most of the reports that they make."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


_COMPILED = CompiledTemplates()


def report_environment(
    employees: dict[str, Employee], currency: str = "", book: ShownBook | None = None
) -> Environment:
    """The templates' environment: everything escaped, and nothing undefined passes."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_COMPILED,
    )

    def shown(value: Any, unit_: str = "plain") -> Any:
        return figures.figure(value, unit_, currency)

    @cache
    def employee(employee_id: str | None) -> Any:
        if employee_id is None:
            return figures.NOT_KNOWN
        known = employees.get(employee_id)
        return figures.name(known.full_name if known else None, employee_id, 40)

    filters: dict[str, Callable[..., Any]] = {
        "figure": shown,
        "money": lambda value: shown(value, "money"),
        "share": lambda value: shown(value, "share"),
        "day": figures.day,
        "instant": figures.instant,
        "words": figures.coded,
        "quote": figures.quote,
        "label": label,
        "segment_name": segment_name,
        "unit": unit,
        "contact_name": lambda contact: figures.name(contact.full_name, contact.contact_id, 40),
        "employee": employee,
        # Who signed with an id, an address or a name.
        "signer": lambda by: employee(by) if by in employees else figures.name(by, by, 40),
        "customer_name": lambda customer, length=figures.NAME_LENGTH: figures.name(
            customer.customer_name, customer.customer_id, length
        ),
        "file_name": figures.file_name,
        "anchor": lambda record: figures.anchor(record.record_id, record.kind_of_record),
        "anchor_of": figures.anchor,
        "source": lambda record: figures.source_link(
            record.source_url, f"{record.source_system or 'source'} {record.source_record_id or ''}"
        ),
        "days_from": figures.days_from,
        # A long name breaks after its underscores.
        "identifier": lambda name: Markup("_<wbr>").join(name.split("_")),
        # Kept's own tables are named with their system; a table of another maker may not be.
        "source_table": lambda load: (
            load.source_table
            if load.source_table.startswith(load.source_system)
            else f"{load.source_system} {load.source_table}"
        ),
    }
    environment.filters.update(filters)
    script = (TEMPLATES / "_partials" / "script.js").read_text(encoding="utf-8")
    shared: dict[str, Any] = {
        # The one script a browser may run on a page: any other has another hash.
        "script": Markup(script),
        "script_hash": f"sha256-{b64encode(sha256(script.encode()).digest()).decode()}",
        "employees": employees,
        "currency": currency,
        "book": book,
        "LIST_LENGTH": LIST_LENGTH,
        "FOLD_LENGTH": FOLD_LENGTH,
        "OUTCOMES_WITHIN_DAYS": OUTCOMES_WITHIN_DAYS,
        "REASONS_NAMED": REASONS_NAMED,
        "RECORDS_NAMED": RECORDS_NAMED,
        "ANCHORED": ANCHORED,
        "START_WITHIN_DAYS": START_WITHIN_DAYS,
        "report_pages": PAGES,
        # Of a page that is none of these, and of one that lies beside them.
        "this_page": None,
        "folder": "",
    }
    environment.globals.update(shared)
    return environment


@contextmanager
def swapped_in(target: Path) -> Iterator[Path]:
    """A folder beside the target that takes its place when everything in it is written, and goes away otherwise."""
    partial = target.with_name(f".{target.name}.partial")
    previous = target.with_name(f".{target.name}.previous")
    target.parent.mkdir(parents=True, exist_ok=True)
    # A crash between the two renames below leaves the whole report under the other name.
    if previous.exists() and not target.exists():
        previous.rename(target)
    for left_over in (partial, previous):
        if left_over.exists():
            shutil.rmtree(left_over)
    partial.mkdir()
    try:
        yield partial
        if target.exists():
            target.rename(previous)
        partial.rename(target)
    finally:
        if partial.exists():
            shutil.rmtree(partial)
        if previous.exists() and target.exists():
            shutil.rmtree(previous)
