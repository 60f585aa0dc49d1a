"""What a stage puts out: the pictures, words and JSON of an attempt's requests, put together.

The result of one request is `{images, blocks, provider, modelRequested, model, connection, usage, cost, promptUsed,
warnings, callId}`, and `value` for text and JSON stages. Pictures are `{id, sha256, bytes, mimeType, width, height}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from limner._json import JsonObject, JsonValue
from limner.workflow.model import Stage

if TYPE_CHECKING:
    from limner.workflow.state import Attempt, Call


_ID_DIGITS = 16
"""Enough never to meet another picture, and short enough not to be taken for a key where text is redacted."""

IMAGE_ID = re.compile(rf"img_([0-9a-f]{{{_ID_DIGITS}}})")
"""The id of a picture; the group is the beginning of its SHA-256."""


def image_id(sha256: str) -> str:
    """The id of a picture, from its content: the same picture has the same id everywhere."""
    return f"img_{sha256[:_ID_DIGITS]}"


def assemble(stage: Stage, attempt: Attempt) -> JsonValue:
    """The output of an attempt that succeeded."""
    if stage.kind != "image":
        values = [_value(attempt.calls.get(number)) for number in range(attempt.total)]
        return values if attempt.is_for_each else values[0]
    return _picture_output(stage, attempt)


def failed_items(attempt: Attempt) -> list[int]:
    """The items (from 0) of which no request succeeded."""
    size = len(attempt.samples)
    return [
        item
        for item in range(attempt.items)
        if not any(_ok(attempt.calls.get(number)) for number in range(item * size, (item + 1) * size))
    ]


def _ok(call: Call | None) -> bool:
    return call is not None and call.succeeded


def _value(call: Call | None) -> JsonValue:
    return call.result.get("value") if call is not None and call.result is not None else None


def _results(attempt: Attempt) -> Iterator[tuple[int, JsonObject]]:
    for number in range(attempt.total):
        call = attempt.calls.get(number)
        if call is not None and call.result is not None:
            yield number, call.result


def _picture_output(stage: Stage, attempt: Attempt) -> JsonObject:
    images: list[JsonObject] = []
    blocks: list[JsonObject] = []
    words: list[str] = []
    warnings: list[str] = []
    first: JsonObject | None = None
    for number, result in _results(attempt):
        first = first or result
        item = attempt.item_of(number) if attempt.is_for_each else None
        for block in result["blocks"]:
            if block["type"] == "text":
                blocks.append(block)
                words.append(block["text"])
            else:
                blocks.append({"type": "image", "index": len(images)})
                images.append(_image(result["images"][block["index"]], result, attempt, item))
        warnings += result["warnings"]
    assert first is not None
    output: JsonObject = {
        "provider": first["provider"],
        "images": images,
        "accompanyingText": "\n".join(words),
        "blocks": blocks,
        "selectedIndex": 0,
        "modelRequested": first["modelRequested"],
        "model": first["model"],
        "connection": first["connection"],
        "usage": _usage(attempt),
        "cost": _cost(attempt),
        "warnings": list(dict.fromkeys(warnings + _missing(attempt))),
    }
    if attempt.is_for_each:
        output["items"] = [_item(attempt, item) for item in range(attempt.items)]
    return output


def _image(image: JsonObject, result: JsonObject, attempt: Attempt, item: int | None) -> JsonObject:
    return {
        "id": image["id"],
        "dataUrl": None,
        "storageUrl": None,
        "url": f"/assets/{image['id']}",
        "promptUsed": result["promptUsed"],
        "seed": image.get("seed"),
        "mimeType": image["mimeType"],
        "width": image["width"],
        "height": image["height"],
        "bytes": image["bytes"],
        "sha256": image["sha256"],
        "alt": result["promptUsed"][:200],
        "parentImageId": None if attempt.basis is None else attempt.basis.get("id"),
        "itemIndex": item,
        "callId": result["callId"],
    }


def _missing(attempt: Attempt) -> list[str]:
    if attempt.is_for_each:
        failed = failed_items(attempt)
        return [f"item_failed: {', '.join(str(item + 1) for item in failed)}"] if failed else []
    lost = [call.error for call in attempt.calls.values() if call.error is not None]
    return [f"{len(lost)} of {attempt.total} requests brought nothing: {lost[0]['message']}"] if lost else []


def _usage(attempt: Attempt) -> JsonObject:
    counted: dict[str, int] = {"promptTokens": 0, "outputTokens": 0, "thoughtTokens": 0, "images": 0}
    for _, result in _results(attempt):
        for name in ("promptTokens", "outputTokens", "thoughtTokens"):
            counted[name] += int((result.get("usage") or {}).get(name, 0))
        counted["images"] += len(result["images"])
    return dict(counted)


def _cost(attempt: Attempt) -> JsonObject:
    costs = [result.get("cost") for _, result in _results(attempt)]
    known = sum((Decimal(str(cost)) for cost in costs if cost is not None), Decimal(0))
    return {"amount": None if None in costs else float(known), "currency": "USD", "estimated": True}


def _item(attempt: Attempt, item: int) -> JsonObject:
    size = len(attempt.samples)
    calls = [attempt.calls.get(number) for number in range(item * size, (item + 1) * size)]
    good = [call.result for call in calls if call is not None and call.result is not None]
    error = next((call.error for call in calls if call is not None and call.error is not None), None)
    return {
        "status": "completed" if good else "error" if error else "skipped",
        "error": None if good else error,
        "imageIds": [image["id"] for result in good for image in result["images"]],
        "promptUsed": good[0]["promptUsed"] if good else None,
    }
