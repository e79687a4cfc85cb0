"""The closed vocabularies that the policy and the directory of recipients share. Pure.

Members are stored permanently: add new ones, never rename or reuse one.
"""

from enum import StrEnum


class Word(StrEnum):
    """A closed vocabulary. It hashes as plain text, which saves a Python call in each table
    look-up.
    """

    __hash__ = str.__hash__


class Answer(Word):
    """The three answers to a question. An omitted answer is `unsure`, never `yes`."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class OrganisationType(Word):
    """The type of the receiving organisation."""

    POLICE = "police"
    AMBULANCE_OR_EMERGENCY_SERVICE = "ambulance_or_emergency_service"
    CHILDRENS_SOCIAL_CARE = "childrens_social_care"
    MASH = "mash"
    NSPCC = "nspcc"
    ADULT_SOCIAL_CARE = "adult_social_care"
    LADO = "lado"
    SAFEGUARDING_PARTNERS = "safeguarding_partners"
    HEALTH_PROVIDER = "health_provider"
    EDUCATIONAL_PSYCHOLOGIST = "educational_psychologist"
    SCHOOL = "school"
    COURT = "court"
    CAFCASS = "cafcass"
    PREVENT_TEAM = "prevent_team"
    MARAC = "marac"
    PROBATION = "probation"
    PRISON = "prison"
    YOUTH_OFFENDING_TEAM = "youth_offending_team"
    IMMIGRATION_ENFORCEMENT = "immigration_enforcement"
    LOCAL_AUTHORITY_OTHER = "local_authority_other"
    CHARITY = "charity"
    RESEARCHER = "researcher"
    VENDOR = "vendor"
    PARENT = "parent"
    SOLICITOR = "solicitor"
    LANDLORD = "landlord"
    GOVERNOR = "governor"
    INTERNAL_STAFF = "internal_staff"
    OTHER = "other"


class SecureRoute(Word):
    """The route by which the information is sent."""

    SECURE_EMAIL = "secure_email"
    ENCRYPTED_PORTAL = "encrypted_portal"
    IN_PERSON = "in_person"
    PHONE_VERIFIED = "phone_verified"
    POST_TRACKED = "post_tracked"
    API = "api"
    NONE = "none"
