"""An interaction as the events of a stream: begun, step after step, ended."""

from __future__ import annotations

from collections.abc import Iterator

from limner._json import JsonObject, JsonValue
from limner.wire.gemini.fields import plain_text
from limner.wire.gemini.stream import TEXT_PIECE_CHARACTERS
from limner.wire.reference import escape

_HEAD = ("id", "object", "model", "status", "created", "updated")


def events_to_wire(interaction: JsonObject) -> tuple[JsonObject, ...]:
    """The lifted documents of all events in order, each with its `event_type` and an `event_id` to resume from.

    Of one in progress those that have happened; the same ones come first when it has ended.
    """
    found = enumerate(_events(interaction))
    return tuple({**event, "event_id": f"{interaction['id']}.{number}"} for number, event in found)


def events_after(events: tuple[JsonObject, ...], last_event_id: str | None) -> tuple[JsonObject, ...]:
    """The events that follow the one named; all of them where none is, or an unknown one."""
    for place, event in enumerate(events):
        if event["event_id"] == last_event_id:
            return events[place + 1 :]
    return events


def _events(interaction: JsonObject) -> Iterator[JsonObject]:
    head = {name: interaction[name] for name in _HEAD if name in interaction}
    running = {**head, "status": "in_progress", "updated": interaction["created"]}
    yield {"event_type": "interaction.created", "interaction": running}
    yield {
        "event_type": "interaction.status_update",
        "interaction_id": interaction["id"],
        "status": "in_progress",
    }
    if interaction["status"] == "in_progress":
        return
    for index, step in enumerate(interaction["steps"]):
        yield from _step_events(index, step)
    for error in interaction.get("errors", ()):
        yield {"event_type": "error", "error": error}
    usage = {"usage": interaction["usage"]} if "usage" in interaction else {}
    yield {"event_type": "interaction.completed", "interaction": {**head, **usage}}


def _step_events(index: int, step: JsonObject) -> Iterator[JsonObject]:
    yield {"event_type": "step.start", "index": index, "step": {"type": step["type"]}}
    for delta in _deltas(step):
        yield {"event_type": "step.delta", "index": index, "delta": delta}
    yield {"event_type": "step.stop", "index": index}


def _deltas(step: JsonObject) -> Iterator[JsonObject]:
    """A text in pieces, a picture whole."""
    if "signature" in step:
        yield {"type": "thought_signature", "signature": step["signature"]}
    for content in step.get("summary", ()):
        yield {"type": "thought_summary", "content": content}
    for content in step.get("content", ()):
        if content["type"] == "text":
            yield from ({"type": "text", "text": piece} for piece in _pieces(content["text"]))
        else:
            yield content


def _pieces(text: JsonValue) -> Iterator[str]:
    plain = plain_text(text)
    if plain is None:
        yield text  # a long text stands for itself as a reference
        return
    for start in range(0, len(plain), TEXT_PIECE_CHARACTERS):
        yield escape(plain[start : start + TEXT_PIECE_CHARACTERS])
