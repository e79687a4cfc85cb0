"""Accounts of people and of machines."""

import sys
from typing import Annotated
from uuid import UUID

import typer

from app import audit_hooks
from app.cli.console import changing, run
from app.identity import accounts
from app.identity.model import Role
from app.identity.passwords import Passwords, new_password
from app.kernel.clock import system_clock
from app.platform.db import Database
from app.platform.settings import Settings
from app.policy.lifecycle import in_force as policies

user_verbs = typer.Typer(no_args_is_help=True, help="Accounts of people.")
client_verbs = typer.Typer(no_args_is_help=True, help="Accounts of machines.")


@user_verbs.command("add")
def add_user(
    email: Annotated[str, typer.Argument(help="Address they sign in with.")],
    role: Annotated[Role, typer.Option(help="staff, dsl or ig_lead.")],
    school: Annotated[
        str | None, typer.Option(help="URN; the configured school when left out.")
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Make an account; without --password-stdin a password is made and printed once. A school's
    first adopts the policy that ships.
    """
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else new_password()

    async def work(settings: Settings, database: Database) -> accounts.Account:
        hashed = await _hashed(password)
        now = system_clock()
        async with changing(database) as session:
            made = await accounts.add_user(
                session,
                email=email,
                role=role,
                school=school or settings.school,
                password_hash=hashed,
                now=now,
                save=audit_hooks.save_account(session, now),
            )
            await policies.adopt(session, made.school, now=now, trace="cli")
            return made

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
def list_users(
    school: Annotated[str | None, typer.Option(help="URN; every school when left out.")] = None,
) -> None:
    """List accounts."""

    async def work(_: Settings, database: Database) -> list[accounts.Account]:
        async with changing(database) as session:
            found = await accounts.list_users(session, school)
            audit_hooks.append_accounts_listed(session, found, system_clock())
            return found

    for one in run(work):
        typer.echo(
            f"{one.id}  {one.email}  {one.role}  school {one.school} "
            f" {'active' if one.active else 'disabled'}"
        )


@user_verbs.command("disable")
def disable_user(email: Annotated[str, typer.Argument(help="Whose account.")]) -> None:
    """Shut an account, and its sessions, at once."""

    async def work(_: Settings, database: Database) -> None:
        now = system_clock()
        async with changing(database) as session:
            await accounts.disable_user(
                session, email, now=now, save=audit_hooks.save_account(session, now)
            )

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
            await accounts.set_role(
                session, email, role, now=now, save=audit_hooks.save_account(session, now)
            )

    run(work)


@user_verbs.command("password")
def set_password(
    email: Annotated[str, typer.Argument(help="Whose account.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Give an account another password and end its sessions."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else new_password()

    async def work(_: Settings, database: Database) -> None:
        hashed = await _hashed(password)
        now = system_clock()
        async with changing(database) as session:
            await accounts.set_password(
                session, email, hashed, now=now, save=audit_hooks.save_account(session, now)
            )

    run(work)
    if not password_stdin:
        typer.echo(f"password (shown this once): {password}")


@client_verbs.command("add")
def add_client(
    name: Annotated[str, typer.Argument(help="What the machine is called.")],
    school: Annotated[
        str | None, typer.Option(help="URN; the configured school when left out.")
    ] = None,
) -> None:
    """Make a machine client; prints its id and secret once."""

    async def work(settings: Settings, database: Database) -> tuple[accounts.Client, str]:
        now = system_clock()
        async with changing(database) as session:
            made, secret = await accounts.add_client(
                session,
                name=name,
                school=school or settings.school,
                now=now,
                save=audit_hooks.save_account(session, now),
            )
            await policies.adopt(session, made.school, now=now, trace="cli")
            return made, secret

    made, secret = run(work)
    typer.echo(f"client_id:     {made.id}\nclient_secret: {secret}   (shown this once)")


@client_verbs.command("list")
def list_clients(
    school: Annotated[str | None, typer.Option(help="URN; every school when left out.")] = None,
) -> None:
    """List machine clients."""

    async def work(_: Settings, database: Database) -> list[accounts.Client]:
        async with database.reading() as session:
            return await accounts.list_clients(session, school)

    for one in run(work):
        typer.echo(
            f"{one.id}  {one.name}  school {one.school}  {'active' if one.active else 'disabled'}"
        )


@client_verbs.command("rotate")
def rotate_client(client_id: Annotated[UUID, typer.Argument(help="Which client.")]) -> None:
    """Make a new secret and print it once; the one before works for a week longer."""

    async def work(_: Settings, database: Database) -> str:
        now = system_clock()
        async with changing(database) as session:
            return await accounts.rotate_client(
                session, client_id, now=now, save=audit_hooks.save_account(session, now)
            )

    typer.echo(f"client_secret: {run(work)}   (shown this once)")


@client_verbs.command("disable")
def disable_client(client_id: Annotated[UUID, typer.Argument(help="Which client.")]) -> None:
    """Shut a client, and its sessions, at once."""

    async def work(_: Settings, database: Database) -> None:
        now = system_clock()
        async with changing(database) as session:
            await accounts.disable_client(
                session, client_id, now=now, save=audit_hooks.save_account(session, now)
            )

    run(work)
