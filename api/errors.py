"""What the cloud refuses, each with a status, a stable code and what to do; bodies are `{"code", "message"}`."""

import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from cloud_sync.wire import Refusal, RefusalCode
from lot_server.domain.codec import to_body
from lot_server.domain.errors import BadPlate

log = logging.getLogger(__name__)


REFUSAL_STATUS: dict[RefusalCode, int] = {
    "malformed_batch": 400,
    "bad_signature": 401,
    "unknown_lot": 404,
    "sequence_gap": 409,
    "ledger_fork": 409,
    "batch_too_large": 413,
    "unknown_event": 422,
}


class BadConfig(Exception):
    """A configuration file that cannot be used; the message names the file and the key."""

    code = "bad_config"


class ApiError(Exception):
    """Base of every refusal of a request; subclasses say the status and the code."""

    status = 500
    code = "api_error"

    def __init__(self, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.headers = dict(headers or {})

    def body(self) -> dict[str, object]:
        """The JSON body of the answer."""
        return {"code": self.code, "message": self.message}


class UnknownLot(ApiError):
    status = 404
    code = "unknown_lot"


class RequestRefused(ApiError):
    """A lot's signed request was refused; the body is the wire's `Refusal`, and nothing was applied."""

    def __init__(self, refusal: Refusal, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(refusal.message, headers)
        self.refusal = refusal
        self.status = REFUSAL_STATUS[refusal.code]

    def body(self) -> dict[str, object]:
        return dict(to_body(self.refusal))


class PlateNotInside(ApiError):
    status = 404
    code = "plate_not_inside"


class UnknownOrder(ApiError):
    status = 404
    code = "unknown_order"


class UnknownProvider(ApiError):
    status = 404
    code = "unknown_provider"


class TooManyRequests(ApiError):
    """Asked more often than the limits allow; the `Retry-After` header says how many seconds to wait."""

    status = 429
    code = "too_many_requests"


class FeeUnknown(ApiError):
    status = 409
    code = "fee_unknown"


class NothingDue(ApiError):
    status = 409
    code = "nothing_due"


class NotRefundable(ApiError):
    """A refund of what was not taken here, or of more than is left of it."""

    status = 409
    code = "not_refundable"


class IdempotencyConflict(ApiError):
    status = 409
    code = "idempotency_conflict"


class PaymentUnavailable(ApiError):
    """This cloud has no payment provider in its configuration."""

    status = 503
    code = "payment_unavailable"


class ProviderFailed(ApiError):
    """The payment provider did not answer in time, or not as agreed."""

    status = 502
    code = "provider_failed"


class ForgedWebhook(ApiError):
    """The signature is missing or does not fit the body."""

    status = 401
    code = "forged_webhook"


class StaleWebhook(ApiError):
    """Signed rightly, but too far from this clock: a replay, or a clock that is wrong."""

    status = 401
    code = "stale_webhook"


class MalformedWebhook(ApiError):
    status = 400
    code = "malformed_webhook"


class MalformedRequest(ApiError):
    """The only 422: the request itself cannot be understood."""

    status = 422
    code = "malformed_request"


HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}


def answer(status: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A JSON answer that no cache keeps."""
    return JSONResponse(body, status, {"Cache-Control": "no-store", **(headers or {})})


def install_handlers(app: FastAPI) -> None:
    """Every error of `app` leaves as `{"code", "message"}`; what nobody expected is logged and says only so."""

    @app.exception_handler(ApiError)
    async def refused(_: Request, error: ApiError) -> JSONResponse:
        return answer(error.status, error.body(), error.headers)

    @app.exception_handler(BadPlate)
    async def no_plate(_: Request, error: BadPlate) -> JSONResponse:
        return answer(422, {"code": error.code, "message": str(error)})

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        return answer(422, {"code": MalformedRequest.code, "message": faults})

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        code = HTTP_CODES.get(error.status_code, "http_error")
        return answer(error.status_code, {"code": code, "message": str(error.detail)}, error.headers)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return answer(500, {"code": "internal_error", "message": "the cloud failed; try again, and tell its operator"})
