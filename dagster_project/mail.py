"""Hands a message to the mail server of KEPT_SMTP_URL, encrypted wherever the server can; failures name no address."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from dagster_project.settings import Settings

# A server that takes longer is tried again at the next run; the refresh waits for no one.
TIMEOUT_SECONDS = 20


class NotDelivered(Exception):
    """Something could not be handed over; one line naming variable and answer, never an address or a secret."""


def send(message: EmailMessage, settings: Settings) -> None:
    """Hand over one message; raises NotDelivered."""
    if not settings.smtp_url:
        raise NotDelivered("KEPT_SMTP_URL is not set; name your mail server there")
    server = urlsplit(settings.smtp_url.reveal())
    context = ssl.create_default_context()
    host, is_implicit = server.hostname or "", server.scheme == "smtps"
    try:
        with (
            smtplib.SMTP_SSL(host, server.port or 465, timeout=TIMEOUT_SECONDS, context=context)
            if is_implicit
            else smtplib.SMTP(host, server.port or 587, timeout=TIMEOUT_SECONDS)
        ) as connection:
            connection.ehlo()
            is_encrypted = is_implicit
            if not is_implicit and connection.has_extn("starttls"):
                connection.starttls(context=context)
                is_encrypted = True
            if server.username:
                if not is_encrypted:
                    raise NotDelivered("the server of KEPT_SMTP_URL offers no encryption, so no password is sent to it")
                connection.login(unquote(server.username), unquote(server.password or ""))
            connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({str(code) for code, _ in error.recipients.values()})
        raise NotDelivered(f"the server of KEPT_SMTP_URL refused the recipient ({', '.join(codes)})") from None
    except smtplib.SMTPResponseException as error:
        raise NotDelivered(f"the server of KEPT_SMTP_URL answered {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotDelivered(f"the server of KEPT_SMTP_URL: {type(error).__name__}") from None
