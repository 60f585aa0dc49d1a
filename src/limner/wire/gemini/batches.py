"""The Batch API's documents: what a client asks for, the operation it watches, and the lines of an answer file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from limner._json import JsonObject, JsonValue
from limner.wire.gemini.errors import WireError
from limner.wire.gemini.fields import pick, pick_list, pick_text, whole
from limner.wire.gemini.files import timestamp
from limner.wire.gemini.violations import Violation, unknown_names
from limner.wire.reference import escape

MAX_DISPLAY_NAME = 512

_TYPE = "type.googleapis.com/google.ai.generativelanguage.v1beta"
_BATCH_FIELDS = (
    *("model", "name", "displayName", "inputConfig", "output", "createTime", "endTime", "updateTime", "batchStats"),
    *("state", "priority", "webhookConfig"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineRequest:
    """One request of a batch, lifted, and what stands beside it."""

    request: JsonValue
    metadata: JsonValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRequest:
    """A batch to be made: of `requests`, or of the lines of a file (its id, without `files/`)."""

    display_name: str
    priority: int
    requests: tuple[InlineRequest, ...] = ()
    file_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchProgress:
    """How a batch stands, for its operation; `state` without its prefix, times in milliseconds since 1970."""

    id: str
    model: str
    display_name: str
    state: str
    priority: int
    total: int
    succeeded: int
    failed: int
    created_at_ms: int
    updated_at_ms: int
    ended_at_ms: int | None
    output_file: str | None = None
    error: str | None = None


def batch_from_wire(body: JsonValue) -> BatchRequest:
    """The batch that a body asks for, in either casing. A `webhookConfig` is accepted and nothing is called.

    Raises `WireError` with everything that is wrong.
    """
    batch = pick(body, "batch")
    found = [*unknown_names(body, ("batch", "model"), "BatchGenerateContentRequest", "")]
    found += unknown_names({} if batch is None else batch, _BATCH_FIELDS, "GenerateContentBatch", "batch")
    config = pick(batch, "inputConfig")
    found += unknown_names({} if config is None else config, ("requests", "fileName"), "InputConfig", _CONFIG)
    file_name = pick_text(config, "fileName")
    requests = pick_list(pick(config, "requests"), "requests")
    display_name = pick_text(batch, "displayName") or ""
    if bool(file_name) == bool(requests):
        found.append(_refused(_CONFIG, "Give either requests or a file_name."))
    if file_name and not file_name.startswith("files/"):
        found.append(
            _refused(f"{_CONFIG}.file_name", f"{file_name[:60]!r} is not a file's name, such as files/abc-123.")
        )
    if len(display_name) > MAX_DISPLAY_NAME:
        found.append(_refused("batch.display_name", f"A display name has up to {MAX_DISPLAY_NAME} characters."))
    for index, item in enumerate(requests):
        found += unknown_names(item, ("request", "metadata"), "InlinedRequest", f"{_CONFIG}.requests.requests[{index}]")
    priority = whole(pick(batch, "priority") or 0)
    if priority is None:
        found.append(_refused("batch.priority", "priority must be a whole number."))
    if found:
        raise WireError(found[:20])
    return BatchRequest(
        display_name=display_name,
        priority=priority or 0,
        requests=tuple(
            InlineRequest(request=pick(item, "request"), metadata=pick(item, "metadata")) for item in requests
        ),
        file_id=file_name.removeprefix("files/") if file_name else None,
    )


def operation_to_wire(progress: BatchProgress, inline: Sequence[JsonObject] | None) -> JsonObject:
    """The operation that stands for a batch; `inline` are its answers, where they are not in a file."""
    output = _output(progress, inline)
    metadata: JsonObject = {
        "@type": f"{_TYPE}.GenerateContentBatch",
        "name": f"batches/{progress.id}",
        "model": f"models/{escape(progress.model)}",
        "displayName": escape(progress.display_name),
        "state": f"BATCH_STATE_{progress.state}",
        "createTime": timestamp(progress.created_at_ms),
        "updateTime": timestamp(progress.updated_at_ms),
        "batchStats": _stats(progress),
    }
    if progress.priority:
        metadata["priority"] = str(progress.priority)
    if progress.ended_at_ms is not None:
        metadata["endTime"] = timestamp(progress.ended_at_ms)
    if output is not None:
        metadata["output"] = output
    document: JsonObject = {"name": f"batches/{progress.id}", "metadata": metadata}
    if progress.ended_at_ms is None:
        return document
    document["done"] = True
    if output is not None and progress.state == "SUCCEEDED":
        document["response"] = {"@type": f"{_TYPE}.GenerateContentBatchOutput", **output}
    elif progress.state != "SUCCEEDED":
        document["error"] = _error(progress)
    return document


def inline_answer(metadata: JsonValue, answer: JsonValue, *, failed: bool) -> JsonObject:
    """One of the inlined responses: a reply, or a google.rpc.Status."""
    beside = {} if metadata is None else {"metadata": metadata}
    return {**beside, "error" if failed else "response": answer}


def answer_line(metadata: JsonValue, answer: JsonValue, *, failed: bool) -> JsonObject:
    """One line of an answer file; the key of the request's line comes back."""
    key = pick(metadata, "key")
    return {**({} if key is None else {"key": key}), "error" if failed else "response": answer}


def line_from_wire(line: JsonValue, number: int) -> InlineRequest:
    """One line of a request file, `{"key": ..., "request": {...}}`. Raises `WireError`, naming the line."""
    path = f"line {number}"
    found = list(unknown_names(line, ("key", "request", "metadata"), "InlinedRequest", path))
    if not found and not isinstance(pick(line, "request"), dict):
        found.append(_refused(path, f"Line {number} has no request."))
    if found:
        raise WireError(found)
    key, metadata = pick(line, "key"), pick(line, "metadata")
    return InlineRequest(request=pick(line, "request"), metadata=metadata if key is None else {"key": key})


def operations_to_wire(operations: Sequence[JsonObject], next_page_token: str | None) -> JsonObject:
    """One page of a list of batches."""
    return {"operations": list(operations), **({"nextPageToken": next_page_token} if next_page_token else {})}


_CONFIG = "batch.input_config"


def _stats(progress: BatchProgress) -> JsonObject:
    return {
        "requestCount": str(progress.total),
        "successfulRequestCount": str(progress.succeeded),
        "failedRequestCount": str(progress.failed),
        "pendingRequestCount": str(progress.total - progress.succeeded - progress.failed),
    }


def _output(progress: BatchProgress, inline: Sequence[JsonObject] | None) -> JsonObject | None:
    if progress.output_file is not None:
        return {"responsesFile": f"files/{progress.output_file}"}
    return None if inline is None else {"inlinedResponses": {"inlinedResponses": list(inline)}}


def _error(progress: BatchProgress) -> JsonObject:
    """google.rpc.Status: cancelled 1, deadline exceeded 4, internal 13."""
    code, message = {
        "CANCELLED": (1, "The batch was cancelled."),
        "EXPIRED": (4, "The batch was not done within 48 hours."),
    }.get(progress.state, (13, progress.error or "The batch failed."))
    return {"code": code, "message": escape(message)}


def _refused(field: str, description: str) -> Violation:
    return Violation(field=field, description=description)
