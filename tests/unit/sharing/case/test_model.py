"""The states of a request: a table, and what it must never say."""

import pytest

from app.sharing.case.model import OPEN, TRANSITIONS, Act, Status


def test_every_status_has_its_exits_written_down() -> None:
    assert set(Status) == TRANSITIONS.keys()


def test_every_act_is_possible_somewhere() -> None:
    assert set(Act) == {act for exits in TRANSITIONS.values() for act in exits}


@pytest.mark.parametrize("status", sorted(OPEN))
def test_an_emergency_decision_is_possible_while_a_request_is_open(status: Status) -> None:
    assert TRANSITIONS[status][Act.DECIDE_EMERGENCY] is Status.DECIDED


def test_nothing_else_is_decided_while_information_is_awaited() -> None:
    assert Act.DECIDE not in TRANSITIONS[Status.AWAITING_INFORMATION]


@pytest.mark.parametrize("status", sorted(set(Status) - OPEN))
def test_a_request_is_withdrawn_only_before_its_decision(status: Status) -> None:
    assert Act.WITHDRAW not in TRANSITIONS[status]


def test_only_disposal_ends_everything() -> None:
    assert [status for status, exits in TRANSITIONS.items() if not exits] == [Status.DISPOSED]


@pytest.mark.parametrize(
    "act", [Act.SEEK_ADVICE, Act.ANSWER_ADVICE, Act.NOTIFY, Act.CONSENT, Act.REVIEW_RETENTION]
)
def test_asking_telling_and_keeping_never_decide_anything(act: Act) -> None:
    reached = {
        exits[act] for status, exits in TRANSITIONS.items() if act in exits and status in OPEN
    }
    assert reached <= OPEN


def test_an_open_request_can_always_be_talked_about() -> None:
    assert all(
        {Act.SEEK_ADVICE, Act.NOTIFY, Act.CONSENT} <= TRANSITIONS[status].keys() for status in OPEN
    )
