"""Who answers for a model: the sandbox, a recording of it, or later a real connection."""

from __future__ import annotations

from typing import Protocol

from limner._json import JsonObject
from limner.catalog.model import Service
from limner.providers.sandbox.protocol.asked import Asked
from limner.providers.sandbox.protocol.model import Prepared
from limner.providers.sandbox.protocol.reply import SandboxReply


class Answerer(Protocol):
    """Takes lifted requests, gives lifted replies. Used from several threads."""

    def prepare(self, asked: Asked) -> Prepared:
        """Read and check a request. Never raises for what a client may send."""
        ...

    def models(self, service: Service = "gemini") -> tuple[JsonObject, ...]:
        """The documents of all models that answer on a service."""
        ...

    def get_model(self, name: str, service: Service = "gemini") -> SandboxReply:
        """The answer to `GET /models/{name}`."""
        ...
