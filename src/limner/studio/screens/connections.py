"""Ways to a provider and their keys, and the models they lead to."""

from __future__ import annotations

from dataclasses import dataclass

from limner import _clock, config, secrets
from limner.config import PRESETS, Connection
from limner.errors import ConfigError, LimnerError
from limner.redaction import redact
from limner.studio.visit import Answer, Go, Page, Visit, get, post

HERE = "/settings/connections"
BUILT_IN = ("sandbox", "google")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A connection; `key` says where its key comes from, `problem` what is wrong with it."""

    connection: Connection
    key: str
    problem: str
    is_default: bool
    built_in: bool


def show(visit: Visit) -> Answer:
    """All connections, and what a new one needs."""
    settings = visit.context.app.settings
    rows = [_row(visit, each, settings.default_connection) for each in settings.connections.values()]
    presets = {name: preset for name, preset in PRESETS.items() if name not in ("sandbox", "vertex")}
    values = {"rows": rows, "presets": presets, "auth": config.AUTH_STYLES, "panel": "connections"}
    return Page(template="connections.html", title="Connections", screen="settings", values=values)


def add(visit: Visit) -> Answer:
    """A new connection, with its key if one was given; the key is never shown again."""
    name = visit.text("name")
    fields = {key: visit.text(key) for key in ("preset", "base_url", "auth", "key_env", "model") if visit.text(key)}
    app = visit.context.app
    try:
        connection = config.save_connection(app.settings, name, fields)
        app.reload()
        stored = _store(visit, connection)
    except LimnerError as problem:
        return Go(to=HERE, notice=_said(problem))
    return Go(to=HERE, notice=f"Connection {name!r} is there.{stored}")


def give_key(visit: Visit) -> Answer:
    """Another key for a connection."""
    app = visit.context.app
    try:
        stored = _store(visit, app.settings.connection(visit.path["name"]))
        app.reload()
    except LimnerError as problem:
        return Go(to=HERE, notice=_said(problem))
    return Go(to=HERE, notice=stored.strip() or "No key was given.")


def test(visit: Visit) -> Answer:
    """Whether it answers and takes the key; free of charge."""
    name = visit.path["name"]
    try:
        found = visit.context.app.test_connection(name)
    except LimnerError as problem:
        return Go(to=HERE, notice=_said(problem))
    models = f" It lists {found.models} models." if found.models is not None else ""
    return Go(to=HERE, notice=redact(f"{name}: {found.sentence}{models} {found.hint or ''}")[:300])


def choose(visit: Visit) -> Answer:
    """Use it where none is asked for."""
    app = visit.context.app
    try:
        config.save_default(app.settings, visit.path["name"])
        app.reload()
    except LimnerError as problem:
        return Go(to=HERE, notice=_said(problem))
    return Go(to=HERE, notice=f"{visit.path['name']} is used unless you say otherwise.")


def remove(visit: Visit) -> Answer:
    """Forget a connection and its stored key."""
    app, name = visit.context.app, visit.path["name"]
    try:
        connection = app.settings.connection(name)
        had_key = connection.needs_key and secrets.delete_key(connection, app.settings)
        if name not in BUILT_IN:
            config.remove_connection(app.settings, name)
        app.reload()
    except LimnerError as problem:
        return Go(to=HERE, notice=_said(problem))
    forgotten = "its stored key is forgotten" if had_key else "it had no stored key"
    return Go(to=HERE, notice=f"{name}: {forgotten if name in BUILT_IN else 'removed, ' + forgotten}.")


def models(visit: Visit) -> Answer:
    """What the catalog knows of each model."""
    today = _clock.today()
    known = [model for model in visit.context.app.catalog.models() if model.usable]
    rows = [(model, model.life.state(today)) for model in known if model.capabilities.makes_images]
    values = {"rows": sorted(rows, key=lambda row: (row[1] == "gone", row[0].id)), "panel": "models"}
    return Page(template="models.html", title="Models", screen="settings", values=values)


def _row(visit: Visit, connection: Connection, default: str) -> Row:
    problem = ""
    try:
        source = visit.context.app.key_source(connection)
    except ConfigError as found:
        source, problem = None, found.message
    key = "no key needed" if not connection.needs_key else source or "no key yet"
    return Row(
        connection=connection,
        key=key,
        problem=problem,
        is_default=connection.name == default,
        built_in=connection.name in BUILT_IN,
    )


def _store(visit: Visit, connection: Connection) -> str:
    typed = visit.text("key")
    if not typed:
        return ""
    stored = secrets.store_key(connection, secrets.parse_key(typed), visit.context.app.settings)
    return f" Its key is in {stored.description}."


def _said(problem: LimnerError) -> str:
    return redact(f"{problem.message} {problem.hint or ''}".strip())[:300]


ROUTES = (
    get(HERE, show),
    post(HERE, add),
    post("/settings/connections/{name}/key", give_key),
    post("/settings/connections/{name}/test", test),
    post("/settings/connections/{name}/default", choose),
    post("/settings/connections/{name}/remove", remove),
    get("/settings/models", models),
)
