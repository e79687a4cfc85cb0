"""Calls the operations of the service by their ids and records the first successful reply of each
kind as the example in the document.

Invariant: every example is a real reply. The database is empty at first, the clock stands still
between two calls, and the keys and random numbers are fixed, so that two recordings differ only if
the service replies differently.
"""

import contextlib
import json
import random
import re
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Self
from unittest import mock

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.audit import seal
from app.identity.keys import CURRENT
from app.main import LOG_KEY, checkpoint_folder, log_host
from app.platform.settings import Settings
from tests.architecture.operations import Operation, documented_operations
from tests.running import MovableClock
from tests.service import Account, Caller, Service

Examples = dict[str, dict[str, dict[str, Any]]]
"""By operation id, status and media type."""

MONDAY: Final = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)
"""The day of the documented examples of request bodies, which the story sends."""

PEOPLE: Final = {
    "teacher": "staff",
    "dsl": "dsl",
    "deputy": "dsl",
    "ig_lead": "ig_lead",
    "governance": "ig_lead",
    "mis": "integration",
}

ALWAYS_SENT: Final = ("ETag", "Location")
"""Headers that a reply must have if the document declares them."""

LONGEST: Final = 1
"""Longer lists of objects are shortened to their first item, unless the call sets another limit."""

WIDEST: Final = 50
"""A mapping with more members is a table of the policy; it is shortened to its first."""

STEPS: Final = 6
"""The number of steps of an evaluation that is shown when the steps are requested."""

TEXT: Final = 300
"""Characters that are shown of a page, drawing or document."""


@dataclass
class Recorder:
    """A running service, its callers, and the recorded replies."""

    service: Service
    clock: MovableClock
    accounts: dict[str, Account] = field(default_factory=dict)
    people: dict[str, Caller | httpx.AsyncClient] = field(default_factory=dict)
    examples: Examples = field(default_factory=dict)
    _acts: Counter[str] = field(default_factory=Counter)

    @classmethod
    @contextlib.asynccontextmanager
    async def started(cls, settings: Settings) -> AsyncIterator[Self]:
        """A recorder of the service with these settings, on an empty migrated database, on a Monday
        morning.
        """
        clock = MovableClock(MONDAY)
        settings = settings.model_copy(update={"embedded_worker": False, "log_level": "error"})
        _lay_down_keys(settings)
        async with Service.started(settings, clock) as service:
            recorder = cls(service, clock)
            with recorder._dice("the people"):
                for who, role in PEOPLE.items():
                    recorder.accounts[who] = await service.add(role)
            recorder.people["anonymous"] = await service.anonymous()
            await recorder.at(MONDAY)
            yield recorder

    async def at(self, instant: datetime) -> None:
        """Set the clock and sign all callers in again, because tokens expire after 15 minutes."""
        self.clock.now = instant
        with self._dice("signing in"):
            for who, account in self.accounts.items():
                self.people[who] = await self.service.sign_in(account)

    async def does(
        self,
        who: str,
        operation: str,
        body: Any = None,
        *,
        accept: str = "application/json",
        longest: int = LONGEST,
        widest: int = WIDEST,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        **path: str,
    ) -> Any:
        """Call an operation, with its documented example as the body unless another is given;
        returns the reply.
        """
        called, described = self._named(operation)
        self.clock.forward(seconds=7)
        needed = (
            {"If-Match": "*"}
            if any(one["name"] == "If-Match" for one in described["parameters"])
            else {}
        )
        if body is None and "application/json" in described.get("requestBody", {}).get(
            "content", {}
        ):
            body = self.example_of(operation)
        with self._dice(operation):
            reply = await self.people[who].request(
                called.method,
                called.url(**path),
                json=body,
                params=query,
                headers={"Accept": accept, **needed, **(headers or {})},
            )
        assert reply.is_success, f"{operation}: {reply.status_code} {reply.text}"
        declared = described["responses"][str(reply.status_code)]["headers"]
        assert [
            name for name in ALWAYS_SENT if name in declared and name not in reply.headers
        ] == []
        media = reply.headers["Content-Type"].partition(";")[0]
        answer = reply.json() if media == "application/json" else reply.text
        shown = self.examples.setdefault(operation, {}).setdefault(str(reply.status_code), {})
        shown.setdefault(
            media,
            shortened(answer, longest, widest)
            if media == "application/json"
            else excerpt(answer, media),
        )
        return answer

    async def seals(self) -> None:
        """Seal the entries so far and sign a checkpoint."""
        settings, database = self.service.settings, self.service.database
        with self._dice("sealing"):
            while await seal.seal(
                database, _log_key(), host=log_host(settings), folder=checkpoint_folder(settings)
            ):
                pass

    def example_of(self, operation: str, **changed: Any) -> dict[str, Any]:
        """The first documented example of the JSON body of an operation, with top-level members
        replaced.
        """
        document = self.service.app.openapi()
        _, described = self._named(operation)
        schema = described["requestBody"]["content"]["application/json"]["schema"]
        named = re.search(r"#/components/schemas/(\w+)", json.dumps(schema))
        assert named, operation
        first: dict[str, Any] = document["components"]["schemas"][named[1]]["examples"][0]
        return first | changed

    def _named(self, operation: str) -> tuple[Operation, dict[str, Any]]:
        return next(
            (called, described)
            for called, described in documented_operations(self.service.app).items()
            if called.id == operation
        )

    @contextlib.contextmanager
    def _dice(self, act: str) -> Iterator[None]:
        """Seed the random numbers by the call alone, so that a changed call does not change every
        later id.
        """
        self._acts[act] += 1
        dice = random.Random(f"{act} {self._acts[act]}")
        loaded: dict[str, Any] = {
            "randbits": dice.getrandbits,
            "token_bytes": dice.randbytes,
            "token_hex": lambda size: dice.randbytes(size).hex(),
            "token_urlsafe": lambda size: dice.randbytes(size).hex(),
        }
        with mock.patch.multiple(secrets, **loaded):
            yield


def shortened(value: Any, longest: int, widest: int) -> Any:
    """The value with long lists of objects and long tables shortened."""
    if isinstance(value, list):
        whole = len(value) <= longest or not isinstance(value[0], dict)
        return [shortened(one, longest, widest) for one in (value if whole else value[:1])]
    if isinstance(value, dict):
        members = list(value.items())
        return {
            name: shortened(one, longest, widest)
            for name, one in (members if len(members) <= widest else members[:1])
        }
    return value


def excerpt(text: str, media: str) -> Any:
    """The beginning of a document without its style sheet; of a file of lines, the first line."""
    if media == "application/x-ndjson":
        return json.loads(text.partition("\n")[0])
    if media == "text/csv":
        return "".join(text.splitlines(keepends=True)[:2])
    if media == "text/plain":
        return text
    text = re.sub(r"<style>.*?</style>", "<style>…</style>", text, flags=re.DOTALL)[:TEXT]
    return (
        text.rpartition("\n")[0] + "\n# …\n"
        if media == "application/yaml"
        else text.rpartition("<")[0] + "…"
    )


def _log_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def _lay_down_keys(settings: Settings) -> None:
    """Write fixed keys instead of those that the service would generate."""
    keys: dict[str, Ed25519PrivateKey | EllipticCurvePrivateKey] = {
        CURRENT: derive_private_key(2026, SECP256R1()),
        LOG_KEY: _log_key(),
    }
    settings.keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, key in keys.items():
        file = settings.keys_dir / name
        file.touch(mode=0o600)
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
