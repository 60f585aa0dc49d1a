"""`limner connections`: ways to a provider and their keys. A key is typed unseen or piped in, never an option."""

from __future__ import annotations

import getpass
import sys
from typing import Any

import click

from limner import config, secrets
from limner._json import JsonObject
from limner.cli.command import Group, Session
from limner.cli.options import json_option
from limner.cli.output import Cell, Output
from limner.cli.welcome import key_state
from limner.config import Connection, Settings
from limner.core.secret import Secret
from limner.errors import ConfigError

MAX_KEY_CHARACTERS = 8192
_key_stdin = click.option("--key-stdin", is_flag=True, help="Read the key from stdin instead of asking for it.")


@click.group(
    cls=Group,
    default="list",
    examples=("limner connections add comet --preset cometapi", "limner connections test comet", "limner connections"),
)
def connections() -> None:
    """Ways to a provider, and their keys.

    `sandbox` and `google` are built in. A key comes from an environment variable, the system's keyring or a private
    file, in this order; it is never an option and never shown.
    """


@connections.command("list", examples=("limner connections", "limner connections --json"))
@json_option
@click.pass_obj
def list_connections(session: Session, /, as_json: bool) -> int:
    """The connections, and whether each has its key."""
    settings = config.load(session.environment)
    if as_json:
        documents = [_to_json(each, settings, session) for each in settings.connections.values()]
        session.output.json({"default": settings.default_connection, "connections": documents})
        return 0
    heads: list[Cell] = [(head, "bold") for head in ("NAME", "ADDRESS", "KEY", "MODEL")]
    session.output.table(
        [heads, *(_row(each, settings, session) for each in settings.connections.values())], flexible=(1, -1)
    )
    session.output.note("* is used where no --connection is given.", "dim")
    return 0


@connections.command(
    "add",
    examples=(
        "limner connections add comet --preset cometapi",
        "limner connections add work --preset new-api --base-url https://gateway.example.com --key-env WORK_KEY",
        "limner connections add vertex --preset vertex --project my-project --location us-central1",
        "limner connections add apigo --preset apigo --base-url https://… --key-stdin < key.txt",
    ),
)
@click.argument("name", metavar="NAME")
@click.option("--preset", metavar="PRESET", help=f"{', '.join(config.PRESETS)}.")
@click.option("--base-url", metavar="URL", help="Address of the provider, without version or key.")
@click.option("--auth", metavar="STYLE", help=f"How the key is sent: {', '.join(config.AUTH_STYLES)}.")
@click.option("--key-env", metavar="VAR", help="Name of the environment variable that holds the key.")
@_key_stdin
@click.option("--model", metavar="MODEL", help="Model used where none is asked for.")
@click.option("--api-version", metavar="VERSION", help=f"{config.DEFAULT_API_VERSION} by default.")
@click.option("--timeout", "timeout_s", type=float, metavar="SECONDS", help="Longest silence of the provider.")
@click.option("--project", metavar="ID", help="Vertex AI: the project; without one it is express mode, with a key.")
@click.option("--location", metavar="NAME", help="Vertex AI: global by default, or such as us-central1, eu.")
@click.option("--credentials", metavar="FILE", help="Vertex AI: a service account's file; else this machine's own.")
@click.option("--proxy", metavar="URL", help="Go through this proxy; those of the environment are not used.")
@click.option("--fetch-links/--no-fetch-links", default=None, help="Fetch pictures that come as links; on for relays.")
@click.option(
    "--insecure-http", is_flag=True, default=None, help="Allow http:// to another machine: the key is readable."
)
@click.option("--replace", is_flag=True, help="Replace a connection of this name.")
@click.option("--default/--no-default", "make_default", default=None, help="Use it unless another is asked for.")
@click.pass_obj
def add(
    session: Session, /, name: str, key_stdin: bool, replace: bool, make_default: bool | None, **fields: Any
) -> int:
    """Add a connection.

    On a terminal its key is asked for without echo, unless --key-env names a variable that holds it.
    """
    output = session.output
    settings = config.load(session.environment)
    given = {key: value for key, value in fields.items() if value is not None}
    config.make_connection(name, given)
    secret = _read_key(name) if key_stdin else None
    connection = config.save_connection(settings, name, given, replace=replace)
    output.note(f"Connection {name!r} to {connection.base_url} is in {settings.config_file}.", "green")
    if secret is None and _should_ask(connection, settings, session):
        secret = _ask_key(name)
    if secret is not None:
        _store(connection, secret, settings, output)
    if make_default or (make_default is None and not config.has_default(settings)):
        config.save_default(config.load(session.environment), name)
        output.note("It is used unless you say otherwise; `limner connections default` changes that.")
    _tell_missing_key(connection, settings, session)
    output.note(f"Next: limner connections test {name}", "dim")
    return 0


