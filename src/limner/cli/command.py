"""Commands that show an example first, and groups that import a command only when it runs."""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from limner.errors import UsageError

if TYPE_CHECKING:
    from limner.cli.output import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What every command gets: the environment it was started in, and where it writes."""

    environment: Mapping[str, str]
    output: Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A command that is not imported yet: where it is (`module:attribute`) and one line about it."""

    target: str
    summary: str


class Command(click.Command):
    """A command whose help begins with what it does and examples to copy."""

    def __init__(self, *arguments: Any, examples: tuple[str, ...] = (), **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.examples = examples

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Text, examples, usage, options, in this order."""
        _format_help(self, ctx, formatter)


class Group(click.Group):
    """Commands in the order of `entries`, imported when called. `default` runs where none is named."""

    command_class = Command

    def __init__(
        self,
        *arguments: Any,
        entries: Mapping[str, Entry] | None = None,
        default: str | None = None,
        examples: tuple[str, ...] = (),
        **keywords: Any,
    ) -> None:
        super().__init__(*arguments, **keywords)
        self.entries = dict(entries or {})
        self.default = default
        self.examples = examples

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command before options that are not the group's own."""
        if self.default is not None and (not args or (args[0].startswith("-") and args[0] not in ("--help", "-h"))):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order a newcomer needs them."""
        return [*self.entries, *(name for name in self.commands if name not in self.entries)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = entry.target.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is answered with near names."""
        name = args[0]
        if name.startswith("-") or self.get_command(ctx, name) is not None:
            return super().resolve_command(ctx, args)
        raise self._unknown(ctx, name)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Text, examples, usage, options, commands, in this order."""
        _format_help(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table: nothing is imported for it."""
        rows = [(name, entry.summary) for name, entry in self.entries.items()]
        rows += [
            (name, command.get_short_help_str(limit=90))
            for name, command in self.commands.items()
            if name not in self.entries
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def _unknown(self, ctx: click.Context, name: str) -> UsageError:
        names = self.list_commands(ctx)
        if " " in name.strip() and ctx.parent is None:
            return UsageError(
                f"{name!r} is not a command.", code="usage.command", hint=f'Try: limner generate "{name}"'
            )
        near = difflib.get_close_matches(name, names, n=1)
        offer = f" Did you mean {near[0]!r}?" if near else ""
        return UsageError(
            f"There is no command {name!r}.{offer}\nAccepted: {', '.join(names)}.",
            code="usage.command",
            hint=f"Try: {ctx.command_path} --help",
        )


def _format_help(command: Command | Group, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    text = inspect.cleandoc(command.help or "")
    summary, _, rest = text.partition("\n\n")
    formatter.write_text(" ".join(summary.split()))
    formatter.write_paragraph()
    if command.examples:
        with formatter.indentation():
            for example in command.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")
        formatter.write_paragraph()
    formatter.write_usage(ctx.command_path, " ".join(command.collect_usage_pieces(ctx)))
    if rest:
        formatter.write_paragraph()
        formatter.write_text(rest)
    command.format_options(ctx, formatter)
