"""The sandbox's own orders, in memory: a sandbox that is stopped forgets them, as no money was real."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from api.errors import ApiError
from api.payments.sandbox_messages import OpenOrder, OrderStatus, Payment, RefundAnswer, RefundPayment


class OrderChanged(ApiError):
    """An order was opened again with other terms."""

    status = 409
    code = "order_changed"


class UnknownPage(ApiError):
    status = 404
    code = "unknown_page"


class NotPayable(ApiError):
    """The order has expired."""

    status = 409
    code = "order_expired"


@dataclass(frozen=True, slots=True)
class SandboxOrder:
    """One order and its secret page; `seen` once somebody has looked at the page."""

    terms: OpenOrder
    page: str
    seen: bool = False
    payment: Payment | None = None

    def status(self, now: datetime) -> OrderStatus:
        """How the order stands at an instant."""
        if self.payment is not None:
            return OrderStatus(self.terms.order_id, "paid", self.payment)
        return OrderStatus(self.terms.order_id, "expired" if now > self.terms.expires_at else "open", None)


class SandboxOrders:
    """Every order since the start, by order id and by page."""

    def __init__(self) -> None:
        self._by_id: dict[str, SandboxOrder] = {}
        self._ids: dict[str, str] = {}
        self._refunds: dict[str, tuple[RefundPayment, RefundAnswer]] = {}

    def open(self, terms: OpenOrder) -> SandboxOrder:
        """The order of these terms, new or as it was. Raises OrderChanged."""
        known = self._by_id.get(terms.order_id)
        if known is None:
            known = SandboxOrder(terms, secrets.token_urlsafe(18))
            self._ids[known.page] = terms.order_id
            self._by_id[terms.order_id] = known
        if known.terms != terms:
            raise OrderChanged("this order was opened with other terms: give a new order a new id")
        return known

    def find(self, order_id: str) -> SandboxOrder | None:
        return self._by_id.get(order_id)

    def at_page(self, page: str) -> SandboxOrder:
        """Raises UnknownPage."""
        if page not in self._ids:
            raise UnknownPage("there is no such payment: go back to the car park's page and start again")
        return self._by_id[self._ids[page]]

    def see(self, page: str) -> tuple[SandboxOrder, bool]:
        """The order of a page, and whether it is looked at for the first time. Raises UnknownPage."""
        order = self.at_page(page)
        self._by_id[order.terms.order_id] = replace(order, seen=True)
        return order, not order.seen

    def pay(self, page: str, now: datetime) -> tuple[SandboxOrder, bool]:
        """The paid order, and whether it was paid just now. Raises UnknownPage, NotPayable."""
        order = self.at_page(page)
        if order.payment is not None:
            return order, False
        if order.status(now).state == "expired":
            raise NotPayable("this payment has expired: go back to the car park's page and ask for the fee again")
        paid = replace(order, payment=Payment(f"sbx-{secrets.token_hex(12)}", order.terms.amount, now))
        self._by_id[order.terms.order_id] = paid
        return paid, True

    def refund(self, wish: RefundPayment, now: datetime) -> RefundAnswer:
        """Give money back, once for an id, and never more than was paid. Raises OrderChanged."""
        if wish.refund_id in self._refunds:
            known, answer = self._refunds[wish.refund_id]
            if known != wish:
                raise OrderChanged("this refund was asked for with other terms: give a new refund a new id")
            return answer
        order = self._by_id.get(wish.order_id)
        payment = None if order is None else order.payment
        if payment is None or payment.reference != wish.payment or payment.amount.currency != wish.amount.currency:
            return RefundAnswer(wish.refund_id, "refused", None, None, "there is no such payment")
        back = sum(each.amount.minor for each, answer in self._of(wish.payment) if answer.state == "done")
        if not 0 < wish.amount.minor <= payment.amount.minor - back:
            return RefundAnswer(wish.refund_id, "refused", None, None, "this is more than is left of the payment")
        answer = RefundAnswer(wish.refund_id, "done", f"sbr-{secrets.token_hex(12)}", now, None)
        self._refunds[wish.refund_id] = (wish, answer)
        return answer

    def _of(self, payment: str) -> list[tuple[RefundPayment, RefundAnswer]]:
        return [(wish, answer) for wish, answer in self._refunds.values() if wish.payment == payment]