@connections.command("set-key", examples=("limner connections set-key comet",))
@click.argument("name", metavar="NAME")
@_key_stdin
@click.pass_obj
def set_key(session: Session, /, name: str, key_stdin: bool) -> int:
    """Store or replace the key of a connection.

    It goes to the system's keyring where one works, else to a file that only you can read; which one is said.
    """
    settings = config.load(session.environment)
    connection = settings.connection(name)
    if not connection.needs_key:
        raise ConfigError(f"The connection {name!r} needs no key.", code="config.connection")
    secret = _read_key(name) if key_stdin or not sys.stdin.isatty() else _ask_key(name)
    if secret is None:
        raise ConfigError("No key was given.", code="config.key", hint=f"Try: limner connections set-key {name}")
    _store(connection, secret, settings, session.output)
    return 0


@connections.command("test", examples=("limner connections test", "limner connections test comet --json"))
@click.argument("name", metavar="[NAME]", required=False)
@json_option
@click.pass_obj
def test(session: Session, /, name: str | None, as_json: bool) -> int:
    """Whether a connection answers and takes its key.

    Asks for the list of models, which is free of charge. Exits with 0 or 1.
    """
    from limner.app import App

    with App.open(session.environment) as app:
        chosen = app.settings.connection(name).name
        found = app.test_connection(chosen)
    output = session.output
    if as_json:
        document = {"connection": chosen, "ok": found.ok, "sentence": output.redacted(found.sentence)}
        output.json({**document, "hint": found.hint, "models": found.models})
    else:
        models = f" It lists {found.models} models." if found.models is not None else ""
        output.result(f"{chosen}: {output.redacted(found.sentence)}{models}", "green" if found.ok else "red")
        if found.hint:
            output.result(f"Try: {output.redacted(found.hint)}")
    return 0 if found.ok else 1


@connections.command(
    "probe",
    examples=(
        "limner connections probe https://gateway.example.com --key-env GATEWAY_KEY",
        "limner connections probe https://gateway.example.com --key-stdin --free < key.txt",
        "limner connections probe https://gateway.example.com --key-env GATEWAY_KEY --yes --save work",
    ),
)
@click.argument("url", metavar="URL")
@click.option("--key-env", metavar="VAR", help="Name of the environment variable that holds the key.")
@_key_stdin
@click.option("--auth", metavar="STYLE", help="Try this way to send the key only; query is tried in no other case.")
@click.option("--api-version", metavar="VERSION", help="Try this version only.")
@click.option("--model", "-m", metavar="MODEL", help="The model of the paid call; else one that is listed.")
@click.option("--free", is_flag=True, help="Ask only what costs nothing.")
@click.option("--yes", is_flag=True, help="Make the paid call without being asked.")
@click.option("--save", metavar="NAME", help="Write what was found as a connection of this name.")
@click.option("--insecure-http", is_flag=True, default=None, help="Allow http:// to another machine.")
@json_option
@click.pass_obj
def probe(session: Session, /, url: str, key_stdin: bool, as_json: bool, **told: Any) -> int:
    """Find out how a relay wants to be spoken to.

    First what costs nothing: how it takes the key, which models it lists. Then, after the price was told and you
    agreed, one picture: streaming, spelling, where the picture stands, whether the ratio is honoured, signatures, cost.
    Exit code 1 if the relay cannot be used.
    """
    from limner.cli.probing import run_probe

    fields = {"base_url": url, **{name: told[name] for name in ("key_env", "auth", "api_version", "insecure_http")}}
    given = {name: value for name, value in fields.items() if value is not None}
    secret = _read_key("the relay") if key_stdin else None
    if secret is None and told["key_env"] is None:
        secret = _ask_key("the relay") if sys.stdin.isatty() else None
    return run_probe(
        session,
        given,
        secret,
        model=told["model"],
        free_only=told["free"],
        yes=told["yes"],
        save=told["save"],
        as_json=as_json,
    )


