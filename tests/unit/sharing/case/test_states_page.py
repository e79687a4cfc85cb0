"""The page about the life of a request says what the table of transitions says."""

import re
from pathlib import Path

from app.sharing.case.model import TRANSITIONS, Status, Waiting

PAGE = (Path(__file__).parents[4] / "docs" / "life-of-a-request.md").read_text()
LINE = re.compile(r"^\| `(\w+)` \| (.+) \|$", re.MULTILINE)


def test_every_exit_of_every_state_is_on_the_page_and_no_other():
    told: dict[str, set[tuple[str, str]]] = {}
    for state, exits in LINE.findall(PAGE[: PAGE.index("## Who may do what")]):
        told[state] = set()
        for part in exits.split(" · ") if exits != "nothing" else ():
            target, _, acts = part.partition(": ")
            told[state] |= {
                (act, state if target == "stays" else target.strip("`")) for act in acts.split(", ")
            }
    assert told == {
        status.value: {(act.value, to.value) for act, to in TRANSITIONS[status].items()}
        for status in Status
    }


def test_every_kind_of_waiting_is_on_the_page():
    assert [kind for kind in Waiting if f"| `{kind.value}` |" not in PAGE] == []
