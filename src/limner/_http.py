"""HTTP as a transport: the only importer of an HTTP library, the only place that reveals a key.

The standard library's `http.client` in blocking form, one thread per call. `docs/decisions/0003-http.md` has the
figures that chose it. Connections are made, then the caller records that the call is about to be sent, then the first
byte leaves. Redirects are never followed and no proxy is used unless the connection names one, so a key goes to
its own host only. Bodies are asked for without compression, and inflated as they stream where it comes anyway.
"""

from __future__ import annotations

import functools
import http.client
import io
import ipaddress
import select
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import cast
from urllib.parse import SplitResult, urlencode, urlsplit

from limner import _clock
from limner._version import __version__
from limner.core.secret import Secret
from limner.core.transport import TransportFault, WireCall

READ_BYTES = 1 << 17
"""Largest piece read at once, 128 KiB. Twice that is up to a twentieth cheaper for replies of 20 MB, and costs 10 MB
more memory with 32 of them at once; reading ahead by only 8 KiB, as `http.client` does, makes chunked replies a fifth
dearer (measured: docs/decisions/0003-http.md)."""

CONNECT_TIMEOUT_S = 15.0
_IDLE_LIMIT_S = 4.0
"""An idle connection older than this is not reused: servers close theirs after 5 s (uvicorn) or more."""

_INFLATE_BYTES = 1 << 18


class HttpTransport:
    """Carries calls over HTTP/1.1 with keep-alive. Safe to use from several threads at once."""

    def __init__(self, *, proxy: str | None = None) -> None:
        self._proxy = urlsplit(proxy) if proxy else None
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, str], list[tuple[http.client.HTTPConnection, float]]] = {}
        self._active: set[http.client.HTTPConnection] = set()
        self._cancelled = threading.Event()

    def open(
        self, call: WireCall, *, body: Iterable[bytes], length: int | None, before_sending: Callable[[], None]
    ) -> HttpReply:
        """Connect, announce, send, and wait for the headers of the reply."""
        url = urlsplit(call.url)
        deadline_s = _clock.monotonic_s() + call.total_timeout_s
        connection = self._connected(url)
        try:
            before_sending()
            whole = _send(connection, call, url, body, length, self._target(call, url))
            response = _response(connection, min(call.timeout_s, deadline_s - _clock.monotonic_s()))
        except BaseException as problem:
            self.discard(connection)
            if isinstance(problem, (OSError, http.client.HTTPException)):
                raise self.fault(problem) from problem
            raise
        reusable = whole and not response.will_close
        return HttpReply(self, connection, response, url, call.timeout_s, deadline_s, reusable=reusable)

    def cancel(self) -> None:
        """Break off every call under way, from another thread: each ends with a `cancelled` fault."""
        with self._lock:
            self._cancelled.set()
            for connection in self._active:
                _shut_down(connection)

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            for connections in self._idle.values():
                for connection, _ in connections:
                    connection.close()
            self._idle.clear()

    def give_back(self, connection: http.client.HTTPConnection, url: SplitResult) -> None:
        """Keep a connection whose reply was read to its end."""
        with self._lock:
            self._active.discard(connection)
            self._idle.setdefault((url.scheme, url.netloc), []).append((connection, _clock.monotonic_s()))

    def discard(self, connection: http.client.HTTPConnection) -> None:
        """Close a connection that cannot be used again."""
        with self._lock:
            self._active.discard(connection)
        connection.close()

    def _connected(self, url: SplitResult) -> http.client.HTTPConnection:
        with self._lock:
            if self._cancelled.is_set():
                raise TransportFault("cancelled", kind="cancelled", sent=False)
            connection = self._reusable((url.scheme, url.netloc))
            if connection is not None:
                self._active.add(connection)
                return connection
        connection = self._new_connection(url)
        connection.response_class = _BufferedResponse
        try:
            connection.connect()
        except OSError as problem:
            connection.close()
            raise _connect_fault(problem, url) from problem
        _without_delay(connection)
        with self._lock:
            if self._cancelled.is_set():
                connection.close()
                raise TransportFault("cancelled", kind="cancelled", sent=False)
            self._active.add(connection)
        return connection

    def _reusable(self, key: tuple[str, str]) -> http.client.HTTPConnection | None:
        idle = self._idle.get(key, [])
        while idle:
            connection, since_s = idle.pop()
            if _clock.monotonic_s() - since_s < _IDLE_LIMIT_S and _is_quiet(connection):
                return connection
            connection.close()
        return None

    def _new_connection(self, url: SplitResult) -> http.client.HTTPConnection:
        through = self._proxy or url
        host, port = through.hostname or "", through.port or (443 if through.scheme == "https" else 80)
        if url.scheme != "https":
            return http.client.HTTPConnection(host, port, timeout=CONNECT_TIMEOUT_S)
        connection = http.client.HTTPSConnection(host, port, timeout=CONNECT_TIMEOUT_S, context=_tls_context())
        if self._proxy is not None:
            connection.set_tunnel(url.hostname or "", url.port or 443)
        return connection

    def _target(self, call: WireCall, url: SplitResult) -> str:
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        if call.query_key is not None:
            path += ("&" if url.query else "?") + urlencode({"key": call.query_key.reveal()})
        if self._proxy is not None and url.scheme == "http":
            return f"http://{url.netloc}{path}"
        return path

    def fault(self, problem: Exception) -> TransportFault:
        """The fault that `problem` stands for once bytes may have left."""
        if self._cancelled.is_set():
            return TransportFault("cancelled", kind="cancelled", sent=True)
        return _sent_fault(problem)


