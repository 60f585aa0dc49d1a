"""The options that `generate` and `edit` share, and how words, files and pipes become what is asked."""

from __future__ import annotations

import json
import os
import re
import select
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

from limner._json import JsonValue
from limner.cli.output import Output
from limner.errors import InvalidRequestError

F = TypeVar("F", bound=Callable[..., Any])

MAX_PROMPT_BYTES = 256 << 10
"""Longest prompt read from a pipe, in bytes; no model takes as much, and a picture piped by mistake is longer."""
MAX_PICTURE_BYTES = 100 << 20
"""Largest picture read from a pipe, in bytes."""
PATIENCE_S = 2.0
"""Seconds until a silent pipe is told to be waited for."""
STDIN = "-"

_PARAMETER = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*){0,5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What `generate` and `edit` were told, as typed."""

    aspect: str | None
    resolution: str | None
    styles: tuple[str, ...]
    vary: tuple[str, ...]
    template: str | None
    values: tuple[str, ...]
    expand: bool
    enhance: bool
    yes: bool
    lint: bool
    count: int
    seed: int | None
    model: str | None
    connection: str | None
    unlisted: bool
    images: tuple[str, ...]
    clipboard: bool
    out: str | None
    document: str | None
    overwrite: bool
    box: str | None
    lock: bool
    feather_px: float | None
    drift: bool
    transparent: Literal["key", "exact"] | None
    mask: str | None
    parameters: tuple[str, ...]
    text: bool
    budget: str | None
    stream: bool
    drafts: bool
    dry_run: bool
    preview: bool | None
    open_after: bool
    as_json: bool
    full: bool
    quiet: bool


def json_option(function: F) -> F:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")(function)


def typed_dollars(text: str) -> Decimal:
    """The amount that a person typed. Raises `InvalidRequestError` for what is none."""
    try:
        amount = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise InvalidRequestError(
            f"{text[:40]!r} is no amount.", code="invalid.amount", hint="Accepted: dollars, such as 5 or 0.50."
        )
    return amount


def typed_parameters(texts: Sequence[str]) -> tuple[tuple[str, JsonValue], ...]:
    """What `--param NAME=VALUE` gives: values are JSON where they are, else text. Raises `InvalidRequestError`."""
    found: list[tuple[str, JsonValue]] = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not _PARAMETER.fullmatch(name):
            raise InvalidRequestError(
                f"{text[:60]!r} is no parameter.",
                code="invalid.parameter",
                hint="Accepted: NAME=VALUE, such as --param guidanceScale=5 or outputOptions.mimeType=image/jpeg.",
            )
        try:
            found.append((name, json.loads(value)))
        except (ValueError, RecursionError):
            found.append((name, value))
    return tuple(found)


def picture_options(function: F) -> F:
    """The options of `generate` and `edit`, in the order a newcomer needs them."""
    for option in reversed(_PICTURE_OPTIONS):
        function = option(function)
    return function


aspect_option = click.option("--aspect", "--aspect-ratio", metavar="W:H", help="Shape, such as 16:9, 1:1 or 9:16.")
size_option = click.option("--size", "--resolution", "resolution", metavar="SIZE", help="512, 1K, 2K or 4K.")
model_option = click.option("--model", "-m", metavar="MODEL", help="See `limner models`.")

connection_option = click.option("--connection", "-c", metavar="NAME", help="See `limner connections`.")

_PICTURE_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    aspect_option,
    size_option,
    click.option("--style", "styles", multiple=True, metavar="NAME", help="A look: see `limner prompt styles`."),
    click.option("--vary", multiple=True, metavar="NAMES", help="A picture for each of these looks: a,b,c or a group."),
    click.option("--template", metavar="NAME", help="A prompt with variables: see `limner prompt templates`."),
    click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="A variable of the template."),
    click.option("--expand", is_flag=True, help="A picture for each way to choose in {red|blue}."),
    click.option("--count", "-n", type=int, default=1, metavar="N", help="How many pictures, one call each."),
    click.option("--seed", type=int, metavar="N", help="Same number, same picture, where supported."),
    model_option,
    connection_option,
    click.option(
        "--image",
        "-i",
        "images",
        multiple=True,
        metavar="FILE",
        help="A picture to go with it, repeatable; - is stdin.",
    ),
    click.option("--clipboard", is_flag=True, help="Take the picture on the clipboard as well."),
    click.option(
        "--out", "-o", metavar="PATH", help="File, or folder with a closing slash; else here, named after the prompt."
    ),
    click.option(
        "--document", metavar="PATH", help="Write words and pictures, in order: folder/, .md, .html or .json."
    ),
    click.option("--overwrite", is_flag=True, help="Replace a file that is there."),
    click.option(
        "--box", metavar="X,Y,W,H", help="Where a picture may change, in percent (10%,20%,30%,40%) or pixels."
    ),
    click.option("--lock", is_flag=True, help="Bring back the original outside the box or mask, pixel for pixel."),
    click.option("--feather", "feather_px", type=click.FloatRange(0, 500), metavar="PX", help="Soft edge of the lock."),
    click.option("--drift", is_flag=True, help="Measure what an edit changed, and whether the frame moved."),
    click.option(
        "--transparent",
        type=click.Choice(["key", "exact"]),
        help="A real alpha channel: from a key colour, or exactly, with a second call.",
    ),
    click.option("--mask", metavar="FILE", help="Where to change the picture: white in it; or foreground, background."),
    click.option(
        "--param", "parameters", multiple=True, metavar="NAME=VALUE", help="A setting as the wire names it, repeatable."
    ),
    click.option("--text/--no-text", default=True, help="Whether words beside the picture are welcome."),
    click.option("--budget", metavar="USD", help="The most that this may cost; else nothing is sent."),
    click.option("--stream/--no-stream", default=False, help="Show the words of the answer as they come."),
    click.option("--drafts", is_flag=True, help="Ask for the model's drafts too, and show them as they come."),
    click.option("--enhance", is_flag=True, help="Have the prompt written anew first, and see what changes."),
    click.option("--yes", is_flag=True, help="Use what --enhance brings without being asked."),
    click.option("--lint/--no-lint", default=True, help="Say what is likely to go wrong with the prompt, or not."),
    click.option("--dry-run", is_flag=True, help="Send nothing: show the price and the exact request."),
    click.option("--preview/--no-preview", default=None, help="Show the picture in the terminal, or not."),
    click.option("--open", "open_after", is_flag=True, help="Open the picture in the system's viewer."),
    json_option,
    click.option("--full", is_flag=True, help="With --json: the provider's whole reply, pictures as references."),
    click.option("--unlisted", is_flag=True, help="Send a model, or at a price, that the catalog does not know."),
    click.option("--quiet", "-q", is_flag=True, help="Print the paths and errors only."),
)


def read_prompt(words: Sequence[str], images: Sequence[str], output: Output) -> str:
    """The prompt: the words joined, `-` replaced by stdin, and what a pipe brings put after them.

    A file as stdin (`< notes.txt`) is read only for `-` or without words, so that a command in a loop over the lines
    of a file does not swallow the rest of it. Raises `InvalidRequestError` where there is none.
    """
    wants_stdin = STDIN in words
    if STDIN in images:
        if wants_stdin:
            raise InvalidRequestError(
                "stdin cannot be both the prompt and a picture.",
                code="invalid.stdin",
                hint="Give one of them as a file or as words.",
            )
        return " ".join(words)
    if wants_stdin:
        return " ".join(_stdin_text(output) if word == STDIN else word for word in words)
    if not words:
        return "" if _kind_of_stdin() == "terminal" else _stdin_text(output)
    piped = _stdin_text(output) if _kind_of_stdin() == "pipe" else ""
    return " ".join(words) + (f"\n{piped}" if piped else "")


def read_pictures(choices: Choices, environment: Mapping[str, str]) -> tuple[str | Path | bytes, ...]:
    """The pictures to send, in the order given; the one of the clipboard last."""
    pictures: list[str | Path | bytes] = [_stdin_picture() if name == STDIN else name for name in choices.images]
    if choices.clipboard:
        from limner.imaging.clipboard import read_picture

        pictures.append(read_picture(environment, sys.platform))
    return tuple(pictures)


def _kind_of_stdin() -> str:
    """`terminal`, `pipe`, `file` or `none`."""
    try:
        if sys.stdin.isatty():
            return "terminal"
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return "pipe" if sys.stdin is not None and not sys.stdin.closed else "none"
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        return "pipe"
    return "file" if stat.S_ISREG(mode) else "none"


def _stdin_text(output: Output) -> str:
    _wait_for_stdin(output)
    data = sys.stdin.buffer.read(MAX_PROMPT_BYTES + 1)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidRequestError(
            "What came on stdin is not text in UTF-8.",
            code="invalid.stdin",
            hint="A picture goes in with --image -; to read nothing add < /dev/null.",
        ) from None
    if len(data) > MAX_PROMPT_BYTES:
        raise InvalidRequestError(
            f"What came on stdin is longer than {MAX_PROMPT_BYTES >> 10} KB, which no model takes as a prompt.",
            code="invalid.stdin",
            hint="Pipe in less; to read nothing add < /dev/null.",
        )
    return text.strip()


def _stdin_picture() -> bytes:
    data = sys.stdin.buffer.read(MAX_PICTURE_BYTES + 1)
    if len(data) > MAX_PICTURE_BYTES:
        raise InvalidRequestError(
            f"The picture on stdin is larger than {MAX_PICTURE_BYTES >> 20} MB.",
            code="invalid.image_too_large",
            hint="Make it smaller first.",
        )
    if not data:
        raise InvalidRequestError(
            "No picture came on stdin.", code="invalid.image", hint="Try: --image - < picture.png"
        )
    return data


def _wait_for_stdin(output: Output) -> None:
    """Say what is being waited for if a pipe stays silent: it may be one that nobody will ever write to."""
    try:
        ready, _, _ = select.select([sys.stdin], [], [], PATIENCE_S)
    except (OSError, ValueError):
        return
    if not ready:
        output.note("Waiting for more of the prompt on stdin (to read nothing from there, add < /dev/null) …", "dim")
