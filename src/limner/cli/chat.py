"""`limner chat`: several turns with one model, with a way back from each."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from limner.cli.command import Command, Session
from limner.cli.generate import can_preview, display_path, dollars, drawn_preview
from limner.cli.history import when
from limner.cli.options import aspect_option, connection_option, json_option, model_option, size_option
from limner.cli.output import Cell, Output, clean
from limner.errors import InvalidRequestError, LimnerError

if TYPE_CHECKING:
    from limner.app import App, Result
    from limner.app.chat import Chat

_LIST_LIMIT = 20
_ID_CHARACTERS = 12
_NONE = "none"


@click.command(
    cls=Command,
    examples=(
        "limner chat",
        'limner chat "a red fox in snow" --aspect 16:9',
        'limner chat --continue last "make it night"',
        "limner chat --from fox.png",
    ),
)
@click.argument("words", nargs=-1, metavar="[MESSAGE...]")
@click.option("--continue", "continued", metavar="ID", help="Go on with a conversation: its id, or last.")
@click.option("--from", "start", metavar="ID|PATH", help="A new conversation from a call or picture made before.")
@click.option("--list", "listed", is_flag=True, help="The newest conversations.")
@model_option
@connection_option
@aspect_option
@size_option
@click.option("--system", metavar="TEXT", help="What holds for every turn.")
@click.option("--image", "-i", "images", multiple=True, metavar="FILE", help="A picture for the first message.")
@click.option("--out", "-o", default=None, metavar="FOLDER", help="Where pictures go; else here.")
@click.option("--stream/--no-stream", default=True, help="Show the words as they come, or not.")
@click.option("--drafts", is_flag=True, help="Ask for the model's drafts too.")
@click.option("--unlisted", is_flag=True, help="Use a model, or a price, that the catalog does not know.")
@json_option
@click.pass_obj
def chat(
    session: Session,
    /,
    words: tuple[str, ...],
    continued: str | None,
    start: str | None,
    listed: bool,
    model: str | None,
    connection: str | None,
    aspect: str | None,
    resolution: str | None,
    system: str | None,
    unlisted: bool,
    images: tuple[str, ...],
    out: str | None,
    stream: bool,
    drafts: bool,
    as_json: bool,
) -> int:
    """Make a picture in several turns.

    Say what to change, look, go on; every turn is kept, also after a restart. With a MESSAGE one turn is made. /help
    lists what else can be said: /undo, /branch, /retry, /attach and more. Lines from a pipe are taken one by one.
    """
    from limner.app import App
    from limner.app.chat import chat_settings

    with App.open(session.environment) as app:
        if listed:
            return _list(session, app, as_json=as_json)
        asked = {
            "connection": connection,
            "model": model,
            "aspect_ratio": aspect,
            "resolution": resolution,
            "system": system,
        }
        if continued is not None:
            found = app.open_chat(_newest(app) if continued == "last" else continued)
            wanted = chat_settings(**asked, unlisted=unlisted)
            changes = {name: value for name, value in wanted.items() if value}
            notices = found.use(**changes) if changes else ()
        else:
            after = None if start is None else _call_of(app, start)
            found, notices = app.begin_chat(chat_settings(**asked, unlisted=unlisted), after=after), ()
        for notice in (*app.notices, *notices):
            session.output.note(notice, "cyan")
        talk = Talk(session, app, found, out=out, stream=stream and not as_json, drafts=drafts, as_json=as_json)
        talk.attach(list(images))
        return talk.once(" ".join(words)) if words else talk.run()


class Talk:
    """One sitting: reads what is typed, answers, and shows what came."""

    def __init__(
        self, session: Session, app: App, chat: Chat, *, out: str | None, stream: bool, drafts: bool, as_json: bool
    ) -> None:
        self._session = session
        self._app = app
        self._chat = chat
        self._out = out
        self._stream = stream
        self._drafts = drafts
        self._as_json = as_json
        self._attached: list[str] = []
        self._exit_code = 0

    def once(self, message: str) -> int:
        """One message; what fails is the command's failure."""
        self._answer(lambda: self._send(message))
        self._output.note(f"Next: limner chat --continue {self._chat.id[:_ID_CHARACTERS]}", "dim")
        return self._exit_code

    def run(self) -> int:
        """Every line until the end; from a pipe the exit code is that of the last failure."""
        self._welcome()
        for line in _lines(self._output.on_terminal):
            text = line.strip()
            if text in ("/quit", "/exit"):
                break
            if text.startswith("/"):
                self._answer(lambda text=text: self._command(text))  # type: ignore[misc]
            elif text:
                self._answer(lambda text=text: self._send(text))  # type: ignore[misc]
        self._output.note(f"Kept. Go on with: limner chat --continue {self._chat.id[:_ID_CHARACTERS]}", "dim")
        return 0 if sys.stdin.isatty() else self._exit_code

    def attach(self, names: list[str]) -> None:
        """Pictures for the next message. Raises `InvalidRequestError` for a file that is not there."""
        from limner.app.inputs import is_address

        for name in names:
            if not is_address(name) and not Path(name).expanduser().is_file():
                raise InvalidRequestError(
                    f"There is no file {name!r}.", code="invalid.image", hint="Check the name and the folder."
                )
        self._attached += names

    @property
    def _output(self) -> Output:
        return self._session.output

    def _welcome(self) -> None:
        record = self._chat.record
        said = len(self._chat.turns)
        about = f"{record.title!r}, {said} turns, on {record.branch}." if said else "Say what to draw."
        self._output.note(self._who(), "cyan")
        self._output.note(f"{about} /help tells more, /quit ends.", "dim")

    def _who(self) -> str:
        connection, model, quote = self._chat.price()
        if quote.expected_usd is None:
            return f"{model} on {connection}, price unknown."
        price = f"about {dollars(quote.expected_usd)} a picture" if quote.expected_usd else "free"
        return f"{model} on {connection}, {price}."

    def _answer(self, work: Callable[[], None]) -> None:
        """Do it; an error is told and ends nothing."""
        try:
            work()
        except LimnerError as problem:
            if self._as_json:
                self._output.error_document(problem)
            self._output.error(problem)
            self._exit_code = problem.exit_code
        except KeyboardInterrupt:
            self._output.note("\nStopped. If it had been sent it may have been billed.", "yellow")
            self._exit_code = 130

    def _send(self, message: str) -> None:
        attached, self._attached = self._attached, []
        try:
            self._show(lambda **more: self._chat.send(message, images=attached, **more))
        except BaseException:
            self._attached = attached + self._attached
            raise

    def _show(self, say: Callable[..., Result]) -> None:
        from limner.app import Destination
        from limner.cli.progress import Progress
        from limner.cli.streaming import Stream

        output = self._output
        previews = can_preview(output) and not self._as_json
        draw = drawn_preview(self._session) if previews else None
        with Progress(output, "answering", 1) as progress:
            stream = Stream(output, self._app, progress, draw)
            result = say(
                out=Destination.parse(self._out),
                stream=self._stream or self._drafts,
                drafts=self._drafts,
                on_event=progress.on_event if self._as_json else stream.on_event,
            )
        for notice in self._app.notices:
            output.note(notice, "cyan")
        self._app.notices.clear()
        if self._as_json:
            output.json({"chat": self._chat.id, "branch": self._chat.branch_name, **result.to_json()})
            return
        if not stream.has_words and result.text:
            output.note(clean(result.text))
        if draw is not None:
            for image in result.images:
                output.raw(draw(image.path))
        for warning in result.warnings:
            output.warning(warning)
        for image in result.images:
            output.path(display_path(image.path))
        cost = "cost unknown" if result.cost is None else dollars(result.cost)
        output.note(f"{result.model} · {progress.elapsed_s:.1f} s · {cost}", "dim")

    def _command(self, text: str) -> None:
        try:
            name, *arguments = shlex.split(text[1:]) or [""]
        except ValueError:
            name, *arguments = text[1:].split()
        command = COMMANDS.get(name)
        if command is None:
            raise InvalidRequestError(
                f"There is no /{name}.", code="invalid.command", hint=f"Accepted: /{', /'.join(COMMANDS)}."
            )
        command.run(self, arguments)

    def help(self, arguments: list[str]) -> None:
        """Tell what can be said."""
        self._output.facts(
            [[(f"/{name} {each.usage}".strip(), "bold"), each.summary] for name, each in COMMANDS.items()]
        )

    def undo(self, arguments: list[str]) -> None:
        """Go back by one exchange."""
        self._output.note("Back by one turn; it is kept." if self._chat.undo() else "This is the beginning.")

    def retry(self, arguments: list[str]) -> None:
        """Say the last thing again."""
        self._show(lambda **more: self._chat.retry(**more))

    def branch(self, arguments: list[str]) -> None:
        """Begin another branch."""
        self._output.note(f"On a new branch, {self._chat.branch(*arguments[:1])!r}.")

    def branches(self, arguments: list[str]) -> None:
        """Tell the branches."""
        current = self._chat.branch_name
        for name, head in self._chat.branches.items():
            mark = "*" if name == current else " "
            self._output.result(f"{mark} {name}  {(head or 'empty')[:_ID_CHARACTERS]}")

    def switch(self, arguments: list[str]) -> None:
        """Go to a branch or a turn."""
        self._chat.switch(_one(arguments, "/switch NAME"))
        self._output.note(f"On branch {self._chat.branch_name!r}, {len(self._chat.turns)} turns.")

    def model(self, arguments: list[str]) -> None:
        """Change the model, and with a second word the connection."""
        changes = {"model": _one(arguments, "/model NAME [CONNECTION]")}
        if len(arguments) > 1:
            changes["connection"] = arguments[1]
        for notice in self._chat.use(**changes):
            self._output.warning(notice)
        self._output.note(f"From now on {self._who()}")

    def aspect(self, arguments: list[str]) -> None:
        """Change the shape."""
        self._ask_for("aspectRatio", _one(arguments, "/aspect 16:9"))

    def size(self, arguments: list[str]) -> None:
        """Change the size."""
        self._ask_for("size", _one(arguments, "/size 2K"))

    def attach_next(self, arguments: list[str]) -> None:
        """Attach pictures to the next message."""
        _one(arguments, "/attach FILE...")
        self.attach(arguments)
        self._output.note(f"{len(self._attached)} pictures go with the next message.")

    def save(self, arguments: list[str]) -> None:
        """Save the last picture, or the conversation."""
        target = _one(arguments, "/save PATH")
        from limner.app.document import SUFFIXES

        if target.endswith("/") or Path(target).suffix.lower() in SUFFIXES:
            self._output.path(str(self._chat.document().save(target)))
            return
        pictures = [image for turn in self._chat.turns for image in turn.images]
        if not pictures:
            raise InvalidRequestError("There is no picture yet.", code="invalid.document", hint="Say what to draw.")
        self._output.path(str(pictures[-1].save(target)))

    def cost(self, arguments: list[str]) -> None:
        """Tell what it cost so far."""
        self._output.note(f"{dollars(self._chat.cost)} for this conversation, with all its branches.")

    def turns(self, arguments: list[str]) -> None:
        """Tell the turns of this branch."""
        for turn in self._chat.turns:
            self._output.result(f"{turn.call_id[:_ID_CHARACTERS]}  {turn.said}", "bold")
            for line in turn.answer.strip().splitlines():
                self._output.result(f"    {line}")
            for image in turn.images:
                self._output.result(f"    {display_path(image.path)}")

    def _ask_for(self, name: str, value: str) -> None:
        from limner.app.plan import typed_ratio, typed_resolution

        wanted = None if value == _NONE else value
        (typed_ratio if name == "aspectRatio" else typed_resolution)(wanted)
        for notice in self._chat.use(**{name: wanted}):
            self._output.warning(notice)
        self._output.note(f"From now on {value}.")


