"""What a person gets: pictures that know where they lie, in a result that says how it went and what it cost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from limner._json import JsonObject, JsonValue
from limner.core.blob import BlobRef
from limner.core.outcome import Outcome
from limner.core.parts import FilePart, OtherPart, TextPart
from limner.core.result import Usage
from limner.errors import Billed, CallError, InvalidRequestError
from limner.store import disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A finished picture or draft on disk. `mime_type`, `extension` and pixels are read from its bytes.

    `stored` is the file in the data folder, never to be changed; `path` is the copy made for the user, or
    `stored` where none was asked for. `draft` marks a picture from the model's thinking.
    """

    blob: BlobRef
    stored: Path
    path: Path
    mime_type: str
    extension: str
    width: int
    height: int
    call_id: str
    draft: bool = False

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, 64 hex digits."""
        return self.blob.sha256

    @property
    def size_bytes(self) -> int:
        """Size of the file in bytes."""
        return self.blob.size

    def read(self) -> bytes:
        """The bytes as the provider sent them."""
        return self.stored.read_bytes()

    def save(self, target: str | Path, *, overwrite: bool = False) -> Path:
        """Put an exact copy at `target`, durably; gives the path written.

        The extension is set to what the bytes are: `save("pig")` and `save("pig.png")` of a JPEG write `pig.jpg`.
        A folder takes the picture under its hash. Raises `InvalidRequestError` if the file is there already and
        `overwrite` is not set, `StorageError` if the disk refuses.
        """
        wanted = Path(target)
        if wanted.is_dir():
            wanted = wanted / self.sha256[:12]
        path = with_extension(wanted, self.extension)
        try:
            disk.make_folder(path.absolute().parent)
            placed = disk.place_copy(self.stored, path, overwrite=overwrite)
        except OSError as problem:
            raise disk.storage_error(problem, path) from problem
        if not placed:
            raise InvalidRequestError(
                f"{str(path)!r} is there already.", code="invalid.exists", hint="Choose another name or overwrite=True."
            )
        return path

    def show(self) -> None:
        """Open the picture in the system's viewer."""
        opener = "open" if sys.platform == "darwin" else "xdg-open"
        subprocess.Popen(  # noqa: S603 - a fixed program and a path of ours, no shell
            [opener, str(self.path)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def to_json(self) -> JsonObject:
        """The picture as the command prints it with `--json`."""
        return {
            "path": str(self.path),
            "mimeType": self.mime_type,
            "width": self.width,
            "height": self.height,
            "bytes": self.size_bytes,
            "sha256": self.sha256,
        }


if TYPE_CHECKING:
    from limner.app.document import Document
    from limner.app.finish import Finished

ResultPart = TextPart | Image | FilePart | OtherPart
"""One piece of an answer, in the order it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """One call and what came of it. `cost` is US dollars, `None` where no price or usage is known."""

    call_id: str
    outcome: Outcome
    parts: tuple[ResultPart, ...] = ()
    usage: Usage | None = None
    cost: Decimal | None = None
    billed: Billed = "no"
    warnings: tuple[str, ...] = ()
    attempts: int = 1
    reply: list[JsonValue] | None = None

    @property
    def images(self) -> tuple[Image, ...]:
        """The finished pictures, in order."""
        return tuple(part for part in self.parts if isinstance(part, Image) and not part.draft)

    @property
    def drafts(self) -> tuple[Image, ...]:
        """The drafts, in order."""
        return tuple(part for part in self.parts if isinstance(part, Image) and part.draft)

    @property
    def text(self) -> str:
        """The words of the answer, without thinking."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart) and not part.thought)

    def placed(self, paths: Iterator[Path]) -> CallResult:
        """The same with `path` of each finished picture taken from `paths`."""
        parts = tuple(
            replace(part, path=next(paths)) if isinstance(part, Image) and not part.draft else part
            for part in self.parts
        )
        return replace(self, parts=parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one request brought: as many calls as pictures were asked for, and what was made of the pictures.

    `warnings` come from before the call (what will not be honoured) and after it (what differs from what was asked).
    """

    model: str
    connection: str
    calls: tuple[CallResult, ...]
    notices: tuple[str, ...] = ()
    finished: tuple[Finished, ...] = ()

    @property
    def images(self) -> list[Image]:
        """All finished pictures, in order."""
        return [image for call in self.calls for image in call.images]

    @property
    def drafts(self) -> list[Image]:
        """All drafts, in order."""
        return [image for call in self.calls for image in call.drafts]

    @property
    def parts(self) -> list[ResultPart]:
        """Everything that came, in order."""
        return [part for call in self.calls for part in call.parts]

    @property
    def text(self) -> str:
        """The words of all answers, separated by empty lines."""
        return "\n\n".join(call.text for call in self.calls if call.text)

    def document(self, title: str) -> Document:
        """The finished words and pictures in the order they came, to be saved as Markdown, HTML or JSON."""
        from limner.app.document import document_of

        return document_of(title, self.parts)

    @property
    def outcome(self) -> Outcome:
        """How it ended: the first call that brought no picture, or the first of all."""
        return next((call.outcome for call in self.calls if not call.outcome.ok), self.calls[0].outcome)

    @property
    def ok(self) -> bool:
        """True if every call brought a finished picture."""
        return all(call.outcome.ok for call in self.calls)

    @property
    def exit_code(self) -> int:
        """What the command exits with."""
        return self.outcome.meaning.exit_code

    @property
    def usage(self) -> Usage | None:
        """Tokens of all calls together; `None` if no provider counted any."""
        counted = [call.usage for call in self.calls if call.usage is not None]
        return sum_usage(counted) if counted else None

    @property
    def cost(self) -> Decimal | None:
        """US dollars of all calls together; `None` if any of them is unknown."""
        costs = [call.cost for call in self.calls]
        return None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0))

    @property
    def billed(self) -> Billed:
        """`yes` if any call cost money, else `unknown` if any may have, else `no`."""
        states = {call.billed for call in self.calls}
        return "yes" if "yes" in states else "unknown" if "unknown" in states else "no"

    @property
    def warnings(self) -> list[str]:
        """What a person should know, each once."""
        return list(dict.fromkeys([*self.notices, *(text for call in self.calls for text in call.warnings)]))

    def error(self) -> CallError | None:
        """The exception for the first call that brought no picture, or `None`."""
        failed = next((call for call in self.calls if not call.outcome.ok), None)
        return None if failed is None else failed.outcome.to_error(failed.call_id)

    def to_json(self, *, full: bool = False) -> JsonObject:
        """The document that `--json` prints; `full` adds each provider's reply with pictures as references."""
        document: JsonObject = {
            "outcome": self.outcome.kind.value,
            "images": [image.to_json() for image in self.images],
            "text": self.text,
            "parts": [part_to_json(part) for part in self.parts],
            "model": self.model,
            "connection": self.connection,
            "usage": None if self.usage is None else usage_to_json(self.usage),
            "cost": None if self.cost is None else float(self.cost),
            "billed": self.billed,
            "warnings": self.warnings,
            "calls": [_call_to_json(call, full=full) for call in self.calls],
            "finished": [each.to_json() for each in self.finished],
        }
        error = self.error()
        if error is not None:
            document["error"] = error.to_json()
        return document


def with_extension(path: Path, extension: str) -> Path:
    """`path` with the right extension: replaced where it names another picture type, else added."""
    known = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".heic", ".bmp", ".tiff"}
    same = {".jpeg": ".jpg"}
    suffix = path.suffix.lower()
    if same.get(suffix, suffix) == extension:
        return path
    return path.with_suffix(extension) if suffix in known else path.with_name(path.name + extension)


def sum_usage(counted: list[Usage]) -> Usage:
    """All counts added up; the service tier is the first one named."""
    return Usage(
        input_tokens=sum(usage.input_tokens for usage in counted),
        input_image_tokens=sum(usage.input_image_tokens for usage in counted),
        output_tokens=sum(usage.output_tokens for usage in counted),
        output_image_tokens=sum(usage.output_image_tokens for usage in counted),
        thought_tokens=sum(usage.thought_tokens for usage in counted),
        tool_tokens=sum(usage.tool_tokens for usage in counted),
        total_tokens=sum(usage.total_tokens for usage in counted),
        service_tier=next((usage.service_tier for usage in counted if usage.service_tier), None),
    )


def usage_to_json(usage: Usage) -> JsonObject:
    """Token counts in camelCase."""
    return {
        "inputTokens": usage.input_tokens,
        "inputImageTokens": usage.input_image_tokens,
        "outputTokens": usage.output_tokens,
        "outputImageTokens": usage.output_image_tokens,
        "thoughtTokens": usage.thought_tokens,
        "totalTokens": usage.total_tokens,
    }


def part_to_json(part: ResultPart) -> JsonObject:
    """One piece of an answer: `type` is text, image, file or other."""
    if isinstance(part, Image):
        return {"type": "image", "draft": part.draft, **part.to_json()}
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text, "thought": part.thought}
    if isinstance(part, FilePart):
        return {"type": "file", "uri": part.uri, "mimeType": part.mime_type}
    return {"type": "other", "document": part.document}


def _call_to_json(call: CallResult, *, full: bool) -> JsonObject:
    document: JsonObject = {
        "id": call.call_id,
        "outcome": call.outcome.kind.value,
        "reason": call.outcome.reason,
        "billed": call.billed,
        "cost": None if call.cost is None else float(call.cost),
        "attempts": call.attempts,
    }
    if full:
        document["reply"] = call.reply
    return document
