"""`openlot lot account`: who may use the operator console of a running lot."""

from typing import Annotated

import typer

from lot_server.commands.terminal import AsJson, Config, Operator, get, print_rows, with_typed_errors
from lot_server.config import load_config
from lot_server.domain.account import Role
from lot_server.loopback.client import LoopbackClient

account_app = typer.Typer(add_completion=False, no_args_is_help=True, help="Who may use the operator console.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")]


@account_app.command()
def add(
    name: Name,
    config: Config,
    role: Annotated[
        Role, typer.Option("--role", help="viewer looks, operator acts, administrator changes; merchant gives coupons.")
    ],
    operator: Operator,
    merchant: Annotated[str | None, typer.Option("--merchant", help="Whose coupons, for the role merchant.")] = None,
) -> None:
    """Add an account; its one-time password is printed once, and good for choosing another."""
    _tell_password(config, "/accounts", {"name": name, "role": role, "operator": operator, "merchant": merchant})


@account_app.command()
def password(name: Name, config: Config, operator: Operator) -> None:
    """Give an account a new one-time password; whoever is signed in by the old one is signed out."""
    _tell_password(config, f"/accounts/{name}/password", {"operator": operator})


@account_app.command()
def remove(name: Name, config: Config, operator: Operator) -> None:
    """Remove an account; whoever is signed in by it is signed out."""

    def run() -> None:
        LoopbackClient(load_config(config).store).post(f"/accounts/{name}/remove", {"operator": operator})
        print("done")

    with_typed_errors(run)


@account_app.command("list")
def list_accounts(config: Config, as_json: AsJson = False) -> None:
    """All accounts."""
    answer = get(config, "/accounts")
    print_rows(answer, answer["accounts"], ("name", "role", "merchant", "one_time", "added_at"), as_json)


def _tell_password(config: Config, path: str, body: dict[str, object]) -> None:
    def run() -> None:
        answer = LoopbackClient(load_config(config).store).post(path, body)
        print(answer["password"])

    with_typed_errors(run)
