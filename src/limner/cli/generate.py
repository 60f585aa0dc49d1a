"""`limner generate` and `limner edit`: from what was typed to pictures, and what is said about them."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limner.cli.command import Command, Session
from limner.cli.options import STDIN, Choices, picture_options, read_pictures, read_prompt
from limner.cli.output import Output, one_line
from limner.errors import InvalidRequestError, LimnerError

if TYPE_CHECKING:
    from limner.app import App, Ask, Plan, Result

_MIN_PREVIEW_COLUMNS = 40
_MAX_PREVIEW_COLUMNS = 80
_MAX_PREVIEW_ROWS = 24


@click.command(
    cls=Command,
    examples=(
        'limner generate "a red fox in snow" --aspect 16:9',
        'limner generate "a red fox in snow" --count 4 --size 2K --out foxes/',
        'limner generate "the same fox, asleep" --image fox.jpg --dry-run',
    ),
)
@click.argument("prompt", nargs=-1, metavar="PROMPT...")
@picture_options
@click.pass_obj
def generate(session: Session, /, prompt: tuple[str, ...], **choices: Any) -> int:
    """Make pictures from words.

    Prints the path of each picture on a line of its own; nothing else goes to stdout. PROMPT may be several words, - is
    stdin, and what a pipe brings is added to it. Without a key the sandbox draws, offline and free.
    """
    return _make(session, prompt, Choices(**choices))


@click.command(
    cls=Command,
    examples=(
        'limner edit fox.jpg "make it night"',
        'limner edit fox.jpg hat.png "put the hat on the fox" --aspect 1:1',
        'limner edit --clipboard "remove the background"',
    ),
)
@click.argument("arguments", nargs=-1, metavar="IMAGE... PROMPT")
@picture_options
@click.pass_obj
def edit(session: Session, /, arguments: tuple[str, ...], **choices: Any) -> int:
    """Change pictures by an instruction.

    The originals stay as they are. The last argument is the instruction, those before it are pictures: files, - for
    stdin, or addresses that the provider fetches. Prints the path of each new picture on a line of its own.
    """
    told = Choices(**choices)
    pictures, words = _split(arguments, told)
    choices["images"] = (*pictures, *told.images)
    return _make(session, words, Choices(**choices))


def _split(arguments: tuple[str, ...], choices: Choices) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The pictures and the instruction among the arguments of `edit`."""
    if not arguments:
        raise _no_instruction("picture.jpg")
    *pictures, last = arguments
    has_picture = bool(pictures or choices.images or choices.clipboard)
    if not has_picture and not Path(last).is_file():
        raise InvalidRequestError(
            "There is no picture to change.",
            code="invalid.image",
            hint=f'Try: limner edit picture.jpg "{one_line(last)[:60]}"',
        )
    if not has_picture or Path(last).is_file():
        raise _no_instruction(last)
    for name in pictures:
        if name != STDIN and "://" not in name and not Path(name).expanduser().exists():
            raise InvalidRequestError(
                f"There is no file {name!r}.",
                code="invalid.image",
                hint='The instruction comes last, all of it in quotes: limner edit a.jpg "make it night"',
            )
    return tuple(pictures), (last,)


def _no_instruction(picture: str) -> InvalidRequestError:
    return InvalidRequestError(
        "What should change is not said.", code="invalid.prompt", hint=f'Try: limner edit {picture} "make it night"'
    )


def _make(session: Session, words: tuple[str, ...], choices: Choices) -> int:
    from limner.app import App

    output = session.output
    output.quiet = choices.quiet
    if choices.out == STDIN:
        raise InvalidRequestError(
            "--out takes a file or a folder, not stdout.",
            code="invalid.out",
            hint='The path is printed: cat "$(limner generate …)" gives the bytes.',
        )
    prompt = read_prompt(words, choices.images, output)
    with App.open(session.environment) as app:
        plan = app.plan(_ask(session, prompt, choices))
        _tell_notices(app, output)
        if choices.dry_run:
            _show_plan(plan, choices, output)
            return 0
        return _run(session, app, plan, choices)


def _ask(session: Session, prompt: str, choices: Choices) -> Ask:
    from limner.app import Ask

    return Ask(
        prompt=prompt,
        images=read_pictures(choices, session.environment),
        aspect_ratio=choices.aspect,
        resolution=choices.resolution,
        count=choices.count,
        seed=choices.seed,
        model=choices.model,
        connection=choices.connection,
        text=choices.text,
        unlisted=choices.unlisted,
    )


def _run(session: Session, app: App, plan: Plan, choices: Choices) -> int:
    from limner.app import Destination
    from limner.cli.progress import Progress
    from limner.core.outcome import Outcome, OutcomeKind

    output = session.output
    destination = Destination.parse(choices.out, overwrite=choices.overwrite)
    _announce(plan, choices, output)
    free = plan.connection.protocol == "sandbox"
    try:
        with Progress(output, plan.model_id, len(plan.requests)) as progress:
            result = app.run(plan, destination=destination, on_event=progress.on_event)
    except KeyboardInterrupt:
        stopped = Outcome(kind=OutcomeKind.CANCELLED, billed_override="no" if free else None)
        problem = stopped.to_error()
        problem.hint = "The sandbox is free; nothing was billed." if free else problem.hint
        raise problem from None
    _tell_notices(app, output)
    if choices.as_json:
        output.json(result.to_json(full=choices.full))
    _present(session, result, plan, progress.elapsed_s, choices)
    if choices.open_after:
        _open(result, output)
    return result.exit_code


