"""Helpers for the figures of the running service: a migrated PostgreSQL, an account with a token,
an ordinary request, row counts.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from benchmarks.servers import ROOT, Server
from tests import postgres
from tests.postgres import Cluster

EMAIL: Final = "benchmark@school.example"
PASSWORD: Final = "a password for measuring"  # noqa: S105 - of a temporary account

CATEGORIES: Final = ("attendance", "welfare_concern", "attainment", "behaviour")
BODY: Final = json.dumps(
    {
        "direction": "received",
        "requester": {
            "name": "A. Khan",
            "role_title": "Social worker",
            "organisation": "Anytown MASH",
            "identity_verified": "yes",
        },
        "recipient": {
            "organisation": "Anytown MASH",
            "organisation_type": "mash",
            "named_individual": "A. Khan",
            "role_title": "Social worker",
            "identity_verified": "yes",
            "secure_route": "secure_email",
        },
        "purpose": {
            "code": "section_47_enquiry",
            "statement": "Section 47 enquiry opened today. " * 8,
            "answer": "yes",
        },
        "subjects": [{"person_ref": "mis:7781", "role": "child"}],
        "items": [
            {
                "description": f"What the school holds on {category}, this term and the last. " * 2,
                "category": category,
                "nature": "fact",
            }
            for category in CATEGORIES
        ],
        "consent": {
            "answer": "no",
            "status": "not_sought",
            "not_sought_reason": "would_increase_risk",
        },
        "identifiable": "yes",
        "lawful_reason": {
            "answer": "yes",
            "code": "safeguarding_condition",
            "necessity": "Needed to decide on the child's safety. " * 8,
        },
        "risk": {"immediate_risk": "no", "crime_suspected": "no"},
        "how": {
            "amount": "yes",
            "fact_from_opinion": "yes",
            "right_recipient": "yes",
            "secure": "yes",
            "transparency": {"decision": "not_informed", "reason": "would_increase_risk"},
        },
        "urgency": "urgent",
    }
)
"""The facts of an ordinary request: one child, four items, 2.4 kB."""


@dataclass(frozen=True, slots=True)
class ServiceSetup:
    """A database for the service, and the environment variables to run it with."""

    cluster: Cluster
    url: str
    environment: dict[str, str]

    def count(self, table: str) -> int:
        """The number of rows of the table."""
        return int(asyncio.run(_fetch(self.url, f'SELECT count(*) FROM "{table}"')))  # noqa: S608 - names of this project

    def run_command(self, *arguments: str, stdin: str = "") -> str:
        """Run an operator command; returns its output."""
        done = subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"python -m app {' '.join(arguments)}: {done.stderr}")
        return done.stdout


@contextlib.contextmanager
def create_setup(name: str) -> Iterator[ServiceSetup]:
    """Create a migrated database with one member of staff."""
    with postgres.running(durable=True) as cluster, tempfile.TemporaryDirectory() as folder:
        database = f"bench_{name}_{os.getpid()}"
        url = asyncio.run(cluster.create(database))
        try:
            setup = ServiceSetup(
                cluster,
                url,
                {
                    "SHARING_DATA_DIR": folder,
                    "SHARING_DATABASE_URL": url,
                    "SHARING_LOG_LEVEL": "info",
                },
            )
            setup.run_command("db", "upgrade")
            setup.run_command(
                "users", "add", EMAIL, "--role", "staff", "--password-stdin", stdin=f"{PASSWORD}\n"
            )
            yield setup
        finally:
            asyncio.run(cluster.drop(database))


def bearer(server: Server) -> dict[str, str]:
    """The header `Authorization` with a new token."""
    form = urllib.parse.urlencode(
        {"grant_type": "password", "username": EMAIL, "password": PASSWORD}
    ).encode()
    with urllib.request.urlopen(f"{server.url}/v1/token", data=form, timeout=30) as reply:  # noqa: S310 - the loopback address
        return {"Authorization": f"Bearer {json.load(reply)['access_token']}"}


async def _fetch(url: str, query: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()
