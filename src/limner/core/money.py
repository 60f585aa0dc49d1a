"""US dollars as whole millionths, so that sums are exact: in the database, in budgets, in reports."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_MILLION = 1_000_000


def to_micro(usd: Decimal) -> int:
    """Dollars as millionths of a dollar, rounded half up."""
    return int((usd * _MILLION).to_integral_value(ROUND_HALF_UP))


def from_micro(micro_usd: int) -> Decimal:
    """Millionths of a dollar as dollars with six decimals."""
    return Decimal(micro_usd).scaleb(-6)