def _tell_notices(app: App, output: Output) -> None:
    for notice in app.notices:
        output.note(notice, "cyan")
    app.notices.clear()


def _announce(plan: Plan, choices: Choices, output: Output) -> None:
    """Before anything is sent: who draws, and what it will cost."""
    if plan.connection.protocol != "sandbox":
        output.note(f"{plan.model_id} on {plan.connection.name}, {quote_text(plan)}", "dim")
    elif choices.model is None and choices.connection is None:
        output.note("Sandbox: drawn offline, free, no real model. Set GEMINI_API_KEY for one.", "cyan")


def _present(session: Session, result: Result, plan: Plan, elapsed_s: float, choices: Choices) -> None:
    output = session.output
    if _wants_preview(choices, output):
        for image in result.images:
            _preview(session, image.path)
    if not choices.as_json:
        for text in dict.fromkeys(call.text for call in result.calls if call.text):
            output.note(text)
    for warning in result.warnings:
        output.warning(warning)
    if not choices.as_json:
        for image in result.images:
            output.path(display_path(image.path))
    if result.images and not choices.as_json:
        output.note(_summary(result, plan, elapsed_s), "dim")
        output.note(_next_step(result, plan), "dim")
    problem = result.error()
    if problem is not None:
        output.error(_with_shortfall(problem, result))


def _next_step(result: Result, plan: Plan) -> str:
    picture = _quoted(display_path(result.images[0].path))
    if plan.requests[0].images:
        return f"Next: limner show {picture}"
    return f'Next: limner edit {picture} "make it night"'


def _with_shortfall(problem: LimnerError, result: Result) -> LimnerError:
    """The error, with how many pictures did come."""
    if result.images:
        problem.message += f"\n{len(result.images)} of {len(result.calls)} pictures came."
    return problem


def _summary(result: Result, plan: Plan, elapsed_s: float) -> str:
    first = result.images[0]
    request = plan.requests[0]
    asked = " ".join(str(value) for value in (request.aspect_ratio, request.resolution) if value is not None)
    got = f"{first.width}x{first.height} {first.mime_type.removeprefix('image/').upper()}"
    size = f"asked {asked}, got {got}" if asked else got
    pictures = [f"{len(result.images)} pictures"] if len(result.images) > 1 else []
    who = f"{result.model} (sandbox, no real model)" if plan.connection.protocol == "sandbox" else result.model
    cost = "cost unknown" if result.cost is None else dollars(result.cost)
    seed = [f"seed {request.seed}"] if request.seed is not None else []
    return " · ".join([who, *pictures, size, f"{elapsed_s:.1f} s", cost, *seed])


def _wants_preview(choices: Choices, output: Output) -> bool:
    if choices.preview is None:
        return output.has_color and not choices.quiet and output.columns >= _MIN_PREVIEW_COLUMNS
    return choices.preview


def _preview(session: Session, path: Path) -> None:
    from limner.imaging.preview import detect, render

    output = session.output
    protocol = detect(session.environment, isatty=output.on_terminal)
    columns = min(output.columns - 1, _MAX_PREVIEW_COLUMNS)
    rows = min(output.lines // 2, _MAX_PREVIEW_ROWS)
    try:
        output.raw(render(path, columns=columns, rows=rows, protocol=protocol))
    except (LimnerError, OSError) as problem:
        output.warning(f"No preview: {problem}")


def _open(result: Result, output: Output) -> None:
    for image in result.images:
        try:
            image.show()
        except OSError:
            output.warning("There is no viewer to open the picture with (xdg-open).")
            return


def _show_plan(plan: Plan, choices: Choices, output: Output) -> None:
    calls = [
        {"url": output.redacted(url), "document": document}
        for url, document in zip(plan.urls, plan.documents, strict=True)
    ]
    if not choices.as_json:
        output.note(f"{plan.model_id} on {plan.connection.name}, {quote_text(plan)}. Nothing was sent.")
    for warning in plan.warnings:
        output.warning(warning)
    output.json(
        {
            "dryRun": True,
            "outcome": None,
            "model": plan.model_id,
            "connection": plan.connection.name,
            "quote": plan.quote.to_json(),
            "calls": calls,
            "warnings": list(plan.warnings),
        }
    )


def quote_text(plan: Plan) -> str:
    """The price of a plan in a few words."""
    quote = plan.quote
    pictures = "1 picture" if len(plan.requests) == 1 else f"{len(plan.requests)} pictures"
    if quote.expected_usd is None:
        return f"{pictures}, price unknown ({quote.why_unknown})"
    upper = f", {dollars(quote.upper_usd)} at most" if quote.upper_usd not in (None, quote.expected_usd) else ""
    return f"{pictures}, about {dollars(quote.expected_usd)}{upper}" if quote.expected_usd else f"{pictures}, free"


def dollars(usd: Decimal | None) -> str:
    """`$0.067`: as many digits as say something; `free` for nothing, `?` for the unknown."""
    if usd is None:
        return "?"
    if usd == 0:
        return "free"
    return f"${usd:.2f}" if usd >= 1 else f"${usd:.4f}".rstrip("0") if usd >= Decimal("0.0001") else "under $0.0001"


def display_path(path: Path) -> str:
    """Relative where the file lies in the current folder or below it, else absolute."""
    try:
        relative = os.path.relpath(path)
    except ValueError:
        return str(path)
    return str(path.absolute()) if relative.startswith("..") else relative


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)
