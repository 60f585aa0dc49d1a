"""What Google refuses in a request although every field is known and of the right type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from limner._json import JsonObject, JsonValue
from limner.core.parts import OtherPart
from limner.core.size import Resolution
from limner.wire.gemini.answer_schema import form_refusals
from limner.wire.gemini.fields import number, pick, pick_flag, pick_list, pick_object, plain_text, whole
from limner.wire.gemini.parts import part_from_wire
from limner.wire.gemini.schema import PART_DATA
from limner.wire.gemini.settings import CONFIG_PATH, Setting, aspect_ratios, image_sizes, modalities
from limner.wire.gemini.violations import MAX_VIOLATIONS, Violation

_RATIO = re.compile(r"[1-9][0-9]{0,4}:[1-9][0-9]{0,4}")
_ROLES = ("user", "model")
_MAX_STOP_SEQUENCES = 5
_MAX_TEMPERATURE = 2.0


def refusals(body: JsonObject) -> tuple[Violation, ...]:
    """Everything wrong with a request whose fields and types are right, at most `MAX_VIOLATIONS`."""
    return tuple(islice(_refusals(body), MAX_VIOLATIONS))


def _refusals(body: JsonObject) -> Iterator[Violation]:
    contents = pick_list(body, "contents")
    if not contents:
        yield _refused("contents", "* GenerateContentRequest.contents: contents is not specified")
    for index, content in enumerate(contents):
        yield from _content_refusals(content, f"contents[{index}]")
    if contents:
        yield from _prompt_refusals(contents[-1], f"contents[{len(contents) - 1}]")
    for index, part in enumerate(pick_list(pick(body, "systemInstruction"), "parts")):
        if plain_text(pick(part, "text")) is None:
            yield _refused(
                f"system_instruction.parts[{index}]", "A system instruction takes text of up to 64 KiB only."
            )
    yield from _cache_refusals(pick(body, "cachedContent"))
    yield from _config_refusals(pick_object(body, "generationConfig"))


def _content_refusals(content: JsonObject, path: str) -> Iterator[Violation]:
    role = pick(content, "role")
    if role and role not in _ROLES:
        yield _refused(f"{path}.role", "Please use a valid role: user, model.")
    parts = pick_list(content, "parts")
    if not parts:
        name = f"GenerateContentRequest.{path}.parts"
        yield _refused(f"{path}.parts", f"* {name}: contents.parts must not be empty.")
    for index, part in enumerate(parts):
        yield from _part_refusals(part, f"{path}.parts[{index}]")


def _part_refusals(part: JsonObject, path: str) -> Iterator[Violation]:
    given = _data_fields(part)
    if not given:
        name = f"GenerateContentRequest.{path}.data"
        yield _refused(f"{path}.data", f"* {name}: required oneof field 'data' must have one initialized field")
    elif len(given) > 1:
        yield _refused(
            path, f"Invalid value at '{path}' (oneof), oneof field 'data' is already set. Cannot set '{given[1]}'"
        )
    elif part_from_wire(part) == "empty_image":
        yield _refused(f"{path}.inline_data.data", f"{path}.inline_data.data must not be empty.")


def _data_fields(part: JsonObject) -> list[str]:
    return [name for name in PART_DATA if pick(part, name) is not None]


def _prompt_refusals(content: JsonObject, path: str) -> Iterator[Violation]:
    if pick(content, "role") == "model":
        yield _refused(path, "Please ensure that multiturn requests end with a user turn.")
        return
    for index, part in enumerate(pick_list(content, "parts")):
        if _data_fields(part) and isinstance(part_from_wire(part), OtherPart):
            yield _refused(
                f"{path}.parts[{index}]",
                "The last turn takes text of up to 64 KiB, inlineData and fileData; an image model takes nothing else.",
            )


def _config_refusals(config: JsonObject) -> Iterator[Violation]:
    yield from _image_refusals(config)
    asked = modalities(config)
    if set(asked) - {"TEXT", "IMAGE"}:
        yield _refused(
            f"{CONFIG_PATH}.response_modalities",
            f"The requested combination of response modalities ({', '.join(asked)}) is not supported by the model. "
            'Accepted: ["TEXT", "IMAGE"], ["IMAGE"] and ["TEXT"].',
        )
    seed = whole(pick(config, "seed"))
    if seed is not None and not 0 <= seed < 2**31:
        yield _refused(f"{CONFIG_PATH}.seed", f"seed must be 0 to 2147483647, not {seed}.")
    yield from _count_refusals(config)
    yield from form_refusals(config)
    temperature = number(pick(config, "temperature"))
    if temperature is not None and not 0 <= temperature <= _MAX_TEMPERATURE:
        yield _refused(
            f"{CONFIG_PATH}.temperature",
            f"* GenerateContentRequest.{CONFIG_PATH}.temperature: temperature must be in the range [0.0, 2.0].",
        )
    stops = pick(config, "stopSequences")
    if isinstance(stops, list) and len(stops) > _MAX_STOP_SEQUENCES:
        yield _refused(f"{CONFIG_PATH}.stop_sequences", f"At most 5 stop sequences, not {len(stops)}.")
    thinking = pick(config, "thinkingConfig")
    if pick(thinking, "thinkingBudget") is not None and pick(thinking, "thinkingLevel") is not None:
        yield _refused(
            f"{CONFIG_PATH}.thinking_config", "You can only set only one of thinking budget and thinking level."
        )


def _count_refusals(config: JsonObject) -> Iterator[Violation]:
    count, most_tokens = whole(pick(config, "candidateCount")), whole(pick(config, "maxOutputTokens"))
    if count is not None and count > 1:
        yield _refused(f"{CONFIG_PATH}.candidate_count", "Multiple candidates is not enabled for this model")
    elif count is not None and count < 1:
        yield _refused(f"{CONFIG_PATH}.candidate_count", f"candidate_count must be positive, not {count}.")
    if most_tokens is not None and most_tokens < 1:
        yield _refused(f"{CONFIG_PATH}.max_output_tokens", f"max_output_tokens must be positive, not {most_tokens}.")
    if pick(config, "logprobs") is not None and not pick_flag(config, "responseLogprobs"):
        yield _refused(f"{CONFIG_PATH}.logprobs", "logprobs must be set only if response_logprobs is true")


def _cache_refusals(name: JsonValue) -> Iterator[Violation]:
    if name and not str(name).startswith("cachedContents/"):
        yield _refused("cached_content", f"Invalid CachedContent name: {str(name)[:80]!r}.")


def _image_refusals(config: JsonObject) -> Iterator[Violation]:
    ratios, sizes = aspect_ratios(config), image_sizes(config)
    for setting in ratios:
        if not _RATIO.fullmatch(setting.value):
            yield _refused(
                setting.path, f"{setting.value[:40]!r} is not an aspect ratio; write width:height, such as 16:9."
            )
    for setting in sizes:
        if setting.value not in list(Resolution):
            accepted = ", ".join(Resolution)
            yield _refused(
                setting.path, f"{setting.value[:40]!r} is not an image size; accepted: {accepted} (a capital K)."
            )
    yield from _contradictions(ratios)
    yield from _contradictions(sizes)


def _contradictions(settings: tuple[Setting, ...]) -> Iterator[Violation]:
    if len({setting.value for setting in settings}) > 1:
        first, second = settings[0], next(each for each in settings if each.value != settings[0].value)
        yield _refused(
            second.path, f"{second.path} is {second.value!r}, but {first.path} is {first.value!r}; send one of them."
        )


def _refused(field: str, description: str) -> Violation:
    return Violation(field=field, description=description)
