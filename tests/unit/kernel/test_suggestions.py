"""Whoever misspells a word is told the one they meant, and never one that would make things
worse.
"""

import pytest

from app.kernel.suggestions import nearest
from app.policy.engine.vocabulary import OrganisationType, PurposeCode, SecureRoute


@pytest.mark.parametrize(
    ("given", "known", "meant"),
    [
        ("Police", OrganisationType, "police"),
        ("polcie", OrganisationType, "police"),
        ("Other", ["other_adult", "other"], "other"),
        ("phone", SecureRoute, "phone_verified"),
        ("socialcare", OrganisationType, "childrens_social_care"),
        ("section47_enquiry", PurposeCode, "section_47_enquiry"),
        ("share_partialy", ["share", "share_partially"], "share_partially"),
        ("early", PurposeCode, "early_help"),
        ("e", OrganisationType, None),
        ("", OrganisationType, None),
        ("xyzzy", OrganisationType, None),
    ],
)
def test_a_part_goes_before_a_likeness(given: str, known: list[str], meant: str | None) -> None:
    assert nearest(given, known) == meant
