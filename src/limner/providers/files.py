"""The Files API from the client's side: files that stay with the provider for two days, and how they get there.

An upload goes in pieces. Where one is cut off, the provider is asked how much it has, and the rest is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from urllib.parse import quote, urlsplit

from limner import _clock
from limner._json import JsonValue
from limner.config import Connection
from limner.core.remote_file import RemoteFile
from limner.core.secret import Secret
from limner.core.transport import Transport, TransportFault, WireCall, WireReply
from limner.errors import CallError
from limner.providers import gemini
from limner.providers.send import outcome_of_fault, parse_documents
from limner.wire.gemini.fields import pick, pick_text, whole

PIECE_BYTES = 8 << 20
"""Bytes of one piece, as the official libraries send them."""
MAX_TRIES = 4
"""How often one piece is sent before an upload is given up."""
PAGE = 100


class FilesClient:
    """The files of one connection. Everything here is free of charge, so what fails may be tried again."""

    def __init__(self, transport: Transport, connection: Connection, key: Secret | None) -> None:
        self._transport = transport
        self._connection = connection
        self._key = key

    def upload(
        self,
        open_file: Callable[[], BinaryIO],
        size: int,
        mime_type: str,
        display_name: str = "",
        on_bytes: Callable[[int], None] = lambda count: None,
    ) -> RemoteFile:
        """Send a file of `size` bytes, telling `on_bytes` how many have arrived. Raises `CallError`."""
        base, _, version = gemini.versioned(self._connection).rpartition("/")
        described = {"file": {"displayName": display_name, "mimeType": mime_type}} if display_name else {"file": {}}
        started = self._ask(
            "POST",
            f"{base}/upload/{version}/files",
            document=described,
            headers=(
                ("X-Goog-Upload-Protocol", "resumable"),
                ("X-Goog-Upload-Command", "start"),
                ("X-Goog-Upload-Header-Content-Length", str(size)),
                ("X-Goog-Upload-Header-Content-Type", mime_type),
            ),
        )
        address = started.headers.get("x-goog-upload-url", "")
        self._check_address(address)
        with open_file() as file:
            document = self._send_pieces(address, file, size, on_bytes)
        return _file(pick(document, "file"))

    def get(self, name: str) -> RemoteFile | None:
        """The file of this name; `None` if it is gone or somebody else's."""
        answer = self._ask("GET", self._url(name), allowed=(403, 404))
        return _file(answer.document) if answer.status == 200 else None

    def delete(self, name: str) -> bool:
        """Remove a file; False if it was gone."""
        return self._ask("DELETE", self._url(name), allowed=(403, 404)).status == 200

    def list(self) -> Iterator[RemoteFile]:
        """All files, page by page."""
        token = ""
        while True:
            more = f"&pageToken={quote(token, safe='')}" if token else ""
            answer = self._ask("GET", f"{gemini.versioned(self._connection)}/files?pageSize={PAGE}{more}")
            files = pick(answer.document, "files")
            yield from (_file(each) for each in files or ())
            token = pick_text(answer.document, "nextPageToken") or ""
            if not token:
                return

    def download(self, name: str) -> Iterator[bytes]:
        """The bytes of a file that the provider made, piece by piece. Raises `CallError`."""
        url = f"{self._url(name)}:download?alt=media"
        reply = self._open("GET", url, ())
        try:
            if reply.status != 200:
                raise self._failure(reply, _body(reply))
            while piece := reply.read():
                yield piece
        except TransportFault as fault:
            raise outcome_of_fault(fault).to_error() from fault
        finally:
            reply.close()

    def _url(self, name: str) -> str:
        return f"{gemini.versioned(self._connection)}/files/{quote(name.removeprefix('files/'), safe='')}"

    def _check_address(self, address: str) -> None:
        """The bytes go where the provider is, and nowhere else, whatever it answers."""
        host, home = urlsplit(address).netloc, urlsplit(self._connection.base_url).netloc
        if host != home:
            raise CallError(
                f"The provider wants the file at {host or 'no address'!r} instead of {home!r}, so it is not sent.",
                outcome="protocol",
                exit_code=33,
                billed="no",
            )

    def _send_pieces(self, address: str, file: BinaryIO, size: int, on_bytes: Callable[[int], None]) -> JsonValue:
        offset, tries = 0, 0
        while True:
            file.seek(offset)
            piece = file.read(PIECE_BYTES)
            is_last = offset + len(piece) >= size
            try:
                answer = self._ask(
                    "POST",
                    address,
                    body=[piece],
                    length=len(piece),
                    headers=(
                        ("X-Goog-Upload-Command", "upload, finalize" if is_last else "upload"),
                        ("X-Goog-Upload-Offset", str(offset)),
                    ),
                    with_key=False,
                )
            except CallError as problem:
                tries += 1
                if tries >= MAX_TRIES or problem.outcome not in ("network", "timeout", "unavailable"):
                    raise
                _clock.sleep(2.0 ** (tries - 2) * (0.5 + _clock.jitter()))
                offset = self._received(address)
                continue
            offset += len(piece)
            tries = 0
            on_bytes(offset)
            if is_last:
                return answer.document

    def _received(self, address: str) -> int:
        """How much of an upload the provider has."""
        answer = self._ask("POST", address, headers=(("X-Goog-Upload-Command", "query"),), with_key=False)
        return whole(answer.headers.get("x-goog-upload-size-received")) or 0

    def _ask(
        self,
        method: str,
        url: str,
        *,
        document: JsonValue = None,
        body: Iterable[bytes] = (),
        length: int = 0,
        headers: tuple[tuple[str, str], ...] = (),
        allowed: tuple[int, ...] = (),
        with_key: bool = True,
    ) -> _Answer:
        import json

        if document is not None:
            data = json.dumps(document).encode()
            body, length, headers = [data], len(data), (*headers, ("Content-Type", "application/json"))
        try:
            reply = self._open(method, url, headers, body, length, with_key=with_key)
            try:
                answer = _body(reply)
            finally:
                reply.close()
        except TransportFault as fault:
            raise outcome_of_fault(fault).to_error() from fault
        if reply.status != 200 and reply.status not in allowed:
            raise self._failure(reply, answer)
        return answer

    def _open(
        self,
        method: str,
        url: str,
        headers: tuple[tuple[str, str], ...],
        body: Iterable[bytes] = (),
        length: int = 0,
        *,
        with_key: bool = True,
    ) -> WireReply:
        key = self._key if with_key else None
        call = WireCall(
            method=method,
            url=url,
            headers=(*headers, *gemini.auth_headers(self._connection, key)),
            query_key=key if self._connection.auth == "query" else None,
            document={} if method == "POST" else None,
            timeout_s=60.0,
            total_timeout_s=900.0,
        )
        return self._transport.open(call, body=body, length=length, before_sending=lambda: None)

    def _failure(self, reply: WireReply, answer: _Answer) -> CallError:
        outcome = gemini.read_reply(answer.documents, reply.status, reply.headers, True).outcome
        problem = outcome.to_error()
        problem.billed = "no"
        return problem


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: dict[str, str]
    documents: list[JsonValue]

    @property
    def document(self) -> JsonValue:
        return self.documents[0] if self.documents else None


def _body(reply: WireReply) -> _Answer:
    body = b"".join(iter(reply.read, b""))
    documents, _ = parse_documents(body, complete=True)
    return _Answer(reply.status, dict(reply.headers), documents)


def _file(document: JsonValue) -> RemoteFile:
    return RemoteFile(
        name=pick_text(document, "name") or "",
        uri=pick_text(document, "uri") or "",
        mime_type=pick_text(document, "mimeType") or "",
        size_bytes=whole(pick(document, "sizeBytes")) or 0,
        state=pick_text(document, "state") or "",
        expires_at_ms=_milliseconds(pick_text(document, "expirationTime")),
        display_name=pick_text(document, "displayName") or "",
        source=pick_text(document, "source") or "",
    )


def _milliseconds(text: str | None) -> int:
    """A moment in RFC 3339; 0 where there is none."""
    try:
        return int(datetime.fromisoformat((text or "").replace("Z", "+00:00")).timestamp() * 1000)
    except ValueError:
        return 0
