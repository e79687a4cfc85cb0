"""Parse the facts object into a statement, and merge changes into the facts of a case."""

from collections.abc import Collection, Mapping

from pydantic import ValidationError

from app.kernel.canonical import Json
from app.platform.validation_faults import InvalidPart
from app.policy.facts.fields import KNOWN
from app.policy.facts.merge_patch import merge
from app.policy.facts.schemas import FactsIn
from app.sharing.case import codec
from app.sharing.case.case import Case
from app.sharing.facts.statement import Statement


def statement_of(facts: FactsIn) -> Statement:
    """Convert a validated facts object to a statement."""
    return Statement(
        facts=codec.facts_of(facts.as_sent()),
        stated=facts.stated(),
        refs=tuple((subject.person_ref, subject.role) for subject in facts.subjects),
    )


def revise(case: Case, changes: Mapping[str, Json], *, replaced: Collection[str] = ()) -> Statement:
    """Merge changes into the facts of a case and parse the result.

    `case` must be loaded under lock; otherwise the merge could revert a concurrent change. Members
    named in `replaced` are not merged: the new value replaces the old one. Raises `InvalidPart`,
    with pointers into the body, for invalid changes.
    """
    before = {
        name: member
        for name, member in case.facts.content.facts.without_item_ids().items()
        if name not in replaced
    }
    known = frozenset(subject.ref for subject in case.subjects)
    return statement_of(read(merge(before, changes), known))


def read(value: object, known: Collection[str] = ()) -> FactsIn:
    """Parse a facts object; raises `InvalidPart` with the faults that a body would have.

    References in `known` are not checked again.
    """
    try:
        return FactsIn.model_validate(value, context={KNOWN: known})
    except ValidationError as error:
        raise InvalidPart(error, FactsIn) from error
