"""The input of an interaction, in each of its forms, as Gemini's turns."""

from __future__ import annotations

from collections.abc import Iterator

from limner._json import JsonObject, JsonValue
from limner.wire.gemini.fields import pick, pick_text
from limner.wire.gemini.violations import Violation
from limner.wire.interactions import schema
from limner.wire.interactions.schema import choice_refusals, object_refusals

_ROLES = {"user": "user_input", "model": "model_output"}


def input_refusals(value: JsonValue, *, strict: bool = True) -> Iterator[Violation]:
    """What is wrong with an input: a text, a content, or a list of contents or of steps."""
    if value in (None, "", []):
        yield _refused("input", "input is not specified")
        return
    if not isinstance(value, str | dict | list):
        yield _refused("input", "input is a text, a content, or a list of contents or steps.")
        return
    items = _items(value)
    steps = [_step_kind(item) for item in items]
    if any(steps) and not all(steps):
        yield _refused("input", "input is a list of contents or of steps, not of both.")
        return
    if set(steps) == {"thought"}:
        yield _refused("input", "input has thoughts only; say something.")
    for index, (item, step) in enumerate(zip(items, steps, strict=True)):
        path = f"input[{index}]" if isinstance(value, list) else "input"
        yield from (
            _step_refusals(item, step, path, strict=strict) if step else _content_refusals(item, path, strict=strict)
        )


def turns(value: JsonValue) -> Iterator[JsonObject]:
    """The turns of an input that `input_refusals` finds nothing wrong with.

    A thought's signature goes to the part of the model that follows it.
    """
    items = _items(value)
    if not any(map(_step_kind, items)):
        yield {"role": "user", "parts": [_part(item) for item in items]}
        return
    found: list[JsonObject] = []
    signature: JsonValue = None
    for item in items:
        kind = _step_kind(item)
        if kind == "thought":
            signature = pick(item, "signature") or signature
            continue
        role = "model" if kind == "model_output" else "user"
        parts = [_part(each) for each in _contents(item)]
        if signature is not None and role == "model" and parts:
            parts[0]["thoughtSignature"] = signature
        signature = None
        if found and found[-1]["role"] == role:
            found[-1]["parts"] += parts
        else:
            found.append({"role": role, "parts": parts})
    yield from found


def _items(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [value]


def _step_kind(item: JsonValue) -> str | None:
    """The type of a step, also of one that older clients write with a `role`; `None` for a content."""
    kind = pick_text(item, "type")
    if kind in schema.STEPS:
        return kind
    return None if pick(item, "role") is None else _ROLES.get(pick_text(item, "role") or "", "user_input")


def _contents(step: JsonValue) -> list[JsonValue]:
    content = pick(step, "content")
    return content if isinstance(content, list) else [content]


def _step_refusals(step: JsonValue, kind: str, path: str, *, strict: bool) -> Iterator[Violation]:
    yield from object_refusals(step, schema.STEPS[kind], "Step", path, strict=strict)
    if kind == "thought":
        return
    yield from choice_refusals(step, "role", tuple(_ROLES), path)
    if pick(step, "content") in (None, "", []):
        yield _refused(f"{path}.content", "content is not specified")
        return
    for number, content in enumerate(_contents(step)):
        yield from _content_refusals(content, f"{path}.content[{number}]", strict=strict)


def _content_refusals(content: JsonValue, path: str, *, strict: bool) -> Iterator[Violation]:
    if isinstance(content, str):
        return
    kind = pick_text(content, "type")
    if kind == "text":
        yield from object_refusals(content, schema.TEXT_CONTENT, "TextContent", path, strict=strict)
        if pick(content, "text") is None:
            yield _refused(f"{path}.text", "text is not specified")
    elif kind == "image":
        yield from _image_refusals(content, path, strict=strict)
    else:
        yield _refused(f"{path}.type", f"{str(kind)[:40]!r} cannot be read here; accepted: text, image.")


def _image_refusals(content: JsonValue, path: str, *, strict: bool) -> Iterator[Violation]:
    yield from object_refusals(content, schema.IMAGE_CONTENT, "ImageContent", path, strict=strict)
    yield from choice_refusals(content, "resolution", schema.RESOLUTIONS, path)
    data, uri = pick(content, "data"), pick(content, "uri")
    if bool(data) is bool(uri):
        yield _refused(path, "A picture has either data or a uri.")
    elif data and not pick(content, "mimeType"):
        yield _refused(f"{path}.mime_type", "mime_type is not specified; say what data is, such as image/png.")


def _part(content: JsonValue) -> JsonObject:
    if isinstance(content, str):
        return {"text": content}
    if pick_text(content, "type") == "text":
        return {"text": pick(content, "text")}
    mime_type, resolution = pick(content, "mimeType") or "", pick_text(content, "resolution")
    seen: JsonObject = {"mediaResolution": {"level": f"MEDIA_RESOLUTION_{resolution.upper()}"}} if resolution else {}
    if pick(content, "data"):
        return {"inlineData": {"mimeType": mime_type, "data": pick(content, "data")}, **seen}
    return {"fileData": {"mimeType": mime_type, "fileUri": pick(content, "uri")}, **seen}


def _refused(field: str, description: str) -> Violation:
    return Violation(field=field, description=description)
