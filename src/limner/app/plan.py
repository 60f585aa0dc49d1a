"""What is asked for, and what would be done about it: everything decided and checked before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from limner import _clock
from limner._json import JsonObject, JsonValue
from limner.app.inputs import ImageSource, load
from limner.catalog import prices
from limner.catalog.catalog import Catalog, unknown_model
from limner.catalog.model import Model
from limner.config import Connection, Settings
from limner.core.capabilities import Capabilities, check
from limner.core.parts import FilePart, ImagePart
from limner.core.request import GenerateRequest
from limner.core.size import AspectRatio, Resolution
from limner.errors import ConfigError, InvalidRequestError, UnsupportedError
from limner.providers import gemini
from limner.store.blobs import BlobStore
from limner.wire.gemini.request import WireRules

T = TypeVar("T")

MAX_COUNT = 100
"""Most pictures of one command. Thousands are a batch, which is resumable; one command is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a person asks for, as typed. `None` leaves the choice to settings, catalog or provider.

    `unlisted` sends a model id that the catalog does not know, without asking back.
    """

    prompt: str
    images: tuple[ImageSource, ...] = ()
    aspect_ratio: str | None = None
    resolution: str | None = None
    count: int = 1
    seed: int | None = None
    model: str | None = None
    connection: str | None = None
    text: bool = True
    unlisted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A request per call, the price of all, and what will not be honoured. Nothing has been sent."""

    connection: Connection
    model: Model
    requests: tuple[GenerateRequest, ...]
    quote: prices.Quote
    warnings: tuple[str, ...] = ()

    @property
    def model_id(self) -> str:
        """The model as the provider is asked for it."""
        return self.requests[0].model

    @property
    def documents(self) -> tuple[JsonValue, ...]:
        """The exact request bodies, pictures as references."""
        return tuple(gemini.request_document(request, self.rules) for request in self.requests)

    @property
    def urls(self) -> tuple[str, ...]:
        """Where each request goes."""
        return tuple(gemini.model_url(self.connection, request.model, "generateContent") for request in self.requests)

    @property
    def rules(self) -> WireRules:
        """How the model wants its request written."""
        return wire_rules(self.model.capabilities)

    def asked(self, number: int) -> JsonObject:
        """What call `number` asks for, as the journal and `history` show it."""
        request = self.requests[number]
        return {
            "aspectRatio": None if request.aspect_ratio is None else str(request.aspect_ratio),
            "size": None if request.resolution is None else request.resolution.value,
            "seed": request.seed,
        }


def make_plan(ask: Ask, settings: Settings, catalog: Catalog, blobs: Callable[[], BlobStore]) -> Plan:
    """Decide and check everything. Raises a `UsageError` for what cannot be done; stores the input pictures."""
    connection = _choose_connection(ask, settings, catalog)
    name, model, warnings = _choose_model(ask, connection, catalog)
    request, more = _request(ask, name, blobs)
    warnings += more
    warnings += check(request, model.capabilities, model_name=request.model)
    return Plan(
        connection=connection,
        model=model,
        requests=_one_per_call(request, ask.count, connection),
        quote=prices.quote(model, request, ask.count),
        warnings=tuple(warnings),
    )


def wire_rules(capabilities: Capabilities) -> WireRules:
    """What the mapping must know of a model."""
    return WireRules(
        image_only_allowed=capabilities.image_only_allowed,
        send_image_size=capabilities.send_image_size,
    )


def _choose_connection(ask: Ask, settings: Settings, catalog: Catalog) -> Connection:
    if ask.connection is not None:
        return settings.connection(ask.connection)
    default = settings.connection()
    model = None if ask.model is None else catalog.find(ask.model)
    if model is None:
        return default
    if model.protocol == "sandbox":
        return settings.connection("sandbox")
    if default.protocol == "sandbox":
        raise ConfigError(
            f"Model {ask.model!r} needs a connection with a key, and there is none.",
            code="config.no_key",
            hint="Set GEMINI_API_KEY, or `limner connections add`; `--connection sandbox` draws it offline.",
        )
    return default


def _choose_model(ask: Ask, connection: Connection, catalog: Catalog) -> tuple[str, Model, list[str]]:
    """The id to send, the model it stands for, and what to tell the user."""
    fallback = catalog.default_for("sandbox" if connection.protocol == "sandbox" else "gemini").id
    name = ask.model or connection.model or fallback
    if connection.preset not in ("google", "sandbox"):
        # A relay has its own list of models: the id is sent as it is, the catalog only lends what it knows.
        listed = catalog.find(name)
        told = [] if listed else [f"Model {name!r} is not in the catalog: nothing is checked, no price is known."]
        return name, listed or unknown_model(name), told
    model, notice = catalog.resolve(name, _clock.today())
    if not model.known and not ask.unlisted:
        raise _unknown_model(name, catalog)
    if model.protocol == "imagen" or not model.usable:
        raise UnsupportedError(
            f"Model {name!r} speaks another protocol ({model.protocol}), which Limner does not send yet.",
            code="unsupported.protocol",
            hint=f"Try: --model {catalog.default_for('gemini').id}",
        )
    return model.id, model, [] if notice is None else [notice]


def _unknown_model(name: str, catalog: Catalog) -> UnsupportedError:
    near = catalog.near(name)
    return UnsupportedError(
        f"Model {name!r} is not in the catalog." + (f"\nNearest: {', '.join(near)}." if near else ""),
        code="unsupported.model",
        hint="`limner models` lists them. If it is newer than this Limner, add --unlisted to send it anyway.",
    )


def _request(ask: Ask, name: str, blobs: Callable[[], BlobStore]) -> tuple[GenerateRequest, list[str]]:
    if not 1 <= ask.count <= MAX_COUNT:
        raise InvalidRequestError(
            f"{ask.count} pictures cannot be asked for at once.",
            code="invalid.count",
            hint=f"Accepted: --count 1 to {MAX_COUNT}.",
        )
    images: list[ImagePart | FilePart] = []
    warnings: list[str] = []
    for number, source in enumerate(ask.images, start=1):
        part, _, found = load(source, blobs(), number)
        images.append(part)
        warnings += found
    request = GenerateRequest(
        model=name,
        prompt=_clean(ask.prompt),
        images=tuple(images),
        aspect_ratio=_parsed(AspectRatio.parse, ask.aspect_ratio, "invalid.aspect_ratio", "--aspect 16:9"),
        resolution=_parsed(Resolution.parse, ask.resolution, "invalid.resolution", "--size 1K"),
        seed=ask.seed,
        text=ask.text,
    )
    return request, warnings


def _clean(prompt: str) -> str:
    """Text that can be sent and stored: lone surrogates (broken input encodings) become replacement characters."""
    return prompt.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _parsed(parse: Callable[[str], T], text: str | None, code: str, example: str) -> T | None:
    if text is None:
        return None
    try:
        return parse(text)
    except ValueError as problem:
        message = str(problem)
        raise InvalidRequestError(
            message[0].upper() + message[1:] + ".", code=code, hint=f"Try: {example}"
        ) from problem


def _one_per_call(request: GenerateRequest, count: int, connection: Connection) -> tuple[GenerateRequest, ...]:
    """Gemini models make one picture a call; each gets its own seed, so that seeds never repeat a picture."""
    first = request.seed
    if first is None and connection.protocol == "sandbox":
        first = _clock.new_seed()
    if first is None:
        return (request,) * count
    return tuple(replace(request, seed=(first + number) % 2**31) for number in range(count))
