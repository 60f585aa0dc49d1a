"""What a stage of a run shows: one card, whatever state it is in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from limner._json import JsonObject, JsonValue
from limner.core.blob import BlobRef
from limner.errors import LimnerError
from limner.runner.planning import plan_run
from limner.studio.offer import price_words
from limner.studio.visit import Visit
from limner.workflow.forms import FieldError, defaults
from limner.workflow.model import FormField, Stage, Workflow
from limner.workflow.places import Choice

_SAID = {
    "idle": "waits",
    "ready": "ready",
    "queued": "in the queue",
    "running": "under way",
    "review": "needs you",
    "completed": "done",
    "stale": "out of date",
    "error": "failed",
}
_KINDS = {
    "ready": "accent",
    "queued": "info",
    "running": "info",
    "review": "accent",
    "completed": "success",
    "stale": "stale",
    "error": "danger",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePicture:
    """A picture of a stage; `name` is its page in the library."""

    blob: BlobRef
    name: str
    alt: str
    width: int
    height: int
    index: int
    selected: bool
    item: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCard:
    """A stage with everything its template shows. `needs_you` marks what waits for a person."""

    id: str
    number: int
    title: str
    description: str
    kind: str
    status: str
    said: str
    badge: str
    waits_for: tuple[str, ...]
    reasons: tuple[str, ...]
    fields: tuple[FormField, ...]
    values: JsonObject
    errors: tuple[FieldError, ...]
    text: str
    pictures: tuple[StagePicture, ...]
    words: str
    blocks: tuple[tuple[str, object], ...]
    error: JsonObject | None
    last_error: JsonObject | None
    attempts: tuple[JsonObject, ...]
    active: str | None
    progress: JsonObject | None
    shape: tuple[int, int]
    price: str
    prompt: str
    redo: bool
    styles: tuple[object, ...]
    placeholder: str
    auto: bool
    usd: Decimal | None
    since: str | None
    is_form: bool = False

    @property
    def seen(self) -> str:
        """The last attempt that this card shows: what is started from it is started once."""
        return str(self.attempts[-1]["id"]) if self.attempts else ""

    @property
    def needs_you(self) -> bool:
        """Whether it waits for a person."""
        return self.status in ("review", "error") or (self.status == "ready" and not self.auto)


def cards_of(
    visit: Visit,
    run_id: str,
    workflow: Workflow,
    document: JsonObject,
    typed: Mapping[str, JsonObject],
    errors: object,
) -> list[StageCard]:
    """The stages of a run in their order, with what is left to do priced."""
    plans = _plans(visit, run_id, workflow)
    wrong = errors if isinstance(errors, dict) else {}
    titles = {stage.id: stage.title for stage in workflow.stages}
    return [
        _card(visit, stage, number, document["stages"][stage.id], plans.get(stage.id, {}), titles, typed, wrong)
        for number, stage in enumerate(workflow.stages, start=1)
    ]


def _plans(visit: Visit, run_id: str, workflow: Workflow) -> dict[str, JsonObject]:
    try:
        plan = plan_run(visit.context.app, workflow, {}, choice=Choice(), run_id=run_id)
    except LimnerError:
        return {}
    return {stage["id"]: stage for stage in plan["stages"]}


def _card(
    visit: Visit,
    stage: Stage,
    number: int,
    shown: JsonObject,
    plan: JsonObject,
    titles: Mapping[str, str],
    typed: Mapping[str, JsonObject],
    wrong: Mapping[str, tuple[FieldError, ...]],
) -> StageCard:
    output = shown["output"]
    images = output.get("images", []) if isinstance(output, dict) and stage.kind == "image" else []
    given = shown["userInput"] or {}
    price = plan.get("price", {}).get("expected")
    status = "ready" if stage.id in wrong else shown["status"]
    attempts = tuple(shown["attempts"])
    last = attempts[-1] if attempts else None
    return StageCard(
        id=stage.id,
        number=number,
        title=stage.title,
        description=stage.description or "",
        kind=stage.kind,
        status=status,
        said=_SAID[status],
        badge=_KINDS.get(status, ""),
        waits_for=tuple(titles[each] for each in shown["waitsFor"] if each in titles),
        reasons=tuple(map(str, shown["staleReasons"])),
        fields=tuple(each for each in stage.fields if each.type != "hidden"),
        values={**defaults(stage.fields), **given, **typed.get(stage.id, {})},
        errors=tuple(wrong.get(stage.id, ())),
        text=_text(output, stage),
        pictures=tuple(_picture(visit, image, index, output) for index, image in enumerate(images)),
        words=str(output.get("accompanyingText") or "") if isinstance(output, dict) else "",
        blocks=_blocks(output) if len(images) > 1 and last is not None and last["requests"] == 1 else (),
        error=shown["error"],
        last_error=shown["lastAttempt"]["error"] if shown["lastAttempt"] else None,
        attempts=attempts,
        active=shown["activeAttemptId"],
        progress=shown["progress"],
        shape=_shape(plan.get("aspectRatio") or stage.image.aspect_ratio),
        price="" if "price" not in plan else price_words(None if price is None else Decimal(str(price))),
        prompt=str(plan.get("prompt") or ""),
        redo=stage.redo_enabled and stage.asks_model,
        styles=stage.redo.styles,
        placeholder=stage.redo.notes_placeholder or "",
        auto=bool(stage.auto_run),
        usd=_usd(output),
        since=last["startedAt"] or last["queuedAt"] if last else None,
        is_form=bool(stage.fields) and not stage.asks_model,
    )


def _picture(visit: Visit, image: JsonObject, index: int, output: JsonObject) -> StagePicture:
    call = image.get("callId") or ""
    names = {each.blob.sha256: each.name for each in visit.context.app.store.gallery.of_call(call)} if call else {}
    selected = output.get("selectedIndex")
    return StagePicture(
        blob=BlobRef(sha256=image["sha256"], size=image["bytes"]),
        name=names.get(image["sha256"], ""),
        alt=str(image.get("alt") or "Picture"),
        width=image["width"],
        height=image["height"],
        index=index,
        selected=selected == index,
        item=image.get("itemIndex"),
    )


def _blocks(output: JsonValue) -> tuple[tuple[str, object], ...]:
    """Text and pictures in the order they came, where they alternate."""
    found = output.get("blocks", []) if isinstance(output, dict) else []
    kinds = [block["type"] for block in found]
    if kinds.count("text") < 2:
        return ()
    return tuple((block["type"], block.get("text", block.get("index"))) for block in found)


def _text(output: JsonValue, stage: Stage) -> str:
    if output is None or stage.kind == "image":
        return ""
    return output if isinstance(output, str) else json.dumps(output, indent=2, ensure_ascii=False)


def _usd(output: JsonValue) -> Decimal | None:
    cost = output.get("cost") if isinstance(output, dict) else None
    amount = cost.get("amount") if isinstance(cost, dict) else None
    return None if amount is None else Decimal(str(amount))


def _shape(ratio: object) -> tuple[int, int]:
    parts = str(ratio or "1:1").split(":")
    return (int(parts[0]), int(parts[1])) if len(parts) == 2 and all(part.isdigit() for part in parts) else (1, 1)
