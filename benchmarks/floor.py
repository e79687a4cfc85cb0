"""The floor: what FastAPI and SQLModel cost when they check nobody, decide nothing and keep one
row. Not part of the service.

It is sent the same body as the service, keeps three short texts of it, and commits as durably.
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
    """As much of the purpose as the floor keeps."""

    code: str
    statement: str


class NoteIn(BaseModel):
    """As much of the body as the floor reads; the rest is parsed and passed over."""

    direction: str
    urgency: str
    purpose: Purpose


class Note(SQLModel, table=True):
    """The one row."""

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
        os.environ["FLOOR_DATABASE_URL"], pool_size=Settings().database_pool, max_overflow=0
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
    """Keep one row."""
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
    """Make the table."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Note.metadata.tables["note"].create)
    await engine.dispose()
