"""Load the past months of the invented school into an empty database, in one transaction."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.demo.people import People
from app.demo.school import School
from app.demo.stories import STORIES, VARIANTS
from app.identity import accounts
from app.identity.accounts import Account, Save
from app.identity.model import Actor, Role
from app.kernel.errors import Kind, ServiceError
from app.kernel.vocabulary import OrganisationType, SecureRoute
from app.platform.db import Session
from app.recipients.model import ContactDetails, OrganisationDetails
from app.sharing.requests import service as requests_service

REQUESTS: Final = len(STORIES) * VARIANTS

_PEOPLE: Final = (Role.STAFF, Role.STAFF, Role.STAFF, Role.DSL, Role.DSL, Role.IG_LEAD)
_ADDRESSES: Final = ("teacher", "counsellor", "office", "dsl", "deputy", "ig.lead")

_DIRECTORY: Final[tuple[tuple[str, OrganisationDetails, ContactDetails, bool], ...]] = tuple(
    (
        name,
        OrganisationDetails(
            organisation=organisation,
            organisation_type=kind,
            call_back_number=number,
            call_back_source="its public website",
            secure_routes=(SecureRoute.SECURE_EMAIL, SecureRoute.PHONE_VERIFIED),
        ),
        ContactDetails(
            name=contact, role_title=title, email=f"{name}@agency.example", phone=number
        ),
        checked,
    )
    for name, organisation, kind, number, contact, title, checked in (
        (
            "mash",
            "Anytown MASH",
            OrganisationType.MASH,
            "01632 960101",
            "N. Adeyemi",
            "Social worker",
            True,
        ),
        (
            "police",
            "Anytown Police",
            OrganisationType.POLICE,
            "01632 960102",
            "P. Lindholm",
            "Child protection officer",
            True,
        ),
        (
            "health",
            "Anytown School Nursing",
            OrganisationType.HEALTH_PROVIDER,
            "01632 960103",
            "S. Marchetti",
            "School nurse",
            True,
        ),
        (
            "lado",
            "Anytown designated officer",
            OrganisationType.LADO,
            "01632 960104",
            "T. Okonjo",
            "Designated officer",
            False,
        ),
        (
            "school",
            "Othertown High School",
            OrganisationType.SCHOOL,
            "01632 960105",
            "K. Brandvold",
            "Safeguarding lead",
            False,
        ),
    )
)


class DatabaseNotEmpty(ServiceError):
    """The database already has sharing requests."""

    kind = Kind.CONFLICT
    code = "database-not-empty"
    title = "Database not empty"

    def __init__(self) -> None:
        super().__init__(
            "the database has sharing requests; the demonstration is loaded only into an"
            " empty one (see SHARING_DATA_DIR)"
        )


@dataclass(frozen=True, slots=True)
class Loaded:
    """The numbers of requests and recipients, and the e-mail addresses of new accounts."""

    requests: int
    recipients: int
    made: tuple[str, ...]


async def load(
    session: Session, school: str, *, password_hash: str, now: datetime, save: Save
) -> Loaded:
    """Load everything; raises DatabaseNotEmpty if there are requests.

    Existing accounts of the school act in their roles; missing ones are created.
    """
    if await requests_service.has_requests(session):
        raise DatabaseNotEmpty
    people, made = await _people(session, school, password_hash=password_hash, now=now, save=save)
    await session.flush()
    invented = School(session=session, people=people, ends=now, now=now)

    invented.start(200)
    for name, listing, contact, checked in _DIRECTORY:
        await invented.add_recipient(name, listing, contact, checked=checked)
    for story in STORIES:
        for variant in range(VARIANTS):
            await story(invented, variant)
    return Loaded(REQUESTS, len(_DIRECTORY), made)


async def _people(
    session: Session, school: str, *, password_hash: str, now: datetime, save: Save
) -> tuple[People, tuple[str, ...]]:
    there = [account for account in await accounts.list_users(session, school) if account.active]
    waiting: dict[Role, Iterator[Account]] = {
        role: iter([one for one in there if one.role is role]) for role in set(_PEOPLE)
    }
    taken = {account.email for account in there}
    actors, made = [], []
    for role, name in zip(_PEOPLE, _ADDRESSES, strict=True):
        account = next(waiting[role], None)
        if account is None:
            email = next(one for one in _spellings(name) if one not in taken)
            account = await accounts.add_user(
                session,
                email=email,
                role=role,
                school=school,
                password_hash=password_hash,
                now=now,
                save=save,
            )
            taken.add(email)
            made.append(email)
        actors.append(_actor(account.id, role, school))
    client, _ = await accounts.add_client(
        session, name=f"Demonstration of {now:%Y-%m-%d %H:%M:%S}", school=school, now=now, save=save
    )
    teacher, counsellor, office, dsl, deputy, ig_lead = actors
    mis = _actor(client.id, Role.INTEGRATION, school)
    people = People(
        teacher=teacher,
        counsellor=counsellor,
        office=office,
        dsl=dsl,
        deputy=deputy,
        ig_lead=ig_lead,
        mis=mis,
    )
    return people, tuple(made)


def _spellings(name: str) -> Iterator[str]:
    yield f"{name}@demo.example"
    for number in range(2, 1000):
        yield f"{name}.{number}@demo.example"


def _actor(id: UUID, role: Role, school: str) -> Actor:
    return Actor(id, role, school, client="demo")