class _Word:
    def __init__(self, run: Callable[[Talk, list[str]], None], usage: str, summary: str) -> None:
        self.run, self.usage, self.summary = run, usage, summary


COMMANDS: Mapping[str, _Word] = {
    "help": _Word(Talk.help, "", "What can be said."),
    "undo": _Word(Talk.undo, "", "Go back by one turn; it is kept."),
    "retry": _Word(Talk.retry, "", "Say the last thing again: after a failure, or for another answer."),
    "branch": _Word(Talk.branch, "[NAME]", "Begin another branch here."),
    "branches": _Word(Talk.branches, "", "The branches, and where each stands."),
    "switch": _Word(Talk.switch, "NAME|ID", "Go to a branch, or to any turn."),
    "attach": _Word(Talk.attach_next, "FILE...", "Pictures for the next message."),
    "save": _Word(Talk.save, "PATH", "The last picture; the conversation as .md, .html, .json or into a folder/."),
    "model": _Word(Talk.model, "NAME [CONNECTION]", "Go on with another model; what it cannot take is told."),
    "aspect": _Word(Talk.aspect, "W:H|none", "Another shape from now on."),
    "size": _Word(Talk.size, "SIZE|none", "Another size from now on."),
    "turns": _Word(Talk.turns, "", "What was said on this branch."),
    "cost": _Word(Talk.cost, "", "What it cost so far."),
}


