"""Reading one field of somebody else's JSON, whatever its spelling, and without ever raising."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from limner._json import JsonObject, JsonValue
from limner.wire.reference import Reference, unescape

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})(?:[eE][+-]?[0-9]{1,3})?")


@lru_cache(maxsize=512)
def snake(name: str) -> str:
    """`inlineData` as `inline_data`."""
    return _HUMP.sub("_", name).lower()


def pick(value: JsonValue, name: str) -> JsonValue:
    """The field `name` (given in camelCase) of an object; `None` where it is absent, null or `value` is no object.

    The camelCase spelling wins over snake_case, both over any mixture (`inline_Data`, `InlineData`).
    """
    if not isinstance(value, dict):
        return None
    for spelling in (name, snake(name)):
        if value.get(spelling) is not None:
            return value[spelling]
    wanted = _folded(name)
    for key, found in value.items():
        if found is not None and isinstance(key, str) and _folded(key) == wanted:
            return found
    return None


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def pick_object(value: JsonValue, name: str) -> JsonObject:
    """The object in the field `name`; `{}` where there is none."""
    found = pick(value, name)
    return found if isinstance(found, dict) else {}


def pick_list(value: JsonValue, name: str) -> tuple[JsonValue, ...]:
    """The items of the field `name`; a single object counts as a list of one, as Google's own reader takes it."""
    found = pick(value, name)
    if isinstance(found, list):
        return tuple(found)
    return (found,) if isinstance(found, dict) else ()


def pick_text(value: JsonValue, name: str) -> str | None:
    """The text of the field `name`, unescaped; `None` where it is no text or too long to stand in the document."""
    return plain_text(pick(value, name))


def pick_word(value: JsonValue, name: str) -> str | None:
    """A name such as `STOP` in the field `name`: text as it is, a number as its digits; `None` if absent or empty."""
    found = pick(value, name)
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found) if abs(found) < 10**18 else None
    text = plain_text(found)
    return text.strip() or None if text else None


def pick_count(value: JsonValue, name: str) -> int:
    """A number of things in the field `name`: never negative, 0 for whatever is no number."""
    return max(0, whole(pick(value, name)) or 0)


def pick_flag(value: JsonValue, name: str) -> bool:
    """True only for `true`, `"true"` and 1."""
    found = pick(value, name)
    return found is True or found == 1 or (isinstance(found, str) and found.lower() == "true")


def plain_text(value: JsonValue) -> str | None:
    """The text that a string of a lifted document stands for; `None` for a blob reference and for no string."""
    if not isinstance(value, str) or Reference.parse(value) is not None:
        return None
    return unescape(value)


def whole(value: JsonValue) -> int | None:
    """A whole number from 7, 7.0, "7" or "7.0"; `None` for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < 10**18 else None
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    found = number(value)
    return int(found) if found is not None and found.is_integer() and abs(found) < 1e18 else None


def number(value: JsonValue) -> float | None:
    """A finite number from 0.7, 7 or "0.7"; `None` for anything else."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None
