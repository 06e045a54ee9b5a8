"""Whether anybody acted on a survey's answer."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.reference.quality import Quality
from tests.reference.surveys import Survey
from tests.reference.touches import Touches
from tests.reference.voice import Voices


class Acting:
    def __init__(self, quality: Quality, voices: Voices, touches: Touches) -> None:
        self.quality = quality
        self.voices = voices
        self.touches = touches

    def acted_on_at(self, survey: Survey, as_of: date) -> datetime | None:
        """The first incident opened, voice record, or proactive touch but a survey, within 30 days after the answer."""
        if survey.responded_at is None or survey.customer_id is None:
            return None
        last_on = survey.responded_at.date() + timedelta(days=30)
        customer_id = survey.customer_id
        acts = [incident.ticket.opened_at for incident in self.quality.known(customer_id, as_of)]
        acts += [voice.heard_at for voice in self.voices.known(customer_id, as_of)]
        acts += [
            touch.occurred_at
            for touch in self.touches.known(customer_id, as_of)
            if touch.channel != "survey" and touch.initiative(as_of) == "proactive"
        ]
        return min((at for at in acts if at > survey.responded_at and at.date() <= last_on), default=None)