class PublicConnection(http.client.HTTPSConnection):
    """An HTTPS connection that only ever connects to a public address.

    The address is checked where the connection is made, not in the URL: names can resolve to anything, and to
    something else the next time.
    """

    def connect(self) -> None:
        """Connect to the first public address of the host; `TransportFault` if it has none."""
        for family, kind, protocol, _, address in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM):
            if not ipaddress.ip_address(address[0]).is_global:
                continue
            plain = socket.socket(family, kind, protocol)
            plain.settimeout(CONNECT_TIMEOUT_S)
            try:
                plain.connect(address)
                self.sock = _tls_context().wrap_socket(plain, server_hostname=self.host)
            except OSError:
                plain.close()
                continue
            return
        raise TransportFault(f"no public address of {self.host} answers", kind="connect", sent=False)


class LinkTransport(HttpTransport):
    """Fetches what a reply links to: https only, public addresses only, never with a key."""

    def _new_connection(self, url: SplitResult) -> http.client.HTTPConnection:
        if url.scheme != "https" or not url.hostname:
            raise TransportFault(f"only https links are fetched, not {url.scheme}", kind="connect", sent=False)
        return PublicConnection(url.hostname, url.port or 443, timeout=CONNECT_TIMEOUT_S)


class _HeadReader(io.BufferedReader):
    """A buffered reader that remembers the last line it gave."""

    last_line = b""

    def readline(self, size: int | None = -1, /) -> bytes:
        """The next line."""
        self.last_line = super().readline(size)
        return self.last_line


