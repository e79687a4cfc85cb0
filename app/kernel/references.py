"""References by which a school knows people and things: a scheme and a value, such as `mis:7781`. Law: one person, one reference."""

import unicodedata


def one_form(reference: str) -> str:
    """The reference as it is kept and looked for: without blanks round it, in one form of each character."""
    return unicodedata.normalize("NFC", reference).strip()
