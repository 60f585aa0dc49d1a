from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from limner.errors import ConfigError
from server.asking import GENERATE, MODEL, Asker, words

Serve = Callable[..., Asker]
SMALL = {"imageConfig": {"imageSize": "512"}}
TARGET = GENERATE.replace(MODEL, "sandbox-1")
CANARY = "AIzaSyCanary0123456789canary0123456789c"


def inline(document: Any) -> Any:
    parts = document["candidates"][0]["content"]["parts"]
    return next(part["inlineData"] for part in parts if "inlineData" in part)


def conversation(turn: Any) -> Any:
    body = words("a blue car", **SMALL)
    body["contents"] += [turn, {"role": "user", "parts": [{"text": "make the car yellow"}]}]
    return body


@pytest.fixture
def golden(serve: Serve, tmp_path: Path) -> tuple[Path, list[Any]]:
    """A recording of a conversation and an error, and what was answered."""
    path = tmp_path / "golden.jsonl"
    recorder = serve(record=path)
    first = recorder.generate("a blue car", target=f"{TARGET}?key={CANARY}", headers={}, **SMALL).document
    second = recorder.post(TARGET, conversation(first["candidates"][0]["content"])).document
    refused = recorder.generate("a fox [[429:26]]").document
    return path, [first, second, refused]


def test_a_recording_holds_neither_pictures_nor_keys(golden: tuple[Path, list[Any]]) -> None:
    path, (first, *_) = golden
    text = path.read_text(encoding="utf-8")
    assert CANARY not in text
    assert inline(first)["data"][1000:1060] not in text
    assert len(text) < 20_000
    pictures = json.loads(text.splitlines()[0])["reply"]["pictures"]
    (picture,) = pictures.values()
    assert (picture["mimeType"], picture["width"], picture["height"]) == ("image/png", 512, 512)


def test_a_replay_answers_the_same_with_stand_ins(serve: Serve, golden: tuple[Path, list[Any]]) -> None:
    path, (first, second, refused) = golden
    replayer = serve(replay=path)
    again = replayer.generate("a blue car", target=TARGET, **SMALL).document
    picture, stand_in = (base64.b64decode(inline(document)["data"]) for document in (first, again))
    assert picture != stand_in
    assert len(picture) == len(stand_in)
    with Image.open(io.BytesIO(stand_in)) as image:
        assert (image.format, image.size) == ("PNG", (512, 512))
    inline(again)["data"] = inline(first)["data"]
    assert again == first
    assert replayer.generate("a fox [[429:26]]").document == refused
    # The client sends the stand-in back, and is understood.
    stood_in = replayer.generate("a blue car", target=TARGET, **SMALL).document["candidates"][0]["content"]
    turns = replayer.post(TARGET, conversation(stood_in)).document
    assert turns["responseId"] == second["responseId"]


def test_another_spelling_of_the_request_is_the_same_request(serve: Serve, golden: tuple[Path, list[Any]]) -> None:
    replayer = serve(replay=golden[0])
    body = {
        "generation_config": {"image_config": {"image_size": "512"}},
        "contents": [{"parts": [{"text": "a blue car"}], "role": "user"}],
    }
    assert replayer.post(TARGET, body).status == 200


def test_what_was_not_recorded_is_said_not_to_be(serve: Serve, golden: tuple[Path, list[Any]]) -> None:
    replayer = serve(replay=golden[0])
    error = replayer.generate("a green car", target=TARGET, **SMALL).error
    assert error["message"] == "The recording has no answer of 'sandbox-1' to this generateContent."


def test_answers_to_the_same_request_come_in_their_order(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "golden.jsonl"
    recorder = serve(record=path)
    recorded = [recorder.generate("a fox [[503:1]] [[text-only]]").status for _ in range(3)]
    replayer = serve(replay=path)
    assert [replayer.generate("a fox [[503:1]] [[text-only]]").status for _ in range(4)] == [*recorded, 200]


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "line 1 is no JSON"), ("{}", "line 1 was not recorded by this version"), ('{"v": 2}', "line 1 was not")],
)
def test_what_is_no_recording_is_refused_at_the_start(serve: Serve, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "golden.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        serve(replay=path)


def test_a_recording_that_is_not_there_is_refused_at_the_start(serve: Serve, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        serve(replay=tmp_path / "none.jsonl")
