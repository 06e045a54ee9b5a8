"""Whose customers a report is about: a book is some of them, and its reader is given a mart of theirs alone.

Pages ask the schema `mart` and know of no book, so that nothing of another lead's customer can come into them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb

# The catalog that a publication is attached as, where a reader sees some of its customers.
WHOLE = "whole"

# Columns by which a fact of a customer names an employee of ours.
_NAMING_EMPLOYEES = ("employee_id", "account_manager_id", "csm_id", "owner_id")

_ALL = "select * from {whole}"

# What a reader of a book is given of the tables that have no column customer_id, in an order in which one may ask those
# before it. Figures of the whole company are everybody's: they name nobody, and small groups are left out of them. A
# table that is neither here nor about customers is not given.
RULES = {
    "touch_contacts": "select * from {whole} where touch_id in (select touch_id from mart.touches) "
    "and contact_id in (select contact_id from mart.contacts)",
    # Colleagues around these customers, and whom they report to.
    "employees": "with around as (select * from {whole} where employee_id in ({colleagues})) select * from {whole} "
    "where employee_id in (select employee_id from around union all select manager_id from around)",
    "trainings": "select * from {whole} where employee_id in (select employee_id from mart.employees)",
    "identity_links": "select * from {whole} where case entity_type "
    "when 'customer' then entity_id in (select customer_id from mart.customers) "
    "when 'contact' then entity_id in (select contact_id from mart.contacts) "
    "when 'employee' then entity_id in (select employee_id from mart.employees) end",
    # Counted for everybody; the record that is pointed to may be another lead's.
    "unresolved_references": "select * replace ('' as source_record_id, cast(null as varchar) as reference) "
    "from {whole}",
    "quarantined_rows": "select * replace ('' as source_record_id, 'told to whoever looks after the data' as reason, "
    "cast(null as varchar) as release_reason) from {whole}",
    # Its reason quotes the row, which may be about any customer.
    "seed_faults": "select * replace ('told to whoever edits these rules' as reason) from {whole}",
    **dict.fromkeys(
        (
            *("load_status", "retention_by_month", "workforce_months", "touch_rhythm", "care_showcase"),
            *("renewal_survival", "retention_drivers", "health_backtest", "action_results"),
        ),
        _ALL,
    ),
}


@dataclass(frozen=True)
class Book:
    """Some of the customers: which, in words, and by id; companies that never bought among them."""

    title: str
    customer_ids: frozenset[str]


class UnknownBook(Exception):
    """A book of an employee, segment or region that the publication does not know, or of nobody's customers."""


def find_book(publication: Path, book: str) -> Book | None:
    """The customers that `employee:<id>`, `segment:<segment>` or `region:<region>` stands for; `all` is no book.

    An employee's are those whose account manager or CSM is that employee or reports to them, directly or not. Raises
    UnknownBook.
    """
    kind, _, value = book.partition(":")
    if book == "all":
        return None
    with duckdb.connect(str(publication), read_only=True) as connection:
        if kind == "employee":
            known = connection.execute("select full_name from mart.employees where employee_id = ?", [value]).fetchall()
            if not known:
                raise UnknownBook(f"no employee is {value}; ids are those of mart.employees, as bamboohr:42")
            title = f"whose account manager or CSM is {known[0][0] or value} or somebody who reports to them"
            found = connection.execute(_OF_EMPLOYEE, [value]).fetchall()
        else:
            rows = connection.execute(f"select customer_id, {kind} from mart.customers").fetchall()
            values = sorted({of for _, of in rows if of})
            if value not in values:
                raise UnknownBook(f"no customer has the {kind} {value}; the mart knows {', '.join(values) or 'none'}")
            title = f"of the {kind} {value}"
            found = [(customer_id,) for customer_id, of in rows if of == value]
    if not found:
        raise UnknownBook(f"no customer has {value}, or somebody who reports to them, as account manager or CSM")
    return Book(title, frozenset(customer_id for (customer_id,) in found))


# Whoever reports in a circle is found once.
_OF_EMPLOYEE = """
with recursive team as (
    select cast(? as varchar) as employee_id
    union
    select employees.employee_id from mart.employees inner join team on employees.manager_id = team.employee_id
)
select customer_id from mart.customers
where account_manager_id in (from team) or csm_id in (from team)
"""


def show_only(connection: duckdb.DuckDBPyConnection, publication: Path, customer_ids: Collection[str]) -> None:
    """Make the schema `mart` of views over a publication that hold what the reader of these customers is given."""
    quoted = str(publication).replace("'", "''")
    connection.execute(f"attach '{quoted}' as {WHOLE} (read_only)")
    connection.execute("create table book (customer_id varchar)")
    connection.execute("insert into book select unnest(cast(? as varchar[]))", [sorted(customer_ids)])
    connection.execute("create schema mart")
    columns: dict[str, dict[str, str | None]] = {}
    for table, column, comment in connection.execute(
        "select table_name, column_name, comment from duckdb_columns() "
        "where database_name = ? and schema_name = 'mart' order by table_name, column_index",
        [WHOLE],
    ).fetchall():
        columns.setdefault(table, {})[column] = comment
    of_customers = [table for table in columns if "customer_id" in columns[table]]
    colleagues = " union all ".join(
        f"select {column} from mart.{table}"
        for table in of_customers
        for column in _NAMING_EMPLOYEES
        if column in columns[table]
    )
    # A row of no known customer is in no book.
    given = dict.fromkeys(of_customers, "select * from {whole} where customer_id in (from main.book)")
    given |= {table: rule for table, rule in RULES.items() if table in columns and table not in given}
    for table, rule in given.items():
        rows = rule.format(whole=f"{WHOLE}.mart.{table}", colleagues=colleagues)
        connection.execute(f"create view mart.{table} as {rows}")
        for column, comment in columns[table].items():
            if comment:
                text = comment.replace("'", "''")
                connection.execute(f"comment on column mart.{table}.\"{column}\" is '{text}'")
