"""JSON as Limner stores and compares it."""

from __future__ import annotations

import json
from typing import Any

JsonValue = Any
"""A value as `json.loads` gives it. `Any`, because its shape is what the reading code is there to find out."""

JsonObject = dict[str, Any]


def dumps(value: JsonValue) -> str:
    """Compact JSON text that keeps non-ASCII characters and escapes lone surrogates."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return text
