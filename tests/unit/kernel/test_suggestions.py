"""A suggestion is the name that the author most likely meant."""

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
def test_a_name_that_contains_the_part_comes_before_a_similar_name(
    given: str, known: list[str], meant: str | None
) -> None:
    assert nearest(given, known) == meant
