"""The OpenAPI document is committed, valid, complete, and matches the service."""

import json
import re
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.openapi import EXAMPLES
from app.platform.settings import Settings
from app.policy.facts.examples import DIGEST_EXAMPLE
from app.policy.lifecycle.in_force import shipped
from tests.architecture.operations import Operation
from tests.architecture.test_authentication import is_public
from tests.examples.story import record_story

COMMITTED = Path(__file__).parents[2] / "openapi" / "openapi.json"
PROBLEM = "application/problem+json"
OAUTH = {
    ("issue_token", "400"),
    ("issue_token", "401"),
    ("revoke_token", "400"),
    ("revoke_token", "401"),
}
"""Error replies in the format of RFC 6749 instead of RFC 9457."""

EMPTY = {("revoke_token", "200")}
"""Replies without a body."""

NO_TEXT = {"application/pdf"}
"""Binary media types."""

BY_HAND = {("issue_token", "200", "application/json"), ("read_metrics", "200", "text/plain")}
"""Replies with written examples instead of recorded ones: tokens are secrets, and metrics vary."""

HOW_TO_RECORD = "call it in tests/examples/story.py, then run: make openapi"
RECORD = "the service answers otherwise than recorded; look at what changed, then run: make openapi"

IF_MATCH_IS_OPTIONAL = {"approve_policy_version", "withdraw_policy_version"}


def test_the_committed_document_is_the_generated_one(document: dict[str, Any]) -> None:
    assert json.loads(COMMITTED.read_text()) == document, "run: python -m app openapi"


def test_no_two_schemas_share_a_class_name(document: dict[str, Any]) -> None:
    names = document["components"]["schemas"].keys()
    assert "InformationQuestionOut" in names
    assert [name for name in names if "__" in name] == []


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_operation_has_a_unique_id(operations: dict[Operation, dict[str, Any]]) -> None:
    names = [operation.id for operation in operations]
    assert len(set(names)) == len(names)
    assert [
        name for name in names if not name.isidentifier() or not name.islower() or "v1" in name
    ] == []


def test_every_operation_and_field_has_a_description(
    document: dict[str, Any], operations: dict[Operation, dict[str, Any]]
) -> None:
    bare = [
        f"{operation.id}"
        for operation, said in operations.items()
        if not said.get("description")
        or not said.get("summary")
        or said["summary"] == operation.id.replace("_", " ").title()
    ]
    for operation, said in operations.items():
        bare += [
            f"{operation.id} {parameter['name']}"
            for parameter in said.get("parameters", ())
            if not parameter.get("description")
        ]
        bare += [
            f"{operation.id} {status}"
            for status, reply in said["responses"].items()
            if not reply.get("description")
        ]
    bare += [
        name
        for kind in ("schemas", "parameters", "responses", "headers")
        for name, one in document["components"][kind].items()
        if not one.get("description")
    ]
    assert bare == []
    used = {tag for said in operations.values() for tag in said["tags"]}
    assert used == {tag["name"] for tag in document["tags"] if tag["description"]}


def test_every_error_reply_and_repeated_parameter_is_shared(document: dict[str, Any]) -> None:
    operations = [one for path in document["paths"].values() for one in path.values()]
    replies = [
        reply
        for operation in operations
        for status, reply in operation["responses"].items()
        if status >= "4"
    ]
    assert len(replies) > 400
    assert [reply for reply in replies if reply.keys() != {"$ref"}] == []
    parameters = [one for operation in operations for one in operation.get("parameters", ())]
    inline = [one for one in parameters if "$ref" not in one]
    assert [one for one in inline if inline.count(one) > 1] == []
    for kind in ("responses", "parameters", "headers"):
        shared = document["components"][kind]
        assert [one for one in shared.values() if list(shared.values()).count(one) > 1] == []
        used = json.dumps(document["paths"]) + json.dumps(document["components"])
        assert [name for name in shared if f"#/components/{kind}/{name}" not in used] == []


def test_no_schema_repeats_its_name_as_a_title(document: dict[str, Any]) -> None:
    def titles(node: Any) -> list[str]:
        if isinstance(node, list):
            return [one for part in node for one in titles(part)]
        if not isinstance(node, dict):
            return []
        own = [node["title"]] if isinstance(node.get("title"), str) and "type" in node else []
        return own + [one for key, part in node.items() if key != "example" for one in titles(part)]

    assert titles(document["components"]["schemas"]) == []
    assert titles(document["paths"]) == []


def test_if_match_is_required_where_its_absence_is_a_428(
    operations: dict[Operation, dict[str, Any]],
) -> None:
    required = {
        operation.id: parameter.get("required", False)
        for operation, said in operations.items()
        for parameter in said["parameters"]
        if parameter["name"] == "If-Match"
    }
    assert {name for name, needed in required.items() if not needed} == IF_MATCH_IS_OPTIONAL
    assert len(required) > len(IF_MATCH_IS_OPTIONAL)


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def examples(document: dict[str, Any], media: dict[str, Any]) -> list[Any]:
    """The examples of a body, from its media type or its schema."""
    if "example" in media:
        return [media["example"]]
    if "examples" in media:
        return [example["value"] for example in media["examples"].values()]
    schema = resolved(document, media.get("schema", {}))
    found = list(schema.get("examples", ()))
    return found + [
        one for part in schema.get("anyOf", ()) for one in examples(document, {"schema": part})
    ]


