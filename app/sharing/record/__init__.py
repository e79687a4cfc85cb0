"""The record of a request to file or hand on, and the letter that answers a refused one: HTML and
accessible PDF of the same page.

Law: pure; what was written by people stays text, nothing that reads like a pupil's number is
printed, and a letter holds only what was released for it.
"""

from app.platform.markup import CSP
from app.sharing.record.filed import html, pdf
from app.sharing.record.letter import LetterNotForThis, LetterUnsaid, letter_html, letter_pdf
from app.sharing.record.words import inert_all

__all__ = [
    "CSP",
    "LetterNotForThis",
    "LetterUnsaid",
    "html",
    "inert_all",
    "letter_html",
    "letter_pdf",
    "pdf",
]
