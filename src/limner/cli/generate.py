"""`limner generate` and `limner edit`: from what was typed to pictures, and what is said about them."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limner.cli.command import Command, Session
from limner.cli.options import (
    STDIN,
    Choices,
    picture_options,
    read_pictures,
    typed_dollars,
    typed_parameters,
)
from limner.cli.output import Output, one_line
from limner.errors import InvalidRequestError, LimnerError

if TYPE_CHECKING:
    from limner.app import App, Ask, Plan, Result

UPSCALER = "imagen-4.0-upscale-preview"
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


@click.command(
    cls=Command,
    examples=(
        "limner upscale fox.png --connection vertex",
        "limner upscale fox.png --factor 4 --connection vertex --param outputOptions.mimeType=image/jpeg",
    ),
)
@click.argument("picture", metavar="IMAGE")
@click.option(
    "--factor", type=click.IntRange(2, 4), default=2, show_default=True, help="How much longer each side gets."
)
@picture_options
@click.pass_obj
def upscale(session: Session, /, picture: str, factor: int, **choices: Any) -> int:
    """Make a picture larger with Imagen's upscaler.

    Only Vertex AI has it, and the sandbox. The original stays as it is.
    """
    choices["images"] = (picture,)
    choices["model"] = choices["model"] or UPSCALER
    return _make(session, (), Choices(**choices), upscale=factor)


def _split(arguments: tuple[str, ...], choices: Choices) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The pictures and the instruction among the arguments of `edit`."""
    from limner.app.inputs import is_address

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
        if name != STDIN and not is_address(name) and not Path(name).expanduser().exists():
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


def _make(session: Session, words: tuple[str, ...], choices: Choices, *, upscale: int | None = None) -> int:
    from limner.app import App
    from limner.cli.crafting import craft, enhanced, lint_plan

    output = session.output
    output.quiet = choices.quiet
    if choices.out == STDIN:
        raise InvalidRequestError(
            "--out takes a file or a folder, not stdout.",
            code="invalid.out",
            hint='The path is printed: cat "$(limner generate …)" gives the bytes.',
        )
    prompts = craft(session, words, choices) if words or upscale is None else [""]
    with App.open(session.environment) as app:
        if choices.enhance:
            prompts = [enhanced(session, app, prompt, choices) for prompt in prompts]
        plan = app.plan(_ask(session, prompts, choices, upscale))
        _tell_notices(app, output)
        if choices.lint:
            lint_plan(session, plan)
        if choices.dry_run:
            _show_plan(plan, choices, output)
            return 0
        return _run(session, app, plan, choices)


def _ask(session: Session, prompts: list[str], choices: Choices, upscale: int | None) -> Ask:
    from limner.app import Ask
    from limner.app.finish import Finish

    return Ask(
        prompt=prompts[0],
        variants=tuple(prompts),
        styles=choices.styles,
        vary=choices.vary,
        images=read_pictures(choices, session.environment),
        aspect_ratio=choices.aspect,
        resolution=choices.resolution,
        count=choices.count,
        seed=choices.seed,
        model=choices.model,
        connection=choices.connection,
        text=choices.text,
        unlisted=choices.unlisted,
        budget_usd=None if choices.budget is None else typed_dollars(choices.budget),
        mask=choices.mask,
        parameters=typed_parameters(choices.parameters),
        upscale=upscale,
        finish=Finish(
            box=choices.box,
            lock=choices.lock,
            feather_px=choices.feather_px,
            drift=choices.drift,
            transparent=choices.transparent,
        ),
        stream=choices.stream or choices.drafts,
        drafts=choices.drafts,
    )


def _run(session: Session, app: App, plan: Plan, choices: Choices) -> int:
    from limner.app import Destination
    from limner.cli.progress import Progress
    from limner.cli.streaming import Stream
    from limner.core.outcome import Outcome, OutcomeKind

    output = session.output
    destination = Destination.parse(choices.out, overwrite=choices.overwrite)
    _announce(plan, choices, output)
    free = plan.connection.protocol == "sandbox"
    try:
        with Progress(output, plan.model_id, len(plan.requests)) as progress:
            stream = Stream(output, app, progress, drawn_preview(session) if _wants_preview(choices, output) else None)
            several = len(plan.requests) > 1
            on_event = progress.on_event if several or choices.as_json else stream.on_event
            result = app.run(plan, destination=destination, on_event=on_event)
    except KeyboardInterrupt:
        stopped = Outcome(kind=OutcomeKind.CANCELLED, billed_override="no" if free else None)
        problem = stopped.to_error()
        problem.hint = "The sandbox is free; nothing was billed." if free else problem.hint
        raise problem from None
    _tell_notices(app, output)
    if choices.as_json:
        output.json(result.to_json(full=choices.full))
    _present(session, result, plan, progress.elapsed_s, choices, has_words=stream.has_words)
    if choices.document is not None and result.parts:
        written = result.document(plan.requests[0].prompt).save(choices.document, overwrite=choices.overwrite)
        output.note(f"The document is in {written}.", "green")
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


def _present(
    session: Session, result: Result, plan: Plan, elapsed_s: float, choices: Choices, *, has_words: bool
) -> None:
    output = session.output
    if _wants_preview(choices, output):
        draw = drawn_preview(session)
        for image in result.images:
            output.raw(draw(image.path))
    if not choices.as_json and not has_words:
        for text in dict.fromkeys(call.text for call in result.calls if call.text):
            output.note(text)
    for warning in result.warnings:
        output.warning(warning)
    if not choices.as_json:
        for image in result.images:
            output.path(display_path(image.path))
        for each in result.finished:
            if each.made is not None:
                output.path(display_path(each.made.path))
            if each.drift is not None:
                output.note(f"{each.drift.words()}.")
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
    return can_preview(output) if choices.preview is None else choices.preview


def can_preview(output: Output) -> bool:
    """Whether pictures are shown unasked: on a wide enough terminal with colors."""
    return output.has_color and not output.quiet and output.columns >= _MIN_PREVIEW_COLUMNS


def drawn_preview(session: Session) -> Callable[[Path], str]:
    """What draws a picture for this terminal; an error message where it cannot."""
    from limner.imaging.preview import detect, render

    output = session.output
    protocol = detect(session.environment, isatty=output.on_terminal)
    columns = min(output.columns - 1, _MAX_PREVIEW_COLUMNS)
    rows = min(output.lines // 2, _MAX_PREVIEW_ROWS)

    def draw(path: Path) -> str:
        try:
            return render(path, columns=columns, rows=rows, protocol=protocol)
        except (LimnerError, OSError) as problem:
            return f"warning: No preview: {problem}\n"

    return draw


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
