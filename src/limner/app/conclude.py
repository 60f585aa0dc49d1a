"""From an answer to what is kept of it: pictures measured, differences told, cost counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from limner._json import JsonValue
from limner.app.result import CallResult, Image, ResultPart, usage_to_json
from limner.catalog import prices
from limner.catalog.model import Model
from limner.core.blob import BlobRef
from limner.core.outcome import Outcome, OutcomeKind
from limner.core.parts import ImagePart
from limner.core.picture import EXTENSIONS, NotAPicture, differences, measure
from limner.core.result import Reply
from limner.core.size import AspectRatio, Resolution
from limner.providers import gemini
from limner.providers.send import Answer
from limner.store.blobs import BlobStore
from limner.store.journal import CallRecord, Ending, StoredImage


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a call was asked for, as far as its answer is compared with it. `free` calls cost nothing by nature."""

    model: Model
    aspect_ratio: AspectRatio | None = None
    resolution: Resolution | None = None
    free: bool = False
    deliver: bool = False


def conclude(answer: Answer, expected: Expectation, blobs: BlobStore) -> Ending:
    """What the journal keeps of `answer`."""
    images, warnings = _measured(answer.reply, expected, blobs)
    outcome = _judged(answer.reply.outcome, images, expected)
    finished = sum(image.role == "result" for image in images)
    usage = answer.reply.usage
    return Ending(
        outcome=outcome,
        http_status=answer.status,
        reply=answer.documents,
        images=images,
        usage=None if usage is None else usage_to_json(usage),
        cost_usd=prices.usd_text(_cost(outcome, answer.reply, expected, finished)),
        warnings=(*warnings, outcome.message) if outcome.ok and outcome.message else warnings,
        delivered=not (expected.deliver and finished),
    )


def call_result(call_id: str, answer: Answer, ending: Ending, blobs: BlobStore) -> CallResult:
    """What the user gets of `answer`, once `ending` is in the journal."""
    known = {image.blob: image for image in ending.images}
    parts: list[ResultPart] = []
    for part in answer.reply.parts:
        if not isinstance(part, ImagePart):
            parts.append(part)
        elif part.blob in known:
            parts.append(image_of(known[part.blob], call_id, blobs, draft=part.thought))
    return CallResult(
        call_id=call_id,
        outcome=ending.outcome,
        parts=tuple(parts),
        usage=answer.reply.usage,
        cost=None if ending.cost_usd is None else Decimal(ending.cost_usd),
        billed=ending.outcome.billed,
        warnings=ending.warnings,
        attempts=answer.attempts,
        reply=answer.documents,
    )


def read_recorded(record: CallRecord, documents: list[JsonValue]) -> Reply:
    """The reply of a recorded call, read again from its documents."""
    return gemini.read_reply(documents, record.http_status or 200, {}, True)


def recorded_result(record: CallRecord, reply: Reply, documents: list[JsonValue], blobs: BlobStore) -> CallResult:
    """What the user got of a call, from the journal alone; pictures that were fetched from links come last."""
    assert record.outcome is not None
    outcome = Outcome(
        kind=OutcomeKind(record.outcome), reason=record.reason, message=record.message, billed_override=record.billed
    )
    ending = Ending(outcome=outcome, images=record.images, cost_usd=record.cost_usd, warnings=record.warnings)
    answer = Answer(reply=reply, documents=documents, sent=True, attempts=record.attempts)
    result = call_result(record.call_id, answer, ending, blobs)
    shown = {image.blob for image in result.images}
    others = [image for image in record.images if image.role == "result" and image.blob not in shown]
    return replace(result, parts=(*result.parts, *(image_of(image, record.call_id, blobs) for image in others)))


def image_of(stored: StoredImage, call_id: str, blobs: BlobStore, *, draft: bool = False) -> Image:
    """A recorded picture as the user sees it."""
    place = blobs.path(stored.blob)
    return Image(
        blob=stored.blob,
        stored=place,
        path=Path(stored.path) if stored.path else place,
        mime_type=stored.mime_type,
        extension="." + EXTENSIONS[stored.mime_type],
        width=stored.width or 0,
        height=stored.height or 0,
        call_id=call_id,
        draft=draft,
    )


def _measured(reply: Reply, expected: Expectation, blobs: BlobStore) -> tuple[tuple[StoredImage, ...], tuple[str, ...]]:
    images: list[StoredImage] = []
    warnings: list[str] = []
    for part in reply.parts:
        if not isinstance(part, ImagePart):
            continue
        try:
            with blobs.open(part.blob) as file:
                picture = measure(file)
        except NotAPicture as problem:
            warnings.append(f"What came as {part.mime_type or 'a picture'} is none: {problem}. {_kept(part.blob)}")
            continue
        size = picture.shown_size
        images.append(
            StoredImage(
                role="draft" if part.thought else "result",
                blob=part.blob,
                mime_type=picture.mime_type,
                width=size.width,
                height=size.height,
            )
        )
        if not part.thought:
            asked = expected.model.capabilities.expected_size(expected.aspect_ratio, expected.resolution)
            warnings += differences(
                expected.aspect_ratio, asked, part.mime_type, picture, asked_resolution=expected.resolution
            )
    return tuple(images), tuple(warnings)


def _kept(blob: BlobRef) -> str:
    return f"Its {blob.size} bytes are kept as {blob.sha256[:12]}."


def _judged(outcome: Outcome, images: tuple[StoredImage, ...], expected: Expectation) -> Outcome:
    if outcome.ok and not any(image.role == "result" for image in images):
        outcome = Outcome(
            kind=OutcomeKind.PROTOCOL, message="what was sent as a picture is none", billed_override="yes"
        )
    return replace(outcome, billed_override="no") if expected.free else outcome


def _cost(outcome: Outcome, reply: Reply, expected: Expectation, finished: int) -> Decimal | None:
    if outcome.billed == "no":
        return Decimal(0)
    cost = prices.cost(expected.model, reply.usage, images=finished, resolution=expected.resolution)
    return cost.usd
