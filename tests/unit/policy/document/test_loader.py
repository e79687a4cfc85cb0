"""Refusal of policy documents: each kind of fault with its line, pointer and nearest known name."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli.documents import policy_commands
from app.policy.document.loader import InvalidPolicy, check, load, load_accepted
from app.policy.document.source import MAX_BYTES, DocumentFault, Unreadable, read
from app.policy.lifecycle import in_force

SOURCE = in_force.SHIPPED.read_text(encoding="utf-8")


def faults(text: str) -> list[DocumentFault]:
    return check(text.encode())


def swapped(old: str, new: str) -> str:
    assert SOURCE.count(old) >= 1, old
    return SOURCE.replace(old, new, 1)


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_the_shipped_policy_has_no_faults():
    assert faults(SOURCE) == []


MISTAKES = [
    (
        "unknown-answer",
        "{immediate_risk: unsure}\n          to",
        "{immediate_risk: unsur}\n          to",
        "unsure",
    ),
    ("unknown-fact", "when: {purpose: no}", "when: {purpos: no}", "purpose"),
    ("unknown-set", "recipient_type: $protective", "recipient_type: $protektive", "protective"),
    (
        "unknown-word",
        "outcome: do_not_share\n          decided_at: purpose",
        "outcome: dont_share\n          decided_at: purpose",
        "do_not_share",
    ),
    (
        "unknown-word",
        "code: escalate_to_dsl_now",
        "code: escalate_to_dls_now",
        "escalate_to_dsl_now",
    ),
    ("unknown-word", "may_decide: [ig_lead]", "may_decide: [ig_leed]", "ig_lead"),
    (
        "unknown-citation",
        "cites: [how.amount, principles.necessary]",
        "cites: [how.amont, principles.necessary]",
        "how.amount",
    ),
    (
        "unknown-function",
        "sound: consent_in_force@1",
        "sound: consent_in_froce@1",
        "consent_in_force@1",
    ),
    (
        "unknown-node",
        "to: lawful_reason_identity_unsure",
        "to: lawful_reason_identity_unsue",
        "lawful_reason_identity_unsure",
    ),
    ("unknown-clock", "due: emergency_record", "due: emergency_recrod", "emergency_record"),
    ("unknown-parameter", "days: routine_days", "days: routin_days", "routine_days"),
    ("unknown-class", "keep_as: unidentified", "keep_as: unidentifed", "unidentified"),
    ("unknown-name", "    holds: true", "    hold: true", "holds"),
    (
        "unknown-fact",
        "needs: [purpose, right_recipient]",
        "needs: [purpose, right_recipent]",
        "right_recipient",
    ),
    ("missing", "    basis: You have consent, so", "    because: You have consent, so", None),
    ("missing-text", "    title: How much to share", '    title: ""', None),
    ("missing-citation", "cites: [how.amount, principles.necessary]", "cites: []", None),
    ("missing", "  gdpr_is_a_barrier:", "  gdpr_is_barrier:", None),
    (
        "no-value",
        "values: [{start: 2025-11-01, value: 10}]",
        "values: [{start: 2025-12-01, value: 10}]",
        None,
    ),
    (
        "gap",
        (
            "      - {when: {amount: unsure}, met: unsure, basis: No one has decided yet how much"
            " is needed.}\n"
        ),
        "",
        None,
    ),
    (
        "unreachable-row",
        "      - {when: {amount: no}, met: no,",
        "      - {when: {amount: yes}, met: no,",
        None,
    ),
    ("loop", "to: identifiable_consent_unsure", "to: danger", None),
    ("unreachable", "to: identifiable_consent_unsure", "to: identifiable", None),
    ("invalid-flow-row", "          outcome: share_emergency\n", "", None),
    (
        "worked-case-failed",
        "expected: {outcome: share, decided_at: consent, release: ready}",
        "expected: {outcome: do_not_share, decided_at: consent, release: none}",
        None,
    ),
    ("not-a-date", "start: 2025-11-01\n", "start: 2025-13-01\n", None),
    ("not-a-time", 'day_ends: "16:30"', 'day_ends: "26:30"', None),
    ("fact-not-allowed", "when: {purpose: no}", "when: {outcome: share}", None),
    ("wrong-set", "recipient_type: $protective", "recipient_type: $routed", None),
    (
        "anchor",
        "  title: Information Sharing Policy",
        "  title: &t Information Sharing Policy",
        None,
    ),
    (
        "tag",
        "  title: Information Sharing Policy",
        "  title: !!str Information Sharing Policy",
        None,
    ),
    ("number", "value: 10}", "value: 10.5}", None),
    ("duplicate-key", "  title: Information Sharing Policy", "  title: One\n  title: Two", None),
    ("directive", "policy:\n", "---\npolicy:\n", None),
]


@pytest.mark.parametrize(
    ("code", "old", "new", "near"),
    MISTAKES,
    ids=[f"{i}-{mistake[0]}" for i, mistake in enumerate(MISTAKES)],
)
def test_a_mistake_is_reported_with_its_line_and_the_nearest_name(
    code: str, old: str, new: str, near: str | None
):
    text = swapped(old, new) if code != "directive" else "%YAML 1.1\n" + swapped(old, new)
    found = [fault for fault in faults(text) if fault.code == code]
    assert found, faults(text)
    assert found[0].line is not None
    if near is not None:
        assert found[0].nearest == near
        assert near in str(found[0])
        assert found[0].line in range(
            line_of(text, new.strip().split("\n")[0][:12]), text.count("\n") + 1
        )


def holidays(*stretches: tuple[str, str]) -> tuple[str, str]:
    listed = ", ".join(
        f"{{name: Closed, first: {first}, last: {last}}}" for first, last in stretches
    )
    return "school_holidays: []", f"school_holidays: [{listed}]"


UNUSED = (
    "  unused: {text: For nothing., cites: [school.clocks], values: [{start: 2025-01-01, value:"
    " 1001}]}\n"
)
BOUNDS = [
    (
        "/parameters/keep_safeguarding/values/0/value",
        "1 to 100 years",
        "value: 25}",
        "value: 9000}",
    ),
    ("/parameters/keep_safeguarding/values/0/value", "1 to 100 years", "value: 25}", "value: 0}"),
    ("/parameters/smallest_group/values/0/value", "2 to 1000 people", "value: 10}", "value: 1}"),
    ("/parameters/smallest_group/values/0/value", "2 to 1000 people", "value: 10}", "value: 1001}"),
    (
        "/parameters/file_transfer_days/values/0/value",
        "0 to 260 working days",
        "value: 5}",
        "value: 1000000000}",
    ),
    (
        "/parameters/file_transfer_days/values/0/value",
        "0 to 260 working days",
        "value: 5}",
        "value: -1}",
    ),
    (
        "/parameters/file_transfer_days/values/1/value",
        "0 to 260 working days",
        "5}",
        "5}, {start: 2027-01-01, value: 261}",
    ),
    ("/parameters/unused/values/0/value", "0 to 1000", "parameters:\n", f"parameters:\n{UNUSED}"),
    (
        "/clocks/rules/emergency_record/kind",
        "now, same_school_day",
        "working_days, days: emergency_record_days",
        "date_to_be_set",
    ),
    ("/clocks/day_ends", "HH:MM", '"16:30"', '"3:045"'),
    ("/clocks/day_ends", "HH:MM", '"16:30"', '"１６:30"'),
    ("/policy/next_review", "YYYY-MM", "next_review: 2026-11", "next_review: 9999-12"),
    ("/policy/start", "from 1900 to 2199", "start: 2025-11-01\n", "start: 0001-01-01\n"),
    (
        "/clocks/school_holidays/0/last",
        "from 1900 to 2199",
        *holidays(("2027-01-01", "9999-12-31")),
    ),
    (
        "/clocks/school_holidays/0",
        "a working day",
        *holidays(("2027-01-01", "2027-04-10"), ("2027-04-11", "2027-07-19")),
    ),
]


@pytest.mark.parametrize(
    ("pointer", "expected", "old", "new"),
    BOUNDS,
    ids=[f"{i}-{bound[0]}" for i, bound in enumerate(BOUNDS)],
)
def test_a_value_out_of_bounds_is_reported_at_its_pointer(
    pointer: str, expected: str, old: str, new: str
):
    (found,) = faults(swapped(old, new))
    assert found.pointer == pointer
    assert expected in found.expected
    assert found.line is not None


def test_an_anchor_and_its_alias_are_both_refused():
    with pytest.raises(Unreadable) as refused:
        read(b"a: &name text\nb: *name\n&key c: d\n*key : e")
    assert [(fault.code, fault.pointer) for fault in refused.value.faults] == [
        ("anchor", "/a"),
        ("anchor", "/b"),
        ("anchor", "/c"),
        ("anchor", "/c"),
        ("duplicate-key", "/c"),
    ]


def test_nested_aliases_do_not_multiply_the_work():
    lines = ["a0: &a0 [text]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 40)]
    with pytest.raises(Unreadable) as refused:
        read("\n".join(lines).encode())
    assert [fault.pointer for fault in refused.value.faults] == [f"/a{n}" for n in range(40)]


def test_a_row_without_a_worked_case_is_refused():
    text = (
        SOURCE[: SOURCE.index("  review-overdue:")]
        + SOURCE[SOURCE.index("  wrong-answer-about-identity:") :]
    )
    assert [fault.code for fault in faults(text)] == ["no-case"]


def test_all_faults_are_reported_together():
    text = swapped("when: {purpose: no}", "when: {purpos: no}").replace(
        "sound: consent_in_force@1", "sound: consent@1"
    )
    text = text.replace("due: emergency_record", "due: whenever").replace(
        "cites: [school.authority, sharing.judgement]", "cites: [school.autority]"
    )
    assert {fault.code for fault in faults(text)} >= {
        "unknown-fact",
        "unknown-function",
        "unknown-clock",
        "unknown-citation",
    }


def test_the_refusal_gives_each_pointer():
    with pytest.raises(InvalidPolicy) as refused:
        load(swapped("sound: consent_in_force@1", "sound: consent@1").encode())
    assert [fault.pointer for fault in refused.value.faults] == ["/questions/consent/sound"]
    assert refused.value.code == "invalid-policy"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"\xff", "not-utf-8"),
        (b"x" * (MAX_BYTES + 1), "too-large"),
        (b"[" * 30 + b"]" * 30, "too-deep"),
        (b"{" + b'"a":{' * 30 + b"}" * 31, "too-deep"),
        (b"a: [1, 2", "not-yaml"),
        (b'{"a": 1,}', "not-json"),
        (b'{"a": 1, "a": 2}', "duplicate-member"),
        (b'{"a": "\\ud800"}', "lone-surrogate"),
        (b'{"a": 1.5}', "float"),
        (b'{"a": 9999999999999999999}', "integer"),
        (b"? [a, b]\n: c", "key"),
        (b"a: .inf", "number"),
        (b"a: 0x1F", "number"),
        (b"a: 007", "number"),
        (b"a: 1_000", "number"),
        (b"a: 0b11", "number"),
        ("a: e\u0301".encode(), "not-nfc"),
        (b"a: 1\n---\nb: 2", "not-yaml"),
        (b"%YAML 1.1\n---\na: 012", "directive"),
        (b"a: ! 12", "tag"),
        (b"a: !custom x", "tag"),
        (b"!!str a: b", "tag"),
        (b"a: [&x 1]", "anchor"),
        (b"\x00", "not-yaml"),
        (b"a: *undefined", "not-yaml"),
    ],
)
def test_constructs_that_parsers_read_differently_are_refused(source: bytes, code: str):
    with pytest.raises(Unreadable) as refused:
        read(source)
    assert code in {fault.code for fault in refused.value.faults}
    assert check(source)


@pytest.mark.parametrize("source", [b"", b"- a", b"just words", b"null", b"{}", b"a: 1"])
def test_a_document_that_is_not_a_policy_is_refused(source: bytes):
    assert check(source)


def test_yes_and_no_are_text():
    assert read(b"a: yes\nb: no").plain() == {"a": "yes", "b": "no"}
    assert read(b"a: true\nb: 12\nc: 2025-11\nd: 2025-11-01\ne: ~\nf: '12'").plain() == {
        "a": True,
        "b": 12,
        "c": "2025-11",
        "d": "2025-11-01",
        "e": None,
        "f": "12",
    }


def test_a_folded_text_equals_the_same_text_on_one_line():
    assert read(b"a: >-\n  one\n  two\nb: |\n  one\n  two\n").plain() == {
        "a": "one two",
        "b": "one\ntwo\n",
    }
    assert read(b'a: "bell \\a"').plain() == {"a": "bell \a"}
    assert "\\u0007" not in json.dumps(read(SOURCE.encode()).plain())


def test_json_and_yaml_and_any_layout_give_the_same_digest():
    policy = in_force.shipped()
    as_json = json.dumps(read(SOURCE.encode()).plain())
    assert load(as_json.encode()).digest == policy.digest
    assert (
        load(
            (
                "# a comment\n" + SOURCE.replace("    holds: true", "    holds:   true   # comment")
            ).encode()
        ).digest
        == policy.digest
    )
    assert load(swapped("value: 10}", "value: 12}").encode()).digest != policy.digest


def test_a_stored_document_is_loaded_only_if_its_digest_matches():
    policy = in_force.shipped()
    assert load_accepted(SOURCE.encode(), policy.digest).digest == policy.digest
    with pytest.raises(InvalidPolicy):
        load_accepted(swapped("value: 10}", "value: 12}").encode(), policy.digest)


def test_the_command_line_checks_a_document_in_a_file(tmp_path: Path):
    path = tmp_path / "policy.yaml"
    path.write_text(swapped("sound: consent_in_force@1", "sound: consent@1"), encoding="utf-8")
    refused = CliRunner().invoke(policy_commands, ["check", str(path)])
    assert (
        refused.exit_code,
        refused.stdout.count("did you mean"),
        "is not valid" in refused.output,
    ) == (1, 1, True)
    assert "'consent@1' is not a function" in refused.stdout
    taken = CliRunner().invoke(policy_commands, ["check", str(in_force.SHIPPED)])
    assert (taken.exit_code, taken.stdout.strip()) == (
        0,
        f"the document is valid: version 2025-11, {in_force.shipped().digest}",
    )


def test_a_fault_converts_to_a_problem_detail():
    fault: Any = faults(swapped("sound: consent_in_force@1", "sound: consent_in_froce@1"))[0].wire()
    assert fault.pointer == "/questions/consent/sound"
    assert "did you mean consent_in_force@1?" in fault.detail