@connections.command("default", examples=("limner connections default comet",))
@click.argument("name", metavar="NAME")
@click.pass_obj
def default(session: Session, /, name: str) -> int:
    """Choose the connection that is used where none is asked for."""
    config.save_default(config.load(session.environment), name)
    session.output.note(f"{name!r} is used unless you say otherwise.", "green")
    return 0


@connections.command("remove", examples=("limner connections remove comet",))
@click.argument("name", metavar="NAME")
@click.pass_obj
def remove(session: Session, /, name: str) -> int:
    """Forget a connection and its stored key."""
    settings = config.load(session.environment)
    connection = settings.connection(name)
    had_key = connection.needs_key and secrets.delete_key(connection, settings)
    try:
        config.remove_connection(settings, name)
    except ConfigError:
        if not had_key:
            raise
        session.output.note(f"The stored key of {name!r} is forgotten; the connection itself is built in.", "green")
        return 0
    session.output.note(f"Connection {name!r} is removed{', its stored key forgotten' if had_key else ''}.", "green")
    return 0


def _row(connection: Connection, settings: Settings, session: Session) -> list[Cell]:
    mark = " *" if connection.name == settings.default_connection else ""
    address = "in this process" if connection.protocol == "sandbox" else connection.base_url
    return [connection.name + mark, address, key_state(connection, settings, session), connection.model or "-"]


def _to_json(connection: Connection, settings: Settings, session: Session) -> JsonObject:
    found = None
    problem = None
    try:
        found = secrets.find_key(connection, settings, session.environment)
    except ConfigError as refused:
        problem = refused.message
    return {
        "name": connection.name,
        "preset": connection.preset,
        "protocol": connection.protocol,
        "baseUrl": connection.base_url,
        "auth": connection.auth,
        "keyEnv": connection.key_env,
        "key": None if found is None else found.source,
        "keyProblem": problem,
        "model": connection.model,
        "apiVersion": connection.api_version,
        "timeoutS": connection.timeout_s,
        "proxy": connection.proxy,
        "fetchLinks": connection.fetch_links,
        "project": connection.project,
        "location": connection.location,
        "credentials": connection.credentials,
    }


def _should_ask(connection: Connection, settings: Settings, session: Session) -> bool:
    if not sys.stdin.isatty() or not connection.needs_key:
        return False
    return secrets.find_key(connection, settings, session.environment) is None


def _ask_key(name: str) -> Secret | None:
    """What a person types, unseen; nothing if only Enter is pressed."""
    typed = getpass.getpass(f"Key for {name} (not shown; Enter leaves it out): ")
    return secrets.parse_key(typed) if typed.strip() else None


def _read_key(name: str) -> Secret:
    if sys.stdin.isatty():
        typed = _ask_key(name)
        if typed is not None:
            return typed
    return secrets.parse_key("" if sys.stdin.isatty() else sys.stdin.read(MAX_KEY_CHARACTERS))


def _store(connection: Connection, secret: Secret, settings: Settings, output: Output) -> None:
    stored = secrets.store_key(connection, secret, settings)
    output.note(f"The key is in {stored.description}.", "green")


def _tell_missing_key(connection: Connection, settings: Settings, session: Session) -> None:
    if connection.needs_key and secrets.find_key(connection, settings, session.environment) is None:
        wanted = " or ".join(connection.key_variables)
        variable = f"set {wanted}, or " if wanted else ""
        session.output.warning(f"It has no key yet: {variable}limner connections set-key {connection.name}")
