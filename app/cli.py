"""The operator's verbs. Each exits 0 when all is well, 1 when it found something wrong, 2 when it could not do its work, and says why."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import typer
import uvicorn

from app import witness
from app.audit import checkpoint
from app.identity import accounts
from app.identity.keys import Keyring
from app.identity.model import Role
from app.identity.passwords import Passwords, new_password
from app.kernel.clock import system_clock  # noqa: TID251 - the operator's verbs run now
from app.kernel.errors import ServiceError
from app.main import LOG_KEY, create_app, sealer_of
from app.platform import db, logs, migrations
from app.platform.db import Database, Session
from app.platform.settings import Settings, read_settings

T = TypeVar("T")

OPENAPI: Final = Path(__file__).parents[1] / "openapi" / "openapi.json"

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
database_verbs = typer.Typer(no_args_is_help=True, help="The database.")
user_verbs = typer.Typer(no_args_is_help=True, help="Accounts of people.")
client_verbs = typer.Typer(no_args_is_help=True, help="Accounts of machines.")
app.add_typer(database_verbs, name="db")
app.add_typer(user_verbs, name="users")
app.add_typer(client_verbs, name="clients")


def fail(message: str, status: int = 2) -> typer.Exit:
    """Say what is wrong on standard error; to be raised."""
    typer.echo(message, err=True)
    return typer.Exit(status)


def settings_or_exit() -> Settings:
    """The settings, or an explanation of what is wrong with them."""
    try:
        return read_settings()
    except ServiceError as error:
        raise fail(str(error)) from None


def run(work: Callable[[Settings, Database], Coroutine[Any, Any, T]]) -> T:
    """Do some work on the database; a failure that was foreseen is said in one line."""

    async def opened() -> T:
        database = db.connect(settings)
        try:
            return await work(settings, database)
        finally:
            await database.close()

    settings = settings_or_exit()
    try:
        return asyncio.run(opened())
    except ServiceError as error:
        raise fail(error.detail or error.title) from None
    except (OSError, ValueError) as error:
        raise fail(str(error)) from None


@asynccontextmanager
async def changing(database: Database) -> AsyncIterator[Session]:
    """A transaction on a database that is at head."""
    if not await migrations.is_at_head(database):
        raise fail("the database is not at the newest migration; run: python -m app db upgrade")
    async with database.transaction() as session:
        yield session


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(help="Processes; more than one needs PostgreSQL.")] = 1,
) -> None:
    """Serve the API."""
    settings = settings_or_exit()
    if workers > 1 and not settings.database_url:
        raise fail("SQLite has one writing process: use --workers 1, or PostgreSQL")
    run(_check_ready_to_serve)
    logs.configure(settings.log_level)
    os.umask(0o077)
    uvicorn.run(
        "app.cli:served",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=20,
        h11_max_incomplete_event_size=32_768,
    )


def served() -> Any:
    """The application of a serving process."""
    return create_app(read_settings())


async def _check_ready_to_serve(settings: Settings, database: Database) -> None:
    if not await migrations.is_at_head(database):
        raise fail("the database is not at the newest migration; run: python -m app db upgrade")
    # Made before the processes start, so that they do not make them against each other.
    Keyring.load(settings.keys_dir, create=not settings.keys_required)
    checkpoint.checkpoint_key(settings.keys_dir / LOG_KEY, make=not settings.keys_required)


@app.command()
def worker() -> None:
    """Seal the audit log and publish its checkpoints, apart from the serving processes (with SHARING_EMBEDDED_WORKER=false there)."""

    async def work(settings: Settings, database: Database) -> None:
        logs.configure(settings.log_level)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in ("SIGTERM", "SIGINT"):
            loop.add_signal_handler(getattr(__import__("signal"), name), stop.set)
        await sealer_of(settings, database).run(stop)

    run(work)


@database_verbs.command("upgrade")
def upgrade() -> None:
    """Bring the database to the newest migration."""
    run(lambda _settings, database: migrations.upgrade(database))


@user_verbs.command("add")
def add_user(
    email: Annotated[str, typer.Argument(help="Address they sign in with.")],
    role: Annotated[Role, typer.Option(help="staff, dsl or ig_lead.")],
    school: Annotated[str | None, typer.Option(help="URN; the configured school when left out.")] = None,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")] = False,
) -> None:
    """Make an account; without --password-stdin a password is made and printed once."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else new_password()

    async def work(settings: Settings, database: Database) -> accounts.Account:
        hashed = await _hashed(password)
        now = system_clock()
        async with changing(database) as session:
            return await accounts.add_user(
                session,
                email=email,
                role=role,
                school=school or settings.school,
                password_hash=hashed,
                now=now,
                seal=witness.of_accounts(session, now),
            )

    made = run(work)
    typer.echo(f"{made.id}  {made.email}  {made.role}  school {made.school}")
    if not password_stdin:
        typer.echo(f"password (shown this once): {password}")


