"""Settings that a person names as the wire does, such as `outputOptions.mimeType`, put into a lifted document."""

from __future__ import annotations

from limner._json import JsonObject, JsonValue
from limner.wire.reference import escape


def put(owner: JsonObject, path: str, value: JsonValue) -> None:
    """Set the field that the dots of `path` lead to; objects on the way are made."""
    *folders, name = path.split(".")
    for folder in folders:
        inside = owner.setdefault(folder, {})
        if not isinstance(inside, dict):
            inside = owner[folder] = {}
        owner = inside
    owner[name] = _escaped(value)


def _escaped(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    if isinstance(value, dict):
        return {name: _escaped(item) for name, item in value.items()}
    return value