def _one(arguments: list[str], usage: str) -> str:
    if not arguments:
        raise InvalidRequestError("Something is missing.", code="invalid.command", hint=f"Try: {usage}")
    return arguments[0]


def _lines(on_terminal: bool) -> Iterator[str]:
    """What is typed, line by line, with the editing and history of readline; or what a pipe brings."""
    if not sys.stdin.isatty():
        while line := sys.stdin.readline():  # and not `yield from`, which would close it
            yield line
        return
    with suppress(ImportError):
        import readline  # noqa: F401 - makes `input` editable
    while True:
        try:
            yield input("> " if on_terminal else "")
        except (EOFError, KeyboardInterrupt):
            return


def _newest(app: App) -> str:
    newest = app.store.chats.list_chats(limit=1)
    if not newest:
        raise InvalidRequestError(
            "There is no conversation yet.", code="invalid.unknown_chat", hint="Begin one with: limner chat"
        )
    return newest[0].chat_id


def _call_of(app: App, what: str) -> str:
    from limner.cli.history import find_call

    return find_call(app.store, what).call_id


def _list(session: Session, app: App, *, as_json: bool) -> int:
    found = app.store.chats.list_chats(limit=_LIST_LIMIT)
    if as_json:
        session.output.json(
            [{"id": each.chat_id, "title": each.title, "branches": dict(each.branches)} for each in found]
        )
        return 0
    if not found:
        session.output.note("No conversations yet. Begin one with: limner chat")
        return 0
    heads: list[Cell] = [(head, "bold") for head in ("ID", "WHEN", "BRANCHES", "TITLE")]
    rows = [
        [each.chat_id[:_ID_CHARACTERS], when(each.created_at_ms), ", ".join(each.branches), each.title]
        for each in found
    ]
    session.output.table([heads, *rows], flexible=(3, 2))
    return 0
