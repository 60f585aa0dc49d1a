"""Reading a lifted document that was cut or is broken: whatever can be read of it is read."""

from __future__ import annotations

import json
import re

from limner._json import JsonObject, JsonValue

_DECODER = json.JSONDecoder(strict=False)
_TOKEN = re.compile(
    r'(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")|(?P<cut>".*)|(?P<mark>[{}\[\],:])|(?P<word>[^\s{}\[\],:"]+)',
    re.DOTALL,
)
_WHOLE_ESCAPES = re.compile(r"(?:[^\\]++|\\u[0-9a-fA-F]{4}|\\[\"\\/bfnrt])*+", re.DOTALL)
_ESCAPED = "blob:="

_MAX_DEPTH = 200
"""Objects and arrays inside one another; deeper ones are left out. A reply has about ten."""


def salvage_text(text: str) -> list[JsonValue]:
    """The objects and arrays of a JSON text, those that are open closed where the text ends.

    A cut string is kept as far as it came, unless it began like a reference. A cut number or key is left out, and so
    is what does not fit. Never raises.
    """
    tree = _Tree()
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "mark":
            tree.mark(match[0])
        elif match.lastgroup == "cut":
            tree.cut_string(match[0])
        elif match.lastgroup == "string" or match.end() < len(text):
            tree.value(match[0])
    return tree.values


class _Tree:
    """Objects and arrays under construction, the innermost last, each with the key that waits for a value."""

    def __init__(self) -> None:
        self.values: list[JsonValue] = []
        self._open: list[JsonObject | list[JsonValue]] = []
        self._keys: list[str | None] = []
        self._too_deep = 0

    def mark(self, mark: str) -> None:
        """Take one of `{ [ ] } , :`."""
        if mark in "{[":
            self._begin({} if mark == "{" else [])
        elif mark in "}]":
            self._end(dict if mark == "}" else list)
        elif mark == "," and self._keys and not self._too_deep:
            self._keys[-1] = None

    def value(self, token: str) -> None:
        """Take a complete string, which may be a key, or a number, true, false or null."""
        if not self._open or self._too_deep:
            return
        try:
            value = _DECODER.decode(token)
        except ValueError:
            return
        if isinstance(self._open[-1], dict) and self._keys[-1] is None:
            self._keys[-1] = value if isinstance(value, str) else None
        else:
            self._put(value)

    def cut_string(self, token: str) -> None:
        """Take a string that does not end."""
        if not self._open or self._too_deep or (isinstance(self._open[-1], dict) and self._keys[-1] is None):
            return
        match = _WHOLE_ESCAPES.match(token, 1)
        text = _DECODER.decode(f'"{match[0]}"') if match else ""
        if text.startswith(_ESCAPED) or not text or not _ESCAPED.startswith(text[: len(_ESCAPED) - 1]):
            self._put(text)

    def _begin(self, container: JsonObject | list[JsonValue]) -> None:
        if self._too_deep or len(self._open) == _MAX_DEPTH:
            self._too_deep += 1
            return
        if self._open:
            self._put(container)
        else:
            self.values.append(container)
        self._open.append(container)
        self._keys.append(None)

    def _end(self, kind: type) -> None:
        if self._too_deep:
            self._too_deep -= 1
        elif self._open and isinstance(self._open[-1], kind):
            self._open.pop()
            self._keys.pop()

    def _put(self, value: JsonValue) -> None:
        parent, key = self._open[-1], self._keys[-1]
        if isinstance(parent, list):
            parent.append(value)
        elif key is not None:
            parent[key] = value
            self._keys[-1] = None
