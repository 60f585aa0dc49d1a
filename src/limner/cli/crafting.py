"""From what was typed to the prompts that are sent: templates filled, alternatives expanded, looks and lint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from limner.cli.command import Session
from limner.cli.options import Choices, read_prompt
from limner.errors import InvalidRequestError

if TYPE_CHECKING:
    from limner.app import App, Plan


_NOT_HERE = frozenset({"PL007"})
"""Rules that would speak of nearly every short prompt: `limner generate` asks for a picture in the request itself."""


def craft(session: Session, words: Sequence[str], choices: Choices) -> list[str]:
    """The prompts: one, or one for each way that alternatives in it can be chosen."""
    if choices.template is not None:
        if words:
            raise click.UsageError("Give a prompt or --template, not both.")
        text = filled(session, choices.template, choices.values)
    else:
        text = read_prompt(words, choices.images, session.output)
    if not choices.expand:
        return [text]
    from limner.prompts.expand import expand

    return expand(text)


def filled(session: Session, name: str, settings: Sequence[str]) -> str:
    """The template with its variables; on a terminal what is missing is asked for."""
    from limner.prompts.templates import fill, find_template, missing

    template = find_template(name)
    values = typed_values(settings)
    if session.output.on_terminal:
        for variable in missing(template, values):
            offer = f" ({', '.join(variable.choices)})" if variable.choices else ""
            values[variable.name] = click.prompt(f"{variable.name}: {variable.help}{offer}", err=True)
    return fill(template, values)


def typed_values(settings: Sequence[str]) -> dict[str, str]:
    """What `--set NAME=VALUE` gives. Raises `InvalidRequestError`."""
    values = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InvalidRequestError(
                f"{text[:60]!r} sets nothing.", code="invalid.variable", hint="Accepted: --set NAME=VALUE."
            )
        values[name.strip()] = value
    return values


def enhanced(session: Session, app: App, prompt: str, choices: Choices) -> str:
    """The prompt as a model writes it anew, if the person takes it; unasked only with `--yes`."""
    from limner.app.enhance import enhance
    from limner.cli.generate import dollars

    output = session.output
    found = enhance(app, prompt, model=choices.model, connection=choices.connection, unlisted=choices.unlisted)
    cost = "cost unknown" if found.cost is None else dollars(found.cost)
    output.note(f"Written anew by {found.model}, {cost}:", "dim")
    output.pieces(found.pieces())
    if choices.yes:
        return found.new
    if not session.output.on_terminal:
        output.note("It was not used: say --yes to use it without being asked.", "yellow")
        return prompt
    return found.new if click.confirm("Use it?", default=False, err=True) else prompt


def lint_plan(session: Session, plan: Plan) -> None:
    """Tell what is likely to go wrong with the prompts of a plan: errors and warnings, each once."""
    from limner.prompts.family import family_of
    from limner.prompts.finding import PromptContext
    from limner.prompts.lint import lint

    told: set[str] = set()
    for request in plan.requests:
        context = PromptContext(
            family=family_of(request.model),
            operation="edit" if request.has_pictures else "generate",
            images=len(request.images),
            ratio=request.aspect_ratio,
            size=request.resolution,
            count=len(plan.requests),
            modalities=("TEXT", "IMAGE") if request.text else ("IMAGE",),
            off=_NOT_HERE,
        )
        for finding in lint(request.prompt, context):
            if finding.level != "info" and finding.message not in told:
                told.add(finding.message)
                fix = "" if finding.fix is None else f" {finding.fix.label}."
                session.output.note(f"{finding.rule}: {finding.message}{fix}", "yellow")
