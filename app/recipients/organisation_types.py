"""The types of organisation, with statutory duty, partnership and protective function.

Section 11 and section 16E are those of the Children Act 2004. `protective` repeats the default
policy's set; the policy decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from app.kernel.vocabulary import OrganisationType as T


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """What a type of organisation is. `section_11`: has that duty to children; `partner`: is, or
    acts for, a safeguarding partner.
    """

    label: str
    words: str
    section_11: bool = False
    partner: bool = False
    protective: bool = False


TYPES: Final[Mapping[T, TypeFacts]] = MappingProxyType(
    {
        T.POLICE: TypeFacts(
            "Police",
            "The chief officer is a safeguarding partner; local police and British Transport Police"
            " have the section 11 duty.",
            section_11=True,
            partner=True,
            protective=True,
        ),
        T.AMBULANCE_OR_EMERGENCY_SERVICE: TypeFacts(
            "Ambulance or emergency service",
            "Acts when life or health is in danger. Ambulance trusts are NHS trusts and have the"
            " section 11 duty; fire services need not.",
            section_11=True,
            protective=True,
        ),
        T.CHILDRENS_SOCIAL_CARE: TypeFacts(
            "Children's social care",
            "The local authority's service for children in need and child protection. The authority"
            " is a safeguarding partner.",
            section_11=True,
            partner=True,
            protective=True,
        ),
        T.MASH: TypeFacts(
            "Multi-agency safeguarding hub",
            "Where local authority, police and health receive referrals together: the usual first"
            " address of a school.",
            section_11=True,
            partner=True,
            protective=True,
        ),
        T.NSPCC: TypeFacts(
            "NSPCC",
            "A charity with statutory power to bring care proceedings; its helpline takes concerns"
            " at any hour.",
            protective=True,
        ),
        T.ADULT_SOCIAL_CARE: TypeFacts(
            "Adult social care",
            "The local authority's service for adults at risk. The authority has the section 11"
            " duty.",
            section_11=True,
        ),
        T.LADO: TypeFacts(
            "Designated officer of the local authority",
            "Takes allegations against people who work with children.",
            section_11=True,
        ),
        T.SAFEGUARDING_PARTNERS: TypeFacts(
            "Safeguarding partners",
            "Local authority, integrated care board and police acting together (section 16E); may"
            " require information for their functions.",
            section_11=True,
            partner=True,
        ),
        T.HEALTH_PROVIDER: TypeFacts(
            "Health provider",
            "Hospital, mental health, school nursing, general practice. NHS bodies have the section"
            " 11 duty; a care board is the partner.",
            section_11=True,
            protective=True,
        ),
        T.EDUCATIONAL_PSYCHOLOGIST: TypeFacts(
            "Educational psychologist",
            "Advises on a child's needs; local authority's or independent.",
        ),
        T.SCHOOL: TypeFacts(
            "School or college",
            "Has duties of its own under section 175 of the Education Act 2002 or its equivalents.",
        ),
        T.COURT: TypeFacts(
            "Court",
            "Orders are obeyed as made; a seal or the court's office shows that one is real.",
        ),
        T.CAFCASS: TypeFacts("Cafcass", "Looks after children's interests in family proceedings."),
        T.PREVENT_TEAM: TypeFacts(
            "Prevent team", "Takes referrals of people at risk of being drawn into terrorism."
        ),
        T.MARAC: TypeFacts(
            "Risk conference on domestic abuse",
            "A meeting of agencies about high-risk cases, each bound by its own duties.",
        ),
        T.PROBATION: TypeFacts(
            "Probation service", "Supervises offenders; has the section 11 duty.", section_11=True
        ),
        T.PRISON: TypeFacts(
            "Prison or secure centre",
            "Governors and directors have the section 11 duty.",
            section_11=True,
        ),
        T.YOUTH_OFFENDING_TEAM: TypeFacts(
            "Youth offending team",
            "Works with children who offend; has the section 11 duty.",
            section_11=True,
        ),
        T.IMMIGRATION_ENFORCEMENT: TypeFacts(
            "Immigration enforcement",
            "Has a similar duty under section 55 of the Borders, Citizenship and Immigration Act"
            " 2009.",
        ),
        T.LOCAL_AUTHORITY_OTHER: TypeFacts(
            "Local authority, other service",
            "Housing, admissions, attendance and so on. The authority has the section 11 duty.",
            section_11=True,
        ),
        T.CHARITY: TypeFacts(
            "Charity or voluntary body",
            "May be commissioned to work with children; look at what it was commissioned for.",
        ),
        T.RESEARCHER: TypeFacts("Researcher", "Seldom needs to know who a child is."),
        T.VENDOR: TypeFacts(
            "Supplier", "Acts on the school's instructions under a contract, if at all."
        ),
        T.PARENT: TypeFacts(
            "Parent or carer",
            "Not an organisation: name it by its role, and keep the person's name with the"
            " contact.",
        ),
        T.SOLICITOR: TypeFacts(
            "Solicitor", "Acts for one person; needs that person's authority or a court's order."
        ),
        T.LANDLORD: TypeFacts(
            "Landlord", "Has no function that needs a child's information by itself."
        ),
        T.GOVERNOR: TypeFacts(
            "Governor or trustee", "Oversees; hardly ever needs to know who a child is."
        ),
        T.INTERNAL_STAFF: TypeFacts("Own staff", "Colleagues who need to know for their work."),
        T.OTHER: TypeFacts("Other", "None of the others: say in the request who they are."),
    }
)
