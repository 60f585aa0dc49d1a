"""The entry of the command: which commands there are, and how every ending is told.

Nothing heavy is imported here. `ENTRIES` says where a command lives; it is imported when it runs.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping, Sequence

import click

from limner import config
from limner._version import __version__
from limner.cli.command import Command, Entry, Group, Session
from limner.cli.output import Output
from limner.errors import LimnerError, UsageError

EXIT_FAULT = 70
"""Exit code for a fault of Limner itself."""
EXIT_INTERRUPTED = 130
HELP_COLUMNS = 96

ENTRIES: Mapping[str, Entry] = {
    "studio": Entry(target="limner.cli.studio:studio", summary="Make, refine, compare and find again, in the browser."),
    "generate": Entry(target="limner.cli.generate:generate", summary="Make pictures from words."),
    "edit": Entry(target="limner.cli.generate:edit", summary="Change pictures by an instruction."),
    "compare": Entry(target="limner.cli.compare:compare", summary="What differs between two pictures."),
    "upscale": Entry(target="limner.cli.generate:upscale", summary="Make a picture larger with Imagen's upscaler."),
    "chat": Entry(target="limner.cli.chat:chat", summary="Make a picture in several turns."),
    "prompt": Entry(target="limner.cli.prompt:prompt", summary="The craft of prompting: lint, looks, templates."),
    "new": Entry(target="limner.cli.flow_file:new", summary="A workflow to begin with."),
    "run": Entry(target="limner.cli.flow_run:run", summary="Run a workflow to its end."),
    "plan": Entry(target="limner.cli.flow_plan:plan", summary="What a workflow would do and cost. Nothing is sent."),
    "resume": Entry(target="limner.cli.flow_run:resume", summary="Go on with a run."),
    "work": Entry(target="limner.cli.flow_serve:work", summary="Work on the runs of all workflows, until stopped."),
    "redo": Entry(target="limner.cli.flow_redo:redo", summary="Make the result of a stage again, with a change."),
    "select": Entry(target="limner.cli.flow_redo:select", summary="Choose the picture of a stage."),
    "runs": Entry(target="limner.cli.flow_runs:runs", summary="Runs of workflows, and what can be done with them."),
    "validate": Entry(target="limner.cli.flow_file:validate", summary="What is wrong with a workflow file."),
    "fmt": Entry(target="limner.cli.flow_file:fmt", summary="Write a workflow file in its usual form."),
    "migrate": Entry(target="limner.cli.flow_file:migrate", summary="Bring a workflow file up to date."),
    "schema": Entry(target="limner.cli.flow_file:schema", summary="The JSON Schema of workflow files."),
    "targets": Entry(target="limner.cli.flow_targets:targets", summary="Storage targets for copies of pictures."),
    "models": Entry(target="limner.cli.models:models", summary="Which models there are, what they take and cost."),
    "connections": Entry(
        target="limner.cli.connections:connections", summary="Ways to a provider, and their keys: add, test, remove."
    ),
    "history": Entry(target="limner.cli.history:history", summary="Every call made, newest first."),
    "show": Entry(target="limner.cli.history:show", summary="All that is known of one call or picture."),
    "lineage": Entry(target="limner.cli.keeping:lineage", summary="Where a picture comes from, and what became of it."),
    "copy": Entry(target="limner.cli.keeping:copy", summary="Hand on a picture with its recipe."),
    "report": Entry(target="limner.cli.keeping:report", summary="A contact sheet in one HTML file."),
    "trash": Entry(target="limner.cli.keeping:trash", summary="Calls put away with their pictures."),
    "export": Entry(target="limner.cli.keeping:export", summary="Put calls and their pictures into one file."),
    "import": Entry(
        target="limner.cli.keeping:import_archive", summary="Take the calls of an export into the data folder."
    ),
    "files": Entry(target="limner.cli.files:files", summary="Pictures that lie with the provider."),
    "cost": Entry(target="limner.cli.cost:cost", summary="What was spent, and the budgets that bound it."),
    "serve": Entry(target="limner.cli.serve:serve", summary="Answer as Google's Gemini API does, offline and free."),
    "recover": Entry(target="limner.cli.recover:recover", summary="Finish what a crash interrupted."),
    "doctor": Entry(target="limner.cli.doctor:doctor", summary="What works, what does not, and the fix."),
}
"""In the order a newcomer needs them."""

_MAY_COST = (["generate"], ["edit"], ["upscale"], ["chat"], ["run"], ["resume"], ["redo"], ["runs", "update"])
"""Commands that send what may be billed."""


@click.group(
    cls=Group,
    entries=ENTRIES,
    invoke_without_command=True,
    no_args_is_help=False,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": HELP_COLUMNS},
    examples=(
        'limner generate "a red fox in snow" --aspect 16:9',
        'limner edit fox.jpg "make it night"',
        "limner models",
    ),
)
@click.version_option(__version__, "--version", prog_name="limner", message="%(prog)s %(version)s")
@click.pass_context
def limner(context: click.Context) -> None:
    """Make and edit pictures with Gemini image models, relays and an offline sandbox.

    Results go to stdout, everything else to stderr. LIMNER_HOME moves all data and settings; GEMINI_API_KEY is the
    key for Google. Without a key the sandbox draws.
    """
    if context.invoked_subcommand is None:
        from limner.cli.welcome import welcome

        welcome(context.obj)


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """Run the command and give its exit code. Every expected ending is one message; none is a traceback."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    environment = config.environment() if environment is None else environment
    output = Output(environment)
    try:
        return _run(words, Session(environment=environment, output=output))
    except LimnerError as problem:
        return _fail(problem, words, environment, output)
    except click.ClickException as problem:
        return _fail(_usage_error(problem, output), words, environment, output)
    except (click.Abort, KeyboardInterrupt):
        output.raw("Stopped.\n")
        return EXIT_INTERRUPTED
    except Exception as problem:
        return _fail(_fault(problem, words), words, environment, output)


