"""What `limner connections probe` asks and tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from limner import config, secrets
from limner.cli.command import Session
from limner.cli.generate import dollars, quote_text
from limner.cli.output import Output
from limner.core.secret import Secret
from limner.errors import ConfigError

if TYPE_CHECKING:
    from limner.app import App
    from limner.app.probe import Free, Paid

_PROBED = "probed"
_SHOWN_MODELS = 6


def run_probe(
    session: Session,
    fields: Mapping[str, Any],
    secret: Secret | None,
    *,
    model: str | None,
    free_only: bool,
    yes: bool,
    save: str | None,
    as_json: bool,
) -> int:
    """Probe, tell, and save if that was asked for."""
    from limner.app import App
    from limner.app.probe import likely_model, probe_free, settings_of

    output = session.output
    name = save or _PROBED
    with App.open(session.environment) as app:
        key = secret or _found_key(session, app, name, fields)
        free = probe_free(app, name, fields, key)
        if not as_json:
            _tell_free(free, output)
        paid = None
        chosen = model or likely_model(app, free)
        if free.auth is not None and chosen is not None and not free_only:
            app.give_key(name, key)
            paid = _paid(session, app, free, chosen, yes=yes, as_json=as_json)
        settings = settings_of(free, fields, chosen, paid)
        works = free.auth is not None and (paid is None or paid.result.ok)
        if save is not None and free.auth is not None:
            connection = config.save_connection(app.settings, save, settings, replace=True)
            if secret is not None:
                stored = secrets.store_key(connection, secret, app.settings)
                output.note(f"The key is in {stored.description}.", "green")
            output.note(f"Connection {save!r} is in {app.settings.config_file}.", "green")
        elif free.auth is not None and not as_json:
            output.note("Add --save NAME to keep it as a connection.", "dim")
    if as_json:
        output.json(_document(free, paid, settings))
    return 0 if works else 1


def _found_key(session: Session, app: App, name: str, fields: Mapping[str, Any]) -> Secret | None:
    connection = config.make_connection(name, {**fields, "preset": "new-api"})
    found = secrets.find_key(connection, app.settings, session.environment)
    if found is None:
        wanted = fields.get("key_env")
        raise ConfigError(
            "There is no key to probe with." if wanted is None else f"The variable {wanted} holds no key.",
            code="config.no_key",
            hint="Name a variable with --key-env, or pipe the key in with --key-stdin.",
        )
    return found.secret


def _tell_free(free: Free, output: Output) -> None:
    host = urlsplit(free.connection.base_url).netloc
    if free.auth is None:
        output.result(f"{host} takes the key in no way that was tried:", "red")
        for way, why in free.refusals.items():
            output.result(f"    {way}: {output.redacted(why)}")
        return
    output.result(f"{host} answers and takes the key.", "green")
    rows = [
        ["key sent as", _way(free)],
        ["version", free.api_version],
        ["models", f"{len(free.models)}, with pictures: {_some(free.image_models)}"],
        ["counts tokens", "yes, free of charge" if free.counts_tokens else "no"],
    ]
    output.facts([[(head, "bold"), text] for head, text in rows])


def _way(free: Free) -> str:
    if free.open_listing and not free.counts_tokens:
        return f"{free.auth} (not sure: its list of models needs no key)"
    return str(free.auth)


def _paid(session: Session, app: App, free: Free, model: str, *, yes: bool, as_json: bool) -> Paid | None:
    from limner.app.plan import Ask
    from limner.app.probe import ASPECT, PROMPT, probe_paid
    from limner.cli.progress import Progress

    output = session.output
    app.add_connection(free.connection)
    plan = app.plan(
        Ask(prompt=PROMPT, connection=free.connection.name, model=model, aspect_ratio=ASPECT, unlisted=True)
    )
    output.note(f"To learn more, one call: {model}, {quote_text(plan)}.")
    if not yes and not (output.on_terminal and click.confirm("Make it?", default=False, err=True)):
        output.note("Not made. Say --yes to make it without being asked.", "dim")
        return None
    with Progress(output, model, 1) as progress:
        paid = probe_paid(app, free.connection, model, progress.on_event)
    if not as_json:
        _tell_paid(paid, output)
    return paid


def _tell_paid(paid: Paid, output: Output) -> None:
    if not paid.result.ok:
        output.result(output.redacted(paid.result.outcome.sentence()), "red")
    yes_no = {True: "yes", False: "no", None: "not known"}
    cost = "not known" if paid.result.cost is None else dollars(paid.result.cost)
    rows = [
        ["streaming", f"yes, {paid.documents} pieces" if paid.streams else "no"],
        ["spelling", paid.spelling],
        ["picture", paid.shape],
        ["ratio honoured", f"{yes_no[paid.ratio_honoured]}{'' if paid.size is None else f', {paid.size}'}"],
        ["type told right", yes_no[paid.declared_right]],
        ["signed", yes_no[paid.signed]],
        ["usage told", yes_no[paid.usage]],
        ["cost told", ", ".join(paid.cost_fields) or "no"],
        ["cost", f"{cost} by the catalog's price; the relay may charge another"],
    ]
    output.facts([[(head, "bold"), text] for head, text in rows])


def _document(free: Free, paid: Paid | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "auth": free.auth,
        "apiVersion": free.api_version,
        "models": list(free.models),
        "imageModels": list(free.image_models),
        "openListing": free.open_listing,
        "countsTokens": free.counts_tokens,
        "refusals": dict(free.refusals),
        "paid": None if paid is None else paid.to_json(),
        "connection": dict(settings),
    }


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_SHOWN_MODELS]) or "none"
    return shown if len(names) <= _SHOWN_MODELS else f"{shown} and {len(names) - _SHOWN_MODELS} more"
