"""Finding out how a relay wants to be spoken to: what can be asked for nothing first, then one paid call at most.

Free: which way to send the key it takes, under which version of the API, which models it lists, whether it counts
tokens. By the paid call: streaming, spelling, where the picture stands in the answer, whether ratio and size are
honoured, whether pictures are signed, what is said of usage and cost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from limner._json import JsonObject, JsonValue
from limner.config import Auth, Connection, make_connection
from limner.core.secret import Secret
from limner.core.transport import TransportFault
from limner.errors import ConfigError
from limner.providers import gemini
from limner.wire.gemini.fields import pick, pick_list, pick_text

if TYPE_CHECKING:
    from limner.app.app import App
    from limner.app.result import Result
    from limner.core.event import Event

STYLES: tuple[Auth, ...] = ("x-goog-api-key", "bearer", "raw")
"""Ways to send a key that are tried, in this order; in the address it is never tried unasked."""
VERSIONS = ("v1beta", "v1")
WRONG_KEY = Secret("limner-probe-wrong-key")
ASPECT, SIZE, PROMPT = "16:9", "1K", "Generate an image of a red circle on a white background."

_COST_WORD = re.compile(r"cost|price|credit|charge|quota", re.IGNORECASE)
_LINK = re.compile(r"!\[[^\]]*\]\(https?:")
_KNOWN_FIELDS = ("candidates", "usageMetadata", "usage_metadata", "modelVersion", "model_version", "responseId")


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """What a relay told for nothing.

    `auth` is `None` where every way was refused; `listing` is false where it lists no models. `open_listing` says that
    the list needs no key, so the list proves no way to send one.
    """

    connection: Connection
    auth: Auth | None
    api_version: str
    listing: bool
    open_listing: bool
    models: tuple[str, ...] = ()
    counts_tokens: bool = False
    refusals: Mapping[str, str] = field(default_factory=dict)

    @property
    def image_models(self) -> tuple[str, ...]:
        """The models whose names say that they make pictures."""
        return tuple(name for name in self.models if re.search(r"image|banana|imagen", name, re.IGNORECASE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What one call told. Booleans are `None` where the answer says nothing about it."""

    result: Result
    streams: bool
    documents: int
    spelling: str
    shape: str
    ratio_honoured: bool | None
    size: str | None
    signed: bool
    declared_right: bool | None
    usage: bool
    cost_fields: tuple[str, ...]

    def to_json(self) -> JsonObject:
        """The findings as `--json` prints them."""
        return {
            "outcome": self.result.outcome.kind.value,
            "streams": self.streams,
            "documents": self.documents,
            "spelling": self.spelling,
            "shape": self.shape,
            "ratioHonoured": self.ratio_honoured,
            "size": self.size,
            "signed": self.signed,
            "declaredTypeRight": self.declared_right,
            "usage": self.usage,
            "costFields": list(self.cost_fields),
            "cost": None if self.result.cost is None else float(self.result.cost),
        }


def likely_model(app: App, free: Free) -> str | None:
    """A listed model to make one picture with: the catalog's first that is there, else one whose name says so."""
    listed = set(free.models)
    known = (
        model
        for model in app.catalog.models()
        if model.protocol == "gemini" and model.usable and model.capabilities.makes_images
    )
    found = next((name for model in known for name in (model.id, *model.aliases) if name in listed), None)
    return found or next((name for name in free.image_models if "imagen" not in name.lower()), None)


def probe_free(app: App, name: str, fields: Mapping[str, Any], key: Secret | None) -> Free:
    """Ask what costs nothing. Raises `ConfigError` if nobody answers there, or `fields` describe no connection."""
    base = make_connection(name, {**fields, "preset": "new-api"})
    refusals: dict[str, str] = {}
    versions = (fields["api_version"],) if fields.get("api_version") else VERSIONS
    styles: tuple[Auth, ...] = (base.auth,) if fields.get("auth") else STYLES
    for version in versions:
        is_open = _lists(app, replace(base, auth="bearer", api_version=version), WRONG_KEY) is not None
        for style in styles:
            connection = replace(base, auth=style, api_version=version)
            models = _lists(app, connection, key, refusals)
            if models is None:
                continue
            counts = _counts(app, connection, key, models)
            if is_open and not counts and style != styles[-1]:
                continue  # the list is for everybody: another way may be the one that counts
            return Free(
                connection=connection,
                auth=style,
                api_version=version,
                listing=True,
                open_listing=is_open,
                models=models,
                counts_tokens=counts,
                refusals=refusals,
            )
    return Free(
        connection=base,
        auth=None,
        api_version=versions[0],
        listing=False,
        open_listing=False,
        refusals=refusals,
    )