def _run(words: list[str], session: Session) -> int:
    returned: object = limner.main(args=words, prog_name="limner", standalone_mode=False, obj=session)
    return returned if isinstance(returned, int) else 0


def _fail(problem: LimnerError, words: Sequence[str], environment: Mapping[str, str], output: Output) -> int:
    if environment.get("LIMNER_DEBUG") == "1":
        output.traceback(traceback.format_exc())
    if "--json" in words:
        output.error_document(problem)
    output.error(problem)
    return problem.exit_code


def _usage_error(problem: click.ClickException, output: Output) -> UsageError:
    context = getattr(problem, "ctx", None)
    command = "limner" if context is None else context.command_path
    message = output.redacted(problem.format_message())
    return UsageError(message, code="usage", hint=f"Try: {command} --help")


def _fault(problem: Exception, words: Sequence[str]) -> LimnerError:
    may_cost = words[:1] in _MAY_COST or words[:2] in _MAY_COST
    kept = "Nothing that arrived is lost: see `limner recover`. " if may_cost else ""
    fault = LimnerError(
        f"This is a fault in Limner: {type(problem).__name__}: {problem}",
        code="fault",
        hint=f"{kept}LIMNER_DEBUG=1 shows where it happened.",
        billed="unknown" if may_cost else "no",
    )
    fault.exit_code = EXIT_FAULT
    return fault


def help_page() -> str:
    """The Markdown page with the help of every command, as `docs/cli.md` holds it."""
    sections = [
        "# The command `limner`\n\n"
        "This page is made from `--help` by `python -m limner.cli.help_page > docs/cli.md`; a test compares the two.\n"
    ]
    sections += [f"## {path}\n\n```text\n{text}\n```\n" for path, text in _helps(limner, "limner", None)]
    return "\n".join(sections)


def _helps(command: click.Command, name: str, parent: click.Context | None) -> list[tuple[str, str]]:
    context = click.Context(
        command, info_name=name, parent=parent, terminal_width=HELP_COLUMNS, **command.context_settings
    )
    found = [(context.command_path, command.get_help(context).rstrip())]
    if isinstance(command, Group):
        for child_name in command.list_commands(context):
            child = command.get_command(context, child_name)
            assert isinstance(child, Command | Group)
            found += _helps(child, child_name, context)
    return found
