from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import Image as Pixels

from limner import Client, Image
from limner.app.finish import key_color
from limner.errors import InvalidRequestError

BOX = "50%,0%,50%,60%"


@pytest.fixture
def client(environment: dict[str, str]) -> Iterator[Client]:
    with Client(connection="sandbox", environment=environment) as client:
        yield client


@pytest.fixture
def fox(client: Client) -> Image:
    return client.generate("a red fox in a meadow at day", seed=5, resolution="512").images[0]


def opened(image: Image) -> Pixels.Image:
    return Pixels.open(image.stored)


def test_an_edit_is_locked_and_measured(client: Client, fox: Image, tmp_path: Path) -> None:
    result = client.edit(
        "make it night", images=[fox], box=BOX, lock=True, resolution="512", out=tmp_path / "night.png"
    )
    (done,) = result.finished
    assert done.made is not None
    assert done.drift is not None
    assert done.drift.outside is not None
    assert done.drift.outside > 0.9, "night is everywhere in what came"
    before, after = np.asarray(opened(fox)), np.asarray(opened(done.made))
    assert np.array_equal(before[:, :250], after[:, :250])
    assert np.array_equal(before[310:], after[310:])
    assert not np.array_equal(before[:200, 300:], after[:200, 300:])
    assert done.made.path == tmp_path / "night-locked.png"
    assert result.images[0].read() != done.made.read(), "what came stays as it came"
    assert (
        "Change only the area from 50% to 100% of the width" in client.app.store.journal.list_calls(limit=1)[0].prompt
    )


def test_a_moved_frame_is_told_and_nothing_is_locked(client: Client, fox: Image) -> None:
    result = client.edit("crop it to the fox", images=[fox], box=BOX, lock=True, resolution="512")
    (done,) = result.finished
    assert done.made is None
    assert any("cannot be locked" in warning for warning in result.warnings)
    assert result.ok


def test_a_mask_of_ones_own_says_where(client: Client, fox: Image, tmp_path: Path) -> None:
    mask = Pixels.new("L", (fox.width, fox.height), 0)
    mask.paste(255, (0, 0, 200, 200))
    mask.save(tmp_path / "mask.png")
    result = client.edit("make it night", images=[fox], mask=tmp_path / "mask.png", lock=True, resolution="512")
    (done,) = result.finished
    assert done.made is not None
    assert np.array_equal(np.asarray(opened(fox))[220:], np.asarray(opened(done.made))[220:])


@pytest.mark.parametrize(("way", "calls"), [("key", 1), ("exact", 2)])
def test_a_subject_is_cut_out_with_a_real_alpha_channel(
    client: Client, way: Literal["key", "exact"], calls: int, tmp_path: Path
) -> None:
    result = client.generate(
        "a sticker of a frog", seed=2, resolution="512", transparent=way, out=tmp_path / "frog.png"
    )
    (done,) = result.finished
    assert (done.problem, done.kind) == (None, "cutout")
    assert done.made is not None
    alpha = np.asarray(opened(done.made).getchannel("A"))
    assert (alpha[2, 2], alpha[300, 256]) == (0, 255)
    assert 0.5 < float((alpha == 0).mean()) < 0.95
    assert len(client.app.store.journal.list_calls(limit=9)) == calls
    assert (tmp_path / "frog-cutout.png").read_bytes() == done.made.read()


def test_the_key_is_a_color_that_the_prompt_does_not_speak_of() -> None:
    assert (key_color("a red fox"), key_color("a Green frog")) == ("green", "magenta")


def test_what_was_made_is_found_with_its_source(client: Client, tmp_path: Path) -> None:
    result = client.generate("a sticker of a fox", resolution="512", transparent="key")
    made = result.finished[0].made
    assert made is not None
    journal = client.app.store.journal
    assert [call.call_id for call in journal.find_by_picture(made.sha256)] == [result.calls[0].call_id]
    (noted,) = journal.made_of(result.calls[0].call_id)
    assert (noted.kind, noted.source_sha256) == ("cutout", result.images[0].sha256)
    assert made.blob in journal.pictures()


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"lock": True}, "What may change is not said"),
        ({"box": "1,2,3"}, "is no box"),
        ({"box": BOX, "lock": True, "transparent": "key"}, "either locked or cut out"),
    ],
)
def test_wishes_that_do_not_go_together_are_refused(
    client: Client, fox: Image, wishes: dict[str, object], words: str
) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        client.edit("make it night", images=[fox], **wishes)  # type: ignore[arg-type]


def test_without_a_picture_there_is_nothing_to_compare(client: Client) -> None:
    with pytest.raises(InvalidRequestError, match="no picture to compare with"):
        client.generate("a fox", drift=True)
