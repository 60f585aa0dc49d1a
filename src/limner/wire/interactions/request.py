"""A request to make an interaction, and the generateContent request that it amounts to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from limner._json import JsonObject, JsonValue
from limner.wire.gemini.errors import WireError
from limner.wire.gemini.fields import pick, pick_flag, pick_list, pick_object, pick_text, snake
from limner.wire.gemini.violations import MAX_VIOLATIONS, Violation, unknown_names
from limner.wire.interactions import schema
from limner.wire.interactions.schema import choice_refusals, object_refusals
from limner.wire.interactions.turns import input_refusals, turns

_SAMPLING = ("seed", "temperature", "topP", "maxOutputTokens", "stopSequences")
_ECHOED = ("previousInteractionId", "systemInstruction", "labels", "serviceTier")


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionRequest:
    """An interaction to be made.

    `contents` are its new turns and `settings` the rest of its generateContent request, lifted. `given` is its input
    as it came, `echoed` what comes back with the interaction. `unknown` are fields that a lenient reading passed over.
    """

    model: str
    contents: tuple[JsonObject, ...]
    settings: JsonObject = field(default_factory=dict)
    previous_id: str | None = None
    store: bool = True
    background: bool = False
    stream: bool = False
    given: JsonValue = None
    echoed: JsonObject = field(default_factory=dict)
    unknown: tuple[Violation, ...] = ()


def interaction_from_wire(body: JsonValue, *, strict: bool = True) -> InteractionRequest:
    """Read a lifted body, in either casing. Raises `WireError` with everything that is wrong.

    Without `strict`, unknown fields are no fault.
    """
    found = tuple(islice(_refusals(body, strict=strict), MAX_VIOLATIONS))
    if found:
        raise WireError(found)
    return InteractionRequest(
        model=pick_text(body, "model") or "",
        contents=tuple(turns(pick(body, "input"))),
        settings=_settings(body),
        previous_id=pick_text(body, "previousInteractionId") or None,
        store=pick(body, "store") is None or pick_flag(body, "store"),
        background=pick_flag(body, "background"),
        stream=pick_flag(body, "stream"),
        given=pick(body, "input"),
        echoed={snake(name): pick(body, name) for name in _ECHOED if pick(body, name) is not None},
        unknown=tuple(islice(unknown_names(body, tuple(schema.ROOT), "", ""), MAX_VIOLATIONS)),
    )


def request_document(request: InteractionRequest, history: Sequence[JsonValue]) -> JsonObject:
    """The lifted generateContent request: the turns of before, signatures included, and the new ones."""
    return {"contents": [*history, *request.contents], **request.settings}


def _refusals(body: JsonValue, *, strict: bool) -> Iterator[Violation]:
    yield from object_refusals(body, schema.ROOT, "CreateInteractionRequest", "", strict=strict)
    absent = [name for name in schema.NOT_HERE if pick(body, name) is not None]
    yield from (_refused(snake(name), schema.NOT_HERE[name]) for name in absent)
    if not pick(body, "model") and "agent" not in absent:
        yield _refused("model", "model is not specified")
    yield from input_refusals(pick(body, "input"), strict=strict)
    yield from _config_refusals(pick_object(body, "generationConfig"), strict=strict)
    yield from _format_refusals(pick(body, "responseFormat"), strict=strict)
    for name in _list(body, "responseModalities"):
        if not isinstance(name, str) or name.lower() not in schema.MODALITIES:
            yield _refused("response_modalities", f"{_shown(name)} is not made here; accepted: text, image.")
    yield from _tool_refusals(_list(body, "tools"), strict=strict)
    for index, setting in enumerate(_list(body, "safetySettings")):
        yield from object_refusals(
            setting, schema.SAFETY_SETTING, "SafetySetting", f"safety_settings[{index}]", strict=strict
        )
    yield from choice_refusals(body, "serviceTier", schema.SERVICE_TIERS, "")
    if pick_flag(body, "background") and pick(body, "store") is not None and not pick_flag(body, "store"):
        yield _refused("background", "What runs in the background must be stored; leave store out.")


def _config_refusals(config: JsonObject, *, strict: bool) -> Iterator[Violation]:
    path = "generation_config"
    yield from object_refusals(config, schema.GENERATION_CONFIG, "GenerationConfig", path, strict=strict)
    shape = pick_object(config, "imageConfig")
    yield from object_refusals(shape, schema.IMAGE_CONFIG, "ImageConfig", f"{path}.image_config", strict=strict)
    yield from choice_refusals(config, "thinkingSummaries", schema.THINKING_SUMMARIES, path)
    for name in ("speechConfig", "transcriptionConfig", "videoConfig"):
        if pick(config, name) is not None:
            yield _refused(f"{path}.{snake(name)}", "Only text and pictures are made here.")


def _format_refusals(value: JsonValue, *, strict: bool) -> Iterator[Violation]:
    if value is not None and not isinstance(value, dict | list):
        yield _refused("response_format", "response_format is an object, or a list of objects.")
        return
    for index, each in enumerate(value if isinstance(value, list) else [value] if value else []):
        path = f"response_format[{index}]" if isinstance(value, list) else "response_format"
        kind = pick_text(each, "type")
        if kind == "image":
            yield from object_refusals(each, schema.IMAGE_FORMAT, "ImageResponseFormat", path, strict=strict)
            yield from choice_refusals(each, "mimeType", schema.PICTURE_TYPES, path)
            if pick_text(each, "delivery") not in (None, "inline"):
                yield _refused(f"{path}.delivery", "Pictures are delivered inline only.")
        elif kind == "text":
            yield from object_refusals(each, schema.TEXT_FORMAT, "TextResponseFormat", path, strict=strict)
        else:
            yield _refused(f"{path}.type", f"{_shown(kind)} is not made here; accepted: text, image.")


def _tool_refusals(tools: Sequence[JsonValue], *, strict: bool) -> Iterator[Violation]:
    for index, tool in enumerate(tools):
        path = f"tools[{index}]"
        kind = pick_text(tool, "type")
        if kind != "google_search":
            yield _refused(f"{path}.type", f"{_shown(kind)} is no tool of these models; accepted: google_search.")
            continue
        yield from object_refusals(tool, schema.GOOGLE_SEARCH, "GoogleSearch", path, strict=strict)
        for name in _list(tool, "searchTypes"):
            if name not in schema.SEARCH_TYPES:
                accepted = ", ".join(schema.SEARCH_TYPES)
                yield _refused(f"{path}.search_types", f"{_shown(name)} is not known here; accepted: {accepted}.")


def _settings(body: JsonValue) -> JsonObject:
    """All of the generateContent request but its turns. Texts are passed on as they stand in the lifted body."""
    system = pick(body, "systemInstruction")
    found = {
        "systemInstruction": {"parts": [{"text": system}]} if system else None,
        "generationConfig": _config(body),
        "tools": [{"googleSearch": _search(tool)} for tool in _list(body, "tools")],
        "safetySettings": [_safety(setting) for setting in _list(body, "safetySettings")],
        "serviceTier": pick(body, "serviceTier"),
    }
    return {name: value for name, value in found.items() if value}


def _config(body: JsonValue) -> JsonObject:
    given = pick_object(body, "generationConfig")
    formats = pick_list(body, "responseFormat")
    image = next((each for each in formats if pick(each, "type") == "image"), None)
    text = next((each for each in formats if pick(each, "type") == "text"), None)
    shapes = {name: pick(image, name) or pick(pick(given, "imageConfig"), name) for name in schema.IMAGE_CONFIG}
    wanted = _list(body, "responseModalities") or [pick(each, "type") for each in formats]
    found = {
        **{name: pick(given, name) for name in _SAMPLING},
        "imageConfig": _present(shapes) or None,
        "responseFormat": _file_type(pick_text(image, "mimeType")),
        "responseModalities": [str(name).upper() for name in dict.fromkeys(wanted)] or None,
        "responseMimeType": pick(body, "responseMimeType") or pick(text, "mimeType"),
        "responseJsonSchema": pick(text, "schema"),
        "thinkingConfig": _thinking(given) or None,
    }
    return _present(found)


def _file_type(mime_type: str | None) -> JsonObject | None:
    """The wish for a kind of file, in generateContent's words."""
    return {"image": {"mimeType": "IMAGE_JPEG"}} if mime_type == "image/jpeg" else None


