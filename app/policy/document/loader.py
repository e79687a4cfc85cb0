"""Loads a policy document into a policy that can be evaluated, or refuses it with every fault.

Invariant: a loaded policy is complete, unambiguous and meets the safety floor.
"""

from app.kernel.canonical import NotCanonical, digest
from app.kernel.errors import Kind, ServiceError
from app.policy.document import name_checks, table_checks, value_checks
from app.policy.document.parser import MISSING, Reader
from app.policy.document.places import Places
from app.policy.document.source import DocumentFault, Node, Unreadable, read
from app.policy.engine.compile import compile_policy
from app.policy.engine.evaluate import Policy
from app.policy.engine.grammar import Document


class InvalidPolicy(ServiceError):
    """The document cannot be used as a policy; `found` lists every fault."""

    kind = Kind.INVALID
    code = "invalid-policy"
    title = "Invalid policy document"

    def __init__(self, found: list[DocumentFault]) -> None:
        super().__init__(
            f"{len(found)} fault{'s' if len(found) != 1 else ''} in the document",
            faults=tuple(fault.wire() for fault in found),
        )
        self.found = found


def load(source: bytes) -> Policy:
    """Load a document, YAML 1.2 or JSON; raises InvalidPolicy with all faults that can be found at
    once.
    """
    try:
        root = read(source)
    except Unreadable as error:
        raise InvalidPolicy(list(error.faults)) from error
    policy, found = _examine(root)
    if found or policy is None:
        raise InvalidPolicy(found)
    return policy


def check(source: bytes) -> list[DocumentFault]:
    """The faults of a document; empty if it can be used."""
    try:
        load(source)
    except InvalidPolicy as refused:
        return refused.found
    return []


def load_accepted(source: bytes, expected: str) -> Policy:
    """Load a document that was accepted before, by its digest, without repeating the proofs.

    The proofs depend only on the meaning that the digest identifies. Raises InvalidPolicy if the
    digest differs.
    """
    root = read(source)
    document = Reader().read(root, Document)
    found = digest(root.plain())
    if document is MISSING or found != expected:
        raise InvalidPolicy(
            [DocumentFault("digest", "", None, "not the document that was accepted", expected)]
        )
    return compile_policy(document, found, root.plain())


def _examine(root: Node) -> tuple[Policy | None, list[DocumentFault]]:
    reader = Reader()
    document = reader.read(root, Document)
    found = reader.faults
    if document is MISSING:
        return None, _in_order(found)
    places = Places(root)
    found += name_checks.check(root, document, places) + value_checks.check(document, places)
    if not any(fault.pointer.startswith("/flow") for fault in found):
        found += table_checks.flow_faults(document, places)
    if found:
        return None, _in_order(found)
    try:
        meaning = root.plain()
        policy = compile_policy(document, digest(meaning), meaning)
    except NotCanonical as error:
        return None, [DocumentFault("not-canonical", "", None, str(error))]
    found += table_checks.table_faults(policy, places)
    # A dead row does not affect the proofs below; gaps and oversized tables make them impossible.
    if {fault.code for fault in found} <= {"unreachable-row"}:
        found += table_checks.floor_faults(policy, places) + table_checks.case_faults(
            policy, places
        )
    return policy, _in_order(found)


def _in_order(found: list[DocumentFault]) -> list[DocumentFault]:
    return sorted(dict.fromkeys(found), key=lambda fault: (fault.line or 0, fault.pointer))
