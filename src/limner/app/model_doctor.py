"""Which models of yours are ending or gone: in the settings, in conversations, in the history, in workflow files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from limner import _clock
from limner._json import JsonObject
from limner.catalog.catalog import Catalog
from limner.catalog.model import Life, Service, State
from limner.config import Settings
from limner.errors import InvalidRequestError
from limner.store.store import Store

WORRYING: tuple[State, ...] = ("deprecated", "ending", "gone")
"""States that something should be done about, the mildest first."""

_MODEL_FIELD = re.compile(r"""["']?model["']?\s*:\s*["'](?P<name>[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127})["']""")
_MAX_FILE_BYTES = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUse:
    """A model that is named somewhere: `where` in words, on which service, and how its life stands there.

    `state` is `None` for a name that the catalog does not know. On a relay (`relayed`) the model may live longer.
    """

    where: str
    name: str
    state: State | None
    life: Life | None
    relayed: bool = False
    near: tuple[str, ...] = ()

    @property
    def worrying(self) -> bool:
        """Whether something should be done about it."""
        return self.state in WORRYING

    def to_json(self) -> JsonObject:
        """The finding as JSON; days are ISO 8601."""
        life = self.life
        return {
            "where": self.where,
            "model": self.name,
            "state": self.state,
            "shutdown": None if life is None or life.shutdown is None else str(life.shutdown),
            "latestShutdown": None if life is None or life.latest_shutdown is None else str(life.latest_shutdown),
            "certainty": None if life is None else life.certainty,
            "source": None if life is None else life.source,
            "replacement": None if life is None else life.replacement,
            "relayed": self.relayed,
            "near": list(self.near),
        }


def model_uses(settings: Settings, store: Store, catalog: Catalog, files: Sequence[Path] = ()) -> list[ModelUse]:
    """Every model that is named, each place once. Raises `InvalidRequestError` for a file that cannot be read."""
    today = _clock.today()
    found: dict[tuple[str, str], ModelUse] = {}
    for where, name, connection in _names(settings, store, files):
        found.setdefault((where, name), _use(where, name, connection, settings, catalog, today))
    return list(found.values())


def _names(settings: Settings, store: Store, files: Sequence[Path]) -> Iterator[tuple[str, str, str | None]]:
    for connection in settings.connections.values():
        if connection.model is not None:
            yield f"connection {connection.name!r} in {settings.config_file}", connection.model, connection.name
    for chat in store.chats.list_chats(limit=1000):
        model = chat.settings.get("model")
        if model:
            yield f"conversation {chat.chat_id[:12]} {chat.title!r}", model, chat.settings.get("connection")
    for use in store.journal.models_used():
        calls = "1 call" if use.calls == 1 else f"{use.calls} calls"
        yield f"history: {calls} on {use.connection}, the last on {_day(use.last_ms)}", use.model, use.connection
    for path in files:
        for line, name in _named_in(path):
            yield f"{path}:{line}", name, None


def _named_in(path: Path) -> Iterator[tuple[int, str]]:
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise InvalidRequestError(f"{str(path)!r} is too large for a workflow.", code="invalid.workflow")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is not text in UTF-8"
        raise InvalidRequestError(f"{str(path)!r} cannot be read: {why}.", code="invalid.workflow") from problem
    for match in _MODEL_FIELD.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match["name"]


def _use(where: str, name: str, connection: str | None, settings: Settings, catalog: Catalog, today: date) -> ModelUse:
    chosen = settings.connections.get(connection or settings.default_connection)
    service: Service = "vertex" if chosen is not None and chosen.is_vertex else "gemini"
    relayed = chosen is not None and chosen.preset not in ("google", "vertex", "sandbox")
    model = catalog.find(name)
    if model is None:
        return ModelUse(where=where, name=name, state=None, life=None, relayed=relayed, near=catalog.near(name))
    life = model.life_on(service)
    return ModelUse(where=where, name=name, state=life.state(today), life=life, relayed=relayed)


def _day(milliseconds: int) -> str:
    return str(date.fromtimestamp(milliseconds / 1000))
