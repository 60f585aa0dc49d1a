"""Broken files: whatever happens to a file, the loader says what is wrong with it, or loads it."""

from __future__ import annotations

import json
import random

import pytest

from limner._json import JsonValue
from limner.workflow.load import Loaded, load
from workflow.example_files import example, places

FILES = ("example-image", "logo-generator", "photo-edit", "storybook")
STRANGE: tuple[JsonValue, ...] = (
    None,
    True,
    0,
    -1,
    1e300,
    2.0,
    "",
    "x",
    "{{",
    "{{item.x}}",
    "{{brief.output}}",
    "\ud800",
    "\n",
    "(",
    [],
    [[]],
    {},
    {"value": {}},
    ["a", 1, None],
    {"from": "{{a.output}}"},
    "9" * 400,
)


def every_container(value: JsonValue) -> list[JsonValue]:
    found, waiting = [], [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict | list) and here:
            found.append(here)
            waiting.extend(here.values() if isinstance(here, dict) else here)
    return found


def mutate(document: JsonValue, chance: random.Random) -> None:
    """Change one place: take out, put in something strange, exchange or repeat."""
    holder = chance.choice(every_container(document))
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    key, other = chance.choice(keys), chance.choice(keys)
    match chance.randrange(5):
        case 0:
            del holder[key]
        case 1 | 2:
            holder[key] = chance.choice(STRANGE)
        case 3:
            holder[key], holder[other] = holder[other], holder[key]
        case _ if isinstance(holder, dict):
            holder[f"{key}x"] = holder[key]
        case _:
            holder.append(holder[key])


def mutate_bytes(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    match chance.randrange(4):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + chance.randbytes(chance.randrange(1, 5)) + data[at:]
        case 2:
            return data[:at] + data[at + chance.randrange(1, 20) :]
        case _:
            return data[:at] + chance.choice(b'{}[]",:/*\\0-\n').to_bytes(1, "big") + data[at + 1 :]


def assert_sound(loaded: Loaded) -> None:
    has_error = any(each.level == "error" for each in loaded.diagnostics)
    assert loaded.ok is not has_error
    assert all(f"{each.message}{each.hint}".isprintable() for each in loaded.diagnostics)
    assert all(each.message and each.line >= 1 and each.column >= 1 for each in loaded.diagnostics)


@pytest.mark.parametrize("name", FILES)
def test_a_document_with_changed_places_is_loaded_or_explained(name: str) -> None:
    chance, text = random.Random(name), example(name)
    for _ in range(150):
        document = json.loads(text)
        for _ in range(chance.randrange(1, 4)):
            mutate(document, chance)
        assert_sound(load(json.dumps(document), places(chance.choice(("google", "vertex", "relay")))))


@pytest.mark.parametrize("name", FILES)
def test_a_file_with_changed_bytes_is_loaded_or_explained(name: str) -> None:
    chance, data = random.Random(name), example(name).encode()
    for _ in range(150):
        assert_sound(load(mutate_bytes(data, chance), places(), strict=chance.random() < 0.5))
