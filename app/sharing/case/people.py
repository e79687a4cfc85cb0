"""Find a data subject of a request by reference. Pure."""

from app.kernel.errors import Fault, Kind, ServiceError
from app.sharing.case.case import Case, Subject


class PersonNotInRequest(ServiceError):
    """The reference is not a subject of the request."""

    kind = Kind.INVALID
    code = "person-not-in-request"
    title = "Person not in the request"

    def __init__(self) -> None:
        super().__init__(
            "send a reference from facts.subjects",
            faults=(
                Fault(
                    "/person_ref",
                    "not a subject of the request; see facts.subjects",
                    "unknown-person",
                ),
            ),
        )


def person_of(case: Case, ref: str) -> Subject:
    """The subject with this reference; raises `PersonNotInRequest`."""
    for person in case.people:
        if person.ref == ref:
            return person
    raise PersonNotInRequest
