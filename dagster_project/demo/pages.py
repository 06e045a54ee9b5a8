"""Pages that hold nothing, and cursors that are no longer known, spelled as each vendor would spell them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from dagster_project.demo import bamboohr, hubspot, zendesk
from dagster_project.demo.wire import Answer, Asked

CURSORS = frozenset({"after", "cursor", "page[after]"})


def has_cursor(asked: Asked) -> bool:
    """Whether the request goes on from where an answer before it had ended."""
    return not CURSORS.isdisjoint(asked.query)


def question(asked: Asked) -> tuple[str, str, str]:
    """What two requests for different pages of the same walk have in common."""
    query = {name: values for name, values in asked.query.items() if name not in {*CURSORS, "start_time"}}
    body = asked.body if isinstance(asked.body, dict) else {}
    return (
        asked.method,
        asked.path,
        repr((query, {name: body[name] for name in body if name in ("properties", "sorts")})),
    )


def cursor_expired(system: str) -> Answer:
    match system:
        case "hubspot":
            return hubspot.error(400, "after is not a cursor of this listing")
        case "zendesk":
            return Answer(400, {"error": "InvalidPaginationParameter", "description": "cursor is not valid"})
    return bamboohr.bad("BadPage", "page.after is no cursor")


def empty_page(system: str, asked: Asked) -> Answer | None:
    """An answer without records, from which its cursor leads to those left out.

    None where the vendor has no way to say so: what is asked for is not paged, or ends by a page that is not full.
    """
    if system == "hubspot":
        return _hubspot(asked)
    return _zendesk(asked) if system == "zendesk" else _bamboohr(asked)


def _hubspot(asked: Asked) -> Answer | None:
    is_list = asked.method == "GET" and ("/owners/" in asked.path or asked.path.rpartition("/")[2] in hubspot.KINDS)
    if is_list or asked.path.endswith("/search"):
        # The same place, spelled as no other page spells it.
        after = f"0{asked.first('after', '0')}"
        return Answer(body={"results": [], "paging": {"next": {"after": after}}})
    return None


def _zendesk(asked: Asked) -> Answer | None:
    name = asked.path.rstrip("/").removesuffix(".json").removesuffix("/cursor").rpartition("/")[2]
    start = int(asked.first("start_time") or 0)
    body: dict[str, Any] = {name: []}
    if asked.path.endswith("/cursor"):
        place = zendesk.position_of(asked.first("cursor") or "") or (start - 1, float("inf"))
        return Answer(body=body | {"after_cursor": zendesk.cursor_of(*place, digits=2), "end_of_stream": False})
    if name in ("organizations", "ticket_events"):
        return Answer(body=body | {"count": 0, "end_time": start, "end_of_stream": False})
    if "page[size]" in asked.query:
        place = zendesk.position_of(asked.first("page[after]") or "") or (0, 0)
        query = {name: values[0] for name, values in asked.query.items()}
        link = f"{asked.root}{asked.path}?{urlencode({**query, 'page[after]': zendesk.cursor_of(*place, digits=2)})}"
        return Answer(body=body | {"meta": {"has_more": True}, "links": {"next": link}})
    return None


def _bamboohr(asked: Asked) -> Answer | None:
    if asked.path.rstrip("/") != "/api/v1/employees":
        return None
    after = f"0{asked.first('page[after]', '0')}"
    return Answer(body={"data": [], "meta": {"page": {"nextCursor": after, "prevCursor": None}}})
