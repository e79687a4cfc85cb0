"""Finds a person of a request by reference. Pure."""

from app.kernel.errors import Fault, Kind, ServiceError
from app.sharing.case.case import Case, Subject


class PersonUnknown(ServiceError):
    """The request is not about this person."""

    kind = Kind.INVALID
    code = "person-not-of-this-request"
    title = "The request is not about this person"

    def __init__(self) -> None:
        super().__init__(
            "name one of the request's subjects",
            faults=(
                Fault(
                    "/person_ref",
                    "not one of the request's subjects; see facts.subjects",
                    "unknown-person",
                ),
            ),
        )


def person_of(case: Case, ref: str) -> Subject:
    """The subject with this reference; raises `PersonUnknown`."""
    for person in case.people:
        if person.ref == ref:
            return person
    raise PersonUnknown
