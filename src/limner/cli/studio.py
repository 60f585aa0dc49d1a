"""`limner studio`: the studio in the browser."""

from __future__ import annotations

import webbrowser
from typing import TYPE_CHECKING

import click

from limner.cli.command import Command, Session
from limner.cli.output import Output

if TYPE_CHECKING:
    from limner._json import JsonObject
    from limner.web.listening import Log

DEFAULT_PORT = 8642


@click.command(cls=Command, examples=("limner studio", "limner studio --port 0 --no-open"))
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="0 takes a free one.",
)
@click.option("--allow-host", "hosts", multiple=True, metavar="NAME", help="Another name that a proxy asks for.")
@click.option("--open/--no-open", "opens", default=True, help="Open it in the browser.")
@click.option("--log", "logs", is_flag=True, help="Tell of every request.")
@click.pass_obj
def studio(session: Session, /, port: int, hosts: tuple[str, ...], opens: bool, logs: bool) -> int:
    """Make, refine, compare and find again, in the browser.

    It listens on this machine only, and lets in who opens the address that it prints. Everything is made with the same
    connections, budgets and data folder as here; without a key the sandbox draws. Ctrl-C stops; what waits is kept.
    """
    from limner.app import App
    from limner.studio.serve import Studio
    from limner.studio.settings import StudioSettings

    output = session.output
    with App.open(session.environment) as app:
        served = Studio(app, StudioSettings(port=port, hosts=hosts), _log(output, logs))

        def ready() -> None:
            # Not through `result`, which leaves out what looks like a secret: this one is for the person who reads it.
            output.path(f"Studio on {served.opening_url}")
            output.note("The address lets a browser in; Ctrl-C stops.", "dim")
            if opens and output.on_terminal:
                webbrowser.open(served.opening_url)

        served.run(ready)
    output.note("Stopped.", "dim")
    return 0


def _log(output: Output, logs: bool) -> Log:
    def told(event: JsonObject) -> None:
        if event.get("event") != "request":
            output.note(" ".join(f"{name}={value}" for name, value in event.items()), "yellow")
        elif logs:
            output.note(f"{event['status']}  {event['ms']:.0f} ms  {event['method']} {event['path']}", "dim")

    return told
