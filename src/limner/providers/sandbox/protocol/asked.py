"""One request to the model as it came: not read yet, and perhaps wrong."""

from __future__ import annotations

from dataclasses import dataclass

from limner._json import JsonValue
from limner.catalog.model import Service
from limner.core.sink import Shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A lifted `document` sent to a `method` of `model`, as the path names them.

    `card` is the header that plays test cards. `sse` decides how `streamGenerateContent` is framed: events, or an
    array. `lenient` warns where Google refuses. `shelf` holds the pictures of the request and takes those of the
    answer; without one the answer's stay in memory.
    """

    model: str
    method: str
    document: JsonValue
    card: str | None = None
    sse: bool = True
    service: Service = "gemini"
    lenient: bool = False
    shelf: Shelf | None = None

    @property
    def as_stream(self) -> bool:
        """Whether the answer comes as server-sent events."""
        return self.method == "streamGenerateContent" and self.sse

    @property
    def model_id(self) -> str:
        """The model's name without a collection before it."""
        return self.model.rpartition("models/")[2]
