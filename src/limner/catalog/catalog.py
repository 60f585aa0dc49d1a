"""Finding models by name, and what stands in for one that is gone."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

from limner.catalog.model import Life, Model, Price, Protocol, Service, State
from limner.catalog.read import CatalogData, parse
from limner.core.capabilities import Capabilities
from limner.errors import UnsupportedError

__all__ = ["Catalog", "Life", "Model", "Price", "Protocol", "Service", "State", "load", "unknown_model"]


@cache
def load() -> Catalog:
    """The catalog that comes with Limner; read once a process."""
    return Catalog(parse(Path(__file__).with_name("models.toml").read_text(encoding="utf-8")))


def unknown_model(model_id: str) -> Model:
    """A stand-in for a model that is not in the catalog: everything is let through and no price is known."""
    return Model(
        id=model_id,
        nickname=model_id,
        protocol=_guessed_protocol(model_id),
        capabilities=Capabilities(),
        life=Life(certainty="unconfirmed", source="not in the catalog"),
        known=False,
    )


class Catalog:
    """The models of one catalog file."""

    def __init__(self, data: CatalogData) -> None:
        self.as_of = data.as_of
        """The day the facts were checked."""
        self._defaults = data.defaults
        self._text_defaults = data.text_defaults
        self._models = data.models
        self._by_name = {name: model for model in data.models for name in (model.id, *model.aliases)}

    def models(self) -> tuple[Model, ...]:
        """All models in the order of the file: those that draw, living ones first, then those that only write."""
        return self._models

    def find(self, name: str) -> Model | None:
        """The model of this id or alias, also with a path before it such as `models/` or `google/`."""
        return self._by_name.get(name.strip().rpartition("/")[2])

    def get(self, name: str) -> Model:
        """As `find`; raises `UnsupportedError` (`unsupported.model`) naming similar ids where there is none."""
        model = self.find(name)
        if model is not None:
            return model
        near = self.near(name)
        raise UnsupportedError(
            f"Model {name!r} is not in the catalog." + (f"\nNearest: {', '.join(near)}." if near else ""),
            code="unsupported.model",
            hint="Try: limner models",
        )

    def near(self, name: str) -> tuple[str, ...]:
        """Up to three ids or aliases spelled like `name`, the nearest first."""
        import difflib  # only wrong names need it, and it costs a tenth of the start-up

        wanted = name.strip().rpartition("/")[2].lower()
        return tuple(difflib.get_close_matches(wanted, self._by_name, n=3, cutoff=0.5))

    def default_for(self, protocol: Protocol) -> Model:
        """The model used where none is named."""
        return self._by_name[self._defaults[protocol]]

    def default_for_text(self, protocol: Protocol) -> Model | None:
        """The model used for words or JSON where none is named; `None` where the protocol has none."""
        name = self._text_defaults.get(protocol)
        return None if name is None else self._by_name[name]

    def instead_of(self, model: Model, today: date) -> Model | None:
        """The model to name where `model` cannot give what was asked: one that draws for one that writes alone.

        It is the one spelled most like it that lives on `today`; for a model that draws alone it is the one that
        writes where none is named. `None` if there is no such model.
        """
        if model.capabilities.makes_images:
            return None if model.capabilities.makes_text else self.default_for_text("gemini")
        import difflib  # only refusals need it, and it costs a tenth of the start-up

        drawing = {
            each.id: each
            for each in self._models
            if each.usable
            and each.protocol == model.protocol
            and each.capabilities.makes_images
            and each.life.state(today) in ("stable", "preview")
        }
        near = difflib.get_close_matches(model.id, drawing, n=1, cutoff=0.0)
        return drawing[near[0]] if near else None

    def resolve(self, name: str, today: date, *, service: Service = "gemini") -> tuple[Model, str | None]:
        """The model to call for `name` on `today`, and what the user must be told, if anything.

        A model that is gone is replaced (compare `id` to see it); one that is ending or deprecated is kept, with
        a notice. An unknown name gives `unknown_model`. Only for Google itself: a relay may serve a model longer.
        """
        model = self.find(name)
        if model is None:
            return unknown_model(name), f"Model {name!r} is not in the catalog: nothing is checked, no price is known."
        chosen = model
        while chosen.life_on(service).state(today) == "gone" and (heir := self._heir(chosen, service)) is not None:
            chosen = heir
        return chosen, _notice(model, chosen, today, service)

    def _heir(self, model: Model, service: Service) -> Model | None:
        replacement = model.life_on(service).replacement
        return None if replacement is None else self._by_name[replacement]


def _guessed_protocol(model_id: str) -> Protocol:
    name = model_id.rpartition("/")[2].lower()
    if name.startswith("imagen"):
        return "imagen"
    return "sandbox" if name.startswith("sandbox") else "gemini"


def _notice(model: Model, chosen: Model, today: date, service: Service) -> str | None:
    life = model.life_on(service)
    state = life.state(today)
    evidence = f"({life.certainty}: {life.source})"
    successor = f" {life.replacement!r} replaces it." if life.replacement else ""
    if state == "gone":
        instead = f"{chosen.id!r} is used instead." if chosen is not model else "Nothing is known to replace it."
        return f"Model {model.id!r} was shut down on {_days(life)} {evidence}. {instead}"
    if state == "ending":
        verb = "may have been" if life.shutdown is not None and today >= life.shutdown else "is to be"
        return f"Model {model.id!r} {verb} shut down on {_days(life)} {evidence}.{successor}"
    if state == "deprecated":
        return f"Model {model.id!r} is deprecated since {life.deprecated} {evidence}.{successor}"
    return None


def _days(life: Life) -> str:
    if life.latest_shutdown is None:
        return str(life.shutdown)
    return f"a day from {life.shutdown} to {life.latest_shutdown}"
