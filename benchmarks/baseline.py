"""The baseline: a FastAPI and SQLModel application without authentication and decisions that stores
one row. Not part of the service.

It receives the same body as the service, stores three short texts of it, and commits as durably.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, Request
from pydantic import BaseModel
from sqlalchemy import DateTime
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kernel.ids import new_id
from app.platform.settings import Settings


class Purpose(BaseModel):
    """The members of the purpose that the baseline stores."""

    code: str
    statement: str


class NoteIn(BaseModel):
    """The members of the body that the baseline reads; it parses and ignores the rest."""

    direction: str
    urgency: str
    purpose: Purpose


class Note(SQLModel, table=True):
    """The stored row."""

    id: UUID = Field(primary_key=True)
    direction: str
    urgency: str
    purpose: str
    statement: str
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))


class NoteOut(BaseModel):
    """The reply."""

    id: UUID
    direction: str
    urgency: str
    purpose: str
    statement: str
    recorded_at: datetime


@asynccontextmanager
async def _pooled(app: FastAPI) -> AsyncIterator[None]:
    app.state.engine = create_async_engine(
        os.environ["BASELINE_DATABASE_URL"], pool_size=Settings().database_pool, max_overflow=0
    )
    yield
    await app.state.engine.dispose()


app = FastAPI(lifespan=_pooled)


async def _session(request: Request) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(request.app.state.engine, expire_on_commit=False) as session:
        yield session


@app.get("/livez")
async def livez() -> None:
    """Answer."""


@app.post("/notes", status_code=201, response_model=NoteOut)
async def insert(body: NoteIn, session: Annotated[AsyncSession, Depends(_session)]) -> Note:
    """Store one row."""
    now = datetime.now(UTC)
    note = Note(
        id=new_id(now),
        direction=body.direction,
        urgency=body.urgency,
        purpose=body.purpose.code,
        statement=body.purpose.statement,
        recorded_at=now,
    )
    session.add(note)
    await session.commit()
    return note


async def prepare(url: str) -> None:
    """Create the table."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Note.metadata.tables["note"].create)
    await engine.dispose()
