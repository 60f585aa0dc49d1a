from __future__ import annotations

import json
from typing import Any

import pytest

from limner.providers.sandbox.prompt.scene import MAX_SUBJECTS, Role, Scene, Subject

FULL: dict[str, Any] = {
    "v": 1,
    "prompt": "two red dogs beside a llama",
    "kind": "poster",
    "texts": ["Dogs", "and friends"],
    "places": ["meadow", "water"],
    "landmarks": ["bridge"],
    "time": "sunset",
    "season": "autumn",
    "weather": "fog",
    "styles": ["pencil"],
    "camera": ["macro"],
    "mood": "happy",
    "flowers": "mixed",
    "greenery": True,
    "colors": ["blue"],
    "background": "pink",
    "studio": True,
    "material": "wood",
    "flying": True,
    "undrawn": ["violin"],
    "seed": 7,
    "sample": 2,
    "subjects": [
        {"glyph": "dog", "word": "dogs", "role": "main", "count": 2, "color": "red"},
        {"glyph": "llama", "word": "llama", "role": "beside"},
    ],
}


def test_every_field_survives_the_way_through_json() -> None:
    assert Scene.from_json(json.loads(json.dumps(FULL))).to_json() == FULL


def test_a_plain_scene_is_written_with_its_prompt_only() -> None:
    assert Scene(prompt="a dog").to_json() == {"v": 1, "prompt": "a dog"}


def test_subjects_are_read_with_their_roles() -> None:
    assert Scene.from_json(FULL).subjects == (
        Subject(glyph="dog", word="dogs", count=2, color="red"),
        Subject(glyph="llama", word="llama", role=Role.BESIDE),
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"v": 2}, "version 2"),
        ({"v": None}, "version None"),
        ({"prompt": None}, "prompt must be text"),
        ({"prompt": "x" * 8_001}, "at most 8000"),
        ({"kind": "film"}, "kind 'film'"),
        ({"texts": "SALE"}, "texts must be a list"),
        ({"texts": ["x" * 121]}, "at most 120"),
        ({"texts": ["a"] * 7}, "at most 6"),
        ({"places": ["../../etc/passwd"]}, "places must be a short plain name"),
        ({"time": 5}, "time must be a short plain name"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"seed": True}, "seed must be a whole number"),
        ({"seed": 2**63}, "seed must be a whole number"),
        ({"studio": "yes"}, "studio must be true or false"),
        ({"colors": ["ultraviolet"]}, "not a known color"),
        ({"background": "#ff0000"}, "background must be a short plain name"),
        ({"flowers": "plaid"}, "not a known color"),
        ({"extra": 1}, "no field 'extra'"),
        ({"subjects": [{"glyph": "dog", "word": "dog"}] * (MAX_SUBJECTS + 1)}, "at most 8"),
        ({"subjects": ["dog"]}, "a subject must be an object"),
        ({"subjects": [{"glyph": "dog", "word": "dog", "count": 10**9}]}, "from 1 to 12"),
        ({"subjects": [{"glyph": "dog", "word": "dog", "count": 1.5}]}, "from 1 to 12"),
        ({"subjects": [{"glyph": "dog", "word": "dog", "role": "king"}]}, "king"),
        ({"subjects": [{"glyph": "dog/../cat", "word": "dog"}]}, "glyph must be"),
        ({"subjects": [{"glyph": "dog", "word": "dog", "file": "/x"}]}, "no field 'file'"),
    ],
)
def test_a_malformed_or_forged_scene_is_refused(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Scene.from_json({**FULL, **change})


@pytest.mark.parametrize("data", [None, [], "scene", 3])
def test_what_is_no_object_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="must be an object"):
        Scene.from_json(data)
