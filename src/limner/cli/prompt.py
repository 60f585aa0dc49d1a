"""`limner prompt`: the craft of prompting, on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limner.cli.command import Group, Session
from limner.cli.options import (
    aspect_option,
    connection_option,
    json_option,
    model_option,
    read_prompt,
    size_option,
)
from limner.cli.output import Cell, Style

if TYPE_CHECKING:
    from limner.prompts.finding import Finding, PromptContext
    from limner.prompts.templates import Template, Variable

FAILED_ON_ERRORS, FAILED_ON_WARNINGS = 1, 2
_STYLES: dict[str, Style] = {"error": "red", "warn": "yellow", "info": "dim"}
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(
    cls=Group,
    examples=(
        'limner prompt lint "a cat, no dogs, 16:9"',
        "limner prompt styles art",
        "limner prompt template logo --set company_name=Limner",
    ),
)
def prompt() -> None:
    """The craft of prompting: lint, looks, templates.

    Nothing here is sent or paid, but for `enhance`.
    """


@prompt.command(
    "lint",
    examples=(
        'limner prompt lint "A poster with the slogan Summer never felt so good" --aspect 3:4',
        'limner prompt lint "make the sofa brown" --op edit --images 1 --strict',
        "limner prompt lint --file prompt.txt --model imagen-4.0-generate-001 --off PL004",
    ),
)
@click.argument("words", nargs=-1)
@click.option("--file", "file", type=_FILE, help="Read the prompt from this file.")
@model_option
@click.option("--op", "operation", type=click.Choice(["generate", "edit", "refine", "restyle"]), default="generate")
@click.option("--images", type=click.IntRange(0, 100), default=0, help="How many pictures go with it.")
@aspect_option
@size_option
@click.option("--count", "-n", type=click.IntRange(1, 100), default=1, help="How many pictures will be asked for.")
@click.option("--image-only", is_flag=True, help="No text will be asked for.")
@click.option("--negative", default="", help="The negative prompt.")
@click.option("--language", default="en", show_default=True, help="The language it is written in (ISO 639).")
@click.option("--off", multiple=True, metavar="RULE", help="A rule that is not to speak.")
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
@json_option
@click.pass_obj
def lint_prompt(
    session: Session, /, words: tuple[str, ...], file: Path | None, strict: bool, as_json: bool, **told: Any
) -> int:
    """Say what is likely to go wrong with a prompt.

    Nothing is sent. Without --model it is read as for the newest Gemini image models. Exit code 1 if there is an
    error, 2 with --strict if there is a warning. All rules: docs/prompt-lint.md.
    """
    from limner.prompts.lint import lint

    text = _text(session, words, file)
    found = lint(text, _context(**told))
    if as_json:
        session.output.json({"findings": [_to_json(finding) for finding in found]})
    else:
        for finding in found:
            _tell(session, finding, text, "prompt" if file is None else str(file))
        if not found:
            session.output.note("Nothing to say against it.", "green")
    levels = {finding.level for finding in found}
    if "error" in levels:
        return FAILED_ON_ERRORS
    return FAILED_ON_WARNINGS if strict and "warn" in levels else 0


@prompt.command("styles", examples=("limner prompt styles", "limner prompt styles art --json"))
@click.argument("group", required=False, metavar="[GROUP]")
@json_option
@click.pass_obj
def list_styles(session: Session, /, group: str | None, as_json: bool) -> int:
    """Looks that can be added to a prompt.

    Used with --style and --vary of `limner generate`. GROUP is camera, light, lens, film, genre, art, movement,
    material, use or quality.
    """
    from limner.prompts.styles import find_styles, styles

    chosen = styles() if group is None else find_styles(group)
    if as_json:
        names = ("id", "group", "fragment", "sentence", "when", "source")
        session.output.json([{name: getattr(style, name) for name in names} for style in chosen])
        return 0
    heads: list[Cell] = [(head, "bold") for head in ("STYLE", "GROUP", "GOOD FOR", "IN WORDS")]
    rows = [[style.id, style.group, style.when, style.sentence.replace("{subject}", "…")] for style in chosen]
    session.output.table([heads, *rows], flexible=(3, 2))
    return 0


@prompt.command("templates", examples=("limner prompt templates", "limner prompt templates --json"))
@json_option
@click.pass_obj
def list_templates(session: Session, /, as_json: bool) -> int:
    """Prompts with variables."""
    from limner.prompts.templates import templates

    if as_json:
        session.output.json([_template_to_json(template) for template in templates()])
        return 0
    heads: list[Cell] = [(head, "bold") for head in ("TEMPLATE", "WHAT", "GOOD FOR", "VARIABLES")]
    rows = [
        [each.id, each.name, each.when, ", ".join(variable.name for variable in each.variables)] for each in templates()
    ]
    session.output.table([heads, *rows], flexible=(3, 2))
    return 0


@prompt.command(
    "template",
    examples=(
        "limner prompt template logo",
        'limner prompt template logo --set company_area=baking --set company_name="Crumb & Co"',
    ),
)
@click.argument("name", metavar="NAME")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="A variable.")
@json_option
@click.pass_obj
def show_template(session: Session, /, name: str, values: tuple[str, ...], as_json: bool) -> int:
    """One template with its variables; filled, if values are given.

    A value is put in as it is and never interpreted.
    """
    from limner.cli.crafting import typed_values
    from limner.prompts.templates import fill, find_template

    template, output = find_template(name), session.output
    if values:
        text = fill(template, typed_values(values))
        if as_json:
            output.json({"template": template.id, "prompt": text})
        else:
            output.result(text)
        return 0
    if as_json:
        output.json(_template_to_json(template))
        return 0
    output.result(template.text, "bold")
    rows: list[list[Cell]] = [
        [variable.name, variable.default or "needed", f"{variable.help}{_accepted(variable)}"]
        for variable in template.variables
    ]
    output.facts([[("VARIABLE", "bold"), ("DEFAULT", "bold"), ("WHAT", "bold")], *rows])
    return 0


@prompt.command("expand", examples=('limner prompt expand "a {red|blue} fox in {snow|rain}"',))
@click.argument("words", nargs=-1)
@json_option
@click.pass_obj
def expand_prompt(session: Session, /, words: tuple[str, ...], as_json: bool) -> int:
    """All prompts that one with alternatives stands for.

    `{red|blue}` is a choice. `limner generate --expand` makes a picture of each.
    """
    from limner.prompts.expand import expand

    found = expand(read_prompt(words, (), session.output))
    if as_json:
        session.output.json(list(found))
    else:
        for text in found:
            session.output.result(text)
    return 0


@prompt.command(
    "count",
    examples=('limner prompt count "a red fox in snow"', 'limner prompt count "the fox, asleep" --image fox.jpg'),
)
@click.argument("words", nargs=-1)
@click.option("--image", "-i", "images", multiple=True, metavar="FILE", help="A picture that goes with it.")
@model_option
@connection_option
@json_option
@click.pass_obj
def count_prompt(
    session: Session,
    /,
    words: tuple[str, ...],
    images: tuple[str, ...],
    model: str | None,
    connection: str | None,
    as_json: bool,
) -> int:
    """How many tokens a prompt has.

    Counted by the provider, free of charge, where there is a key; else estimated, and that is said.
    """
    from limner.app import App, Ask

    ask = Ask(
        prompt=read_prompt(words, (), session.output), images=images, model=model, connection=connection, unlisted=True
    )
    with App.open(session.environment) as app:
        counted = app.count_tokens(ask)
    if as_json:
        session.output.json(counted.to_json())
        return 0
    session.output.result(str(counted.tokens))
    if counted.why_estimated is not None:
        session.output.note(f"Estimated, a token for four characters: {counted.why_estimated}.", "dim")
    elif counted.by_modality:
        session.output.note(", ".join(f"{kind.lower()} {count}" for kind, count in counted.by_modality.items()), "dim")
    return 0


@prompt.command("enhance", examples=('limner prompt enhance "a red fox"',))
@click.argument("words", nargs=-1)
@model_option
@connection_option
@click.option("--unlisted", is_flag=True, help="Ask a model, or at a price, that the catalog does not know.")
@json_option
@click.pass_obj
def enhance_prompt(
    session: Session,
    /,
    words: tuple[str, ...],
    model: str | None,
    connection: str | None,
    unlisted: bool,
    as_json: bool,
) -> int:
    """Have a prompt written anew by a model that writes.

    Prints the new prompt, and beside it what was added and removed. It is one call, recorded and paid like any other.
    """
    from limner.app import App
    from limner.app.enhance import enhance

    with App.open(session.environment) as app:
        text = read_prompt(words, (), session.output)
        found = enhance(app, text, model=model, connection=connection, unlisted=unlisted)
    if as_json:
        pieces = [{"kind": kind, "text": piece} for kind, piece in found.pieces()]
        cost = None if found.cost is None else float(found.cost)
        document = {"prompt": found.old, "enhanced": found.new, "model": found.model, "cost": cost}
        session.output.json({**document, "pieces": pieces})
        return 0
    session.output.pieces(found.pieces())
    session.output.result(found.new)
    return 0


def _template_to_json(template: Template) -> dict[str, object]:
    return {
        "id": template.id,
        "name": template.name,
        "text": template.text,
        "when": template.when,
        "edit": template.edit,
        "source": template.source,
        "variables": [
            {
                "name": variable.name,
                "type": variable.type,
                "help": variable.help,
                "choices": list(variable.choices),
                "open": variable.open,
                "limit": variable.limit,
                "default": variable.default,
            }
            for variable in template.variables
        ],
    }


def _accepted(variable: Variable) -> str:
    if variable.choices:
        more = " or another" if variable.open else ""
        return f" ({', '.join(variable.choices)}{more})"
    if variable.type == "number":
        return f" ({variable.minimum} to {variable.maximum})"
    return f" (up to {variable.limit} characters)"


def _text(session: Session, words: tuple[str, ...], file: Path | None) -> str:
    if file is None:
        return read_prompt(words, (), session.output)
    if words:
        raise click.UsageError("Give a prompt or --file, not both.")
    return file.read_text(encoding="utf-8", errors="replace")


def _context(
    *, aspect: str | None, resolution: str | None, image_only: bool, off: tuple[str, ...], **told: Any
) -> PromptContext:
    from limner.app.plan import typed_ratio, typed_resolution
    from limner.prompts.family import family_of
    from limner.prompts.finding import PromptContext

    return PromptContext(
        family=family_of(told["model"] or ""),
        ratio=typed_ratio(aspect),
        size=typed_resolution(resolution),
        modalities=("IMAGE",) if image_only else ("TEXT", "IMAGE"),
        off=frozenset(rule.upper() for rule in off),
        **told,
    )


def _tell(session: Session, finding: Finding, text: str, name: str) -> None:
    before = text[: finding.start]
    line, column = before.count("\n") + 1, finding.start - (before.rfind("\n") + 1) + 1
    output = session.output
    output.result(f"{name}:{line}:{column} {finding.rule} {finding.level} {finding.message}", _STYLES[finding.level])
    if finding.fix is not None:
        output.note(f"    {finding.fix.label}.", "dim")


def _to_json(finding: Finding) -> dict[str, object]:
    edit = None if finding.fix is None else finding.fix.edit
    changes: dict[str, object] | None = None
    if edit is not None and edit.setting is not None:
        changes = {"setting": edit.setting, "value": edit.text}
    elif edit is not None:
        changes = {"start": edit.start, "end": edit.end, "text": edit.text}
    return {
        "rule": finding.rule,
        "name": finding.name,
        "level": finding.level,
        "message": finding.message,
        "start": finding.start,
        "end": finding.end,
        "fix": None if finding.fix is None else {"label": finding.fix.label, "edit": changes},
    }
