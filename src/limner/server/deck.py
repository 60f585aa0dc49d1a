"""Test cards that an administrator laid for requests to come."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from limner.providers.sandbox.protocol.cards import MAX_CARDS, CardRefusedError, read_header

MAX_LAID = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """Cards for the next `times` requests, those of one `model` only where it is named."""

    cards: str
    times: int = 1
    model: str | None = None


class Deck:
    """The cards that lie, first one first. Safe to use from several threads."""

    def __init__(self) -> None:
        self._laid: list[Laid] = []
        self._lock = threading.Lock()

    def lay(self, laid: Laid) -> None:
        """Add cards. Raises `CardRefusedError` for one that does not exist."""
        if not 1 <= len(read_header(laid.cards)) <= MAX_CARDS:
            raise CardRefusedError(f"Lay 1 to {MAX_CARDS} cards, such as 429:26 or slow:1, snake.")
        with self._lock:
            if len(self._laid) >= MAX_LAID:
                raise CardRefusedError(f"{MAX_LAID} cards lie already; clear the deck first.")
            self._laid.append(laid)

    def draw(self, model: str | None) -> str | None:
        """The cards for a request of `model`, taken from the deck; `None` where none lie for it."""
        with self._lock:
            for place, laid in enumerate(self._laid):
                if laid.model is None or laid.model == model:
                    if laid.times > 1:
                        self._laid[place] = replace(laid, times=laid.times - 1)
                    else:
                        del self._laid[place]
                    return laid.cards
        return None

    def lying(self) -> tuple[Laid, ...]:
        """All cards that lie."""
        with self._lock:
            return tuple(self._laid)

    def clear(self) -> None:
        """Take all cards away."""
        with self._lock:
            self._laid.clear()
