"""The sandbox reached as if over the network, without leaving the process: a transport whose other end draws."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import parse_qs, unquote, urlsplit

from limner import _clock
from limner.core.secret import Secret
from limner.core.transport import TransportFault, WireCall
from limner.providers.sandbox.protocol import wrap
from limner.providers.sandbox.protocol.asked import Asked
from limner.providers.sandbox.protocol.cards import HEADER
from limner.providers.sandbox.protocol.faults import Faults, cut_at
from limner.providers.sandbox.protocol.model import Prepared, SandboxModel
from limner.providers.sandbox.protocol.reply import SandboxReply
from limner.wire.gemini import refusals

PIECE_BYTES = 128 << 10
"""How much one `read` gives."""

DRIPS = 20
"""In how many pieces a dripping body comes."""

_METHOD_PATH = re.compile(r"(?:/.*)?/models/(?P<model>.+):(?P<method>[A-Za-z]+)")
_MODEL_PATH = re.compile(r"(?:/.*)?/models(?:/(?P<model>[^:]+))?")


class SandboxTransport:
    """Carries calls to `model`. Keys are not looked at: a call in this process needs none.

    Safe to use from several threads. The request's body is not read: the model reads `call.document`.
    """

    def __init__(self, model: SandboxModel) -> None:
        self._model = model
        self._cancelled = threading.Event()

    def open(
        self, call: WireCall, *, body: Iterable[bytes], length: int | None, before_sending: Callable[[], None]
    ) -> InProcessReply:
        """Announce, let the model answer, and give its reply; raises `TransportFault` as a network would."""
        patience = _Patience(call, self._cancelled)
        patience.check_cancelled(sent=False)
        prepared = self._prepared(call)
        if prepared.faults.refused:
            raise TransportFault(
                "the sandbox refused the connection ([[refused-connection]])", kind="connect", sent=False
            )
        before_sending()
        _suffer(prepared.faults, patience)
        reply = prepared.answer()
        patience.check_cancelled(sent=True)
        return InProcessReply(reply, patience)

    def cancel(self) -> None:
        """Break off every call under way, from another thread: each ends with a `cancelled` fault."""
        self._cancelled.set()

    def close(self) -> None:
        """Nothing is held open."""

    def _prepared(self, call: WireCall) -> Prepared:
        url = urlsplit(call.url)
        path = unquote(url.path)
        if call.method == "GET":
            return Prepared(answer=lambda: self._listed(path))
        match = _METHOD_PATH.fullmatch(path)
        if match is None:
            return Prepared(answer=lambda: wrap.refused(refusals.unknown_path(path)))
        return self._model.prepare(
            Asked(
                model=match["model"],
                method=match["method"],
                document=call.document,
                card=_header(call, HEADER),
                sse=parse_qs(url.query).get("alt") == ["sse"],
                service="vertex" if "/publishers/" in path else "gemini",
            )
        )

    def _listed(self, path: str) -> SandboxReply:
        match = _MODEL_PATH.fullmatch(path)
        if match is None:
            return wrap.refused(refusals.unknown_path(path))
        if match["model"]:
            return self._model.get_model(match["model"].removeprefix("models/"))
        return SandboxReply(documents=({"models": list(self._model.models())},))


class InProcessReply:
    """A reply whose body comes in pieces, disturbed as its faults say."""

    def __init__(self, reply: SandboxReply, patience: _Patience) -> None:
        self._reply = reply
        self._patience = patience
        self._pieces: Iterator[bytes] = _disturbed(reply, patience)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._reply.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, names in lower case."""
        return self._reply.headers

    def read(self) -> bytes:
        """The next piece of the body, empty at the end. Raises `TransportFault`."""
        self._patience.check_cancelled(sent=True)
        return next(self._pieces, b"")

    def close(self) -> None:
        """Read no further."""
        self._pieces = iter(())


class _Patience:
    """How long one caller waits, and whether it still does."""

    def __init__(self, call: WireCall, cancelled: threading.Event) -> None:
        self._limit_s = min(call.timeout_s, call.total_timeout_s)
        self._total_s = call.total_timeout_s
        self._waited_s = 0.0
        self._cancelled = cancelled

    def wait(self, seconds: float) -> None:
        """Let time pass; a `timeout` fault where that is longer than the caller waits."""
        left_s = min(self._limit_s, self._total_s - self._waited_s)
        _clock.sleep(min(seconds, left_s), self._cancelled)
        self._waited_s += seconds
        self.check_cancelled(sent=True)
        if seconds > left_s:
            raise _timed_out(left_s)

    def run_out(self, after_s: float) -> TransportFault:
        """Wait in vain for `after_s`, or for as long as the caller does if that is 0; gives the fault."""
        self.wait(min(after_s or self._limit_s, self._limit_s))
        return _timed_out(after_s or self._limit_s)

    def check_cancelled(self, *, sent: bool) -> None:
        """A `cancelled` fault where the caller has given up."""
        if self._cancelled.is_set():
            raise TransportFault("cancelled", kind="cancelled", sent=sent)


def _timed_out(seconds: float) -> TransportFault:
    return TransportFault(f"the sandbox sent nothing for {seconds:g} s", kind="timeout", sent=True)


def _suffer(faults: Faults, patience: _Patience) -> None:
    """What happens between the request and the first byte of the answer."""
    if faults.disconnected:
        raise TransportFault(
            "the sandbox closed the connection without an answer ([[disconnect]])", kind="reset", sent=True
        )
    if faults.silent_s is not None:
        raise patience.run_out(faults.silent_s)
    if faults.delay_s:
        patience.wait(faults.delay_s)


def _disturbed(reply: SandboxReply, patience: _Patience) -> Iterator[bytes]:
    """The body as it arrives. A reset comes as a fault after the last piece that got through."""
    faults = reply.faults
    if faults.cut is None and not faults.drip_s:
        yield from _even(reply.body())
        return
    body = b"".join(reply.body())
    arriving = len(body)
    if faults.cut is not None:
        picture = reply.pictures.read(reply.first_picture) if reply.first_picture is not None else None
        arriving = cut_at(body, faults.cut, picture)
    piece_bytes = max(1, -(-len(body) // DRIPS)) if faults.drip_s else PIECE_BYTES
    for start in range(0, arriving, piece_bytes):
        if faults.drip_s:
            patience.wait(faults.drip_s / DRIPS)
        yield body[start : min(arriving, start + piece_bytes)]
    if faults.cut is not None and faults.cut.ending == "reset":
        raise TransportFault("the sandbox reset the connection in the middle of its answer", kind="reset", sent=True)


def _even(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of `PIECE_BYTES` or a little more; only the last may be smaller."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= PIECE_BYTES:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _header(call: WireCall, wanted: str) -> str | None:
    for name, value in call.headers:
        if name.lower() == wanted and not isinstance(value, Secret):
            return value
    return None
