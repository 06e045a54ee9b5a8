"""A mail server and a webhook's listener on loopback, for what Kept tells people."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass
class Inbox:
    """All that was handed over; `refused` are addresses that the mail server does not know."""

    mails: list[Any] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)
    answer: int = 200
    refused: set[str] = field(default_factory=set)
    smtp_port: int = 0
    http_port: int = 0

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return f"550 no {address} here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.answer != 200:
            return "451 come again later"
        self.mails.append(message_from_bytes(envelope.content or b"", policy=policy.default))
        return "250 OK"

    @property
    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mails]

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(post["event"], post["key"]) for post in self.posts]


class Loopback(Controller):
    """Listens on a port that is free."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def open_inbox() -> Iterator[Inbox]:
    """Both listen while the block lasts."""
    here = Inbox()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if here.answer == 200:
                here.posts.append(json.loads(body))
            self.send_response(here.answer)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    def sign_in(_server: SMTP, _session: Session, _envelope: Envelope, _way: str, _data: object) -> AuthResult:
        return AuthResult(success=True)

    mail = Loopback(here, hostname="127.0.0.1", port=0, authenticator=sign_in)
    mail.start()
    web = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    here.smtp_port, here.http_port = mail.port, web.server_port
    yield here
    mail.stop()
    web.shutdown()
    web.server_close()
