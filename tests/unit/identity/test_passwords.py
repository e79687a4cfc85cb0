"""Passwords are hashed dearly, off the event loop, and equally dearly where there is no account."""

import asyncio
import re
from collections.abc import Iterator

import pytest

from app.identity.errors import InvalidAccount
from app.identity.passwords import (
    LONGEST,
    NO_ACCOUNT,
    SHORTEST,
    THREADS,
    Passwords,
    new_password,
    new_secret,
)


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    pool = Passwords()
    yield pool
    pool.close()


async def test_a_password_matches_its_own_hash(passwords: Passwords) -> None:
    stored = await passwords.hash("correct horse")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await passwords.match("correct horse", stored)
    assert not await passwords.match("correct horsE", stored)


async def test_without_an_account_the_same_hashing_is_done(
    passwords: Passwords,
) -> None:
    stored = await passwords.hash("correct horse")
    assert NO_ACCOUNT.rsplit("$", 2)[0] == stored.rsplit("$", 2)[0]
    assert [len(part) for part in NO_ACCOUNT.split("$")] == [
        len(part) for part in stored.split("$")
    ]
    assert not await passwords.match("correct horse", None)
    assert not await passwords.match("x" * (LONGEST + 1), stored)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "x" * (SHORTEST - 1),
        "x" * (LONGEST + 1),
        "correct\0horse",
        "correct\nhorse",
        "correct\ud800horse",
    ],
)
async def test_an_invalid_new_password_is_refused(passwords: Passwords, password: str) -> None:
    with pytest.raises(InvalidAccount):
        await passwords.hash(password)


async def test_any_text_can_be_compared(passwords: Passwords) -> None:
    assert not await passwords.match("\0\ud800\n", None)


async def test_hashing_uses_two_threads_and_not_the_event_loop(passwords: Passwords) -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0.005)

    beating = asyncio.create_task(beat())
    await asyncio.gather(*(passwords.match("x", None) for _ in range(6)))
    beating.cancel()
    assert beats > 10
    assert len(passwords._pool._threads) == THREADS


def test_generated_passwords_and_secrets_differ_and_passwords_can_be_typed() -> None:
    made = {new_password() for _ in range(100)}
    assert len(made) == 100
    assert all(
        re.fullmatch(r"([2-9a-hjkmnp-z]{4}-){4}[2-9a-hjkmnp-z]{4}", password) for password in made
    )
    assert len({new_secret() for _ in range(100)}) == 100
