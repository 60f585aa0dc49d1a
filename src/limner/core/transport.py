"""The seam between what is said and how it travels: HTTP, or the sandbox in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from limner._json import JsonValue
from limner.core.secret import Secret

FaultKind = Literal["connect", "tls", "timeout", "reset", "protocol", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WireCall:
    """One request to a provider. `document` is the lifted JSON body, `headers` may hold secrets.

    `timeout_s` bounds each wait for the next bytes, `total_timeout_s` the whole call, both in seconds.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str | Secret], ...] = ()
    query_key: Secret | None = None
    """A key that goes into the URL as `?key=`, only where a connection explicitly asks for it."""
    document: JsonValue = None
    timeout_s: float = 300.0
    total_timeout_s: float = 900.0


class TransportFault(Exception):
    """The call could not be carried out. `sent` is true if any byte of the request may have left."""

    def __init__(self, message: str, *, kind: FaultKind, sent: bool) -> None:
        super().__init__(message)
        self.kind: FaultKind = kind
        self.sent = sent


class WireReply(Protocol):
    """A reply whose body is read piece by piece."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, names in lower case."""
        ...

    def read(self) -> bytes:
        """The next bytes of the body, as they arrive; empty at the end. Raises `TransportFault`."""
        ...

    def close(self) -> None:
        """Let go of the connection, wherever the body stands."""
        ...


class Transport(Protocol):
    """Carries one call. `before_sending` runs after connecting and before the first byte leaves."""

    def open(
        self, call: WireCall, *, body: Iterable[bytes], length: int | None, before_sending: Callable[[], None]
    ) -> WireReply:
        """Send the request with `body` (`length` bytes, or chunked where `None`) and wait for the headers."""
        ...

    def cancel(self) -> None:
        """Break off every call under way, from another thread: each ends with a `cancelled` fault."""
        ...

    def close(self) -> None:
        """Let go of all connections."""
        ...
