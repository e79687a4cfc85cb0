"""What a message to the DSL says. Law: it holds the request's id and where to read it, and nothing
that anybody wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from app.platform.outbox import Owed
from app.policy.engine.deadlines import LONDON
from app.sharing.case.model import Alert


@dataclass(frozen=True, slots=True)
class Words:
    """The subject of a message, and the sentence that it begins with."""

    subject: str
    opening: str


WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        Alert.EMERGENCY_RECORDED.value: Words(
            "An emergency disclosure was recorded",
            "Information was shared in an emergency. Look at it now; its record is to be completed"
            " afterwards.",
        ),
        Alert.ADVICE_WAITING.value: Words(
            "Advice is waiting for you",
            "Somebody asks for your advice on a sharing request, and waits for it.",
        ),
    }
)
"""By kind of message."""

OTHER: Final = Words(
    "Something waits for you", "Something in the information-sharing service waits for you."
)


def compose(owed: Owed, *, sender: str, receiver: str, public_url: str) -> EmailMessage:
    """The message, the same each time that it is composed, its id too, so that a copy is known as
    one.
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
        f"Recorded: {recorded:%d.%m.%Y %H:%M} at school {owed.school}\n"
        f"Request:  {owed.about}\n"
        f"Read it:  {public_url}/v1/sharing-requests/{owed.about}\n\n"
        "This message names nobody, on purpose. Sign in to read more.\n"
    )
    return message
