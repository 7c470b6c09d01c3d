"""Each step of a fee in a sentence, in English and in Chinese: why an amount is what it is."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from lot_server.domain.fee_step import QuoteStep, StepKind

FeeLanguage = Literal["en", "zh"]
FEE_LANGUAGES: tuple[FeeLanguage, ...] = get_args(FeeLanguage)

STEP_WORDS: dict[FeeLanguage, dict[StepKind, str]] = {
    "en": {
        "free": "Up to {span} free",
        "visit": "One visit at {price}",
        "blocks": "{count} × {span} at {price}",
        "waived": "{count} × {span} at {price}, free thanks to {name}",
        "window_cap": "At most {price} for {name}",
        "calendar_cap": "At most {price} on {date}",
        "cap": "At most {price} a day",
        "class": "{percent} % less for {name}",
        "minimum": "At least {price}",
        "rounding": "Rounded to whole {price}",
        "coupon_percent": "{percent} % off from {name}",
        "coupon_amount": "{price} from {name}",
        "coupon_full": "Paid for by {name}",
        "lost_ticket": "Lost ticket: at least {price}",
        "pass": "Covered by a pass",
        "pass_from": "Covered by a pass from {when} on",
        "allowed": "Free: the plate is on the lot's allow list",
        "paid": "Already paid",
        "grace": "{span} to leave after paying",
        "grace_over": "The {span} to leave after paying ended at {until}",
        "refunded": "Given back",
        "forgiven": "Not asked for any more",
        "overpaid": "Paid too much: to be given back",
    },
    "zh": {
        "free": "{span}以内免费",
        "visit": "按次收费 {price}",
        "blocks": "{count} × {span}，每段 {price}",
        "waived": "{count} × {span}，每段 {price}，{name}减免",
        "window_cap": "{name}时段封顶 {price}",
        "calendar_cap": "{date} 当日封顶 {price}",
        "cap": "每日封顶 {price}",
        "class": "{name}优惠 {percent}%",
        "minimum": "最低收费 {price}",
        "rounding": "按 {price} 取整",
        "coupon_percent": "{name}优惠 {percent}%",
        "coupon_amount": "{name}抵扣 {price}",
        "coupon_full": "{name}全额减免",
        "lost_ticket": "停车票遗失，最低收费 {price}",
        "pass": "持有效月卡或通行证，免费",
        "pass_from": "{when} 起由月卡或通行证覆盖",
        "allowed": "车牌在本场白名单内，免费",
        "paid": "已付",
        "grace": "付款后{span}内离场不再计费",
        "grace_over": "付款后{span}的离场时间已于 {until} 结束",
        "refunded": "已退款",
        "forgiven": "已免除欠费",
        "overpaid": "多付金额，应退还",
    },
}
_SPAN_WORDS: dict[FeeLanguage, dict[str, str]] = {
    "en": {"minutes": "{count} min", "hours": "{count} h", "day": "Day {day}: {text}", "window": "{name}: {text}"},
    "zh": {
        "minutes": "{count} 分钟",
        "hours": "{count} 小时",
        "day": "第 {day} 天：{text}",
        "window": "{name}：{text}",
    },
}
_BLOCKS: tuple[StepKind, ...] = ("blocks", "waived")
_OF_A_DAY: tuple[StepKind, ...] = (*_BLOCKS, "cap")


def explain(
    step: QuoteStep, language: FeeLanguage, zone: str, amount: Callable[[int], str], several_days: bool = False
) -> str:
    """The sentence of a step. `amount` writes minor units; `several_days` names the day that a step belongs to."""
    words = _SPAN_WORDS[language]
    text = STEP_WORDS[language][step.kind].format(
        count=step.count,
        span=span(step.unit_minutes, language),
        price=amount(step.unit_price),
        percent=step.percent,
        name=step.name or "",
        when="" if step.starts_at is None else _local(step.starts_at, zone).strftime("%Y-%m-%d %H:%M"),
        date="" if step.starts_at is None else _local(step.starts_at, zone).strftime("%Y-%m-%d"),
        until="" if step.ends_at is None else _local(step.ends_at, zone).strftime("%H:%M"),
    )
    if step.kind == "blocks" and step.name is not None:
        text = words["window"].format(name=step.name, text=text)
    if several_days and step.kind in _OF_A_DAY:
        return words["day"].format(day=step.day + 1, text=text)
    return text


def between(step: QuoteStep, zone: str) -> str | None:
    """From when to when a step's blocks ran, by the lot's clock; None for a step that is not of blocks."""
    if step.kind not in _BLOCKS or step.starts_at is None or step.ends_at is None:
        return None
    starts, ends = _local(step.starts_at, zone), _local(step.ends_at, zone)
    same = starts.date() == ends.date()
    return f"{starts:%Y-%m-%d %H:%M} – {ends:%H:%M}" if same else f"{starts:%Y-%m-%d %H:%M} – {ends:%Y-%m-%d %H:%M}"


def span(minutes: int, language: FeeLanguage) -> str:
    """`30 min`, `2 h`."""
    words = _SPAN_WORDS[language]
    if minutes and minutes % 60 == 0:
        return words["hours"].format(count=minutes // 60)
    return words["minutes"].format(count=minutes)


def _local(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(ZoneInfo(zone))
