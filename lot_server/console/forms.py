"""The pages' own forms, read and checked."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import Request

from lot_server.errors import BadForm, StaleForm

TOKEN = "form_token"  # noqa: S105
MOST_BYTES = 64 * 1024
MOST_FIELDS = 32
REASON, NOTE = "reason", "note"
_AMOUNT = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,2}))?")
OTHER = "other"
"""The reason that says nothing without a note."""
MOST_REASON = 500


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of one posted form."""

    fields: Mapping[str, str]

    def text(self, name: str, most: int = 200) -> str:
        """A field that is not empty, without the spaces around it. Raises BadForm."""
        value = self.fields.get(name, "").strip()
        if not value or len(value) > most:
            raise BadForm(f"{name} must have 1 to {most} characters")
        return value

    def choice(self, name: str) -> str | None:
        """A field that may be empty."""
        return self.fields.get(name, "").strip() or None

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.choice(name) is not None

    def number(self, name: str) -> int:
        """Raises BadForm."""
        try:
            return int(self.text(name, 20))
        except ValueError as error:
            raise BadForm(f"{name} must be a whole number") from error

    def minor(self, name: str) -> int:
        """An amount as people write it, `18`, `18.5` or `18,50`, in minor units. Raises BadForm."""
        found = _AMOUNT.fullmatch(self.text(name, 20))
        if found is None:
            raise BadForm(f"{name} must be an amount like 18.50")
        return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))

    def reason(self) -> str:
        """The chosen reason and the note beside it. Raises BadForm where both say nothing."""
        chosen, note = self.text(REASON), self.fields.get(NOTE, "").strip()
        if chosen == OTHER:
            chosen = ""
        reason = ": ".join(part for part in (chosen, note) if part)
        if not reason or len(reason) > MOST_REASON:
            raise BadForm(f"say why, in 1 to {MOST_REASON} characters")
        return reason


async def read_form(request: Request, token: str, most_bytes: int = MOST_BYTES) -> Form:
    """The form of a request, if it came from a page that was given `token`. Raises BadForm, StaleForm."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > most_bytes:
            raise BadForm(f"this form has at most {most_bytes} bytes")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise BadForm("the form is not URL-encoded UTF-8: send it as a browser does") from error
    fields = dict(pairs)
    if not hmac.compare_digest(fields.pop(TOKEN, "").encode(), token.encode()):
        raise StaleForm("this form is out of date or from elsewhere: open its page again")
    return Form(fields)
