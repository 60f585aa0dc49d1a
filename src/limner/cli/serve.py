"""`limner serve`: a server that speaks Google's Gemini wire format, with the sandbox behind it."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from limner import config
from limner._json import JsonObject, dumps
from limner.cli.command import Command, Session
from limner.cli.output import Output, Style
from limner.core.secret import Secret

if TYPE_CHECKING:
    from limner.server.settings import LogStyle
    from limner.web.listening import Log

TOKEN_BYTES = 24
"""Length of a token that is made for one start."""

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(
    cls=Command,
    examples=(
        "limner serve",
        "limner serve --port 0 --lenient",
        "limner serve --workflows",
        "limner serve --sandbox-as gemini-2.5-flash-image --sandbox-as imagen-4.0-generate-001",
    ),
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; this machine only.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one.")
@click.option("--workflows", is_flag=True, help="Offer your own workflows too, with your keys and your data folder.")
@click.option("--lenient", is_flag=True, help="Warn in a header where Google refuses: unknown fields, ratios, sizes.")
@click.option(
    "--sandbox-as",
    "revived",
    multiple=True,
    metavar="MODEL",
    help="Answer under this name even if it is gone or unknown.",
)
@click.option("--record", type=_FILE, help="Append what is asked and answered to this file, without pictures and keys.")
@click.option("--replay", type=_FILE, help="Answer from such a file, with stand-ins for the pictures.")
@click.option("--allow-host", "hosts", multiple=True, metavar="NAME", help="Another name that clients may address.")
@click.option("--allow-origin", "origins", multiple=True, metavar="ORIGIN", help="A web page's origin that may ask.")
@click.option(
    "--fetch-host", "fetch_hosts", multiple=True, metavar="HOST", help="A host whose pictures may be fetched."
)
@click.option("--tls-cert", "certificate", type=_FILE, help="Certificate chain, for https.")
@click.option("--tls-key", "private_key", type=_FILE, help="Its private key.")
@click.option("--plain-http", is_flag=True, help="Allow an address beyond this machine without TLS.")
@click.option("--log", "style", type=click.Choice(["text", "json", "off"]), default="text", show_default=True)
@click.pass_obj
def serve(
    session: Session,
    /,
    host: str,
    port: int,
    workflows: bool,
    lenient: bool,
    revived: tuple[str, ...],
    record: Path | None,
    replay: Path | None,
    hosts: tuple[str, ...],
    origins: tuple[str, ...],
    fetch_hosts: tuple[str, ...],
    certificate: Path | None,
    private_key: Path | None,
    plain_http: bool,
    style: LogStyle,
) -> int:
    """Answer as Google's Gemini API does, offline and free.

    Google's SDKs work against it unchanged: set GOOGLE_GEMINI_BASE_URL to the address it prints, and any key. Every
    living model answers under its name with a picture of the sandbox, as strictly as Google. Test cards make it fail
    on purpose. Beyond this machine it needs a token: LIMNER_SERVE_TOKEN, which clients send as their key. With
    --workflows it also runs your workflows, below /limner/v1. That can cost money, so it always needs the token; where
    none is set, one is made for this start and shown.
    """
    from limner.app import App
    from limner.server.serve import Server
    from limner.server.settings import ServeSettings

    token = config.serve_token(session.environment)
    made = secrets.token_hex(TOKEN_BYTES) if workflows and token is None else None
    settings = ServeSettings(
        host=host,
        port=port,
        token=token,
        workflows_token=Secret(made) if made is not None else token if workflows else None,
        certificate=certificate,
        private_key=private_key,
        plain=plain_http,
        lenient=lenient,
        revived=revived,
        hosts=hosts,
        origins=origins,
        fetch_hosts=fetch_hosts,
        record=record,
        replay=replay,
        log=style,
    )
    output = session.output
    with App.open(session.environment) as app:
        server = Server(app, settings, _log(output, style))
        server.run(lambda: _welcome(output, server.url, workflows=workflows, made=made))
    output.note("Stopped.", "dim")
    return 0


def _welcome(output: Output, url: str, *, workflows: bool, made: str | None) -> None:
    output.result(f"Listening on {url}")
    if made is not None:
        # Not a note: those leave out what looks like a secret, and quiet must not hide what nobody can know otherwise.
        output.raw(f"Token for your workflows, until this server stops: {made}\n")
    if workflows:
        named = "that token" if made is not None else "LIMNER_SERVE_TOKEN"
        output.note(f"Your workflows are at {url}/limner/v1; send {named} as Authorization: Bearer.", "dim")
    output.note(f"For Google's SDKs: GOOGLE_GEMINI_BASE_URL={url} and any GEMINI_API_KEY. Ctrl-C stops.", "dim")


def _log(output: Output, style: LogStyle) -> Log:
    if style == "off":
        return lambda event: None
    if style == "json":
        return lambda event: output.raw(output.redacted(dumps(event)) + "\n")
    return lambda event: output.note(_sentence(event), _style_of(event))


def _sentence(event: JsonObject) -> str:
    if event.get("event") != "request":
        return " ".join(f"{name}={value}" for name, value in event.items())
    size = event["bytes"]
    shown = f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size} B"
    words = [event["id"], str(event["status"] or "---"), f"{event['ms']:.0f} ms", shown, event["operation"]]
    beside = {name: value for name, value in event.items() if name in ("model", "left", "fault")}
    return "  ".join([*words, *(f"{name}={value}" for name, value in beside.items())])


def _style_of(event: JsonObject) -> Style:
    status = event.get("status", 500)
    return "red" if status >= 500 else "yellow" if status >= 400 else "dim"
