"""Define the errors of the audit log that a client receives."""

from app.kernel.errors import Fault, Kind, ServiceError


class AuditEntryNotFound(ServiceError):
    """The entry does not exist, or the caller may not see it; the reply is the same."""

    kind = Kind.NOT_FOUND
    code = "audit-entry-not-found"
    title = "Audit entry not found"
    conceals = True


class EntryNotSealed(ServiceError):
    """The entry, or the whole log, is not sealed yet; sealing takes about a second."""

    kind = Kind.CONFLICT
    code = "entry-not-sealed"
    title = "Audit entry not sealed yet"

    def __init__(self) -> None:
        super().__init__("sealing takes about a second; try again", headers={"Retry-After": "1"})


class InvalidTreeSize(ServiceError):
    """The log has no tree of the size in the query."""

    kind = Kind.INVALID
    code = "invalid-tree-size"
    title = "Invalid tree size"

    def __init__(self, where: str, detail: str) -> None:
        super().__init__(detail, faults=(Fault(where, detail, "invalid-tree-size"),))
