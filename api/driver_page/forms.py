"""Reads the pages' own forms."""

from urllib.parse import parse_qsl

from fastapi import Request

from api.errors import MalformedRequest
from api.fees.schemas import MAX_SPELLING

MAX_FIELDS = 8
MAX_FIELD = 256


async def read_form(request: Request, *names: str) -> list[str]:
    """The fields `names` of a posted form, each present once. Raises MalformedRequest."""
    try:
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise MalformedRequest("the form is not URL-encoded UTF-8: send it as a browser does") from error
    fields = dict(pairs)
    for name in names:
        if name not in fields or len(fields[name]) > (MAX_SPELLING if name == "plate" else MAX_FIELD):
            raise MalformedRequest(f"the form's field {name!r} is missing or too long")
    return [fields[name] for name in names]
