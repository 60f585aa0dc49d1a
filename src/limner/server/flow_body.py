"""What a request about workflows says: its fields, checked, and the pictures in its forms."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from limner._json import JsonObject, JsonValue
from limner.app import App
from limner.core.parts import ImagePart
from limner.core.picture import NotAPicture, measure
from limner.core.sink import Shelf
from limner.errors import InvalidRequestError
from limner.runner.assets import asset_of
from limner.runner.workflows import Source
from limner.server.context import Exchange
from limner.server.flow_errors import wrong_field, wrong_inputs
from limner.server.refusals import own_error
from limner.web.limits import Limits
from limner.wire.gemini.refusals import RefusedError
from limner.wire.lower import lower, lowered_length
from limner.wire.reference import Reference
from limner.workflow.forms import FieldError
from limner.workflow.model import FormField
from limner.workflow.output import IMAGE_ID
from limner.workflow.places import Choice

MAX_WORD_CHARACTERS = 200
"""Longest name of a model, a connection, a ratio."""

_HOW = 'Send {"assetId": "img_…"} of a picture uploaded with POST /limner/v1/assets, or a data URL.'

FieldsOf = Callable[[str], Sequence[FormField]]
"""The form of a stage. Raises `InvalidRequestError` where there is no such stage."""


class Body:
    """A JSON object that was sent. Its pictures, and what is longer than a page, stay on the shelf until asked for."""

    def __init__(self, document: JsonObject, shelf: Shelf, limits: Limits) -> None:
        self.document = document
        self.shelf = shelf
        self.limits = limits

    def __contains__(self, name: str) -> bool:
        return self.document.get(name) is not None

    def plain(self, value: JsonValue) -> JsonValue:
        """A value as it was sent. Raises `RefusedError` (413) where it is too long."""
        if lowered_length(value, self.shelf) > self.limits.text_bytes:
            raise own_error(
                413,
                f"The body has more than {self.limits.text_bytes} bytes without its pictures.",
                code="invalid.too_large",
                hint="A workflow has up to 1 MiB; pictures are uploaded with POST /limner/v1/assets.",
            )
        return json.loads(b"".join(lower(value, self.shelf)))

    def value(self, name: str) -> JsonValue:
        """A field as it was sent; `None` where it is missing."""
        return self.plain(self.document.get(name))

    def word(self, name: str) -> str | None:
        """A short text."""
        found = self.text(name)
        if found is not None and len(found) > MAX_WORD_CHARACTERS:
            raise wrong_field(name, f"a text of up to {MAX_WORD_CHARACTERS} characters")
        return found

    def text(self, name: str) -> str | None:
        """A text of any length."""
        found = self.value(name)
        if found is not None and not isinstance(found, str):
            raise wrong_field(name, "a text")
        return found

    def one_of(self, name: str, accepted: Sequence[str]) -> str | None:
        """One of a few words."""
        found = self.value(name)
        if found is not None and found not in accepted:
            raise wrong_field(name, " or ".join(accepted))
        return cast(str | None, found)

    def flag(self, name: str) -> bool:
        """True or false; false where it is missing."""
        found = self.value(name)
        if found is not None and not isinstance(found, bool):
            raise wrong_field(name, "true or false")
        return found is True

    def number(self, name: str, *, least: int = 0, most: int = 100_000) -> int | None:
        """A whole number."""
        found = self.value(name)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int) or not least <= found <= most:
            raise wrong_field(name, f"a whole number from {least} to {most}")
        return found

    def part(self, name: str, accepted: Sequence[str]) -> Body:
        """An object inside the body with these fields only; empty where it is missing."""
        found = self.document.get(name)
        if found is not None and not isinstance(found, dict):
            raise wrong_field(name, "an object")
        part = Body(found or {}, self.shelf, self.limits)
        part.accept(accepted)
        return part

    def accept(self, accepted: Sequence[str]) -> None:
        """Raise `RefusedError` (400) for a field that is not one of these."""
        for name in self.document:
            if name not in accepted:
                near = difflib.get_close_matches(name, accepted, n=1)
                offer = f" Did you mean {near[0]!r}?" if near else ""
                hint = f"Accepted: {', '.join(accepted)}." if accepted else "Send {}."
                raise own_error(400, f"There is no field {name[:60]!r} here.{offer}", code="invalid.field", hint=hint)


async def read_body(exchange: Exchange, accepted: Sequence[str] | None = None) -> Body:
    """The body of a request, `{}` where there is none; with these fields only, if they are given."""
    document = cast(JsonObject, await exchange.document())
    body = Body(document, exchange.shelf, exchange.context.limits)
    if accepted is not None:
        body.accept(accepted)
    return body


def source_of(body: Body) -> Source:
    """The field `workflow`: the text of a file, or the document in it."""
    found = body.value("workflow")
    if isinstance(found, str):
        return found.encode("utf-8", "surrogatepass")
    if not isinstance(found, dict):
        raise wrong_field("workflow", "a workflow: the text of the file, or the object in it")
    return found


def choice_of(body: Body, app: App) -> Choice:
    """The field `choice`: model, connection and ratio for the whole run. An unknown connection is refused."""
    part = body.part("choice", ("model", "connection", "aspectRatio"))
    connection = part.word("connection")
    if connection is not None:
        app.settings.connection(connection)
    return Choice(model=part.word("model"), connection=connection, aspect_ratio=part.word("aspectRatio"))


def inputs_of(app: App, body: Body, given: JsonValue, fields_of: FieldsOf) -> dict[str, JsonObject]:
    """Filled-in forms, `{stage: {field: value}}`, with every picture in them stored.

    A text is never taken for the path of a file. Raises `RefusedError` (400, or 422 for what is no picture).
    """
    if not isinstance(given, dict):
        raise wrong_field("inputs", "an object: {stage: {field: value}}")
    errors: list[tuple[str, FieldError]] = []
    found: dict[str, JsonObject] = {}
    for stage, values in given.items():
        kinds = {field.name: field.type for field in fields_of(stage)}
        if not isinstance(values, dict):
            raise wrong_field(f"inputs.{stage[:60]}", "an object: {field: value}")
        found[stage] = {}
        for name, value in values.items():
            try:
                found[stage][name] = _value(app, body, value, kinds.get(name))
            except InvalidRequestError as problem:
                errors.append((stage, FieldError(field=name, code="wrong_type", message=problem.message)))
    if errors:
        raise wrong_inputs(errors)
    return found


def picture_of(app: App, body: Body, value: JsonValue) -> JsonObject:
    """The asset that an asset, its id or a data URL stands for. Raises `InvalidRequestError` for anything else."""
    reference = Reference.parse(value) if isinstance(value, str) else None
    blob = None if reference is None else reference.picture_blob()
    if blob is not None:
        if blob.size > body.limits.picture_bytes:
            raise too_large_picture(body.limits)
        return asset_of(app, body.shelf.read(blob))
    asset_id = value.get("assetId") if isinstance(value, dict) else value
    if not isinstance(asset_id, str) or not IMAGE_ID.fullmatch(asset_id):
        raise InvalidRequestError("It must be a picture.", code="invalid.image", hint=_HOW)
    found = find_asset(app, asset_id)
    if found is None:
        raise InvalidRequestError(f"There is no picture {asset_id!r} here.", code="invalid.image", hint=_HOW)
    name = body.plain(value.get("name")) if isinstance(value, dict) else None
    return {**found, "name": name if isinstance(name, str) else ""}


def too_large_picture(limits: Limits) -> RefusedError:
    """413: more than is taken of one picture."""
    message = f"A picture has up to {limits.picture_bytes} bytes here."
    return own_error(413, message, code="invalid.too_large", hint="Make it smaller first.")


def find_asset(app: App, asset_id: str) -> JsonObject | None:
    """The asset of this id, if it is in the data folder and is a picture."""
    match = IMAGE_ID.fullmatch(asset_id)
    blob = None if match is None else app.store.blobs.find_by_prefix(match[1])
    if blob is None:
        return None
    try:
        with app.store.blobs.open(blob) as file:
            mime_type = measure(file).mime_type
    except NotAPicture:
        return None
    return asset_of(app, ImagePart(blob=blob, mime_type=mime_type))


def _value(app: App, body: Body, value: JsonValue, kind: str | None) -> JsonValue:
    if kind == "image" and value not in (None, ""):
        return picture_of(app, body, value)
    if kind == "images" and value not in (None, ""):
        return [picture_of(app, body, each) for each in (value if isinstance(value, list) else [value])]
    return body.plain(value)


def overrides_of(body: Body) -> Mapping[str, JsonValue]:
    """The field `overrides` of a redo: what holds for this time only."""
    part = body.part("overrides", ("model", "connection", "aspectRatio", "imageSize", "count"))
    found: JsonObject = {name: part.word(name) for name in ("model", "connection", "aspectRatio", "imageSize")}
    found["count"] = part.number("count", least=1, most=8)
    return {name: value for name, value in found.items() if value is not None}
