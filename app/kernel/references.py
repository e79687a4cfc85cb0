"""Normalise and check a school's references to people and things: a scheme and a value, such as
`mis:7781`.

Invariant: a person has one reference.
"""

import re
import unicodedata
from typing import Final

LETTERS: Final = "ABCDEFGHJKLMNPQRTUVWXYZ"
"""The letters of pupil numbers (without I, O and S); the value of each is its place, from 0."""

_SCHEME: Final = "upn"
_PUPIL_NUMBER: Final = re.compile(rf"[{LETTERS}][0-9]{{11}}[0-9{LETTERS}]")


def one_form(reference: str) -> str:
    """Normalise a reference for storing and searching: NFC without surrounding blanks; a pupil
    number in capitals.
    """
    text = unicodedata.normalize("NFC", reference).strip()
    scheme, colon, value = text.partition(":")
    if colon and scheme.strip().casefold() == _SCHEME:
        return f"{_SCHEME}:{''.join(value.split()).upper()}"
    return text


def pupil_number_fault(reference: str) -> str | None:
    """Check a reference of the scheme `upn`; gives its fault, None if it has none or the scheme is
    another.

    A Unique Pupil Number is a check letter, eleven digits, and a digit, or a letter if the number
    is temporary. Each of the twelve characters is multiplied by its position, from 2 to 13; the sum
    modulo 23 is the place of the check letter (Department for Education, UPN guide).
    """
    scheme, _, number = reference.partition(":")
    if scheme != _SCHEME:
        return None
    if not _PUPIL_NUMBER.fullmatch(number):
        return (
            "a pupil number is a letter, eleven digits, and a digit or letter, without the letters"
            " I, O and S"
        )
    values = [
        LETTERS.index(character) if character in LETTERS else int(character)
        for character in number[1:]
    ]
    if (
        LETTERS[sum(place * value for place, value in enumerate(values, 2)) % len(LETTERS)]
        != number[0]
    ):
        return "the check letter of this pupil number does not match its digits; check each of them"
    return None
