"""A fee asked by plate, and its answer. Amounts are minor units of `currency`."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from lot_server.domain.fee_step import QuoteStep
from lot_server.domain.quote import Quote

MAX_SPELLING = 64


class PlateAsked(BaseModel):
    """A plate in any spelling."""

    model_config = ConfigDict(extra="forbid")
    plate: str = Field(min_length=1, max_length=MAX_SPELLING)


class Fee(BaseModel):
    """What a stay owes now; `leave_by` is set once it is paid, `honoured_until` is how long `due` settles it;
    `overpaid` is to be given back.
    """

    stay_id: str
    plate: str
    entered_at: datetime
    at: datetime
    currency: str
    gross: int
    paid: int
    due: int
    overpaid: int
    honoured_until: datetime
    leave_by: datetime | None
    tariff_version: int
    steps: list[QuoteStep]


def fee_of(stay_id: str, plate: str, quote: Quote) -> Fee:
    """The wire form of a quote."""
    return Fee(
        stay_id=stay_id,
        plate=plate,
        entered_at=quote.entered_at,
        at=quote.at,
        currency=quote.due.currency,
        gross=quote.gross.minor,
        paid=quote.paid.minor,
        due=quote.due.minor,
        overpaid=quote.overpaid.minor,
        honoured_until=quote.honoured_until,
        leave_by=quote.leave_by,
        tariff_version=quote.tariff_version,
        steps=list(quote.steps),
    )
