"""A client generated from the committed OpenAPI document works with a real server."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.sharing import MASH
from tests.running import ROOT, LiveServer

SCRIPT = """
import json, sys
from information_sharing_client import AuthenticatedClient
from information_sharing_client.api.sharing import list_sharing_requests, read_sharing_request, submit_sharing_request
from information_sharing_client.models import FactsIn

url, token, body = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
client = AuthenticatedClient(base_url=url, token=token, raise_on_unexpected_status=True)
made = submit_sharing_request.sync(client=client, body=FactsIn.from_dict(body), idempotency_key="generated-1")
read = read_sharing_request.sync(made.id, client=client)
page = list_sharing_requests.sync(client=client)
print(json.dumps({"id": str(made.id), "outcome": made.outcome, "same": read.id == made.id, "listed": len(page.items)}))
"""  # noqa: E501


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a client generated from the committed document, without a warning."""
    folder = tmp_path_factory.mktemp("client") / "information_sharing_client"
    tool = str(Path(sys.executable).with_name("openapi-python-client"))
    command = [
        tool,
        "generate",
        "--path",
        str(ROOT / "openapi" / "openapi.json"),
        "--output-path",
        str(folder),
        "--meta",
        "none",
    ]
    config = folder.with_name("config.yaml")
    config.write_text(
        "post_hooks: []\ncontent_type_overrides: {image/svg+xml: application/octet-stream,"
        " application/yaml: application/octet-stream}\n"
    )
    done = subprocess.run(
        [*command, "--config", str(config)], check=True, capture_output=True, text=True
    )
    assert "WARNING" not in done.stdout + done.stderr, done.stdout
    return folder.parent


def test_a_generated_client_submits_reads_and_lists(
    generated: Path, live_server: LiveServer
) -> None:
    password = "correct horse battery staple"
    live_server.run(
        "users",
        "add",
        "staff@school.example",
        "--role",
        "staff",
        "--password-stdin",
        stdin=password + "\n",
    )
    form = {"grant_type": "password", "username": "staff@school.example", "password": password}
    token = httpx.post(f"{live_server.url}/v1/token", data=form, trust_env=False).json()[
        "access_token"
    ]
    command = [sys.executable, "-c", SCRIPT, live_server.url, token, json.dumps(MASH)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=generated)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert (said["outcome"], said["same"], said["listed"]) == ("share", True, 1)
