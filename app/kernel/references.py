"""References by which a school knows people and things: a scheme and a value, such as `mis:7781`.
Law: one person, one reference.
"""

import re
import unicodedata
from typing import Final

LETTERS: Final = "ABCDEFGHJKLMNPQRTUVWXYZ"
"""The letters of pupil numbers, each worth its place from 0 on: I, O and S are not among them."""

_SCHEME: Final = "upn"
_PUPIL_NUMBER: Final = re.compile(rf"[{LETTERS}][0-9]{{11}}[0-9{LETTERS}]")


def one_form(reference: str) -> str:
    """The reference as it is kept and looked for: without blanks round it, in one form of each
    character; a pupil number in capitals.
    """
    text = unicodedata.normalize("NFC", reference).strip()
    scheme, colon, value = text.partition(":")
    if colon and scheme.strip().casefold() == _SCHEME:
        return f"{_SCHEME}:{''.join(value.split()).upper()}"
    return text


def pupil_number_fault(reference: str) -> str | None:
    """What is wrong with a reference of the scheme `upn`; None where nothing is, or where the
    scheme is another.

    A Unique Pupil Number is a check letter, eleven digits, and a digit, or a letter where the
    number is temporary. Each of the twelve is multiplied by its place, from 2 to 13; the sum's rest
    by 23 is the place of the check letter (Department for Education, UPN guide).
    """
    scheme, _, number = reference.partition(":")
    if scheme != _SCHEME:
        return None
    if not _PUPIL_NUMBER.fullmatch(number):
        return (
            "a pupil number is a letter, eleven digits, and a digit or letter; the letters I, O and"
            " S are not used"
        )
    values = [
        LETTERS.index(character) if character in LETTERS else int(character)
        for character in number[1:]
    ]
    if (
        LETTERS[sum(place * value for place, value in enumerate(values, 2)) % len(LETTERS)]
        != number[0]
    ):
        return (
            "the check letter of this pupil number does not go with its digits; look at each again"
        )
    return None
