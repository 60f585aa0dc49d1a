"""What is asked for, and what would be done about it: everything decided and checked before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from limner import _clock
from limner._json import JsonObject, JsonValue
from limner.app.finish import NOTHING, Finish, base_size, instruction
from limner.app.finish import check as check_finish
from limner.app.inputs import ImageSource, load
from limner.app.uploads import lightened
from limner.catalog import prices
from limner.catalog.catalog import Catalog, unknown_model
from limner.catalog.model import Model
from limner.config import MAX_TIMEOUT_S, Connection, Settings
from limner.core.capabilities import check
from limner.core.parts import FilePart, ImagePart, Turn
from limner.core.request import GenerateRequest
from limner.core.size import AspectRatio, Resolution
from limner.errors import ConfigError, InvalidRequestError, UnsupportedError
from limner.prompts.family import family_of
from limner.prompts.finding import Family
from limner.prompts.styles import Style, find_styles, styled
from limner.providers import gemini
from limner.store.blobs import BlobStore
from limner.store.chats import Place
from limner.wire.gemini.request import WireRules

if TYPE_CHECKING:
    from limner.imaging.region import Box

T = TypeVar("T")

MAX_COUNT = 100
"""Most pictures of one command. Thousands are a batch, which is resumable; one command is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a person asks for, as typed. `None` leaves the choice to settings, catalog or provider.

    `unlisted` sends a model id that the catalog does not know, or at a price that it does not know. `budget_usd` is
    the most that may be spent on it; a configured budget of a run is used where it is left out. `history` are the turns
    before it and `place` where it belongs among them. `stream` has the answer come piece by piece, `drafts` with the
    model's thinking. `parameters` are settings as the wire names them, with their values; `mask` says where to change a
    picture, and `upscale` makes each side 2 to 4 times as long, where a model can. `finish` is what is done with a
    picture after it came. `styles` are looks added to the prompt; `variants` are further prompts and `vary` further
    looks, each of which makes `count` pictures of its own. Without `image` only words are asked for; with a `schema`
    one JSON document that fits this JSON Schema, where the model can, and with an empty one JSON of any shape.
    `temperature` is 0 to 2. With `images_first` the pictures stand before the prompt. `timeout_s` bounds each silence
    in seconds, 1 to 3600, instead of the connection's.
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
    budget_usd: Decimal | None = None
    history: tuple[Turn, ...] = ()
    place: Place | None = None
    system: str | None = None
    stream: bool = False
    drafts: bool = False
    parameters: tuple[tuple[str, JsonValue], ...] = ()
    mask: ImageSource | None = None
    upscale: int | None = None
    finish: Finish = NOTHING
    styles: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    vary: tuple[str, ...] = ()
    image: bool = True
    schema: JsonObject | None = None
    temperature: float | None = None
    images_first: bool = False
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A request per call, the price of all, and what will not be honoured. Nothing has been sent."""

    connection: Connection
    model: Model
    requests: tuple[GenerateRequest, ...]
    quote: prices.Quote
    warnings: tuple[str, ...] = ()
    budget_usd: Decimal | None = None
    place: Place | None = None
    stream: bool = False
    finish: Finish = NOTHING
    timeout_s: float | None = None

    @property
    def model_id(self) -> str:
        """The model as the provider is asked for it."""
        return self.requests[0].model

    @property
    def documents(self) -> tuple[JsonValue, ...]:
        """The exact request bodies, pictures as references."""
        return tuple(gemini.request_document(request, self.dialect) for request in self.requests)

    @property
    def urls(self) -> tuple[str, ...]:
        """Where each request goes."""
        return tuple(
            gemini.generate_url(self.connection, request.model, self.dialect, stream=self.stream)
            for request in self.requests
        )

    @property
    def dialect(self) -> gemini.Dialect:
        """How the model wants its request written."""
        return dialect_of(self.connection, self.model)

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
    connection, name, model, warnings = choose_model(ask, settings, catalog)
    request, prompt_of, more = _request(ask, name, blobs)
    warnings += more
    if model.protocol == "imagen" and dialect_of(connection, model).vertex:
        model = replace(model, capabilities=replace(model.capabilities, seed="best_effort"))
    instead = catalog.instead_of(model, _clock.today())
    warnings += check(
        lightened(request, connection),
        model.capabilities,
        model_name=request.model,
        instead=None if instead is None else instead.id,
    )
    if model.vertex_only and not request.images:
        raise UnsupportedError(
            f"Model {request.model!r} works on a picture, and none was given.",
            code="unsupported.reference_count",
            hint="Try: limner edit picture.jpg, with this model",
        )
    prompts = _prompts(ask, family_of(request.model))
    if len(prompts) * ask.count > MAX_COUNT:
        raise _too_many(len(prompts) * ask.count)
    requests = tuple(
        each
        for prompt in prompts
        for each in _per_call(replace(request, prompt=prompt_of(prompt)), ask.count, connection, model)
    )
    _check_wire(requests[0], dialect_of(connection, model))
    quote = quote_of(model, requests[0], ask.count * len(prompts), connection)
    if quote.expected_usd is None and not (ask.unlisted or connection.allow_unknown_price):
        raise _unknown_price(quote, connection)
    return Plan(
        connection=connection,
        model=model,
        requests=requests,
        quote=quote,
        warnings=tuple(warnings),
        budget_usd=settings.budget.per_run_usd if ask.budget_usd is None else ask.budget_usd,
        place=ask.place,
        stream=ask.stream,
        finish=ask.finish,
        timeout_s=_timeout_s(ask.timeout_s),
    )


def _timeout_s(seconds: float | None) -> float | None:
    if seconds is not None and not 1 <= seconds <= MAX_TIMEOUT_S:
        raise InvalidRequestError(
            f"A timeout of {seconds:g} seconds is not possible.\nAccepted: 1 to {MAX_TIMEOUT_S:.0f}.",
            code="invalid.timeout",
            hint="Leave it out, and the timeout of the connection holds.",
        )
    return seconds


def choose_model(ask: Ask, settings: Settings, catalog: Catalog) -> tuple[Connection, str, Model, list[str]]:
    """The connection, the id to send, the model it stands for, and what to tell the user. Raises `UsageError`."""
    connection = _choose_connection(ask, settings, catalog)
    return connection, *_choose_model(ask, connection, catalog)


def quote_of(model: Model, request: GenerateRequest, count: int, connection: Connection) -> prices.Quote:
    """What `count` pictures will cost on this connection; the sandbox is free under every name."""
    if connection.protocol == "sandbox":
        return prices.Quote(count=count, expected_usd=Decimal(0), upper_usd=Decimal(0))
    return prices.quote(model, request, count)


def _unknown_price(quote: prices.Quote, connection: Connection) -> UnsupportedError:
    return UnsupportedError(
        f"What this costs cannot be said: {quote.why_unknown}. An unknown price is not taken for a small one.",
        code="unsupported.price",
        hint="Add --unlisted to send it all the same, or allow_unknown_price = true in config.toml under "
        f"[connections.{connection.name}].",
    )


def dialect_of(connection: Connection, model: Model) -> gemini.Dialect:
    """How the model is spoken to on this connection. In the sandbox Imagen has all that it has on Vertex AI."""
    predict = model.protocol == "imagen"
    return gemini.Dialect(
        rules=WireRules(
            image_only_allowed=model.capabilities.image_only_allowed,
            send_image_size=model.capabilities.send_image_size,
            send_temperature=model.capabilities.temperature,
            send_schema=model.capabilities.structured_output,
        ),
        predict=predict,
        vertex=connection.is_vertex or (predict and connection.protocol == "sandbox"),
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
    if connection.preset not in ("google", "vertex", "sandbox"):
        # A relay has its own list of models: the id is sent as it is, the catalog only lends what it knows.
        listed = catalog.find(name)
        told = [] if listed else [f"Model {name!r} is not in the catalog: nothing is checked, no price is known."]
        return name, listed or unknown_model(name), told
    listed = catalog.find(name)
    is_imagen = listed is not None and listed.protocol == "imagen"
    on_vertex = connection.is_vertex or (is_imagen and connection.protocol == "sandbox")
    model, notice = catalog.resolve(name, _clock.today(), service="vertex" if on_vertex else "gemini")
    if not model.known and not ask.unlisted:
        raise _unknown_model(name, catalog)
    if not model.usable or (model.vertex_only and not on_vertex):
        raise UnsupportedError(
            f"Model {name!r} is served by Vertex AI only."
            if model.usable
            else f"Model {name!r} speaks a protocol of its own, which Limner does not send.",
            code="unsupported.protocol",
            hint="Add a connection with: limner connections add vertex --preset vertex --project PROJECT"
            if model.usable
            else f"Try: --model {catalog.default_for('gemini').id}",
        )
    return model.id, model, [] if notice is None else [notice]


def _unknown_model(name: str, catalog: Catalog) -> UnsupportedError:
    near = catalog.near(name)
    return UnsupportedError(
        f"Model {name!r} is not in the catalog." + (f"\nNearest: {', '.join(near)}." if near else ""),
        code="unsupported.model",
        hint="`limner models` lists them. If it is newer than this Limner, add --unlisted to send it anyway.",
    )


def _too_many(count: int) -> InvalidRequestError:
    return InvalidRequestError(
        f"{count} pictures cannot be asked for at once.",
        code="invalid.count",
        hint=f"Accepted: --count 1 to {MAX_COUNT}.",
    )


def _prompts(ask: Ask, family: Family) -> list[str]:
    """What is asked for: the prompt with its looks, or one prompt for each variant and each look to try."""
    fixed = tuple(style for names in ask.styles for style in find_styles(names))
    tried: list[tuple[Style, ...]] = [(style,) for names in ask.vary for style in find_styles(names)]
    return [
        styled(_clean(prompt), (*fixed, *more), family)
        for prompt in (ask.variants or (ask.prompt,))
        for more in tried or [()]
    ]


def _request(
    ask: Ask, name: str, blobs: Callable[[], BlobStore]
) -> tuple[GenerateRequest, Callable[[str], str], list[str]]:
    """The request, what a prompt needs besides, and warnings."""
    if not 1 <= ask.count <= MAX_COUNT:
        raise _too_many(ask.count)
    images: list[ImagePart | FilePart] = []
    warnings: list[str] = []
    for number, source in enumerate(ask.images, start=1):
        part, _, found = load(source, blobs(), number)
        images.append(part)
        warnings += found
    mask = _mask(ask.mask, blobs)
    check_finish(ask.finish, tuple(images), has_mask=isinstance(mask, ImagePart))
    request = GenerateRequest(
        model=name,
        prompt=_clean(ask.prompt),
        images=tuple(images),
        aspect_ratio=typed_ratio(ask.aspect_ratio),
        resolution=typed_resolution(ask.resolution),
        seed=ask.seed,
        text=ask.text or not ask.image,
        image=ask.image,
        history=ask.history,
        include_thoughts=ask.drafts,
        upscale=ask.upscale,
        mask=mask,
        parameters=ask.parameters,
        system_instruction=ask.system,
        schema=ask.schema,
        temperature=ask.temperature,
        images_first=ask.images_first,
    )
    box = _box(ask, images, blobs)
    return request, lambda prompt: instruction(ask.finish, box, prompt), warnings


def _box(ask: Ask, images: list[ImagePart | FilePart], blobs: Callable[[], BlobStore]) -> Box | None:
    """The box that the model is told of; a mask is told as it is, where there is a protocol for it."""
    if ask.finish.box is None:
        return None
    from limner.imaging.region import Box

    base = images[0]
    assert isinstance(base, ImagePart)
    return Box.parse(ask.finish.box, base_size(base, blobs()))


def _mask(source: ImageSource | None, blobs: Callable[[], BlobStore]) -> ImagePart | str | None:
    if source is None or source in ("foreground", "background"):
        return None if source is None else str(source)
    part, _, _ = load(source, blobs(), 0)
    if isinstance(part, FilePart):
        raise InvalidRequestError("A mask is a file, not an address.", code="invalid.image")
    return part


def _clean(prompt: str) -> str:
    """Text that can be sent and stored: lone surrogates (broken input encodings) become replacement characters."""
    return prompt.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def typed_ratio(text: str | None) -> AspectRatio | None:
    """The ratio that a person typed, if any. Raises `InvalidRequestError` for what is none."""
    return _parsed(AspectRatio.parse, text, "invalid.aspect_ratio", "--aspect 16:9")


def typed_resolution(text: str | None) -> Resolution | None:
    """The resolution that a person typed, if any. Raises `InvalidRequestError` for what is none."""
    return _parsed(Resolution.parse, text, "invalid.resolution", "--size 1K")


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


def _per_call(
    request: GenerateRequest, count: int, connection: Connection, model: Model
) -> tuple[GenerateRequest, ...]:
    """A request for each call. Gemini models make one picture a call, Imagen several.

    Each call gets a seed of its own, so that seeds never repeat a picture.
    """
    at_once = model.capabilities.images_per_call if model.protocol == "imagen" and request.upscale is None else 1
    sizes = [min(at_once, count - done) for done in range(0, count, at_once)]
    first = request.seed
    if first is None and connection.protocol == "sandbox":
        first = _clock.new_seed()
    return tuple(
        replace(request, samples=size, seed=None if first is None else (first + number * at_once) % 2**31)
        for number, size in enumerate(sizes)
    )


def _check_wire(request: GenerateRequest, dialect: gemini.Dialect) -> None:
    """Refuse what the wire has no field or value for, before anything is sent."""
    if not request.parameters and not dialect.predict:
        return
    found = gemini.refusals(request, dialect)
    if found:
        raise InvalidRequestError(
            "\n".join(found), code="invalid.parameter", hint="docs/imagen.md lists the parameters of each protocol."
        )
