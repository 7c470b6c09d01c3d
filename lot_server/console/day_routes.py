"""The day report: vehicles, spaces and money of one calendar day, on a page and as files."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from lot_server.console import day as days
from lot_server.console.charts import bar_chart, step_chart
from lot_server.console.merchant_figures import by_merchant
from lot_server.console.pages import Frame
from lot_server.console.parts import Console
from lot_server.console.sign_ins import Visitor
from lot_server.console.wording import Wording
from lot_server.errors import BadForm
from lot_server.store.day_figures import Day
from lot_server.store.look import Look

MINOR = 100
EARLIEST = date(2000, 1, 1)


def day_routes(console: Console) -> APIRouter:
    """The page and its files."""
    router, guard, lot = APIRouter(), console.guard, console.lot

    @router.get("/day")
    def report(
        request: Request, visitor: Annotated[Visitor, Depends(guard.needs("viewer"))], date: str = ""
    ) -> HTMLResponse:
        """The figures of a day in the lot's zone, today's by default. Raises BadForm."""
        pages = console.pages(request, visitor)
        with console.store.look() as look:
            frame = Frame.of(look)
            words = pages.words(frame)
            wanted = _date(date, words)
            edges = days.hour_edges(wanted, words.zone)
            figures, merchants = look.days.of(edges), by_merchant(look, edges[0], edges[-1])
            night = look.counting.reconciliation(wanted.isoformat())
        values = {
            "date": wanted,
            "day": figures,
            "night": night,
            "merchants": merchants,
            "today": _today(words),
            **_neighbours(wanted, words),
        }
        return pages.show("day.html", frame, values | _charts(figures, words, frame.facts.spaces))

    @router.get("/day/hours.csv")
    async def hours(visitor: Annotated[Visitor, Depends(guard.needs("viewer"))], date: str = "") -> Response:
        """The figures hour by hour. Raises BadForm."""
        return await _file("hours", date, visitor)

    @router.get("/day/stays.csv")
    async def stays(visitor: Annotated[Visitor, Depends(guard.needs("operator"))], date: str = "") -> Response:
        """The stays that entered or left on the day, with their plates. Raises BadForm."""
        return await _file("stays", date, visitor)

    @router.get("/day/money.csv")
    async def money(visitor: Annotated[Visitor, Depends(guard.needs("operator"))], date: str = "") -> Response:
        """Every payment and refund of the day. Raises BadForm."""
        return await _file("money", date, visitor)

    async def _file(kind: str, date: str, visitor: Visitor) -> Response:
        def write() -> tuple[str, str]:
            with console.store.look() as look:
                words = _words(look)
                wanted = _date(date, words)
                edges = days.hour_edges(wanted, words.zone)
                if kind == "hours":
                    return f"{kind}-{wanted}", days.hours_csv(look.days.of(edges), words)
                if kind == "money":
                    return f"{kind}-{wanted}", days.money_csv(look.day_money.moves(edges[0], edges[-1]), words)
                return f"{kind}-{wanted}", days.stays_csv(look.stays.between(edges[0], edges[-1]), words)

        name, text = await run_in_threadpool(write)
        await lot.note(visitor.account.name, "export_day", name, None)
        headers = {"Content-Disposition": f'attachment; filename="{lot.lot_id}-{name}.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    def _words(look: Look) -> Wording:
        facts = Frame.of(look).facts
        return Wording("en", facts.time_zone, facts.currency)

    def _today(words: Wording) -> date:
        return words.local(lot.clock.now()).date()

    def _date(text: str, words: Wording) -> date:
        try:
            wanted = date.fromisoformat(text) if text else _today(words)
        except ValueError as error:
            raise BadForm("date must be a day like 2026-01-31") from error
        if not EARLIEST <= wanted <= _today(words):
            raise BadForm(f"date must be between {EARLIEST} and today")
        return wanted

    def _neighbours(day: date, words: Wording) -> dict[str, date | None]:
        one = timedelta(days=1)
        return {"before": day - one, "after": day + one if day < _today(words) else None}

    return router


def _charts(day: Day, words: Wording, spaces: int) -> dict[str, object]:
    hours = [words.clock(hour.starts_at) for hour in day.hours]
    traffic = [("entries", [hour.entries for hour in day.hours]), ("exits", [hour.exits for hour in day.hours])]
    return {
        "traffic": bar_chart(traffic, hours),
        "inside": step_chart([hour.most_inside for hour in day.hours], hours, spaces),
        "money": bar_chart(
            [
                ("taken", [hour.taken_minor for hour in day.hours]),
                ("refunded", [hour.refunded_minor for hour in day.hours]),
            ],
            hours,
            MINOR,
        ),
    }
