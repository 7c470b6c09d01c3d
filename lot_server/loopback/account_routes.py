"""The accounts of the operator console, over the loopback API: whoever runs commands on this machine may do this."""

from fastapi import APIRouter

from lot_server.console.passwords import Passwords, one_time_password
from lot_server.domain.account import Account
from lot_server.errors import UnknownAccount, UnknownMerchant
from lot_server.loopback.account_schemas import AccountOrder, Accounts, AccountView, NewAccount, OneTimePassword
from lot_server.loopback.lot import RunningLot
from lot_server.loopback.schemas import Done
from lot_server.store.unit_of_work import SqliteWork


def account_routes(lot: RunningLot, passwords: Passwords) -> APIRouter:
    """The routes for accounts."""
    router = APIRouter(prefix="/accounts")

    @router.get("")
    async def accounts() -> Accounts:
        found = await lot.writer.transact(lambda work: work.accounts.all())
        return Accounts(accounts=tuple(AccountView.of(account) for account in found))

    @router.post("", status_code=201)
    async def add(order: NewAccount) -> OneTimePassword:
        password, now = one_time_password(), lot.clock.now()
        account = Account(order.name, order.role, await passwords.hash(password), True, now, order.merchant)

        def job(work: SqliteWork) -> None:
            if order.merchant is not None and work.money.merchant(order.merchant) is None:
                raise UnknownMerchant(f"no merchant {order.merchant!r} at this lot: see `openlot lot merchant list`")
            work.trail.add(now, order.operator, "add_account", account.name, account.role)
            work.accounts.add(account)

        await lot.writer.transact(job)
        return OneTimePassword(password=password)

    @router.post("/{name}/password")
    async def password(name: str, order: AccountOrder) -> OneTimePassword:
        made, now = one_time_password(), lot.clock.now()
        password_hash = await passwords.hash(made)

        def job(work: SqliteWork) -> None:
            work.trail.add(now, order.operator, "set_password", _known(work, name), None)
            work.accounts.set_password(name, password_hash, one_time=True)

        await lot.writer.transact(job)
        return OneTimePassword(password=made)

    @router.post("/{name}/remove")
    async def remove(name: str, order: AccountOrder) -> Done:
        def job(work: SqliteWork) -> None:
            work.trail.add(lot.clock.now(), order.operator, "remove_account", _known(work, name), None)
            work.accounts.remove(name)

        await lot.writer.transact(job)
        return Done()

    return router


def _known(work: SqliteWork, name: str) -> str:
    if work.accounts.find(name) is None:
        raise UnknownAccount(f"there is no account {name!r}: see `openlot lot account list`")
    return name
