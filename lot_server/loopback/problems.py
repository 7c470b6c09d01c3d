"""Typed errors as HTTP answers: a status, and `{"code", "message"}`."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from lot_server import errors
from lot_server.domain.errors import DomainError
from lot_server.errors import LotError
from vision.errors import VisionError

_STATUS: dict[type[LotError], int] = {
    errors.Unauthorized: 401,
    errors.UnknownLane: 404,
    errors.UnknownStay: 404,
    errors.UnknownVehicle: 404,
    errors.UnknownPass: 404,
    errors.NotListed: 404,
    errors.BadListing: 422,
    errors.BadCsv: 422,
    errors.BadInstant: 422,
    errors.UnknownAccount: 404,
    errors.UnknownAlert: 404,
    errors.AccountExists: 409,
    errors.SignInRefused: 401,
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.StaleForm: 403,
    errors.BadForm: 422,
    errors.BadPassword: 422,
    errors.TooManySignIns: 429,
    errors.TooManyWatchers: 503,
    errors.PhotoUnavailable: 404,
    errors.NothingWaits: 409,
    errors.CodeNotTaken: 409,
    errors.SettlementConflict: 409,
    errors.CouponConflict: 409,
    errors.UnknownSettlement: 404,
    errors.RefundConflict: 409,
    errors.RefundExceeds: 409,
    errors.BadPayment: 422,
    errors.NothingOwed: 409,
    errors.ShiftConflict: 409,
    errors.UnknownMerchant: 404,
    errors.MerchantLimit: 409,
    errors.UnknownCode: 404,
    errors.ContradictoryEvent: 409,
    errors.LedgerFork: 409,
    errors.NothingDisputed: 409,
    errors.StillNeeded: 409,
    errors.LaneOccupied: 409,
    errors.BarrierFault: 502,
    errors.BarrierHeld: 409,
    errors.EmergencyInputOn: 409,
    errors.NoEmergency: 409,
    errors.ClockNotDoubted: 409,
    errors.LaneUnseen: 502,
    errors.LaneNotWatched: 409,
    errors.GroundUnmarked: 409,
    errors.NotDescribed: 503,
    errors.NoTariff: 503,
    errors.VisionUnavailable: 503,
    errors.VisionTimeout: 504,
    errors.DiskFull: 507,
    errors.StoreError: 503,
}
"""By class, and for classes that are not here by their nearest base; 500 for the rest."""

log = logging.getLogger(__name__)


def status_of(error: LotError) -> int:
    """The HTTP status that an error is answered with."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)


def answer_problems(app: FastAPI) -> None:
    """Let `app` answer every error as a typed one."""

    @app.exception_handler(LotError)
    async def lot_error(_: Request, error: LotError) -> JSONResponse:
        status = status_of(error)
        if status >= 500:
            log.error("%s: %s", error.code, error)
        return _answer(status, error.code, str(error))

    @app.exception_handler(DomainError)
    async def domain_error(_: Request, error: DomainError) -> JSONResponse:
        return _answer(422, error.code, str(error))

    @app.exception_handler(VisionError)
    async def vision_error(_: Request, error: VisionError) -> JSONResponse:
        return _answer(422, error.code, str(error))

    @app.exception_handler(RequestValidationError)
    async def bad_request(_: Request, error: RequestValidationError) -> JSONResponse:
        # Where and what, never the value: it may be a plate.
        faults = [f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()]
        return _answer(422, "bad_request", "; ".join(faults))

    @app.exception_handler(HTTPException)
    async def http_error(_: Request, error: HTTPException) -> JSONResponse:
        code = {404: "unknown_path", 405: "method_not_allowed"}.get(error.status_code, "bad_request")
        return _answer(error.status_code, code, str(error.detail))

    @app.exception_handler(Exception)
    async def fault(_: Request, error: Exception) -> JSONResponse:
        return _answer(500, "internal_error", f"{type(error).__name__} in the lot server: look at its log")


def _answer(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"code": code, "message": message}, status_code=status)
