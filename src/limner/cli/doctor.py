"""`limner doctor`: what works, what does not, and the fix for each."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Literal

import click

from limner import _clock, config, secrets
from limner._version import __version__
from limner.cli.command import Command, Session
from limner.cli.options import json_option
from limner.cli.output import Cell, Style
from limner.config import GOOGLE_KEY_VARIABLES, Settings
from limner.errors import BlobCorruptError, ConfigError, LimnerError

if TYPE_CHECKING:
    from limner.app import App

State = Literal["ok", "note", "problem"]

STALE_CATALOG_DAYS = 120
"""After so many days without an update, model dates and prices have probably moved."""
LOW_SPACE_BYTES = 1 << 30
_STYLES: dict[State, Style] = {"ok": "green", "note": "yellow", "problem": "red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at. `fix` says what to do where it is not as it should be; only a `problem` fails."""

    topic: str
    state: State
    text: str
    fix: str | None = None


@click.command(cls=Command, examples=("limner doctor", "limner doctor --online"))
@click.option("--online", is_flag=True, help="Also ask each provider that has a key; free of charge.")
@click.option("--verify", is_flag=True, help="Also read every stored picture and compare it with its hash.")
@json_option
@click.pass_obj
def doctor(session: Session, /, online: bool, verify: bool, as_json: bool) -> int:
    """What works, what does not, and the fix.

    Looks at the data folder, the journal, keys, models, the terminal and the tools; sends nothing without --online. No
    key is ever shown. Exits with 1 if there is a problem.
    """
    findings = list(_examine(session, online=online, verify=verify))
    failed = any(finding.state == "problem" for finding in findings)
    if as_json:
        session.output.json({"ok": not failed, "findings": [_to_json(finding) for finding in findings]})
    else:
        _tell(session, findings)
    return 1 if failed else 0


