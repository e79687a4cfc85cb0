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
    """The facts as a statement."""
    return Statement(
        facts=codec.facts_of(facts.as_sent()),
        stated=facts.stated(),
        refs=tuple((subject.person_ref, subject.role) for subject in facts.subjects),
    )


def revise(case: Case, changes: Mapping[str, Json], *, replaced: Collection[str] = ()) -> Statement:
    """Merge changes into the facts of a case and parse the result.

    `case` is the case as loaded under lock: a revision of older facts would undo what another
    caller wrote. Members named in `replaced` are not merged; the new value replaces the old one.
    Raises `InvalidPart`, with pointers into the body, for changes that do not fit.
    """
    before = {
        name: member
        for name, member in case.facts.content.facts.without_item_ids().items()
        if name not in replaced
    }
    known = frozenset(subject.ref for subject in case.subjects)
    return statement_of(read(merge(before, changes), known))


def read(value: object, known: Collection[str] = ()) -> FactsIn:
    """The facts object in a value; raises the same validation error as a body would. References
    that are `known` are taken as they are.
    """
    try:
        return FactsIn.model_validate(value, context={KNOWN: known})
    except ValidationError as error:
        raise InvalidPart(error, FactsIn) from error
