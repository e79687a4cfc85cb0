"""Parse the facts object into a statement, and merge changes into the facts of a case. Pure."""

from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from app.platform.problems import PartRefused
from app.policy.facts.fields import KNOWN
from app.policy.facts.personal_data import merge
from app.policy.facts.schemas import FactsIn
from app.sharing.case.case import Case
from app.sharing.facts.statement import Statement


def statement_of(facts: FactsIn) -> Statement:
    """The facts, with codes apart from names and narrative."""
    structure, narrative = facts.split()
    refs = tuple((subject.person_ref, subject.role.value) for subject in facts.subjects)
    return Statement(structure=structure, narrative=narrative, stated=facts.stated(), refs=refs)


def revise(case: Case, changes: Mapping[str, Any], *, replaced: Collection[str] = ()) -> Statement:
    """Merge changes into the facts of a case and parse the result.

    `case` is the case as loaded under lock: a revision of older facts would undo what another
    caller wrote. Members named in `replaced` are not merged; the new value replaces the old one.
    Raises `PartRefused`, with pointers into the body, for changes that do not fit.
    """
    structure = deepcopy(dict(case.facts.body["structure"]))
    for item in structure.get("items", []):
        item.pop("id", None)
    whole = FactsIn.join(structure, case.facts.text or {})
    before = {name: member for name, member in whole.items() if name not in replaced}
    known = frozenset(subject.ref for subject in case.subjects)
    return statement_of(read(merge(before, changes), known))


def read(value: object, known: Collection[str] = ()) -> FactsIn:
    """The facts object in a value; raises the same validation error as a body would. References
    that are `known` are taken as they are.
    """
    try:
        return FactsIn.model_validate(value, context={KNOWN: known})
    except ValidationError as error:
        raise PartRefused(error, FactsIn) from error
