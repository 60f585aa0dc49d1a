"""Time and chance: the seam that tests replace."""

from __future__ import annotations

import random
import secrets
import threading
import time
from datetime import UTC, date, datetime
from datetime import time as time_of_day

_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"
_CHANCE_BITS = 35

_last_id = 0
_id_lock = threading.Lock()


def now_ms() -> int:
    """Milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000


def monotonic_s() -> float:
    """Seconds on a clock that never goes back; only differences mean anything."""
    return time.monotonic()


def today() -> date:
    """The current date in UTC."""
    return datetime.fromtimestamp(now_ms() / 1000, UTC).date()


def day_start_ms() -> int:
    """The last midnight of the local clock, in milliseconds since 1970-01-01 UTC."""
    now = datetime.fromtimestamp(now_ms() / 1000).astimezone()
    return int(datetime.combine(now.date(), time_of_day(), None).astimezone().timestamp()) * 1000


def sleep(seconds: float, cancelled: threading.Event | None = None) -> None:
    """Wait `seconds`, or less if `cancelled` is set meanwhile."""
    if cancelled is None:
        time.sleep(seconds)
    else:
        cancelled.wait(seconds)


def jitter() -> float:
    """A random factor between 0 and 1, for spreading retries."""
    return random.random()  # noqa: S311 - spreads retries, protects nothing


def new_seed() -> int:
    """A random seed between 0 and 2**31 - 1."""
    return secrets.randbelow(2**31)


def new_id() -> str:
    """A new identifier of 16 characters: 9 of time, 7 of chance; sorts by age, in one process without ties."""
    global _last_id
    with _id_lock:
        number = now_ms() << _CHANCE_BITS | secrets.randbits(_CHANCE_BITS)
        if number >> _CHANCE_BITS == _last_id >> _CHANCE_BITS:
            number = max(number, _last_id + 1)
        _last_id = number
    return _base32(number, 16)


def id_at(time_ms: int, number: int) -> str:
    """The identifier that belongs to a time and a number: always the same one; sorts among those of `new_id`."""
    return _base32(time_ms, 9) + _base32(number, 7)


def _base32(number: int, length: int) -> str:
    return "".join(_BASE32[(number >> 5 * place) & 31] for place in range(length - 1, -1, -1))
