"""Limner makes and edits pictures with Gemini image models, relays and an offline sandbox.

    from limner import Client

    with Client() as limner:
        result = limner.generate("a red fox in snow", aspect_ratio="16:9")
        result.images[0].save("fox")

Importing this module imports nothing heavy: each name is loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from limner._version import __version__

if TYPE_CHECKING:
    from limner.app import Image, Result
    from limner.app.chat import Chat
    from limner.client import AsyncClient, Client
    from limner.core.outcome import Outcome, OutcomeKind
    from limner.errors import (
        AuthError,
        BlockedError,
        CallError,
        ConfigError,
        InvalidRequestError,
        LimnerError,
        NoImageError,
        ProtocolError,
        QuotaError,
        StorageError,
        UnavailableError,
        UnsupportedError,
        UsageError,
    )
    from limner.runner.run import WorkflowFailedError, WorkflowRun

_HOMES = {
    "Client": "limner.client",
    "AsyncClient": "limner.client",
    "Chat": "limner.app.chat",
    "WorkflowRun": "limner.runner.run",
    "WorkflowFailedError": "limner.runner.run",
    "Image": "limner.app",
    "Result": "limner.app",
    "Outcome": "limner.core.outcome",
    "OutcomeKind": "limner.core.outcome",
}

__all__ = [
    "AsyncClient",
    "AuthError",
    "BlockedError",
    "CallError",
    "Chat",
    "Client",
    "ConfigError",
    "Image",
    "InvalidRequestError",
    "LimnerError",
    "NoImageError",
    "Outcome",
    "OutcomeKind",
    "ProtocolError",
    "QuotaError",
    "Result",
    "StorageError",
    "UnavailableError",
    "UnsupportedError",
    "UsageError",
    "WorkflowFailedError",
    "WorkflowRun",
    "__version__",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'limner' has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(_HOMES.get(name, "limner.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