async def _hashed(password: str) -> str:
    pool = Passwords()
    try:
        return await pool.hash(password)
    finally:
        pool.close()


@user_verbs.command("list")
def list_users(school: Annotated[str | None, typer.Option(help="URN; every school when left out.")] = None) -> None:
    """List accounts."""

    async def work(_: Settings, database: Database) -> list[accounts.Account]:
        async with database.reading() as session:
            return await accounts.list_users(session, school)

    for one in run(work):
        typer.echo(f"{one.id}  {one.email}  {one.role}  school {one.school}  {'active' if one.active else 'disabled'}")


@user_verbs.command("disable")
def disable_user(email: Annotated[str, typer.Argument(help="Whose account.")]) -> None:
    """Shut an account, and its sessions, at once."""

    async def work(_: Settings, database: Database) -> None:
        now = system_clock()
        async with changing(database) as session:
            await accounts.disable_user(session, email, now=now, seal=witness.of_accounts(session, now))

    run(work)


@user_verbs.command("role")
def set_role(
    email: Annotated[str, typer.Argument(help="Whose account.")],
    role: Annotated[Role, typer.Argument(help="staff, dsl or ig_lead.")],
) -> None:
    """Give an account another role, from its next call on."""

    async def work(_: Settings, database: Database) -> None:
        now = system_clock()
        async with changing(database) as session:
            await accounts.set_role(session, email, role, now=now, seal=witness.of_accounts(session, now))

    run(work)


@user_verbs.command("password")
def set_password(
    email: Annotated[str, typer.Argument(help="Whose account.")],
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")] = False,
) -> None:
    """Give an account another password and end its sessions."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else new_password()

    async def work(_: Settings, database: Database) -> None:
        hashed = await _hashed(password)
        now = system_clock()
        async with changing(database) as session:
            await accounts.set_password(session, email, hashed, now=now, seal=witness.of_accounts(session, now))

    run(work)
    if not password_stdin:
        typer.echo(f"password (shown this once): {password}")


@client_verbs.command("add")
def add_client(
    name: Annotated[str, typer.Argument(help="What the machine is called.")],
    school: Annotated[str | None, typer.Option(help="URN; the configured school when left out.")] = None,
) -> None:
    """Make a machine client; prints its id and secret once."""

    async def work(settings: Settings, database: Database) -> tuple[accounts.Client, str]:
        now = system_clock()
        async with changing(database) as session:
            return await accounts.add_client(
                session, name=name, school=school or settings.school, now=now, seal=witness.of_accounts(session, now)
            )

    made, secret = run(work)
    typer.echo(f"client_id:     {made.id}\nclient_secret: {secret}   (shown this once)")


@client_verbs.command("list")
def list_clients(school: Annotated[str | None, typer.Option(help="URN; every school when left out.")] = None) -> None:
    """List machine clients."""

    async def work(_: Settings, database: Database) -> list[accounts.Client]:
        async with database.reading() as session:
            return await accounts.list_clients(session, school)

    for one in run(work):
        typer.echo(f"{one.id}  {one.name}  school {one.school}  {'active' if one.active else 'disabled'}")


@client_verbs.command("rotate")
def rotate_client(client_id: Annotated[UUID, typer.Argument(help="Which client.")]) -> None:
    """Make a new secret and print it once; the one before works for a week longer."""

    async def work(_: Settings, database: Database) -> str:
        now = system_clock()
        async with changing(database) as session:
            return await accounts.rotate_client(session, client_id, now=now, seal=witness.of_accounts(session, now))

    typer.echo(f"client_secret: {run(work)}   (shown this once)")


@client_verbs.command("disable")
def disable_client(client_id: Annotated[UUID, typer.Argument(help="Which client.")]) -> None:
    """Shut a client, and its sessions, at once."""

    async def work(_: Settings, database: Database) -> None:
        now = system_clock()
        async with changing(database) as session:
            await accounts.disable_client(session, client_id, now=now, seal=witness.of_accounts(session, now))

    run(work)


@app.command()
def openapi(check: Annotated[bool, typer.Option("--check", help="Only say whether the committed document is true.")] = False) -> None:
    """Write the OpenAPI document from the code."""
    text = (
        json.dumps(  # noqa: TID251 - a file for people, laid out
            create_app(Settings()).openapi(), indent=2, ensure_ascii=False, sort_keys=True
        )
        + "\n"
    )
    if not check:
        OPENAPI.write_text(text, encoding="utf-8")
    elif not OPENAPI.exists() or OPENAPI.read_text(encoding="utf-8") != text:
        raise fail("openapi/openapi.json does not describe the code; run: make openapi", 1)
