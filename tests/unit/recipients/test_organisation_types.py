"""The directory of recipients uses the vocabularies of the policy."""

from pathlib import Path

from app import policy
from app.kernel.vocabulary import OrganisationType
from app.policy.document import loader as document_loader
from app.policy.engine import vocabulary
from app.recipients.fields import ROUTES
from app.recipients.model import CheckMethod
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


def test_the_directory_records_every_route_and_check_of_the_policy_except_none():
    assert set(ROUTES) == words(vocabulary.SecureRoute) - {"none"}
    assert words(CheckMethod) == words(vocabulary.VerificationMethod) - {"none"}


def test_every_type_is_explained():
    assert set(OrganisationType) == TYPES.keys()
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
        OrganisationType.POLICE,
        OrganisationType.CHILDRENS_SOCIAL_CARE,
        OrganisationType.MASH,
        OrganisationType.SAFEGUARDING_PARTNERS,
    }
    assert all(TYPES[name].section_11 for name in partners)
