"""Lets in a lot's signed requests, and nothing else; refusals are the wire's `Refusal`."""

from starlette.requests import HTTPConnection

from api.deps import Cloud
from api.errors import RequestRefused
from api.tables import Enrolment
from cloud_sync.errors import BadSignature
from cloud_sync.signing import TIME_HEADER, verify_request
from cloud_sync.wire import LOT_ID, Refusal
from lot_server.domain.clock import Clock, to_text


async def authenticate(cloud: Cloud, connection: HTTPConnection, method: str, lot_id: str, body: bytes = b"") -> None:
    """Raises RequestRefused unless the lot is enrolled and its key signed this request."""
    enrolment = None
    if LOT_ID.fullmatch(lot_id):
        async with cloud.database.reading() as session:
            enrolment = await session.get(Enrolment, lot_id)
    if enrolment is None:
        raise RequestRefused(Refusal("unknown_lot", f"no lot {lot_id!r} here: enrol it with `openlot cloud add-lot`"))
    try:
        verify_request(enrolment.public_key, method, connection.url.path, body, connection.headers, cloud.clock)
    except BadSignature as error:
        # A lot whose clock is wrong is refused, and learns the time all the same.
        raise RequestRefused(Refusal("bad_signature", str(error)), time_header(cloud.clock)) from error


def time_header(clock: Clock) -> dict[str, str]:
    """What the cloud's clock shows, for a lot whose own is in doubt."""
    return {TIME_HEADER: to_text(clock.now())}
