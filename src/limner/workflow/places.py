"""Where a stage's requests go: connections as far as a workflow must know them, and the model that serves a stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from limner.catalog.catalog import Catalog, unknown_model
from limner.catalog.model import Model, Service
from limner.workflow.model import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A connection as a workflow knows it.

    `relayed`: model names are sent as written, because a relay may still serve a retired one. `has_imagen`: Imagen is
    served there. `model` is the connection's own default, `is_vertex` picks the dates of a model's life.
    """

    name: str
    relayed: bool = False
    has_imagen: bool = False
    is_vertex: bool = False
    is_sandbox: bool = False
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person chose for a whole run: it goes before what the file says."""

    model: str | None = None
    connection: str | None = None
    aspect_ratio: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The connection and the model that serve a stage.

    `requested` is the name the author wrote, `id` the one that is sent; `notice` says why they differ, or that the
    model is ending. `provider` is the call shape that results, which may differ from the file (W406).
    """

    connection: str
    requested: str
    id: str
    model: Model
    notice: str | None = None
    relayed: bool = False
    imagen_missing: bool = False

    @property
    def replaced(self) -> bool:
        """True where another model stands in."""
        return self.requested.rpartition("/")[2] != self.id and self.notice is not None


class Places:
    """The connections there are, and how a stage finds its model among them."""

    def __init__(self, places: Mapping[str, Place], default: str, catalog: Catalog, today: date) -> None:
        self._places = places
        self._default = default
        self._today = today
        self.catalog = catalog

    def place(self, stage: Stage, choice: Choice | None = None) -> Place:
        """The connection of a stage; one that is not configured is taken for a relay nobody knows."""
        name = (choice.connection if choice is not None else None) or stage.connection or self._default
        return self._places.get(name) or Place(name=name, relayed=True)

    def knows(self, name: str) -> bool:
        """Whether a connection of this name is configured."""
        return name in self._places

    def served(self, stage: Stage, choice: Choice | None = None) -> Served:
        """What serves an AI stage: person's choice, then stage, then connection, then the catalog's default."""
        place = self.place(stage, choice)
        chosen = choice.model if choice is not None else None
        requested = chosen or stage.model or self._default_model(stage, place)
        if place.relayed:
            model = self.catalog.find(requested) or unknown_model(requested)
            return Served(connection=place.name, requested=requested, id=requested, model=model, relayed=True)
        listed = self.catalog.find(requested)
        is_imagen = listed is not None and listed.protocol == "imagen"
        service: Service = "vertex" if place.is_vertex or (is_imagen and place.is_sandbox) else "gemini"
        model, notice = self.catalog.resolve(requested, self._today, service=service)
        missing = model.protocol == "imagen" and not place.has_imagen
        if missing:
            model = self.catalog.default_for("gemini")
            notice = f"Connection {place.name!r} has no Imagen; {model.id!r} is used instead of {requested!r}."
        return Served(
            connection=place.name,
            requested=requested,
            id=model.id,
            model=model,
            notice=notice,
            imagen_missing=missing,
        )

    def _default_model(self, stage: Stage, place: Place) -> str:
        if stage.kind in ("text", "json"):
            writer = self.catalog.default_for_text("sandbox" if place.is_sandbox else "gemini")
            assert writer is not None
            return writer.id
        if place.model is not None:
            return place.model
        if place.is_sandbox:
            return self.catalog.default_for("sandbox").id
        return self.catalog.default_for("imagen" if stage.image.provider == "imagen" else "gemini").id
