"""Renders the drivers' pages: what every page shows, and how a refusal looks."""

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.deps import Cloud
from api.driver_page.texts import Language, language_of
from api.driver_page.wording import Wording
from api.errors import ApiError
from api.tables import LotRow
from lot_server.domain.errors import BadPlate

LANGUAGE = "lang"
"""The query parameter and the cookie that hold a driver's choice of language."""
LANGUAGE_DAYS = 365
TEMPLATES = Environment(
    loader=PackageLoader("api.driver_page"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


class Pages:
    """The pages for one request."""

    def __init__(self, cloud: Cloud, request: Request) -> None:
        self._cloud, self._request = cloud, request
        self._chosen = request.query_params.get(LANGUAGE)
        self.language: Language = language_of(
            self._chosen or request.cookies.get(LANGUAGE), request.headers.get("accept-language", "")
        )

    def wording(self, lot: LotRow | None = None) -> Wording:
        return Wording(self.language, lot.time_zone) if lot else Wording(self.language)

    def show(
        self,
        template: str,
        values: Mapping[str, object],
        status: int = 200,
        lot: LotRow | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HTMLResponse:
        """A page in the driver's language and the lot's time; its choice of language is kept in a cookie."""
        clock = self._cloud.clock
        other = "en" if self.language == "zh" else "zh"
        # A page that answers a form leads back to the form's own page.
        read = self._request.method == "GET"
        query = dict(self._request.query_params) if read else {"lot": lot.lot_id} if lot else {}
        path = self._request.url.path if read else "/pay" if lot else "/"
        text = TEMPLATES.get_template(template).render(
            words=self.wording(lot),
            language=self.language,
            other_link=f"{path}?{urlencode({**query, LANGUAGE: other})}",
            now=clock.now(),
            simulated=clock.simulated,
            lot=lot,
            **values,
        )
        answer = HTMLResponse(text, status, {"Cache-Control": "no-store", **(headers or {})})
        if self._chosen is not None:
            answer.set_cookie(
                LANGUAGE, self.language, max_age=LANGUAGE_DAYS * 86400, samesite="lax", httponly=True, path="/"
            )
        return answer

    def problem(self, error: ApiError | BadPlate) -> str:
        """What a refusal means for a driver."""
        words = self.wording()
        if not words.knows(error.code):
            return str(error)
        headers = error.headers if isinstance(error, ApiError) else {}
        return words.say(error.code, seconds=headers.get("Retry-After", "60"))

    def refuse(self, error: ApiError | BadPlate, back: str = "/") -> HTMLResponse:
        """A page that says what went wrong, with a way on."""
        status, headers = status_of(error)
        return self.show("problem.html", {"problem": self.problem(error), "back": back}, status, headers=headers)


def status_of(error: ApiError | BadPlate) -> tuple[int, dict[str, str]]:
    """The status and headers that a refusal has as JSON, too."""
    return (error.status, error.headers) if isinstance(error, ApiError) else (422, {})
