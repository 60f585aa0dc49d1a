"""A real HTTP server on loopback that answers byte for byte what a test wrote down, and keeps what it was asked."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

PNG_1X1 = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""The smallest real picture: one transparent pixel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it arrived; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True, kw_only=True)
class Answer:
    """Raw bytes to send, piece by piece; then keep the connection, close it, or reset it."""

    pieces: list[bytes]
    then: str = "keep"


@dataclass(slots=True)
class Loopback:
    """The running server: its address, the requests so far, and the answers still to give (the last one repeats)."""

    url: str
    requests: list[Request] = field(default_factory=list)
    answers: list[Answer | Callable[[Request], Answer]] = field(default_factory=list)

    def next_answer(self, request: Request) -> Answer:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer(request) if callable(answer) else answer


def reply(
    body: bytes | str | dict[str, Any] | list[Any],
    *,
    status: int = 200,
    content_type: str = "application/json",
    **headers: str,
) -> Answer:
    """A complete HTTP reply with Content-Length."""
    raw = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {content_type}", f"Content-Length: {len(raw)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return Answer(pieces=["\r\n".join(lines).encode() + b"\r\n\r\n", raw])


def chunked(pieces: list[bytes], *, content_type: str = "application/json") -> Answer:
    """A reply in chunks, each sent by itself."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return Answer(pieces=[head, *(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece), b"0\r\n\r\n"])


def picture_reply(
    picture: bytes = PNG_1X1, *, mime_type: str = "image/png", text: str = "Here it is."
) -> dict[str, Any]:
    """The plainest good answer of the Gemini wire."""
    return {
        "candidates": [
            {
                "content": {
                    "role": "model",
                    "parts": [
                        {"text": text},
                        {"inlineData": {"mimeType": mime_type, "data": base64.b64encode(picture).decode()}},
                    ],
                },
                "finishReason": "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 4,
            "candidatesTokenCount": 1690,
            "totalTokenCount": 1694,
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1680}],
        },
        "modelVersion": "gemini-nano-banana-2.1",
        "responseId": "r1",
    }


@contextlib.contextmanager
def serving(*answers: Answer | Callable[[Request], Answer]) -> Iterator[Loopback]:
    """Serve on a free port for the length of the block."""
    loopback = Loopback("")
    loopback.answers = list(answers)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                while self._one():
                    pass

        def _one(self) -> bool:
            line = self.rfile.readline()
            if not line:
                return False
            method, target, _ = line.decode().split(" ", 2)
            headers: dict[str, str] = {}
            while line := self.rfile.readline().strip():
                name, _, value = line.decode().partition(":")
                headers[name.lower()] = value.strip()
            body = self.rfile.read(int(headers.get("content-length", "0")))
            answer = loopback.next_answer(Request(method=method, target=target, headers=headers, body=body))
            for piece in answer.pieces:
                self.wfile.write(piece)
                self.wfile.flush()
            if answer.then == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            return answer.then == "keep"

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        loopback.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield loopback
        finally:
            server.shutdown()
            thread.join()
