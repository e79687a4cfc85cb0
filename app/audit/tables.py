"""Define the tables of the audit log.

Invariant: entries, leaves, nodes and checkpoints are only added. `audit_pending` is the sealer's
queue.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.platform.rows import table_of
from app.platform.types import Instant


class EntryRow(SQLModel, table=True):
    """An entry. `body` is the exact text that is hashed; the other columns repeat parts of it for
    searching, and verification compares them.
    """

    __tablename__ = "audit_entry"

    school: str = Field(primary_key=True)
    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    actor: UUID | None = Field(sa_type=sa.Uuid)
    action: str
    request: UUID | None = Field(sa_type=sa.Uuid)
    subject: UUID | None = Field(sa_type=sa.Uuid)
    recipient: str | None
    outcome: str
    body: str = Field(sa_type=sa.Text)


class SubjectRow(SQLModel, table=True):
    """A second or further person whom an entry concerns; the entry itself holds the first."""

    __tablename__ = "audit_subject"

    school: str = Field(primary_key=True)
    subject: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    entry_id: UUID = Field(sa_type=sa.Uuid, primary_key=True)


class PendingRow(SQLModel, table=True):
    """An entry in the sealer's queue. `txid` is the number of the PostgreSQL transaction that
    appended it.
    """

    __tablename__ = "audit_pending"

    school: str = Field(primary_key=True)
    entry_id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    txid: int | None = Field(sa_type=sa.BigInteger)


class LeafRow(SQLModel, table=True):
    """An entry's place in its school's log, and its leaf hash."""

    __tablename__ = "audit_leaf"

    school: str = Field(primary_key=True)
    idx: int = Field(sa_type=sa.BigInteger, primary_key=True)
    entry_id: UUID = Field(sa_type=sa.Uuid)
    hash: bytes = Field(sa_type=sa.LargeBinary)


class NodeRow(SQLModel, table=True):
    """The root of the complete subtree of 256^level leaves that is number `idx` of its level."""

    __tablename__ = "audit_node"

    school: str = Field(primary_key=True)
    level: int = Field(sa_type=sa.SmallInteger, primary_key=True)
    idx: int = Field(sa_type=sa.BigInteger, primary_key=True)
    hash: bytes = Field(sa_type=sa.LargeBinary)


class CheckpointRow(SQLModel, table=True):
    """A signed checkpoint, and the tree's frontier at its size."""

    __tablename__ = "audit_checkpoint"

    school: str = Field(primary_key=True)
    size: int = Field(sa_type=sa.BigInteger, primary_key=True)
    frontier: bytes = Field(sa_type=sa.LargeBinary)
    note: str = Field(sa_type=sa.Text)


class DisposedRow(SQLModel, table=True):
    """The records that an entry sealed have been disposed of by the entry `by_entry`."""

    __tablename__ = "audit_disposed"

    school: str = Field(primary_key=True)
    entry_id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    what: str = Field(primary_key=True)
    by_entry: UUID = Field(sa_type=sa.Uuid)


ENTRY: Final = table_of(EntryRow)
SUBJECT: Final = table_of(SubjectRow)
PENDING: Final = table_of(PendingRow)
LEAF: Final = table_of(LeafRow)
NODE: Final = table_of(NodeRow)
CHECKPOINT: Final = table_of(CheckpointRow)
DISPOSED: Final = table_of(DisposedRow)