class _BufferedResponse(http.client.HTTPResponse):
    """A response that is read ahead by `READ_BYTES`, so that small chunks cost no system call each.

    Headers that end with the connection instead of an empty line are no headers: `http.client` takes them for whole.
    """

    def __init__(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fp.close()
        self._head = _HeadReader(cast("io.RawIOBase", sock.makefile("rb", 0)), READ_BYTES)
        self.fp = self._head

    def begin(self) -> None:
        """Read the status and the headers."""
        super().begin()
        if self._head.last_line not in (b"\r\n", b"\n"):
            self.close()
            raise http.client.RemoteDisconnected("the headers were cut off")


class HttpReply:
    """A reply whose body is read as it arrives."""

    def __init__(
        self,
        transport: HttpTransport,
        connection: http.client.HTTPConnection,
        response: http.client.HTTPResponse,
        url: SplitResult,
        timeout_s: float,
        deadline_s: float,
        *,
        reusable: bool,
    ) -> None:
        self._transport = transport
        self._connection = connection
        self._response = response
        self._url = url
        self._timeout_s = timeout_s
        self._deadline_s = deadline_s
        self._reusable = reusable
        self._inflate = _inflater(response.headers.get("Content-Encoding", ""))
        self._over = False
        self._complete = False

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, names in lower case; of repeated ones the last."""
        return {name.lower(): value for name, value in self._response.headers.items()}

    def read(self) -> bytes:
        """The next bytes, at most `READ_BYTES` where the body is not compressed; empty at the end."""
        if self._over:
            return b""
        if self._inflate is None:
            return self._read_raw()
        while True:
            compressed = self._inflate.unconsumed_tail or self._read_raw()
            if not compressed:
                if not self._inflate.eof:
                    raise TransportFault("the compressed reply was cut off", kind="reset", sent=True)
                return b""
            try:
                piece = self._inflate.decompress(compressed, _INFLATE_BYTES)
            except zlib.error as problem:
                message = f"the reply's compression is broken: {problem}"
                raise TransportFault(message, kind="protocol", sent=True) from problem
            if piece:
                return piece

    def close(self) -> None:
        """Let go of the connection; it is kept for the next call if the body was read to its end."""
        connection, self._over = self._connection, True
        self._response.close()
        if self._complete and self._reusable:
            self._transport.give_back(connection, self._url)
        else:
            self._transport.discard(connection)

    def _read_raw(self) -> bytes:
        left_s = self._deadline_s - _clock.monotonic_s()
        if left_s <= 0:
            raise TransportFault("the call took longer than its total time limit", kind="timeout", sent=True)
        try:
            if self._connection.sock is not None:
                self._connection.sock.settimeout(min(self._timeout_s, left_s))
            piece = self._response.read1(READ_BYTES)
        except (OSError, http.client.HTTPException) as problem:
            raise self._transport.fault(problem) from problem
        if not piece:
            self._over = True
            if self._response.length:
                raise self._transport.fault(ConnectionResetError())
            self._complete = True
        return piece


def _send(
    connection: http.client.HTTPConnection,
    call: WireCall,
    url: SplitResult,
    body: Iterable[bytes],
    length: int | None,
    target: str,
) -> bool:
    """Send the request; False if the server stopped taking it before its end."""
    connection.putrequest(call.method, target, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", url.netloc.rpartition("@")[2])
    connection.putheader("Accept-Encoding", "identity")
    connection.putheader("User-Agent", f"limner/{__version__}")
    for name, value in call.headers:
        connection.putheader(name, value.reveal() if isinstance(value, Secret) else value)
    if call.document is None:
        connection.endheaders()
        return True
    if length is None:
        connection.putheader("Transfer-Encoding", "chunked")
    else:
        connection.putheader("Content-Length", str(length))
    try:
        connection.endheaders(body if length is None else None, encode_chunked=length is None)
        if length is not None:
            for piece in body:
                connection.send(piece)
    except (BrokenPipeError, ConnectionResetError):
        # A server that refuses early (413) closes its side; its answer may still be there to read.
        return False
    return True


def _response(connection: http.client.HTTPConnection, timeout_s: float) -> http.client.HTTPResponse:
    if connection.sock is not None:
        connection.sock.settimeout(max(timeout_s, 0.001))
    return connection.getresponse()


@functools.cache
def _tls_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not context.get_ca_certs() and not context.cert_store_stats()["x509_ca"]:
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _is_quiet(connection: http.client.HTTPConnection) -> bool:
    """True while nothing arrived on an idle connection: data or an end of file mean it is dead."""
    if connection.sock is None:
        return False
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return not poll.poll(0)


def _shut_down(connection: http.client.HTTPConnection) -> None:
    try:
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was closed in the same moment


def _without_delay(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _connect_fault(problem: OSError, url: SplitResult) -> TransportFault:
    where = url.hostname or "?"
    if isinstance(problem, ssl.SSLError):
        return TransportFault(f"no secure connection to {where}: {problem}", kind="tls", sent=False)
    if isinstance(problem, TimeoutError):
        return TransportFault(f"{where} did not accept the connection in time", kind="timeout", sent=False)
    if isinstance(problem, socket.gaierror):
        return TransportFault(f"the name {where} cannot be found", kind="connect", sent=False)
    return TransportFault(f"no connection to {where}: {problem.strerror or problem}", kind="connect", sent=False)


def _sent_fault(problem: Exception) -> TransportFault:
    if isinstance(problem, TimeoutError):
        return TransportFault("no answer came in time", kind="timeout", sent=True)
    if isinstance(problem, (http.client.RemoteDisconnected, ConnectionError, http.client.IncompleteRead)):
        return TransportFault("the connection was cut off", kind="reset", sent=True)
    if isinstance(problem, http.client.HTTPException):
        return TransportFault(f"the reply is not HTTP: {type(problem).__name__}", kind="protocol", sent=True)
    return TransportFault(f"the connection failed: {problem}", kind="reset", sent=True)


def _inflater(encoding: str) -> zlib._Decompress | None:
    match encoding.strip().lower():
        case "gzip" | "x-gzip":
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        case "deflate":
            return zlib.decompressobj()
        case _:
            return None
