"""What can go wrong with the trail as a caller sees it."""

from app.kernel.errors import Fault, Kind, ServiceError


class AuditEntryNotFound(ServiceError):
    """There is no such entry, or none that the caller may see, and nothing tells which."""

    kind = Kind.NOT_FOUND
    code = "audit-entry-not-found"
    title = "Audit entry not found"
    conceals = True


class EntryNotSealed(ServiceError):
    """The entry, or the log, has not been sealed so far; it takes about a second."""

    kind = Kind.CONFLICT
    code = "entry-not-sealed"
    title = "Audit entry not sealed yet"

    def __init__(self) -> None:
        super().__init__("sealing takes about a second; try again", headers={"Retry-After": "1"})


class InvalidTreeSize(ServiceError):
    """A tree size in the query is one that the log does not have."""

    kind = Kind.INVALID
    code = "invalid-tree-size"
    title = "Invalid tree size"

    def __init__(self, where: str, detail: str) -> None:
        super().__init__(detail, faults=(Fault(where, detail, "invalid-tree-size"),))
