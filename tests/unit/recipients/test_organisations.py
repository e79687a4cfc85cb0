"""The types of organisation are the policy's, although the two rooms do not know each other."""

from app.policy import vocabulary
from app.recipients.model import Answer, Method, OrganisationType, Route
from app.recipients.organisations import TYPES

PROTECTIVE = {"police", "ambulance_or_emergency_service", "childrens_social_care", "mash", "nspcc", "health_provider"}
SECTION_11 = {
    "adult_social_care",
    "ambulance_or_emergency_service",
    "childrens_social_care",
    "health_provider",
    "lado",
    "local_authority_other",
    "mash",
    "police",
    "prison",
    "probation",
    "safeguarding_partners",
    "youth_offending_team",
}


def words(enum: type) -> set[str]:
    return {member.value for member in enum}  # type: ignore[attr-defined]


def test_both_rooms_speak_the_same_words():
    assert words(OrganisationType) == words(vocabulary.OrganisationType)
    assert words(Answer) == words(vocabulary.Answer)


def test_no_route_and_no_check_are_not_for_the_directory():
    assert words(Route) == words(vocabulary.SecureRoute) - {"none"}
    assert words(Method) == words(vocabulary.VerificationMethod) - {"none"}


def test_every_type_is_explained():
    assert set(OrganisationType) == TYPES.keys()
    assert all(kind.label and kind.words.endswith((".", "?")) for kind in TYPES.values())


def test_duties_partners_and_protective_functions():
    assert {name.value for name, kind in TYPES.items() if kind.protective} == PROTECTIVE
    assert {name.value for name, kind in TYPES.items() if kind.section_11} == SECTION_11
    partners = {name for name, kind in TYPES.items() if kind.partner}
    assert partners == {
        OrganisationType.POLICE,
        OrganisationType.CHILDRENS_SOCIAL_CARE,
        OrganisationType.MASH,
        OrganisationType.SAFEGUARDING_PARTNERS,
    }
    assert all(TYPES[name].section_11 for name in partners)
