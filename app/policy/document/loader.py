"""A policy document from bytes to a policy that can be run, or a refusal that names every fault
with its line and the nearest known name.

Law: what is loaded is complete, unambiguous and above the safety floor; anything else is refused
whole.
"""

from app.kernel.canonical import NotCanonical, digest
from app.kernel.errors import Kind, ServiceError
from app.policy.document import name_checks, table_checks
from app.policy.document.name_checks import Places
from app.policy.document.parser import MISSING, Reader
from app.policy.document.source import DocumentFault, Node, Unreadable, read
from app.policy.engine.evaluate import Policy, compile_tables
from app.policy.engine.grammar import Document


class PolicyRefused(ServiceError):
    """The document is no policy that may be used; `found` lists every fault."""

    kind = Kind.INVALID
    code = "policy-refused"
    title = "The policy document was refused"

    def __init__(self, found: list[DocumentFault]) -> None:
        super().__init__(
            f"{len(found)} fault{'s' if len(found) != 1 else ''} in the document",
            faults=tuple(fault.wire() for fault in found),
        )
        self.found = found


def load(source: bytes) -> Policy:
    """The policy in a document, YAML 1.2 or JSON; raises PolicyRefused with all faults that can be
    told at once.
    """
    try:
        root = read(source)
    except Unreadable as error:
        raise PolicyRefused(list(error.faults)) from error
    policy, found = _examine(root)
    if found or policy is None:
        raise PolicyRefused(found)
    return policy


def check(source: bytes) -> list[DocumentFault]:
    """The faults of a document; empty when it may be used."""
    try:
        load(source)
    except PolicyRefused as refused:
        return refused.found
    return []


def load_proven(meaning: bytes, expected: str) -> Policy:
    """The policy in a document that was proved when it was accepted and whose digest is still what
    it was then.

    Spares the proofs, which depend on nothing but the meaning that the digest pins. Raises
    PolicyRefused when the digest is another.
    """
    root = read(meaning)
    document = Reader().read(root, Document)
    found = digest(root.plain())
    if document is MISSING or found != expected:
        raise PolicyRefused(
            [
                DocumentFault(
                    "digest", "", None, "this is not the document that was accepted", expected
                )
            ]
        )
    return Policy(document, found, compile_tables(document), root.plain())


def _examine(root: Node) -> tuple[Policy | None, list[DocumentFault]]:
    reader = Reader()
    document = reader.read(root, Document)
    found = reader.faults
    if document is MISSING:
        return None, _in_order(found)
    places = Places(root)
    found += name_checks.check(root, document)
    if not any(fault.pointer.startswith("/flow") for fault in found):
        found += table_checks.flow_faults(document, places)
    if found:
        return None, _in_order(found)
    try:
        meaning = root.plain()
        policy = Policy(document, digest(meaning), compile_tables(document), meaning)
    except NotCanonical as error:
        return None, [DocumentFault("not-canonical", "", None, str(error))]
    found += table_checks.table_faults(policy, places)
    # A row too many hides nothing; where nothing is said, or too much to be looked at, the floor
    # cannot be tried.
    if {fault.code for fault in found} <= {"dead-row"}:
        found += table_checks.floor_faults(policy, places) + table_checks.case_faults(
            policy, places
        )
    return policy, _in_order(found)


def _in_order(found: list[DocumentFault]) -> list[DocumentFault]:
    return sorted(dict.fromkeys(found), key=lambda fault: (fault.line or 0, fault.pointer))
