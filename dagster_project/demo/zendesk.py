"""The ticketing system's API as Zendesk speaks it: incremental exports, and lists of groups, ratings and policies."""

from __future__ import annotations

import base64
import binascii
import math
import secrets
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from dagster_project.demo.company import World
from dagster_project.demo.conversations import TicketEvent, children_of
from dagster_project.demo.groups import GROUPS, Group, group_of
from dagster_project.demo.promises import NAMES_IN_POLICIES, POLICIES, PRIORITIES, MetricEvent, Policy
from dagster_project.demo.timeline import DAY, MINUTE, SECOND, Record, end_of, iso_seconds
from dagster_project.demo.wire import Answer, Asked, Json, RateWindow

SUBDOMAIN = "https://nordhaven.zendesk.com"
PAGE = 1_000
LIST_PAGE = 100
TIMES_IN_MINUTES = (
    "first_resolution_time_in_minutes",
    "full_resolution_time_in_minutes",
    "agent_wait_time_in_minutes",
    "requester_wait_time_in_minutes",
    "on_hold_time_in_minutes",
    "reply_time_in_minutes",
)


class Zendesk:
    """Answers of one account, as of the server's clock.

    The exports leave out the last minute; deleted tickets come in the stream, scrubbed after a month.
    """

    def __init__(
        self,
        world: World,
        *,
        oauth_token: str,
        client_id: str,
        client_secret: str,
        email: str,
        api_token: str,
        incremental_limit: int = 10,
        token_lifetime_seconds: float = 7_200,
        time_scale: float = 1.0,
    ) -> None:
        self.client = (client_id, client_secret)
        self.basic = base64.b64encode(f"{email}/token:{api_token}".encode()).decode()
        self.tokens = {oauth_token: math.inf}
        self.token_lifetime = token_lifetime_seconds
        self.tickets, self.organizations = world.tickets, world.organizations
        self.users = [*world.agents, *world.end_users]
        self.ticket_events, self.metric_events, self.ratings = world.ticket_events, world.metric_events, world.ratings
        self.replies: dict[int, list[int]] = {}
        agents = {agent.id for agent in world.agents}
        for event in world.ticket_events:
            for comment in event.comments:
                if comment.is_public and comment.author_id in agents and comment.at > event.ticket.created_at:
                    self.replies.setdefault(event.ticket.id, []).append(comment.at)
        self.as_of = end_of(world.as_of)
        self.exports = RateWindow(incremental_limit, 60 * time_scale)
        self.account = RateWindow(700, 60 * time_scale)
        self.streams: dict[str, tuple[int, list[tuple[int, int, Record]]]] = {}

    def answer(self, asked: Asked, at: int) -> Answer:
        path = asked.path.rstrip("/").removesuffix(".json")
        if asked.method == "POST" and path == "/oauth/tokens":
            return self.grant(asked)
        refusal = self.unauthorized(asked)
        if refusal is not None:
            return refusal
        is_export = path.startswith("/api/v2/incremental/")
        wait = self.exports.wait() if is_export else self.account.wait()
        if wait is not None:
            body = {
                "error": "APIRateLimitExceeded",
                "description": "Number of allowed incremental export API requests per minute exceeded",
            }
            return Answer(429, body, headers={"Retry-After": str(max(1, math.ceil(wait)))})
        reply = self.route(asked, path, at)
        reply.headers.update(self.rate_headers(is_export))
        return reply

    def route(self, asked: Asked, path: str, at: int) -> Answer:
        if asked.method == "GET":
            match path:
                case "/api/v2/incremental/tickets/cursor":
                    return self.by_cursor(asked, "tickets", at)
                case "/api/v2/incremental/users/cursor":
                    return self.by_cursor(asked, "users", at)
                case "/api/v2/incremental/organizations":
                    return self.by_time(asked, at)
                case "/api/v2/incremental/ticket_events":
                    return self.ticket_event_export(asked, at)
                case "/api/v2/incremental/ticket_metric_events":
                    return self.metric_event_export(asked, at)
                case "/api/v2/slas/policies":
                    return self.list_policies(at)
                case "/api/v2/groups":
                    return self.list_groups(asked)
                case "/api/v2/satisfaction_ratings":
                    return self.list_ratings(asked, at)
                case "/api/v2/users/me":
                    me = self.user(self.users[0], at)
                    return Answer(body={"user": me}, rows=[me])
        return Answer(404, {"error": "InvalidEndpoint", "description": "Not found"})

    def grant(self, asked: Asked) -> Answer:
        body = asked.body if isinstance(asked.body, dict) else {}
        if body.get("grant_type") != "client_credentials":
            return Answer(400, {"error": "unsupported_grant_type", "error_description": "Use client_credentials."})
        if (body.get("client_id"), body.get("client_secret")) != self.client:
            return Answer(401, {"error": "invalid_client", "error_description": "Client authentication failed."})
        token = secrets.token_hex(20)
        self.tokens[token] = time.monotonic() + self.token_lifetime
        answer = {
            "access_token": token,
            "token_type": "bearer",
            "scope": "read",
            "expires_in": int(self.token_lifetime),
        }
        return Answer(body=answer)

    def end_tokens(self) -> None:
        """Let every token handed out so far end; the one of the credentials lasts."""
        self.tokens = {token: until for token, until in self.tokens.items() if until == math.inf}

    def unauthorized(self, asked: Asked) -> Answer | None:
        scheme, _, secret = asked.headers.get("authorization", "").partition(" ")
        if scheme == "Basic" and secret == self.basic:
            return None
        if scheme == "Bearer":
            if self.tokens.get(secret, -math.inf) > time.monotonic():
                return None
            description = "The access token provided is expired, revoked, malformed or invalid for other reasons."
            return Answer(401, {"error": "invalid_token", "error_description": description})
        return Answer(401, {"error": "Couldn't authenticate you"})

    def rate_headers(self, is_export: bool) -> dict[str, str]:
        """All three generations at once, as real answers carry them."""
        remaining = str(self.account.remaining)
        headers = {
            "X-Rate-Limit": str(self.account.limit),
            "X-Rate-Limit-Remaining": remaining,
            "RateLimit-Limit": str(self.account.limit),
            "RateLimit-Remaining": remaining,
            "RateLimit-Reset": "14",
        }
        if is_export:
            left = f"total={self.exports.limit}; remaining={self.exports.remaining}; resets=14"
            headers["Zendesk-RateLimit-incremental-exports"] = left
        return headers

    def stream(self, name: str, at: int) -> list[tuple[int, int, Record]]:
        """Records by the second of their last update and id, without the last minute; kept until the clock moves."""
        cached = self.streams.get(name)
        if cached is not None and cached[0] == at:
            return cached[1]
        records: list[Record] = getattr(self, name)
        rows = [(r.system_modified_at(at) // SECOND, r.id, r) for r in records if r.created_at <= at]
        rows = sorted((row for row in rows if row[0] * SECOND <= at - MINUTE), key=lambda row: row[:2])
        self.streams[name] = (at, rows)
        return rows

    def by_cursor(self, asked: Asked, name: str, at: int) -> Answer:
        cursor, start = asked.first("cursor"), asked.first("start_time")
        if cursor is not None:
            position = position_of(cursor)
            if position is None:
                return Answer(400, {"error": "InvalidPaginationParameter", "description": "cursor is not valid"})
        else:
            refusal = start_time_refused(start, at)
            if refusal is not None:
                return refusal
            position = (int(start or 0) - 1, math.inf)
        size = page_size(asked)
        following = [row for row in self.stream(name, at) if (row[0], row[1]) > position]
        page = following[:size]
        rows = [self.ticket(record, at) if name == "tickets" else self.user(record, at) for _, _, record in page]
        after = cursor_of(page[-1][0], page[-1][1]) if page else cursor or cursor_of(int(position[0]), 0)
        include = asked.names("include")
        link = f"{asked.root}/api/v2/incremental/{name}/cursor.json?cursor={after}"
        body: Json = {
            name: rows,
            "after_url": f"{link}&include={','.join(include)}" if include else link,
            "after_cursor": after,
            "before_url": None,
            "before_cursor": None,
            "end_of_stream": len(following) <= size,
        }
        if name == "tickets" and "metric_sets" in include:
            body["metric_sets"] = [self.metric_set(record, at) for _, _, record in page]
        return Answer(body=body, rows=rows)

    def by_time(self, asked: Asked, at: int) -> Answer:
        """The start is inclusive and a second is never split, so the next page begins with rows of the last one."""
        start = asked.first("start_time")
        refusal = start_time_refused(start, at)
        if refusal is not None:
            return refusal
        following = [row for row in self.stream("organizations", at) if row[0] >= int(start or 0)]
        size = page_size(asked)
        while 0 < size < len(following) and following[size][0] == following[size - 1][0]:
            size += 1
        page = following[:size]
        rows = [self.organization(record, at) for _, _, record in page]
        end_time = page[-1][0] if page else None
        is_last = len(following) <= size
        body: Json = {
            "organizations": rows,
            "count": len(rows),
            "end_of_stream": is_last,
            "end_time": end_time,
            "next_page": f"{asked.root}/api/v2/incremental/organizations.json?start_time={end_time}" if page else None,
        }
        return Answer(body=body, rows=rows)

    def ticket_event_export(self, asked: Asked, at: int) -> Answer:
        """Time-based, the last minute left out; comments come in full only if they are asked for."""
        start = asked.first("start_time")
        refusal = start_time_refused(start, at)
        if refusal is not None:
            return refusal
        page, is_last = seconds_page(self.ticket_events, int(start or 0), at - MINUTE, page_size(asked))
        with_comments = "comment_events" in asked.names("include")
        rows = [self.ticket_event(event, with_comments) for event in page]
        body = self.time_based("ticket_events", asked, rows, page[-1].at // SECOND if page else None)
        return Answer(body=body | {"end_of_stream": is_last}, rows=rows)

    def time_based(self, name: str, asked: Asked, rows: list[Json], end_time: int | None) -> Json:
        include = "&include=comment_events" if "comment_events" in asked.names("include") else ""
        following = f"{asked.root}/api/v2/incremental/{name}.json?start_time={end_time}{include}"
        return {
            name: rows,
            "count": len(rows),
            "end_time": end_time,
            "next_page": None if end_time is None else following,
        }

    def ticket_event(self, event: TicketEvent, with_comments: bool) -> Json:
        return {
            "id": event.id,
            "ticket_id": event.ticket.id,
            "timestamp": event.at // SECOND,
            "created_at": iso_seconds(event.at),
            "updater_id": event.updater_id,
            "via": "Rule" if event.updater_id < 0 else "Mail",
            "system": {"client": "Nordhaven/1", "location": "Bremen, Germany", "latitude": 53.07, "longitude": 8.8},
            "metadata": {},
            "merged_ticket_ids": [],
            "event_type": "Audit",
            "child_events": children_of(event, with_comments),
        }

    def metric_event_export(self, asked: Asked, at: int) -> Answer:
        """Unpaged it is time-based and never says that the stream has ended; by cursor a page holds at most 100."""
        start = asked.first("start_time")
        refusal = start_time_refused(start, at)
        if refusal is not None:
            return refusal
        if "page[size]" in asked.query or "page[after]" in asked.query:
            since = int(start or 0) * SECOND
            standing = [event for event in self.metric_events if since <= event.at <= at - MINUTE]
            return self.by_page(asked, "ticket_metric_events", standing, self.metric_event)
        page, _ = seconds_page(self.metric_events, int(start or 0), at - MINUTE, page_size(asked))
        rows = [self.metric_event(event) for event in page]
        body = self.time_based("ticket_metric_events", asked, rows, page[-1].at // SECOND if page else int(start or 0))
        return Answer(body=body, rows=rows)

    def metric_event(self, event: MetricEvent) -> Json:
        return {
            "id": event.id,
            "ticket_id": event.ticket.id,
            "metric": event.metric,
            "instance_id": event.instance,
            "type": event.type,
            "time": iso_seconds(event.at),
            **event.extra,
        }

    def by_page(self, asked: Asked, name: str, standing: list[Any], shown: Callable[[Any], Json]) -> Answer:
        """Cursor pagination: `page[after]` is opaque, `meta.has_more` tells whether to go on."""
        size_text, after = asked.first("page[size]", "100") or "", asked.first("page[after]")
        if not size_text.isdigit() or not 1 <= int(size_text) <= LIST_PAGE:
            return Answer(400, {"error": "InvalidPaginationParameter", "description": "page[size] must be 1 to 100"})
        start = 0
        if after is not None:
            position = position_of(after)
            if position is None:
                return Answer(400, {"error": "InvalidPaginationParameter", "description": "page[after] is not valid"})
            start = next((n for n, one in enumerate(standing) if one.id > position[1]), len(standing))
        page = standing[start : start + int(size_text)]
        rows = [shown(one) for one in page]
        has_more = start + len(page) < len(standing)
        cursor = cursor_of(0, page[-1].id) if page else None
        kept = {key: values[0] for key, values in asked.query.items() if key != "page[after]"}
        link = f"{asked.root}{asked.path}?{urlencode({**kept, 'page[after]': cursor})}" if has_more else None
        body: Json = {
            name: rows,
            "meta": {"has_more": has_more, "after_cursor": cursor, "before_cursor": None},
            "links": {"next": link, "prev": None},
        }
        return Answer(body=body, rows=rows)

    def by_offset(self, asked: Asked, name: str, standing: list[Any], shown: Callable[[Any], Json]) -> Answer:
        """The older pagination, which ends at 10,000 rows."""
        number, size = asked.first("page", "1") or "", asked.first("per_page", str(LIST_PAGE)) or ""
        if not number.isdigit() or not size.isdigit() or int(number) > 100:
            return Answer(400, {"error": "InvalidPaginationParameter", "description": "offset pagination ends here"})
        start, length = (int(number) - 1) * int(size), min(int(size), LIST_PAGE)
        rows = [shown(one) for one in standing[start : start + length]]
        is_last = start + length >= len(standing)
        kept = {key: values[0] for key, values in asked.query.items() if key != "page"}
        link = f"{asked.root}{asked.path}?{urlencode({**kept, 'page': int(number) + 1})}"
        body: Json = {
            name: rows,
            "count": len(standing),
            "next_page": None if is_last else link,
            "previous_page": None,
        }
        return Answer(body=body, rows=rows)

    def listed(self, asked: Asked, name: str, standing: list[Any], shown: Callable[[Any], Json]) -> Answer:
        is_paged = any(key.startswith("page[") for key in asked.query)
        return (self.by_page if is_paged else self.by_offset)(asked, name, standing, shown)

    def list_policies(self, at: int) -> Answer:
        rows = self.policies(at)
        body = {"sla_policies": rows, "count": len(rows), "next_page": None, "previous_page": None}
        return Answer(body=body, rows=rows)

    def policies(self, at: int) -> list[Json]:
        return [self.policy(policy, position, at) for position, policy in enumerate(POLICIES, start=1)]

    def policy(self, policy: Policy, position: int, at: int) -> Json:
        """Policies have no history; one is given another description some days after the as-of day."""
        edited_at = self.as_of + 8 * DAY
        is_edited = position == 1 and at >= edited_at
        return {
            "url": f"{SUBDOMAIN}/api/v2/slas/policies/{policy.id}.json",
            "id": policy.id,
            "title": policy.title,
            "description": f"{policy.description}, revised" if is_edited else policy.description,
            "position": position,
            "filter": {
                "all": [{"field": "organization_tags", "operator": "includes", "value": list(policy.segments)}],
                "any": [],
            },
            "policy_metrics": [
                {
                    "priority": priority,
                    "metric": NAMES_IN_POLICIES[metric],
                    "target": minutes,
                    "target_in_seconds": minutes * 60,
                    "business_hours": policy.in_business_hours,
                }
                for priority in PRIORITIES
                for metric, minutes in policy.targets(priority).items()
            ],
            "created_at": "2022-01-10T09:00:00Z",
            "updated_at": iso_seconds(edited_at) if is_edited else "2022-01-10T09:00:00Z",
        }

    def list_groups(self, asked: Asked) -> Answer:
        standing = [g for g in GROUPS if not (g.is_deleted and asked.first("exclude_deleted") == "true")]
        return self.listed(asked, "groups", standing, self.group)

    def group(self, group: Group) -> Json:
        return {
            "url": f"{SUBDOMAIN}/api/v2/groups/{group.id}.json",
            "id": group.id,
            "is_public": True,
            "name": group.name,
            "description": "",
            "default": group is GROUPS[0],
            "deleted": group.is_deleted,
            "created_at": "2022-01-10T09:00:00Z",
            "updated_at": "2023-03-01T09:00:00Z" if group.is_deleted else "2022-01-10T09:00:00Z",
        }

    def list_ratings(self, asked: Asked, at: int) -> Answer:
        """`start_time` and `end_time` look at the creation: an answer to an older offer is not after them."""
        start, end = asked.first("start_time", "0") or "", asked.first("end_time", str(at // SECOND)) or ""
        if not start.isdigit() or not end.isdigit():
            return Answer(400, {"error": "InvalidValue", "description": "start_time and end_time are Unix times"})
        score = asked.first("score")
        standing = [
            rating
            for rating in self.ratings
            if rating.created_at <= at
            and int(start) <= rating.created_at // SECOND <= int(end)
            and is_scored(rating.value("score", at), score)
        ]
        return self.listed(asked, "satisfaction_ratings", standing, lambda rating: self.rating(rating, at))

    def rating(self, rating: Record, at: int) -> Json:
        ticket = rating.fixed["ticket"]
        return {
            "url": f"{SUBDOMAIN}/api/v2/satisfaction_ratings/{rating.id}.json",
            "id": rating.id,
            "assignee_id": rating.value("assignee_id", at),
            "group_id": group_of(ticket.value("channel", at)).id,
            "requester_id": rating.value("requester_id", at),
            "ticket_id": ticket.id,
            "score": rating.value("score", at),
            "comment": rating.value("comment", at),
            "reason": None,
            "reason_id": None,
            "created_at": iso_seconds(rating.created_at),
            "updated_at": iso_seconds(rating.modified_at(at)),
        }

    def ticket(self, ticket: Record, at: int) -> Json:
        is_deleted = ticket.is_archived_at(at)
        is_scrubbed = is_deleted and any(
            moment <= at for moment in ticket.system_modified if moment > (ticket.archived_at or 0)
        )
        due_at = ticket.value("due_at", at)
        return {
            "url": f"{SUBDOMAIN}/api/v2/tickets/{ticket.id}.json",
            "id": ticket.id,
            "external_id": None,
            "via": {"channel": ticket.value("channel", at), "source": {"from": {}, "to": {}, "rel": None}},
            "created_at": iso_seconds(ticket.created_at),
            "updated_at": iso_seconds(ticket.modified_at(at)),
            "generated_timestamp": ticket.system_modified_at(at) // SECOND,
            "type": ticket.value("kind", at),
            "subject": "SCRUBBED" if is_scrubbed else ticket.value("subject", at),
            "raw_subject": "SCRUBBED" if is_scrubbed else ticket.value("subject", at),
            "description": "SCRUBBED" if is_scrubbed else ticket.value("description", at),
            "priority": ticket.value("priority", at),
            "status": "deleted" if is_deleted else ticket.value("status", at),
            "recipient": None,
            "requester_id": ticket.value("requester_id", at),
            "submitter_id": ticket.value("submitter_id", at),
            "assignee_id": ticket.value("assignee_id", at),
            "organization_id": ticket.value("organization_id", at),
            "group_id": group_of(ticket.value("channel", at)).id,
            "collaborator_ids": [],
            "follower_ids": [],
            "email_cc_ids": [],
            "problem_id": None,
            "has_incidents": False,
            "is_public": True,
            "due_at": None if due_at is None else iso_seconds(due_at),
            "tags": [] if is_scrubbed else list(ticket.value("tags", at)),
            "custom_fields": [{"id": 27642, "value": None}],
            "satisfaction_rating": None,
            "sharing_agreement_ids": [],
            "brand_id": 360000123,
            "allow_channelback": False,
            "allow_attachments": True,
            "from_messaging_channel": False,
        }

    def metric_set(self, ticket: Record, at: int) -> Json:
        statuses = ticket.history("status", at)[::-1]
        replies = [moment for moment in self.replies.get(ticket.id, ()) if moment <= at]
        done = [change.value in ("solved", "closed") for change in statuses]
        solved = [
            change.at for change, before, now in zip(statuses[1:], done, done[1:], strict=False) if now and not before
        ]
        reopens = sum(before and not now for before, now in zip(done, done[1:], strict=False))
        stands = bool(done) and done[-1] and bool(solved)
        assigned = ticket.value("assignee_id", at) is not None
        first_assigned = iso_seconds(ticket.history("assignee_id", at)[-1].at) if assigned else None
        spans = dict.fromkeys(TIMES_IN_MINUTES, 0)
        if replies:
            spans["reply_time_in_minutes"] = (replies[0] - ticket.created_at) // MINUTE
        if solved:
            spans["first_resolution_time_in_minutes"] = (solved[0] - ticket.created_at) // MINUTE
        if stands:
            spans["full_resolution_time_in_minutes"] = (solved[-1] - ticket.created_at) // MINUTE
        return {
            "url": f"{SUBDOMAIN}/api/v2/ticket_metrics/{70_000_000 + ticket.id}.json",
            "id": 70_000_000 + ticket.id,
            "ticket_id": ticket.id,
            "created_at": iso_seconds(ticket.created_at),
            "updated_at": iso_seconds(ticket.modified_at(at)),
            "group_stations": 1,
            "assignee_stations": int(assigned),
            "reopens": reopens,
            "replies": len(replies),
            "assignee_updated_at": first_assigned,
            "requester_updated_at": iso_seconds(ticket.created_at),
            "status_updated_at": iso_seconds(statuses[-1].at if statuses else ticket.created_at),
            "initially_assigned_at": first_assigned,
            "assigned_at": first_assigned,
            "solved_at": iso_seconds(solved[-1]) if stands else None,
            "latest_comment_added_at": iso_seconds(replies[-1] if replies else ticket.created_at),
            **{name: in_hours(minutes) for name, minutes in spans.items()},
        }

    def organization(self, organization: Record, at: int) -> Json:
        return {
            "url": f"{SUBDOMAIN}/api/v2/organizations/{organization.id}.json",
            "id": organization.id,
            "name": organization.value("name", at),
            "shared_tickets": False,
            "shared_comments": False,
            "external_id": organization.value("external_id", at),
            "created_at": iso_seconds(organization.created_at),
            "updated_at": iso_seconds(organization.modified_at(at)),
            "domain_names": list(organization.value("domain_names", at)),
            "details": None,
            "notes": None,
            "group_id": None,
            "tags": list(organization.value("tags", at)),
            "organization_fields": dict(organization.value("organization_fields", at)),
            "deleted_at": iso_seconds(organization.archived_at or 0) if organization.is_archived_at(at) else None,
        }

    def user(self, user: Record, at: int) -> Json:
        return {
            "url": f"{SUBDOMAIN}/api/v2/users/{user.id}.json",
            "id": user.id,
            "name": user.value("name", at),
            "email": user.value("email", at),
            "created_at": iso_seconds(user.created_at),
            "updated_at": iso_seconds(user.modified_at(at)),
            "time_zone": "Berlin",
            "iana_time_zone": "Europe/Berlin",
            "phone": None,
            "locale": "en-GB",
            "role": user.value("role", at),
            "organization_id": user.value("organization_id", at),
            "external_id": None,
            "active": not user.is_archived_at(at),
            "suspended": bool(user.value("suspended", at)),
            "shared": False,
            "tags": [],
            "verified": True,
        }


def seconds_page(records: list[Any], start: int, latest: int, size: int) -> tuple[list[Any], bool]:
    """From the second `start` on, in the order of time; a second is never split. Also whether nothing follows."""
    low = bisect_left(records, start * SECOND, key=lambda record: record.at)
    high = bisect_right(records, latest, key=lambda record: record.at)
    ends = low + size
    while low < ends < high and records[ends].at // SECOND == records[ends - 1].at // SECOND:
        ends += 1
    return records[low : min(ends, high)], ends >= high


def is_scored(score: str, asked_for: str | None) -> bool:
    if asked_for == "received":
        return score in ("good", "bad")
    return asked_for is None or score == asked_for


def in_hours(minutes: int) -> dict[str, int]:
    return {"calendar": minutes, "business": minutes // 3}


def page_size(asked: Asked) -> int:
    text = asked.first("per_page", str(PAGE)) or ""
    return min(PAGE, max(1, int(text))) if text.isdigit() else PAGE


def cursor_of(second: float, record_id: float, digits: int = 1) -> str:
    """A place in a stream; more digits spell the same place otherwise."""
    return base64.b64encode(f"{second:.{digits}f}||{record_id}|".encode()).decode()


def position_of(cursor: str) -> tuple[float, float] | None:
    try:
        second, record_id, _ = base64.b64decode(cursor, validate=True).decode().replace("||", "|").split("|")
        return (float(second), float(record_id))
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None


def start_time_refused(start: Any, at: int) -> Answer | None:
    if start is None or not str(start).isdigit():
        return Answer(400, {"error": "InvalidValue", "description": "start_time is missing or no Unix time"})
    if int(start) * SECOND > at - MINUTE:
        return Answer(
            422,
            {"error": "InvalidValue", "description": "Too recent start_time. Use a start_time older than 60 seconds"},
        )
    return None
