"""Render the letter that answers the requester of a refused request.

Invariant: the letter contains only text that was released for it. It excludes the reasons, notes,
items and findings of the record, and does not confirm which information the school has.
"""

import html as markup_of
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from app.kernel.canonical import Json
from app.kernel.errors import Fault, Kind, ServiceError
from app.platform.documents import pdf as documents_pdf
from app.platform.documents.html import document
from app.policy.engine.deadlines import today_in_school
from app.policy.wording.words import label
from app.sharing.records.text import day, inert, inert_all, when

_TEMPLATE: Final = Path(__file__).parent / "letter.typ"
_AGAIN: Final = (
    "You can ask again at any time. Tell us what is new, for example a clearer purpose, consent"
    " that has been given, or a legal basis that we did not know about. Please quote our reference."
    " We will look at your request again from the start. This answer does not count against you."
)
_TITLE: Final = "Our answer to your request for information"


class LetterNotAvailable(ServiceError):
    """The request was not refused, or has no requester."""

    kind = Kind.CONFLICT
    code = "letter-not-available"
    title = "Letter not available"


class LetterTextMissing(ServiceError):
    """The reasons or the contact of the letter are missing."""

    kind = Kind.INVALID
    code = "letter-text-missing"
    title = "Letter text missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """The data of a letter; paragraphs retain their line ends."""

    school: str
    date: str
    addressee: tuple[str, ...]
    reference: tuple[tuple[str, str], ...]
    greeting: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]

    def to_json(self) -> dict[str, Json]:
        return {
            "title": _TITLE,
            "school": self.school,
            "date": self.date,
            "addressee": self.addressee,
            "reference": self.reference,
            "greeting": self.greeting,
            "parts": [
                {"title": title, "paragraphs": paragraphs} for title, paragraphs in self.parts
            ],
        }


def _letter(
    request: Mapping[str, Any],
    *,
    reasons: str,
    contact: str,
    school: str,
    generated_at: datetime,
    policy_title: str,
    policy_version: str,
    asked: str | None,
) -> _Letter:
    _check(request, reasons, contact)
    facts = inert_all(request["facts"])
    requester = facts.get("requester") or {}
    lines = tuple(
        str(requester[name])
        for name in ("name", "role_title", "organisation")
        if requester.get(name)
    )
    theirs = (facts.get("external_id") or {}).get("value")
    purpose = label(str(request["purpose_code"]))
    wanted = [f"On {when(request['submitted_at'])} we recorded your request for information."]
    wanted.append(
        f"We recorded the purpose as: {purpose}." if purpose not in {"Unknown", "Other"} else ""
    )
    considered = (
        f"We considered it under our {inert(policy_title)} (version {inert(policy_version)}). We"
        " looked at whether the purpose was clear and legitimate, whether there was consent,"
        " whether anyone could be identified, and whether there was a lawful reason to share"
        " without consent."
    )
    return _Letter(
        school=inert(school),
        date=day(today_in_school(generated_at)),
        addressee=lines or ("To whom it may concern",),
        reference=(
            ("Our reference", str(request["id"])),
            *((("Your reference", str(theirs)),) if theirs else ()),
        ),
        greeting=(
            f"Dear {requester['name']}," if requester.get("name") else "To whom it may concern,"
        ),
        parts=(
            (
                "What you asked for",
                tuple(text for text in (*wanted, *_paragraphs(asked or "")) if text),
            ),
            (
                "What we decided",
                (
                    considered,
                    f"On {when(request['decided_at'])} we decided not to share the information.",
                ),
            ),
            ("Our reasons", _paragraphs(reasons)),
            (
                "If you have new information",
                (
                    _AGAIN,
                    "If you think a child is in danger now, do not wait for us. Call 999.",
                ),
            ),
            ("Who to contact", _paragraphs(contact)),
            (
                "",
                (
                    (
                        "This letter does not confirm or deny that the school holds any"
                        " particular information about anyone."
                    ),
                ),
            ),
        ),
    )


def _check(request: Mapping[str, Any], reasons: str, contact: str) -> None:
    if request.get("view") != "full":
        raise LetterNotAvailable("a letter cannot be made from the de-identified view")
    if request.get("decision") != "do_not_share":
        raise LetterNotAvailable("the newest decision is not do_not_share")
    if request.get("direction") != "received":
        raise LetterNotAvailable(
            "no one asked for the information: the school was to share it on its own initiative"
        )
    faults = [
        Fault(f"/{name}", detail, "missing")
        for name, said, detail in (
            ("reasons", reasons, "say why, in words that may leave the school"),
            ("contact", contact, "say whom the requester can turn to"),
        )
        if not said.strip()
    ]
    if faults:
        raise LetterTextMissing(faults[0].detail, faults=tuple(faults))


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in inert(text).split("\n\n") if part.strip())


def letter_html(
    request: Mapping[str, Any],
    *,
    reasons: str,
    contact: str,
    school: str,
    generated_at: datetime,
    policy_title: str,
    policy_version: str,
    asked: str | None = None,
) -> str:
    """Render the letter as one HTML document, to be served with `CSP`.

    `reasons` and `asked` (the requested information as it may be repeated to the requester) are the
    released text; blank lines separate paragraphs. Raises `LetterNotAvailable` unless the newest
    decision refuses a received request, and `LetterTextMissing` without reasons or contact.
    """
    letter = _letter(
        request,
        reasons=reasons,
        contact=contact,
        school=school,
        generated_at=generated_at,
        policy_title=policy_title,
        policy_version=policy_version,
        asked=asked,
    )
    escape = markup_of.escape
    reference = "".join(
        f'<div><dt>{escape(name)}</dt><dd dir="auto">{escape(value)}</dd></div>'
        for name, value in letter.reference
    )
    parts = "\n".join(
        (f"<h2>{escape(title)}</h2>\n" if title else "")
        + "\n".join(f'<p dir="auto">{escape(text)}</p>' for text in paragraphs)
        for title, paragraphs in letter.parts
    )
    return document(
        _TITLE,
        '<main class="letter">\n<p class="sender"'
        f' dir="auto">{escape(letter.school)}</p>\n<p>{escape(letter.date)}</p>\n<address'
        f' dir="auto">{"<br>".join(escape(line) for line in letter.addressee)}</address>\n<h1>{escape(_TITLE)}</h1>\n<dl>{reference}</dl>\n<p'  # noqa: E501
        f' dir="auto">{escape(letter.greeting)}</p>\n{parts}\n</main>',
    )


def letter_pdf(
    request: Mapping[str, Any],
    *,
    reasons: str,
    contact: str,
    school: str,
    generated_at: datetime,
    policy_title: str,
    policy_version: str,
    asked: str | None = None,
) -> bytes:
    """Render the letter as a tagged PDF (PDF/UA-1).

    Uses much CPU: call it in a thread. Raises the errors of `letter_html`, and `PdfNotAvailable`.
    """
    letter = _letter(
        request,
        reasons=reasons,
        contact=contact,
        school=school,
        generated_at=generated_at,
        policy_title=policy_title,
        policy_version=policy_version,
        asked=asked,
    )
    return documents_pdf.pdf(_TEMPLATE, letter.to_json(), at=generated_at)