def _thinking(config: JsonObject) -> JsonObject:
    summaries = {"includeThoughts": True} if pick(config, "thinkingSummaries") == "auto" else {}
    return {**_present({"thinkingLevel": pick(config, "thinkingLevel")}), **summaries}


def _search(tool: JsonValue) -> JsonObject:
    """`image_search` as `imageSearch`."""
    kinds = {"web_search": "webSearch", "image_search": "imageSearch"}
    wanted: JsonObject = {kinds[name]: {} for name in _list(tool, "searchTypes")}
    return {"searchTypes": wanted} if wanted else {}


def _safety(setting: JsonValue) -> JsonObject:
    """`hate_speech` as `HARM_CATEGORY_HATE_SPEECH`; what no such name exists for is refused by who reads it."""
    category, threshold = pick_text(setting, "type"), pick_text(setting, "threshold")
    method = pick_text(setting, "method")
    return _present(
        {
            "category": f"HARM_CATEGORY_{category.upper()}" if category else None,
            "threshold": threshold.upper() if threshold else None,
            "method": method.upper() if method else None,
        }
    )


def _list(value: JsonValue, name: str) -> list[JsonValue]:
    found = pick(value, name)
    return found if isinstance(found, list) else []


def _present(fields: JsonObject) -> JsonObject:
    return {name: value for name, value in fields.items() if value is not None}


def _shown(value: JsonValue) -> str:
    return repr(str(value)[:40])


def _refused(field_: str, description: str) -> Violation:
    return Violation(field=field_, description=description)
