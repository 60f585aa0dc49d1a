"""How amounts, times and sizes are said, here and in no template."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from limner import _clock

NARROW = "\u202f"


def money(usd: object) -> str:
    """`$0.034`; `free` for nothing, `unknown` where nobody knows."""
    if usd is None:
        return "unknown"
    try:
        amount = Decimal(str(usd))
    except InvalidOperation:
        return "unknown"
    if amount == 0:
        return "free"
    return f"${amount:.3f}" if amount < 1 else f"${amount:,.2f}"


def seconds(span_ms: float | None) -> str:
    """`9.8 s`, `2 min 5 s`."""
    if span_ms is None:
        return ""
    span_s = span_ms / 1000
    if span_s < 60:
        return f"{span_s:.1f} s"
    return f"{int(span_s) // 60} min {int(span_s) % 60} s"


def moment(time_ms: int | None) -> str:
    """`20 Nov 2026 09:31`, in the local time."""
    return "" if time_ms is None else f"{_local(time_ms):%-d %b %Y %H:%M}"


def ago(time_ms: int | None) -> str:
    """`just now`, `12 min ago`, `yesterday 09:31`, else the day."""
    if time_ms is None:
        return ""
    past_s = max(0, (_clock.now_ms() - time_ms) // 1000)
    if past_s < 60:
        return "just now"
    if past_s < 3600:
        return f"{past_s // 60} min ago"
    then, midnight_ms = _local(time_ms), _clock.day_start_ms()
    if time_ms >= midnight_ms:
        return f"today {then:%H:%M}"
    if time_ms >= midnight_ms - 24 * 3600 * 1000:
        return f"yesterday {then:%H:%M}"
    return f"{then:%-d %b %Y}"


def iso(time_ms: int | None) -> str:
    """For `<time datetime>`."""
    return "" if time_ms is None else _local(time_ms).isoformat(timespec="seconds")


def size(count: int) -> str:
    """`2.1 MB`, `340 kB`."""
    if count >= 1_000_000:
        return f"{count / 1e6:.1f} MB"
    return f"{max(1, round(count / 1000))} kB" if count >= 1000 else f"{count} B"


def short(text: str, length: int = 80) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def kind_name(mime_type: str) -> str:
    """`JPEG`, `PNG`."""
    return mime_type.rpartition("/")[2].upper()


def many(count: int, one: str, more: str | None = None) -> str:
    """`1 picture`, `3 pictures`."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


FILTERS: dict[str, Any] = {
    "money": money,
    "seconds": seconds,
    "moment": moment,
    "ago": ago,
    "iso": iso,
    "size": size,
    "short": short,
    "kind_name": kind_name,
    "many": many,
}


def _local(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000).astimezone()
