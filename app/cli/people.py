"""Commands for the accounts of people and machine clients."""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeAlias, TypeVar
from uuid import UUID

import typer

from app import audit_hooks
from app.cli.console import changing, hash_password, run
from app.identity import accounts
from app.identity.accounts import Save
from app.identity.model import Role
from app.identity.passwords import new_password
from app.kernel.clock import system_clock
from app.platform.db import Database, Session
from app.platform.settings import Settings
from app.policy.lifecycle import in_force as policies

user_commands = typer.Typer(no_args_is_help=True, help="Accounts of people.")
client_commands = typer.Typer(no_args_is_help=True, help="Accounts of machine clients.")

T = TypeVar("T")

Email: TypeAlias = Annotated[str, typer.Argument(help="The e-mail address of the account.")]
ClientId: TypeAlias = Annotated[UUID, typer.Argument(help="The client id.")]
OwnSchool: TypeAlias = Annotated[
    str | None, typer.Option(help="URN of the school; by default the configured school.")
]
EverySchool: TypeAlias = Annotated[
    str | None, typer.Option(help="URN of the school; by default every school.")
]
PasswordStdin: TypeAlias = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


@dataclass(frozen=True, slots=True)
class _Work:
    """What a change needs: the transaction, its time, and the function that saves the change."""

    settings: Settings
    session: Session
    now: datetime
    save: Save
    password_hash: str


def _change(act: Callable[[_Work], Awaitable[T]], *, password: str | None = None) -> T:
    """Run a change in one transaction; a new password is hashed before it begins."""

    async def work(settings: Settings, database: Database) -> T:
        hashed = "" if password is None else await hash_password(password)
        now = system_clock()
        async with changing(database) as session:
            save = audit_hooks.save_account(session, now)
            return await act(_Work(settings, session, now, save, hashed))

    return run(work)


@user_commands.command("add")
def add_user(
    email: Email,
    role: Annotated[Role, typer.Option(help="staff, dsl or ig_lead.")],
    school: OwnSchool = None,
    password_stdin: PasswordStdin = False,
) -> None:
    """Create an account. Without --password-stdin a password is generated and printed once.

    With its first account a school adopts the default policy.
    """
    password = _password(stdin=password_stdin)

    async def add(work: _Work) -> accounts.Account:
        made = await accounts.add_user(
            work.session,
            email=email,
            role=role,
            school=school or work.settings.school,
            password_hash=work.password_hash,
            now=work.now,
            save=work.save,
        )
        await policies.adopt(work.session, made.school, now=work.now, trace="cli")
        return made

    made = _change(add, password=password)
    typer.echo(f"{made.id}  {made.email}  {made.role}  school {made.school}")
    if not password_stdin:
        _show_once("password", password)


@user_commands.command("list")
def list_users(school: EverySchool = None) -> None:
    """List the accounts of people. The list is an entry of the audit log."""

    async def listed(work: _Work) -> list[accounts.Account]:
        found = await accounts.list_users(work.session, school)
        audit_hooks.append_accounts_listed(work.session, found, work.now)
        return found

    for one in _change(listed):
        typer.echo(
            f"{one.id}  {one.email}  {one.role}  school {one.school}  {_state(active=one.active)}"
        )


@user_commands.command("disable")
def disable_user(email: Email) -> None:
    """Disable an account and end its sessions."""
    _change(lambda work: accounts.disable_user(work.session, email, now=work.now, save=work.save))


@user_commands.command("role")
def set_role(
    email: Email, role: Annotated[Role, typer.Argument(help="staff, dsl or ig_lead.")]
) -> None:
    """Change the role of an account, from its next request on."""
    _change(lambda work: accounts.set_role(work.session, email, role, now=work.now, save=work.save))


@user_commands.command("password")
def set_password(email: Email, password_stdin: PasswordStdin = False) -> None:
    """Change the password of an account and end its sessions."""
    password = _password(stdin=password_stdin)
    _change(
        lambda work: accounts.set_password(
            work.session, email, work.password_hash, now=work.now, save=work.save
        ),
        password=password,
    )
    if not password_stdin:
        _show_once("password", password)


@client_commands.command("add")
def add_client(
    name: Annotated[str, typer.Argument(help="The name of the client.")], school: OwnSchool = None
) -> None:
    """Create a machine client; its id and secret are printed once."""

    async def add(work: _Work) -> tuple[accounts.Client, str]:
        made, secret = await accounts.add_client(
            work.session,
            name=name,
            school=school or work.settings.school,
            now=work.now,
            save=work.save,
        )
        await policies.adopt(work.session, made.school, now=work.now, trace="cli")
        return made, secret

    made, secret = _change(add)
    typer.echo(f"client_id:     {made.id}")
    _show_once("client_secret", secret)


@client_commands.command("list")
def list_clients(school: EverySchool = None) -> None:
    """List the machine clients."""
    for one in _change(lambda work: accounts.list_clients(work.session, school)):
        typer.echo(f"{one.id}  {one.name}  school {one.school}  {_state(active=one.active)}")


@client_commands.command("rotate")
def rotate_client(client_id: ClientId) -> None:
    """Create a new secret and print it once; the earlier secret remains valid for a week."""
    secret = _change(
        lambda work: accounts.rotate_client(work.session, client_id, now=work.now, save=work.save)
    )
    _show_once("client_secret", secret)


@client_commands.command("disable")
def disable_client(client_id: ClientId) -> None:
    """Disable a client and end its sessions."""
    _change(
        lambda work: accounts.disable_client(work.session, client_id, now=work.now, save=work.save)
    )


def _password(*, stdin: bool) -> str:
    return sys.stdin.readline().rstrip("\r\n") if stdin else new_password()


def _show_once(what: str, secret: str) -> None:
    typer.echo(f"{what + ':':14} {secret}   (shown this once)")


def _state(*, active: bool) -> str:
    return "active" if active else "disabled"