def probe_paid(app: App, connection: Connection, model: str, on_event: Callable[[Event], None] | None = None) -> Paid:
    """Make one picture: as a stream, and only if streaming itself is refused unpaid, whole.

    The call is recorded, reserved and counted like any other. Raises what `App.run` raises.
    """
    from limner.app.app import ignore_event
    from limner.app.plan import Ask

    app.add_connection(connection)
    ask = Ask(
        prompt=PROMPT,
        connection=connection.name,
        model=model,
        aspect_ratio=ASPECT,
        resolution=SIZE if _takes_size(app, model) else None,
        stream=True,
        unlisted=True,
    )
    result = app.run(app.plan(ask), on_event=on_event or ignore_event)
    streams = result.ok or result.billed != "no"
    if not streams:
        result = app.run(app.plan(replace(ask, stream=False)), on_event=on_event or ignore_event)
    return _read(app, result, streams=streams)


def settings_of(free: Free, fields: Mapping[str, Any], model: str | None, paid: Paid | None) -> dict[str, Any]:
    """What goes into `config.toml` for the connection."""
    found = {**fields, "preset": "new-api", "auth": free.auth or free.connection.auth}
    if free.api_version != VERSIONS[0]:
        found["api_version"] = free.api_version
    if model is not None:
        found["model"] = model
    if paid is not None and paid.shape == "link":
        found["fetch_links"] = True
    return found


def _lists(
    app: App, connection: Connection, key: Secret | None, refusals: dict[str, str] | None = None
) -> tuple[str, ...] | None:
    """The models that are listed; `None` if the list is refused."""
    call = gemini.list_models_call(connection, key)
    try:
        documents, reply = app.exchange(connection, call)
    except TransportFault as fault:
        raise ConfigError(
            f"Nobody answers at {connection.base_url}: {fault}.",
            code="config.base_url",
            hint="Check the address; it is the beginning of a call's, without version and model.",
        ) from fault
    document = documents[0] if documents else None
    if reply.status == 200 and isinstance(document, dict):
        listed = pick_list(document, "models") or pick_list(document, "data")
        names = (pick_text(each, "name") or pick_text(each, "id") or "" for each in listed)
        found = tuple(name.removeprefix("models/") for name in names if name)
        if found:
            return found
    if refusals is not None:
        outcome = gemini.read_reply(documents, reply.status, reply.headers, True).outcome
        refusals[f"{connection.auth}, {connection.api_version}"] = f"HTTP {reply.status}: {outcome.sentence()}"
    return None


def _counts(app: App, connection: Connection, key: Secret | None, models: tuple[str, ...]) -> bool:
    """Whether tokens are counted, free of charge; with a good key only."""
    from limner.core.request import GenerateRequest

    likely = [name for name in models if "image" in name or "banana" in name] or list(models)
    request = GenerateRequest(model=likely[0], prompt="a")
    call = gemini.count_call(connection, key, request, gemini.Dialect())
    try:
        documents, reply = app.exchange(connection, call)
    except TransportFault:
        return False
    return reply.status == 200 and gemini.read_count(documents) is not None


def _takes_size(app: App, model: str) -> bool:
    known = app.catalog.find(model)
    return known is None or known.capabilities.send_image_size


def _read(app: App, result: Result, *, streams: bool) -> Paid:
    call = result.calls[0]
    documents: list[JsonValue] = call.reply or []
    image = result.images[0] if result.images else None
    return Paid(
        result=result,
        streams=streams,
        documents=len(documents),
        spelling=_spelling(documents),
        shape=_shape(documents, has_image=image is not None),
        ratio_honoured=None if image is None else abs(image.width / image.height / (16 / 9) - 1) < 0.05,
        size=None if image is None else f"{image.width}x{image.height}",
        signed=any(name in ("thoughtSignature", "thought_signature") for name, _ in _walk(documents)),
        declared_right=None
        if image is None
        else not any("declared" in text or "really" in text for text in call.warnings),
        usage=call.usage is not None,
        cost_fields=tuple(
            dict.fromkeys(name for name, _ in _walk(documents) if _COST_WORD.search(name) and name not in _KNOWN_FIELDS)
        ),
    )


def _spelling(documents: list[JsonValue]) -> str:
    names = {name for name, _ in _walk(documents)}
    snake = any("_" in name for name in names)
    camel = any(re.search(r"[a-z][A-Z]", name) for name in names)
    return "mixed" if snake and camel else "snake_case" if snake else "camelCase"


def _shape(documents: list[JsonValue], *, has_image: bool) -> str:
    """Where the picture stands in the answer."""
    first = next((each for each in documents if isinstance(each, dict)), None)
    if first is not None and pick(first, "choices") is not None:
        return "OpenAI chat"
    if first is not None and pick(first, "data") is not None and pick(first, "candidates") is None:
        return "OpenAI images"
    names = {name for name, _ in _walk(documents)}
    if names & {"inlineData", "inline_data"}:
        return "inline"
    if names & {"fileData", "file_data"}:
        return "link"
    if any(isinstance(value, str) and _LINK.search(value) for _, value in _walk(documents)):
        return "link"
    return "in the text" if has_image else "unknown"


def _walk(value: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """Every field of every object, at any depth."""
    if isinstance(value, dict):
        for name, inside in value.items():
            yield name, inside
            yield from _walk(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from _walk(inside)
