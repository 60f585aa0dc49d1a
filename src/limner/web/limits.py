"""What one client may take: bytes, parts, time and places. Beyond a limit the answer is a clear error."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """All limits of a server. Times in seconds, sizes in bytes as sent, unless said otherwise."""

    header_s: float = 10.0
    """From the first byte of a connection or request to the end of its headers."""
    header_bytes: int = 64 << 10
    """Request line and headers together."""
    body_s: float = 30.0
    """For a body of any size, before its size is counted."""
    body_bytes_per_s: int = 64 << 10
    """Slowest pace of a body: it has `body_s` and one second more for each of these."""
    write_s: float = 60.0
    """Longest a client may take nothing of an answer."""
    look_s: float = 1.0
    """How often connections are looked at for what is overdue."""
    keep_alive_s: float = 75.0
    """How long an idle connection is kept."""
    json_bytes: int = 100_000_000
    """Largest JSON body, unzipped. Source: Gemini API changelog, 2026-01-08."""
    document_bytes: int = 4 << 20
    """What may remain of a JSON body without its pictures and long texts."""
    depth: int = 100
    """Objects and arrays inside one another. Google's own reader of JSON stops at 100."""
    upload_bytes: int = 2 << 30
    """Largest file. Source: the Files API's page."""
    open_uploads: int = 100
    """Uploads begun and not ended, for one owner."""
    list_items: int = 5_000
    """Items of one list: turns of a request, parts of a turn, requests of a batch that is not a file."""
    text_bytes: int = 8 << 20
    """What a request about workflows may have of JSON without its pictures."""
    picture_bytes: int = 50_000_000
    """Largest picture for a form or a redo."""
    pictures: int = 100
    """Pictures in one request; each model has its own, smaller limit."""
    connections: int = 2_000
    exchanges: int = 600
    """Requests under way at once, waiting ones included."""
    waiting_per_owner: int = 400
    """Requests of one key that may wait for the model."""
    drawing: int = 2
    """Requests that the model works on at once."""
    linger_s: float = 30.0
    """How long what a refused client still sends is taken, so that the refusal reaches it."""
    linger_idle_s: float = 2.0
    """The same, while nothing comes."""
    heartbeat_s: float = 15.0
    """How often a stream of events says that it is still there."""
    drain_s: float = 25.0
    """How long a server that was told to stop lets requests finish."""

    def body_deadline_s(self, received_bytes: int) -> float:
        """How long a body of which so much has come may have taken."""
        return self.body_s + received_bytes / self.body_bytes_per_s


DEFAULT_LIMITS = Limits()
