"""Amounts of money: integer minor units and an ISO 4217 code."""

from dataclasses import dataclass

from lot_server.domain.errors import CurrencyMismatch


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` units (fen, cents) of `currency`, an ISO 4217 code. Never a float."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __str__(self) -> str:
        sign = "-" if self.minor < 0 else ""
        whole, part = divmod(abs(self.minor), 100)
        return f"{sign}{whole}.{part:02d} {self.currency}"

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"cannot mix {self.currency} with {other.currency}: convert one of them first")
