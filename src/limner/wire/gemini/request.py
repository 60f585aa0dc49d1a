"""A generateContent request, both ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Required, TypedDict, cast

from limner._json import JsonObject, JsonValue
from limner.core.parts import FilePart, ImagePart, Part, Role, TextPart, Turn
from limner.core.request import GenerateRequest
from limner.core.size import AspectRatio, Resolution
from limner.wire.gemini.answer_schema import JSON_TYPE, schema_from_wire, schema_to_wire
from limner.wire.gemini.checks import refusals
from limner.wire.gemini.errors import WireError
from limner.wire.gemini.fields import number, pick, pick_flag, pick_list, pick_object, whole
from limner.wire.gemini.parts import PartBody, part_from_wire, part_to_wire
from limner.wire.gemini.settings import aspect_ratios, image_sizes, modalities
from limner.wire.gemini.violations import violations
from limner.wire.parameters import put


class ContentBody(TypedDict, total=False):
    """One turn. The role is left out of a system instruction only."""

    role: str
    parts: Required[list[PartBody]]


class ImageConfigBody(TypedDict, total=False):
    """`generationConfig.imageConfig`."""

    aspectRatio: str
    imageSize: str


class ThinkingConfigBody(TypedDict, total=False):
    """`generationConfig.thinkingConfig`."""

    includeThoughts: bool


class GenerationConfigBody(TypedDict, total=False):
    """`generationConfig`, as far as Limner sets it."""

    responseModalities: list[str]
    imageConfig: ImageConfigBody
    seed: int
    thinkingConfig: ThinkingConfigBody
    temperature: float
    responseMimeType: str
    responseJsonSchema: JsonObject


class GenerateContentBody(TypedDict, total=False):
    """The whole body, lifted, as we send it."""

    contents: Required[list[ContentBody]]
    systemInstruction: ContentBody
    generationConfig: GenerationConfigBody


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRules:
    """What a model takes on the wire. What it does not take is left out; refusing it is the capability check's task."""

    image_only_allowed: bool = True
    """False where the model demands `["TEXT", "IMAGE"]` even if no text is wanted."""
    must_send_modalities: bool = True
    """False leaves out `["TEXT", "IMAGE"]`, for models and relays that have it as their default or refuse it."""
    send_aspect_ratio: bool = True
    send_image_size: bool = True
    send_seed: bool = True
    send_include_thoughts: bool = True
    send_temperature: bool = True
    send_schema: bool = True


DEFAULT_RULES = WireRules()

_TOP_LEVEL = ("safetySettings", "tools", "toolConfig", "labels", "serviceTier", "store")
"""Parameters that stand beside `generationConfig`; every other one stands in it."""


def request_to_wire(request: GenerateRequest, *, rules: WireRules = DEFAULT_RULES) -> GenerateContentBody:
    """The lifted body for `request`: history first, then one user turn with the prompt and the pictures in order.

    Of a JSON Schema only what Google supports is sent; see `answer_schema.schema_to_wire`.
    """
    body = GenerateContentBody(contents=[_turn_body(turn) for turn in (*request.history, _prompt_turn(request))])
    if request.system_instruction is not None:
        body["systemInstruction"] = ContentBody(parts=[part_to_wire(TextPart(text=request.system_instruction))])
    config = _generation_config(request, rules)
    for path, value in request.parameters:
        put(cast(JsonObject, body if path.partition(".")[0] in _TOP_LEVEL else config), path, value)
    if config:
        body["generationConfig"] = config
    return body


def _turn_body(turn: Turn) -> ContentBody:
    return ContentBody(role=turn.role, parts=[part_to_wire(part) for part in turn.parts])


def _prompt_turn(request: GenerateRequest) -> Turn:
    words: tuple[Part, ...] = (TextPart(text=request.prompt),) if request.prompt or not request.images else ()
    parts = (*request.images, *words) if request.images_first else (*words, *request.images)
    return Turn(role="user", parts=parts)


