"""Proofs from a database verify against the signed checkpoint, at every size."""

import random

import pytest

from app.audit import checkpoint, merkle, prove, seal
from app.audit.errors import EntryNotSealed, InvalidTreeSize
from app.audit.prove import LogDamaged
from app.kernel.ids import new_id
from app.platform.db import Database
from tests.unit.audit import rfc9162
from tests.unit.audit.trail import HOST, KEY, NOON, SCHOOL, append, rows, sealed, tampering


async def test_every_proof_verifies_against_a_signed_checkpoint(database: Database) -> None:
    made = await sealed(database, 1, 2, 255, 300, 700)
    sizes = [
        int(str(row[0]))
        for row in await rows(database, "SELECT size FROM audit_checkpoint ORDER BY size")
    ]
    assert sizes == [1, 3, 258, 558, 1258]
    rng = random.Random(1)
    async with database.reading() as session:
        for index in {
            0,
            1,
            2,
            255,
            256,
            257,
            511,
            512,
            557,
            558,
            1023,
            1024,
            1257,
            *rng.sample(range(1258), 20),
        }:
            for size in [None, *(size for size in sizes if size > index)]:
                proof = await prove.inclusion(session, SCHOOL, made[index], size=size)
                signed = checkpoint.verify(str(proof.note), KEY.public_key())
                assert (proof.index, proof.size) == (index, signed.size)
                assert rfc9162.included(index, proof.size, proof.leaf_hash, proof.path, signed.root)


async def test_a_proof_for_a_size_between_checkpoints_verifies_and_has_no_checkpoint(
    database: Database,
) -> None:
    made = await sealed(database, 700)
    leaves = [
        bytes(row[0])  # type: ignore[call-overload]
        for row in await rows(database, "SELECT hash FROM audit_leaf ORDER BY idx")
    ]
    async with database.reading() as session:
        for size in (1, 2, 255, 256, 257, 511, 513, 699):
            proof = await prove.inclusion(session, SCHOOL, made[0], size=size)
            assert proof.note is None
            assert rfc9162.included(
                0, size, proof.leaf_hash, proof.path, merkle.root_of(leaves[:size])
            )


async def test_every_consistency_proof_verifies(database: Database) -> None:
    await sealed(database, 1, 2, 255, 300)
    leaves = [
        bytes(row[0])  # type: ignore[call-overload]
        for row in await rows(database, "SELECT hash FROM audit_leaf ORDER BY idx")
    ]
    async with database.reading() as session:
        for old in (1, 2, 3, 200, 256, 258, 300, 557, 558):
            for new in (None, 558, 557, 512, 300, 258):
                if old > (558 if new is None else new):
                    continue
                proof = await prove.consistency(session, SCHOOL, old, new)
                roots = merkle.root_of(leaves[:old]), merkle.root_of(leaves[: proof.new])
                assert rfc9162.consistent(old, proof.new, *roots, proof.path)
                assert (proof.note is not None) == (proof.new in {558, 258})


async def test_unsealed_entries_and_impossible_sizes_are_refused(database: Database) -> None:
    waiting = await append(database, 1)
    async with database.reading() as session:
        for call in (
            prove.newest(session, SCHOOL),
            prove.inclusion(session, SCHOOL, waiting[0]),
            prove.consistency(session, SCHOOL, 1),
        ):
            with pytest.raises(EntryNotSealed):
                await call
    await seal.seal(database, KEY, host=HOST)
    made = await sealed(database, 2)
    async with database.reading() as session:
        with pytest.raises(EntryNotSealed):
            await prove.inclusion(session, SCHOOL, new_id(NOON))
        with pytest.raises(EntryNotSealed):
            await prove.inclusion(session, "654321", made[0])
        for call in (
            prove.inclusion(session, SCHOOL, made[1], size=2),
            prove.inclusion(session, SCHOOL, made[1], size=4),
            prove.consistency(session, SCHOOL, 3, 2),
            prove.consistency(session, SCHOOL, 1, 9),
        ):
            with pytest.raises(InvalidTreeSize):
                await call


async def test_missing_hashes_are_reported(database: Database) -> None:
    made = await sealed(database, 300)
    async with tampering(database) as run:
        await run("DELETE FROM audit_leaf WHERE idx = 7")
    async with database.reading() as session:
        with pytest.raises(LogDamaged):
            await prove.inclusion(session, SCHOOL, made[6])
