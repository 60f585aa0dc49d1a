"""Bare `limner`: one screen that gets a newcomer going."""

from __future__ import annotations

from limner import config, secrets
from limner.cli.command import Session
from limner.cli.output import Output
from limner.config import Connection, Settings
from limner.errors import ConfigError


def _to_try(picture: str) -> tuple[tuple[str, str], ...]:
    return (
        ('limner generate "a red fox in snow" --aspect 16:9', "a picture"),
        (f'limner edit {picture} "make it night"', "the same picture, changed"),
        ("limner models", "which models there are, and what they cost"),
    )


def welcome(session: Session) -> None:
    """Three commands to try, what is configured, where to read on."""
    output = session.output
    settings = config.load(session.environment)
    output.result("Limner makes and edits pictures.", "bold")
    output.result()
    output.result("Try")
    to_try = _to_try("a-red-fox-in-snow.png" if settings.default_connection == "sandbox" else "PICTURE")
    width = max(len(command) for command, _ in to_try)
    for command, what in to_try:
        output.result(f"  {command:<{width}}   {what}")
    output.result()
    output.result("Configured")
    for line in _connections(settings, session):
        output.result(f"  {line}")
    output.result()
    _advise(settings, output)
    output.result("More: limner --help, limner doctor")


def _connections(settings: Settings, session: Session) -> list[str]:
    lines = []
    names = [settings.default_connection, *(name for name in settings.connections)]
    for name in dict.fromkeys(names):
        connection = settings.connections[name]
        default = ", used unless you say otherwise" if name == settings.default_connection else ""
        lines.append(f"{name:<10} {key_state(connection, settings, session)}{default}")
    return lines


def _advise(settings: Settings, output: Output) -> None:
    if settings.default_connection == "sandbox":
        output.result("The sandbox draws offline and free, without a key; its pictures say so. For a real model:")
        output.result("  export GEMINI_API_KEY=…     or     limner connections add NAME --preset cometapi")
        output.result()


def key_state(connection: Connection, settings: Settings, session: Session) -> str:
    """Whether a connection can be used, in a few words that hold nothing of the key."""
    if connection.auth == "google":
        return f"token from {connection.credentials or 'this machine'}"
    if not connection.needs_key:
        return "works without a key"
    try:
        found = secrets.find_key(connection, settings, session.environment)
    except ConfigError as problem:
        return problem.message
    if found is not None:
        return f"key from {found.source}"
    wanted = " or ".join(connection.key_variables)
    return f"no key (set {wanted})" if wanted else f"no key (limner connections set-key {connection.name})"
