"""The types of organisation are those of the policy, although neither package imports the other."""

from pathlib import Path

from app import policy
from app.policy.document import loader as document_loader
from app.policy.engine import vocabulary
from app.recipients.model import CheckMethod, RecipientRoute, RecipientType, Verified
from app.recipients.organisation_types import TYPES

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
    assert words(RecipientType) == words(vocabulary.OrganisationType)
    assert words(Verified) == words(vocabulary.Answer)


def test_no_route_and_no_check_are_not_for_the_directory():
    assert words(RecipientRoute) == words(vocabulary.SecureRoute) - {"none"}
    assert words(CheckMethod) == words(vocabulary.VerificationMethod) - {"none"}


def test_every_type_is_explained():
    assert set(RecipientType) == TYPES.keys()
    assert all(kind.label and kind.words.endswith((".", "?")) for kind in TYPES.values())


def test_the_protective_types_are_those_of_the_policy_that_ships():
    shipped = document_loader.load(Path(policy.__file__).with_name("default.yaml").read_bytes())
    assert {name.value for name, kind in TYPES.items() if kind.protective} == set(
        shipped.document.sets["protective"].members
    )


def test_duties_and_partners():
    assert {name.value for name, kind in TYPES.items() if kind.section_11} == SECTION_11
    partners = {name for name, kind in TYPES.items() if kind.partner}
    assert partners == {
        RecipientType.POLICE,
        RecipientType.CHILDRENS_SOCIAL_CARE,
        RecipientType.MASH,
        RecipientType.SAFEGUARDING_PARTNERS,
    }
    assert all(TYPES[name].section_11 for name in partners)