def faults(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    """The faults of a value by a schema of the document, with references resolved."""
    whole = {"components": document["components"], **schema}
    checker = OAS31Validator(whole, format_checker=OAS31Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message[:200]}" for error in checker.iter_errors(value)]


def test_every_request_body_has_valid_examples(
    document: dict[str, Any], operations: dict[Operation, dict[str, Any]]
) -> None:
    seen = 0
    for operation, said in operations.items():
        for media in said.get("requestBody", {}).get("content", {}).values():
            shown = examples(document, media)
            assert shown, operation
            for example in shown:
                assert faults(document, media["schema"], example) == [], operation
                seen += 1
    assert seen > 20


def successful_replies(
    operations: dict[Operation, dict[str, Any]],
) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Each successful reply by operation, status and media type."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for operation, said in operations.items():
        good = {
            status: reply for status, reply in said["responses"].items() if status.startswith("2")
        }
        assert good, operation
        for status, reply in good.items():
            assert bool(reply.get("content")) is ((operation.id, status) not in EMPTY), operation
            found |= {
                (operation.id, status, media_type): media
                for media_type, media in reply.get("content", {}).items()
            }
    assert len(found) > len(operations)
    return found


def test_every_successful_reply_has_a_schema_and_valid_examples(
    document: dict[str, Any], operations: dict[Operation, dict[str, Any]]
) -> None:
    bare = []
    for reply, media in successful_replies(operations).items():
        assert media.get("schema"), reply
        shown = examples(document, media)
        if not shown and reply[2] not in NO_TEXT:
            bare.append(reply)
        for example in shown:
            if reply[2].endswith("json"):
                assert faults(document, media["schema"], example) == [], reply
            else:
                assert isinstance(example, str), reply
                assert example.strip(), reply
    assert bare == [], HOW_TO_RECORD


def test_the_examples_of_successful_replies_are_recorded(
    operations: dict[Operation, dict[str, Any]],
) -> None:
    kept = json.loads(EXAMPLES.read_text())
    found = {
        (name, status, media)
        for name, replies in kept.items()
        for status, media_types in replies.items()
        for media in media_types
    }
    shown = {reply for reply in successful_replies(operations) if reply[2] not in NO_TEXT}
    assert shown - found == BY_HAND, HOW_TO_RECORD
    assert found <= shown, "run: make openapi"


async def test_the_recorded_examples_are_current(settings: Settings) -> None:
    now, kept = (
        json.loads(json.dumps(await record_story(settings))),
        json.loads(EXAMPLES.read_text()),
    )
    assert [
        name for name in sorted(now.keys() | kept.keys()) if now.get(name) != kept.get(name)
    ] == [], RECORD


def test_the_recorded_examples_are_small_and_contain_no_secret() -> None:
    text = EXAMPLES.read_text()
    assert len(text.encode()) < 150_000
    assert re.findall(r"eyJ[\w-]+\.eyJ|access_token|refresh_token|PRIVATE KEY", text) == []


def test_the_examples_name_the_default_policy() -> None:
    assert shipped().digest == DIGEST_EXAMPLE, (
        "write the shipped policy's digest into app/policy/facts/examples.py"
    )


def test_every_error_reply_is_documented_as_a_problem_with_an_example(
    document: dict[str, Any], operations: dict[Operation, dict[str, Any]]
) -> None:
    for operation, said in operations.items():
        refusals = {
            status: reply for status, reply in said["responses"].items() if int(status) >= 400
        }
        for status, reply in refusals.items():
            if (operation.id, status) in OAUTH or (operation.id, status) == ("check_ready", "503"):
                continue
            media = reply["content"][PROBLEM]
            assert media["schema"] == {"$ref": "#/components/schemas/Problem"}, (operation, status)
            (example,) = examples(document, media)
            assert faults(document, media["schema"], example) == [], (operation, status)
            assert example["status"] == int(status), (operation, status)


def test_every_operation_documents_the_error_replies_that_it_needs(
    operations: dict[Operation, dict[str, Any]],
) -> None:
    for operation, said in operations.items():
        needed = set()
        if not is_public(operation):
            needed |= {"401", "500", "503"} | ({"403"} if operation.id != "read_me" else set())
        if operation.method == "GET":
            needed |= {"422"}
        if "{" in operation.path or said.get("parameters"):
            needed |= (
                {"404"}
                if operation.path.rpartition("{")[0].endswith("/")
                and "person_ref" not in operation.path
                else set()
            )
        if "application/json" in said.get("requestBody", {}).get("content", {}):
            needed |= {"413", "415", "422"}
        if any(parameter["name"].lower() == "if-match" for parameter in said.get("parameters", ())):
            needed |= {"412"} | ({"428"} if operation.id not in IF_MATCH_IS_OPTIONAL else set())
        if any(
            parameter["name"].lower() == "idempotency-key"
            for parameter in said.get("parameters", ())
        ):
            needed |= {"409", "422"}
        assert needed <= said["responses"].keys(), (operation, needed - said["responses"].keys())
