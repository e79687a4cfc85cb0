"""Generates, hashes and compares passwords and secrets.

Passwords: Argon2id with the second recommended option of RFC 9106 (64 MiB, three passes), hashed in
two threads, never on the event loop. Machine secrets are random, so SHA-256 is enough for them.
"""

import asyncio
import hashlib
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.identity.errors import InvalidAccount

THREADS: Final = 2
SHORTEST: Final = 8
LONGEST: Final = 1024

_HASH: Final = PasswordHash((Argon2Hasher(time_cost=3, memory_cost=65536, parallelism=4),))
NO_ACCOUNT: Final = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"  # noqa: E501
"""Compared with when there is no account, so that the reply takes as long as with one. No password
has this hash."""
_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"


class Passwords:
    """The threads that hash passwords."""

    def __init__(self) -> None:
        self._pool: Final = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")

    async def hash(self, password: str) -> str:
        """The hash to store; raises `InvalidAccount` for a password that is too short, too long or
        holds control characters.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise InvalidAccount(f"a password has {SHORTEST} to {LONGEST} characters")
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in password):
            raise InvalidAccount("a password has no control characters")
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, _HASH.hash, _normal(password)
        )

    async def match(self, password: str, stored: str | None) -> bool:
        """Whether the password has the stored hash. Without a stored hash it takes as long and
        gives False.
        """
        if len(password) > LONGEST:
            password, stored = "", None
        run = asyncio.get_running_loop().run_in_executor
        matched = await run(
            self._pool, _HASH.verify, _normal(password), NO_ACCOUNT if stored is None else stored
        )
        return matched and stored is not None

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def new_password() -> str:
    """A password that is shown once and typed by a person: 98 random bits in five groups, without
    letters that look alike.
    """
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(5))


def new_secret() -> str:
    """256 random bits for a machine: a client's secret or a refresh token."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> bytes:
    """The hash that is stored of a random secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _normal(password: str) -> bytes:
    # RFC 8265, section 4.2.2: the same password typed on another system.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