def _generation_config(request: GenerateRequest, rules: WireRules) -> GenerationConfigBody:
    config = GenerationConfigBody()
    if not request.image:
        config["responseModalities"] = ["TEXT"]
    elif not request.text and rules.image_only_allowed:
        config["responseModalities"] = ["IMAGE"]
    elif rules.must_send_modalities:
        config["responseModalities"] = ["TEXT", "IMAGE"]
    image_config = _image_config(request, rules)
    if image_config:
        config["imageConfig"] = image_config
    if request.seed is not None and rules.send_seed:
        config["seed"] = request.seed
    if request.include_thoughts and rules.send_include_thoughts:
        config["thinkingConfig"] = ThinkingConfigBody(includeThoughts=True)
    if request.temperature is not None and rules.send_temperature:
        config["temperature"] = request.temperature
    if request.schema is not None and rules.send_schema:
        config["responseMimeType"] = JSON_TYPE
        if request.schema:
            config["responseJsonSchema"] = schema_to_wire(request.schema)
    return config


def _image_config(request: GenerateRequest, rules: WireRules) -> ImageConfigBody:
    config = ImageConfigBody()
    if request.aspect_ratio is not None and rules.send_aspect_ratio:
        config["aspectRatio"] = str(request.aspect_ratio)
    if request.resolution is not None and rules.send_image_size:
        config["imageSize"] = request.resolution.value
    return config


def request_from_wire(body: JsonValue, *, model: str, vertex: bool = False, strict: bool = True) -> GenerateRequest:
    """The request in a lifted body, in either casing at every level.

    Texts of the last turn are joined by line breaks into the prompt. Settings that `GenerateRequest` has no word for
    (`topP`, `safetySettings`, `tools`) are checked and not carried. `model` comes from the path; a `model` in
    the body is ignored. `strict` refuses unknown fields as Google does; `vertex` knows Vertex AI's own. A schema of
    either kind is carried as JSON Schema.

    Raises `WireError` with everything that is wrong.
    """
    found = violations(body, vertex=vertex, strict=strict) or refusals(body)
    if found:
        raise WireError(found)
    turns = [_turn(content) for content in pick_list(body, "contents")]
    config = pick_object(body, "generationConfig")
    ratios, sizes, asked = aspect_ratios(config), image_sizes(config), modalities(config)
    return GenerateRequest(
        model=model,
        prompt=_joined_text(turns[-1].parts),
        images=tuple(part for part in turns[-1].parts if isinstance(part, ImagePart | FilePart)),
        history=tuple(turns[:-1]),
        aspect_ratio=AspectRatio.parse(ratios[0].value) if ratios else None,
        resolution=Resolution(sizes[0].value) if sizes else None,
        seed=whole(pick(config, "seed")),
        text=not asked or "TEXT" in asked,
        image=not asked or "IMAGE" in asked,
        include_thoughts=pick_flag(pick(config, "thinkingConfig"), "includeThoughts"),
        system_instruction=_system_instruction(body),
        schema=schema_from_wire(config),
        temperature=number(pick(config, "temperature")),
        images_first=_starts_with_a_picture(turns[-1].parts),
    )


def _turn(content: JsonObject) -> Turn:
    role: Role = "model" if pick(content, "role") == "model" else "user"
    parts = (part_from_wire(part) for part in pick_list(content, "parts"))
    return Turn(role=role, parts=tuple(part for part in parts if not isinstance(part, str)))


def _starts_with_a_picture(parts: tuple[Part, ...]) -> bool:
    return isinstance(parts[0], ImagePart | FilePart) and any(isinstance(part, TextPart) for part in parts)


def _joined_text(parts: tuple[Part, ...]) -> str:
    return "\n".join(part.text for part in parts if isinstance(part, TextPart) and not part.thought)


def _system_instruction(body: JsonObject) -> str | None:
    instruction = pick(body, "systemInstruction")
    if instruction is None:
        return None
    parts = (part_from_wire(part) for part in pick_list(instruction, "parts"))
    return _joined_text(tuple(part for part in parts if not isinstance(part, str)))
