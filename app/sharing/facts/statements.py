"""Turns the facts object of the wire into a statement, and a part of it laid over an earlier one
into a new statement.
"""

from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from app.platform.problems import PartRefused
from app.policy.facts.fields import KNOWN
from app.policy.facts.schemas import FactsIn, merge
from app.sharing.case.case import Case
from app.sharing.facts.statement import Revise, Statement


def statement_of(facts: FactsIn) -> Statement:
    """The facts, with codes apart from names and narrative."""
    structure, narrative = facts.split()
    refs = tuple((subject.person_ref, subject.role.value) for subject in facts.subjects)
    return Statement(structure=structure, narrative=narrative, stated=facts.stated(), refs=refs)


def revision_of(case: Case, *, anew: tuple[str, ...] = ()) -> Revise:
    """A function that lays changed parts over the case's facts; what does not fit is reported where
    it stands in the body.

    Members named in `anew` are not merged but taken as they come.
    """
    structure = deepcopy(dict(case.facts.body["structure"]))
    for item in structure.get("items", []):
        item.pop("id", None)
    whole = FactsIn.join(structure, case.facts.text or {})
    before = {name: member for name, member in whole.items() if name not in anew}
    known = frozenset(subject.ref for subject in case.subjects)

    def revise(changed: Mapping[str, Any]) -> Statement:
        return statement_of(read(merge(before, dict(changed)), known))

    return revise


def read(value: object, known: Collection[str] = ()) -> FactsIn:
    """The facts object in a value; raises the same validation error as a body would. References
    that are `known` are taken as they are.
    """
    try:
        return FactsIn.model_validate(value, context={KNOWN: known})
    except ValidationError as error:
        raise PartRefused(error, FactsIn) from error
