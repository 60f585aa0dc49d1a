"""One model of the catalog: what it takes, what it costs, how long it lives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from limner.core.capabilities import Capabilities
from limner.core.size import Resolution

Protocol = Literal["gemini", "imagen", "sandbox"]
"""The wire format a model is spoken to in. The names are stored in connections: never rename one."""

Service = Literal["gemini", "vertex"]
"""Where Google serves a model: the Gemini API or Vertex. Each ends on its own day."""

Certainty = Literal["announced", "reported", "conflicting", "unconfirmed"]
"""How sure the dates are: said by the provider, said by others who agree, disputed, or a single doubtful word."""

State = Literal["stable", "preview", "deprecated", "ending", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """From release to shutdown, with how sure that is and who says so.

    `released` is an ISO day, or only year and month. `shutdown` is the earliest day any source gives and
    `latest_shutdown` the latest where they differ. `replacement` is the id of a living model.
    """

    certainty: Certainty
    source: str
    released: str | None = None
    preview: bool = False
    deprecated: date | None = None
    shutdown: date | None = None
    latest_shutdown: date | None = None
    replacement: str | None = None

    def state(self, today: date) -> State:
        """Where the model stands. A doubtful shutdown day that has passed leaves it `ending`, not `gone`."""
        if self._is_gone(today):
            return "gone"
        if self.shutdown is not None:
            return "ending"
        if self.deprecated is not None and today >= self.deprecated:
            return "deprecated"
        return "preview" if self.preview else "stable"

    def _is_gone(self, today: date) -> bool:
        if self.certainty in ("announced", "reported"):
            return self.shutdown is not None and today >= self.shutdown
        return self.latest_shutdown is not None and today >= self.latest_shutdown


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a model costs, in US dollars. `None` means unknown, never free.

    `*_per_million` are per million tokens; thinking is billed as text. `image_tokens` and `image_usd` are for
    one output picture, by resolution. `batch_factor` is the share of the price paid in a batch.
    `input_image_tokens` is about what one input picture counts.
    """

    source: str
    input_per_million: Decimal | None = None
    text_output_per_million: Decimal | None = None
    image_output_per_million: Decimal | None = None
    image_tokens: tuple[tuple[Resolution, int], ...] = ()
    image_usd: tuple[tuple[Resolution, Decimal], ...] = ()
    batch_factor: Decimal | None = None
    input_image_tokens: int | None = None

    def tokens_for(self, resolution: Resolution | None) -> int | None:
        """Output tokens of one picture, `None` where unknown."""
        return next((tokens for listed, tokens in self.image_tokens if listed is resolution), None)

    def usd_for(self, resolution: Resolution | None) -> Decimal | None:
        """The printed price of one picture (Google rounds it), `None` where unknown."""
        return next((usd for listed, usd in self.image_usd if listed is resolution), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model. `known` is false for one that the catalog does not list; `notes` hold doubts and conflicts.

    `usable` is false where Limner does not speak the model's request, `vertex_only` true where only Vertex AI serves
    it.
    """

    id: str
    nickname: str
    protocol: Protocol
    capabilities: Capabilities
    life: Life
    vertex: Life | None = None
    price: Price | None = None
    aliases: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    usable: bool = True
    vertex_only: bool = False
    known: bool = True

    def life_on(self, service: Service) -> Life:
        """Its life on one service; the one on the Gemini API where no other is known."""
        return self.vertex if service == "vertex" and self.vertex is not None else self.life
