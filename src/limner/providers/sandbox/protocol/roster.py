"""The names the sandbox answers to, on the Gemini API and on Vertex AI."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from limner import _clock
from limner.catalog import catalog
from limner.catalog.model import Model, Protocol, Service
from limner.providers.sandbox.protocol.call import MODEL, QUICK_MODEL


class Roster:
    """The sandbox's own models, those it `stands_in_for` while they live, and the `revived`, which never die."""

    def __init__(self, stands_in_for: Collection[str] = (), revived: Collection[str] = ()) -> None:
        own = (MODEL, QUICK_MODEL)
        names = (name.removeprefix("models/") for name in (*own, *stands_in_for, *revived))
        self._models = {name: _known(name) for name in names}
        self._revived = frozenset(name.removeprefix("models/") for name in revived)

    def find(self, name: str, service: Service) -> Model | None:
        """The model under exactly this name, if it answers there today."""
        model = self._models.get(name)
        return model if model is not None and self._answers(model, service) else None

    def all(self, service: Service) -> tuple[Model, ...]:
        """Every model that answers there today: one that was shut down is gone here too."""
        return tuple(model for model in self._models.values() if self._answers(model, service))

    def _answers(self, model: Model, service: Service) -> bool:
        if model.id in self._revived:
            return True
        if service == "gemini" and model.protocol == "imagen" and model.vertex is None:
            return False  # the only life it has is the one on Vertex
        return model.life_on(service).state(_clock.today()) != "gone"


def has_only_words(model: Model) -> bool:
    """Whether the model answers with words unless told otherwise: all that it can, or its name says so."""
    if not model.capabilities.makes_images:
        return True
    return not model.known and model.id.startswith("gemini-") and "image" not in model.id


def methods_of(protocol: Protocol) -> tuple[str, ...]:
    """The methods that a model of this protocol has, as the list of models names them."""
    if protocol == "imagen":
        return ("predict",)
    return ("generateContent", "countTokens", "batchGenerateContent")


def _known(name: str) -> Model:
    """The catalog's model under the name asked for; one that it does not list gets the sandbox's own rules."""
    found = catalog.load().find(name)
    if found is None:
        own = catalog.load().get(MODEL)
        return replace(own, id=name, known=False, capabilities=replace(own.capabilities, needs_signatures=False))
    return replace(found, id=name)
