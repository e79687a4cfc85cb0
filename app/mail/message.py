"""Compose the messages to the DSL.

Invariant: a message holds the id of the request and its address, and no text of a request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from app.kernel.clock import LONDON
from app.platform.outbox import Message
from app.policy.wording.words import day
from app.sharing.case.model import Alert


@dataclass(frozen=True, slots=True)
class Words:
    """The subject of a message and its first sentence."""

    subject: str
    opening: str


WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        Alert.EMERGENCY_RECORDED.value: Words(
            "An emergency disclosure was recorded",
            "Information was shared in an emergency. Look at it now. The record must be completed"
            " afterwards.",
        ),
        Alert.ADVICE_WAITING.value: Words(
            "You have been asked for advice",
            "Someone needs your advice on a sharing request and is waiting for your answer.",
        ),
    }
)
"""By kind of message."""

OTHER: Final = Words(
    "Something needs your attention",
    "Something in the information-sharing service needs your attention.",
)


def compose(owed: Message, *, sender: str, receiver: str, public_url: str) -> EmailMessage:
    """Compose a message. Its text and Message-ID are the same each time, so that mail programs
    recognise a second copy.
    """
    words = WORDS.get(owed.kind, OTHER)
    recorded = owed.made_at.astimezone(LONDON)
    message = EmailMessage()
    message["Subject"] = f"Information sharing: {words.subject}"
    message["From"] = sender
    message["To"] = receiver
    message["Date"] = format_datetime(owed.made_at)
    message["Message-ID"] = f"<{owed.id}@{urlsplit(public_url).hostname or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        f"{words.opening}\n\n"
        f"Recorded: {day(recorded.date())} at {recorded:%H:%M}, school {owed.school}\n"
        f"Request:  {owed.about}\n"
        f"Read it:  {public_url}/v1/sharing-requests/{owed.about}\n\n"
        "To keep information private, this message does not name anyone. Sign in to read more.\n"
    )
    return message
