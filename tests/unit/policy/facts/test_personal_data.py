"""Facts in two halves and changes laid over them: nothing is lost, and nothing personal stays with
the structure.
"""

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.policy.facts import personal_data
from app.policy.facts.examples import FACTS_EXAMPLE
from app.policy.facts.personal_data import merge
from app.policy.facts.schemas import FactsIn

PERSONAL_WORDS = (
    "Khan",
    "Anytown",
    "mis:7781",
    "SR-2231",
    "Attendance this term",
    "opened today",
    "Needed to decide",
    "Social worker",
)


def test_the_halves_of_the_contracts_example():
    read = FactsIn.model_validate(FACTS_EXAMPLE)
    structure, narrative = read.split()
    assert not [word for word in PERSONAL_WORDS if word in json.dumps(structure)]
    assert FactsIn.join(structure, narrative) == FACTS_EXAMPLE
    assert FactsIn.model_validate(FactsIn.join(structure, narrative)).stated() == read.stated()


def test_the_structure_stands_without_its_narrative():
    structure, _ = FactsIn.model_validate(FACTS_EXAMPLE).split()
    assert structure["purpose"] == {"code": "section_47_enquiry", "answer": "yes"}
    assert structure["subjects"] == [{"role": "child"}]
    assert structure["items"][0]["category"] == "attendance"


def test_the_day_of_birth_is_personal():
    whole = FACTS_EXAMPLE | {
        "subjects": [
            {"person_ref": "mis:7781", "born_on": "2014-05-09"},
            {"person_ref": "mis:7782"},
        ]
    }
    structure, narrative = FactsIn.model_validate(whole).split()
    assert structure["subjects"] == [{}, {}]
    assert narrative["subjects"] == whole["subjects"]
    assert FactsIn.join(structure, narrative) == whole


def test_almost_nothing_splits_too():
    body: dict[str, Any] = {
        "direction": "proactive",
        "recipient": {"organisation_type": "police"},
        "purpose": {},
        "items": [{"description": "a"}, {}, {"description": "c"}],
        "consent": {"answer": "unsure"},
        "identifiable": "yes",
        "lawful_reason": {"answer": "unsure"},
    }
    structure, narrative = FactsIn.model_validate(body).split()
    assert narrative == {"items": [{"description": "a"}, {}, {"description": "c"}]}
    assert structure["items"] == [{}, {}, {}]
    joined = FactsIn.join(structure, narrative)
    assert joined["items"] == body["items"]
    assert FactsIn.model_validate(joined).stated() == FactsIn.model_validate(body).stated()


SHAPES = st.fixed_dictionaries(
    {
        "purpose": st.fixed_dictionaries(
            {}, optional={"code": st.just("other"), "statement": st.text(max_size=5)}
        )
    },
    optional={
        "subjects": st.lists(
            st.fixed_dictionaries(
                {}, optional={"person_ref": st.text(max_size=3), "role": st.just("child")}
            ),
            max_size=3,
        ),
        "items": st.lists(
            st.fixed_dictionaries(
                {}, optional={"description": st.text(max_size=3), "third_party": st.booleans()}
            ),
            max_size=3,
        ),
        "requester": st.none()
        | st.fixed_dictionaries({}, optional={"name": st.none() | st.text(max_size=3)}),
        "external_id": st.none(),
        "needed_by": st.none() | st.just("2026-01-01"),
    },
)


@given(SHAPES)
def test_split_and_join_lose_nothing(whole: dict[str, Any]):
    kept = copy.deepcopy(whole)
    structure, narrative = personal_data.split(whole)
    assert personal_data.join(structure, narrative) == kept


def test_changes_are_laid_over_member_by_member():
    before = {"how": {"amount": "no", "secure": "yes"}, "items": [1, 2], "urgency": "urgent"}
    after = merge(
        before,
        {"how": {"amount": "yes"}, "items": [3], "urgency": None, "risk": {"immediate_risk": "no"}},
    )
    assert after == {
        "how": {"amount": "yes", "secure": "yes"},
        "items": [3],
        "risk": {"immediate_risk": "no"},
    }
    assert before["how"] == {"amount": "no", "secure": "yes"}
