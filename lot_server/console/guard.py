"""Who may see or do what: FastAPI dependencies that let a request in, or raise."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from lot_server.console.config import ConsoleSection
from lot_server.console.forms import MOST_BYTES, Form, read_form
from lot_server.console.sign_ins import SignIns, Visitor
from lot_server.domain.account import Role
from lot_server.errors import MerchantsPage, NotAllowed, NotSignedIn, PasswordWanted

OWN_PASSWORD = "/password"  # noqa: S105
SIGN_OUT = "/sign-out"
VALIDATE = "/validate"
"""The one page of merchants."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A form, and who sent it."""

    visitor: Visitor
    form: Form

    @property
    def who(self) -> str:
        return self.visitor.account.name


class Guard:
    """Stands before the pages of one lot's console."""

    def __init__(self, lot_id: str, section: ConsoleSection, sign_ins: SignIns) -> None:
        self._encrypted = section.encrypted
        self._sign_ins = sign_ins
        # Cookies do not know ports: two lots on one machine must not take each other's.
        self.cookie = f"{'__Host-' if self._encrypted else ''}openlot-{lot_id}"
        self.before_cookie = f"{self.cookie}-before"
        """Holds the secret of a browser that has not signed in yet."""

    async def visitor(self, request: Request) -> Visitor:
        """Who asks. Raises NotSignedIn, and PasswordWanted for everything but giving oneself a password."""
        secret = request.cookies.get(self.cookie)
        if secret is None:
            raise NotSignedIn("sign in first")
        visitor = await run_in_threadpool(self._sign_ins.find, secret)
        if visitor.account.one_time and request.url.path not in (OWN_PASSWORD, SIGN_OUT):
            raise PasswordWanted("this password was good for one time: choose one of your own")
        await self._sign_ins.seen(visitor)
        return visitor

    def needs(self, role: Role) -> Callable[[Request], Awaitable[Visitor]]:
        """A dependency: who asks, if the role covers it. Raises NotSignedIn, NotAllowed."""

        async def allowed(request: Request) -> Visitor:
            visitor = await self.visitor(request)
            if visitor.account.role == "merchant" and request.url.path == "/":
                raise MerchantsPage("merchants have a page of their own")
            if not visitor.account.may(role):
                raise NotAllowed(f"this takes the role {role}: ask an administrator of the lot")
            return visitor

        return allowed

    def own_form(self) -> Callable[[Request], Awaitable[Posted]]:
        """A dependency: a form about the sender's own account. Raises NotSignedIn, StaleForm, BadForm."""

        async def posted(request: Request) -> Posted:
            visitor = await self.visitor(request)
            return Posted(visitor, await read_form(request, visitor.form_token))

        return posted

    def form(self, role: Role, most_bytes: int = MOST_BYTES) -> Callable[[Request], Awaitable[Posted]]:
        """A dependency: the form and its sender. Raises NotSignedIn, NotAllowed, StaleForm, BadForm."""
        allow = self.needs(role)

        async def posted(request: Request) -> Posted:
            visitor = await allow(request)
            return Posted(visitor, await read_form(request, visitor.form_token, most_bytes))

        return posted

    def set_cookie(self, answer: Response, name: str, secret: str) -> None:
        """Only this site's own pages send it back, no script reads it, and it ends with the browser."""
        answer.set_cookie(name, secret, httponly=True, secure=self._encrypted, samesite="strict", path="/")

    def drop_cookie(self, answer: Response, name: str) -> None:
        answer.delete_cookie(name, httponly=True, secure=self._encrypted, samesite="strict", path="/")