def _examine(session: Session, *, online: bool, verify: bool) -> Iterator[Finding]:
    yield _finding(
        "limner", f"{__version__}, Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    )
    try:
        settings = config.load(session.environment)
    except ConfigError as problem:
        yield Finding(topic="settings", state="problem", text=problem.message, fix=problem.hint)
        return
    yield _finding(
        "settings", str(settings.config_file) if settings.config_file.exists() else "built in, no config.toml"
    )
    yield from _guarded("data", lambda: _data(session))
    if verify:
        yield from _guarded("pictures", lambda: _pictures(session))
    yield from _guarded("keys", lambda: _keys(session, settings))
    if online:
        yield from _guarded("online", lambda: _online(session, settings))
    yield from _guarded("models", lambda: _models(settings))
    yield from _guarded("tools", lambda: _tools(session))


def _guarded(topic: str, examine: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """The findings of one part; if looking fails, that is the finding."""
    try:
        yield from examine()
    except LimnerError as problem:
        yield Finding(topic=topic, state="problem", text=problem.message, fix=problem.hint)
    except Exception as problem:
        yield Finding(topic=topic, state="problem", text=f"{type(problem).__name__}: {problem}", fix="LIMNER_DEBUG=1")


def _data(session: Session) -> Iterator[Finding]:
    from limner.app import App
    from limner.store import disk

    with App.open(session.environment) as app:
        store = app.store
        free = disk.free_bytes(store.home)
        text = f"{store.home}, {free / 1e9:.1f} GB free"
        if free < LOW_SPACE_BYTES:
            yield Finding(topic="data", state="note", text=text, fix="Free some space, or move the data: LIMNER_HOME.")
        else:
            yield _finding("data", text)
        yield from _journal(app)


def _journal(app: App) -> Iterator[Finding]:
    broken = app.store.database.check()
    if broken is not None:
        fix = f"Copy {app.store.home} somewhere safe before anything else; the pictures in blobs/ are not touched."
        yield Finding(topic="journal", state="problem", text=broken, fix=fix)
    else:
        yield _finding("journal", "sound")
    for notice in app.notices:
        yield Finding(topic="recovered", state="note", text=notice, fix="limner history")


def _pictures(session: Session) -> Iterator[Finding]:
    from limner.app import App

    with App.open(session.environment) as app:
        known = app.store.journal.pictures()
        session.output.note(f"Reading {len(known)} pictures, {sum(blob.size for blob in known) / 1e6:.0f} MB …")
        damaged = 0
        for blob, call_id in known.items():
            try:
                app.store.blobs.verify(blob)
            except BlobCorruptError as problem:
                damaged += 1
                fix = f"Restore it from a backup, or from a copy of yours: limner show {call_id}"
                yield Finding(topic="picture", state="problem", text=problem.message, fix=fix)
        yield _finding("pictures", f"{len(known) - damaged} of {len(known)} are as they came")


def _keys(session: Session, settings: Settings) -> Iterator[Finding]:
    ring = secrets.keyring_name()
    yield _finding("keyring", ring or f"none works here; stored keys go to {settings.home / secrets.KEYS_FILE} (0600)")
    for connection in settings.connections.values():
        is_default = connection.name == settings.default_connection
        suffix = ", the default" if is_default else ""
        topic = f"key of {connection.name}"
        if not connection.needs_key:
            yield _finding(topic, f"needs none{suffix}")
            continue
        found = secrets.find_key(connection, settings, session.environment)
        if found is not None:
            yield _finding(topic, f"from {found.source}{suffix}")
            continue
        wanted = f"Set {' or '.join(connection.key_variables)}, or: " if connection.key_variables else ""
        fix = f"{wanted}limner connections set-key {connection.name}"
        yield Finding(topic=topic, state="problem" if is_default else "note", text=f"none{suffix}", fix=fix)
    if settings.default_connection == config.GOOGLE.name:
        yield _finding("billing", "image models have no free tier at Google: billing must be on for the key")
    if any(name.lower() in ("https_proxy", "http_proxy", "all_proxy") for name in session.environment):
        fix = "If you need it: limner connections add … --proxy URL"
        yield Finding(topic="proxy", state="note", text="the environment names one; Limner does not use it", fix=fix)
    both = [name for name in GOOGLE_KEY_VARIABLES if session.environment.get(name, "").strip()]
    if len(both) == 2:
        yield Finding(topic="variables", state="note", text=f"{both[0]} and {both[1]} are set; {both[0]} is used")


def _online(session: Session, settings: Settings) -> Iterator[Finding]:
    from limner.app import App

    with App.open(session.environment) as app:
        for connection in settings.connections.values():
            if not connection.needs_key or secrets.find_key(connection, settings, session.environment) is None:
                continue
            found = app.test_connection(connection.name)
            models = f" It lists {found.models} models." if found.models is not None else ""
            state: State = "ok" if found.ok else "problem"
            yield Finding(topic=f"{connection.name} online", state=state, text=found.sentence + models, fix=found.hint)


def _models(settings: Settings) -> Iterator[Finding]:
    from limner.catalog import catalog as catalogs

    catalog = catalogs.load()
    today = _clock.today()
    age_days = (today - catalog.as_of).days
    if age_days > STALE_CATALOG_DAYS:
        text = f"the list is of {catalog.as_of}, {age_days} days old"
        yield Finding(topic="models", state="note", text=text, fix="Update Limner; dates and prices may have changed.")
    else:
        yield _finding("models", f"{len(catalog.models())} known, as of {catalog.as_of}")
    for connection in settings.connections.values():
        model = None if connection.model is None else catalog.find(connection.model)
        if model is not None and model.life.state(today) in ("ending", "gone", "deprecated"):
            text = f"{model.id} is {model.life.state(today)} ({model.life.shutdown}, {model.life.certainty})"
            fix = f"Use {model.life.replacement}" if model.life.replacement else "limner models"
            yield Finding(topic=f"model of {connection.name}", state="note", text=text, fix=fix)


def _tools(session: Session) -> Iterator[Finding]:
    from limner.imaging.preview import Protocol, detect

    protocol = detect(session.environment, isatty=session.output.on_terminal)
    if protocol is Protocol.NONE:
        yield _finding("preview", "none here (no terminal, or one without colors)")
    else:
        yield _finding("preview", f"pictures are shown in this terminal ({protocol.value})")
    yield _clipboard(session)
    yield _fonts()


def _fonts() -> Finding:
    folder = resources.files("limner") / "providers" / "sandbox" / "assets" / "fonts"
    count = sum(file.name.endswith(".woff2") for file in folder.iterdir()) if folder.is_dir() else 0
    if count:
        return _finding("fonts", f"the sandbox has its {count} faces")
    return Finding(topic="fonts", state="problem", text="the sandbox's fonts are missing", fix="Install Limner again.")


def _clipboard(session: Session) -> Finding:
    path = session.environment.get("PATH")
    if sys.platform == "darwin":
        names, install = ("pngpaste", "osascript"), "brew install pngpaste"
    elif session.environment.get("WAYLAND_DISPLAY"):
        names, install = ("wl-paste",), "sudo apt install wl-clipboard"
    else:
        names, install = ("xclip",), "sudo apt install xclip"
    tool = next((name for name in names if shutil.which(name, path=path)), None)
    if tool is not None:
        return _finding("clipboard", f"read with {tool}")
    return Finding(topic="clipboard", state="note", text="--clipboard needs a tool that is not there", fix=install)


def _finding(topic: str, text: str) -> Finding:
    return Finding(topic=topic, state="ok", text=text)


def _tell(session: Session, findings: list[Finding]) -> None:
    output = session.output
    rows: list[list[Cell]] = []
    for finding in findings:
        rows.append([(finding.state, _STYLES[finding.state]), finding.topic, output.redacted(finding.text)])
        if finding.fix:
            rows.append(["", "", f"fix: {output.redacted(finding.fix)}"])
    output.facts(rows)
    problems = sum(finding.state == "problem" for finding in findings)
    output.note(f"{problems} to fix." if problems else "Everything needed works.", "red" if problems else "green")


def _to_json(finding: Finding) -> dict[str, str | None]:
    return {"topic": finding.topic, "state": finding.state, "text": finding.text, "fix": finding.fix}
