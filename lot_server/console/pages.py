"""Renders the console's pages: what every page shows around its own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from lot_server.console.sign_ins import Visitor
from lot_server.console.wording import Language, Wording, language_of
from lot_server.domain.clock import Clock
from lot_server.domain.clock_trust import ClockDoubt
from lot_server.domain.emergency import Emergency
from lot_server.domain.events import LotDescribed
from lot_server.errors import NotDescribed
from lot_server.store.look import Look

LANGUAGE = "lang"
"""The query parameter and the cookie that hold a browser's choice of language."""
LANGUAGE_DAYS = 365
TEMPLATES = Environment(
    loader=PackageLoader("lot_server.console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Frame:
    """What the head of every page tells: the lot, how many alerts are open, an emergency and a doubt that go on."""

    facts: LotDescribed
    open_alerts: int
    emergency: Emergency | None
    clock_doubt: ClockDoubt | None

    @classmethod
    def of(cls, look: Look) -> "Frame":
        """Raises NotDescribed."""
        facts = look.work.lot()
        if facts is None:
            raise NotDescribed("the lot's facts are not recorded yet: start the server with its configuration")
        return cls(facts, len(look.work.open_alerts()), look.work.emergency(), look.work.clock_doubt())


class Pages:
    """The pages for one request; `visitor` is None before somebody signed in."""

    def __init__(self, clock: Clock, request: Request, visitor: Visitor | None = None) -> None:
        self._clock, self._request, self._visitor = clock, request, visitor
        self._chosen = request.query_params.get(LANGUAGE)
        accepted = request.headers.get("accept-language", "")
        self.language: Language = language_of(self._chosen or request.cookies.get(LANGUAGE), accepted)

    def words(self, frame: Frame | None = None) -> Wording:
        if frame is None:
            return Wording(self.language)
        return Wording(self.language, frame.facts.time_zone, frame.facts.currency)

    def both(self, frame: Frame) -> tuple[Wording, Wording]:
        """The words of every language, the visitor's first."""
        own, other = self.words(frame), replace(self.words(frame), language="en" if self.language == "zh" else "zh")
        return own, other

    def render(self, template: str, frame: Frame | None, values: Mapping[str, object]) -> str:
        """A page's or a part's text."""
        return TEMPLATES.get_template(template).render(
            words=self.words(frame),
            language=self.language,
            other_link=self._other_link(),
            now=self._clock.now(),
            simulated=self._clock.simulated,
            frame=frame,
            visitor=self._visitor,
            may=None if self._visitor is None else self._visitor.account.may,
            form_token=None if self._visitor is None else self._visitor.form_token,
            **values,
        )

    def show(self, template: str, frame: Frame | None, values: Mapping[str, object], status: int = 200) -> HTMLResponse:
        """A page in the visitor's language and the lot's time; a choice of language is kept in a cookie."""
        answer = HTMLResponse(self.render(template, frame, values), status)
        if self._chosen is not None:
            days = LANGUAGE_DAYS * 86400
            answer.set_cookie(LANGUAGE, self.language, max_age=days, samesite="lax", httponly=True, path="/")
        return answer

    def _other_link(self) -> str:
        """The same page in the other language. A page that answers a form has no address of its own."""
        other = "en" if self.language == "zh" else "zh"
        read = self._request.method == "GET"
        query = dict(self._request.query_params) if read else {}
        path = self._request.url.path if read else "/"
        return f"{path}?{urlencode({**query, LANGUAGE: other})}"
