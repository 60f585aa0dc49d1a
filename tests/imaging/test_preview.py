from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pytest
from PIL import Image

from limner.errors import InvalidRequestError
from limner.imaging.preview import Protocol, detect, render

RESET = "\x1b[0m"


def saved(folder: Path, image: Image.Image) -> Path:
    path = folder / "picture.png"
    image.save(path)
    return path


def quarters() -> Image.Image:
    """2 x 2 pixels: red and green over blue and white."""
    return Image.frombytes("RGB", (2, 2), bytes((255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255)))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm-kitty"}, Protocol.KITTY),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, Protocol.KITTY),
        ({"TERM": "xterm-ghostty"}, Protocol.KITTY),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app", "COLORTERM": "truecolor"}, Protocol.ITERM2),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, Protocol.ITERM2),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, Protocol.ITERM2),
        ({"TERM": "foot"}, Protocol.SIXEL),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, Protocol.BLOCKS),
        ({"TERM": "xterm-direct"}, Protocol.BLOCKS),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, Protocol.BLOCKS_256),
        (
            {"TERM": "tmux-256color", "TMUX": "/s,1,0", "KITTY_WINDOW_ID": "1", "COLORTERM": "truecolor"},
            Protocol.BLOCKS,
        ),
        ({"TERM": "screen-256color", "TERM_PROGRAM": "iTerm.app"}, Protocol.BLOCKS_256),
        ({"TERM": "xterm"}, Protocol.NONE),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, Protocol.NONE),
        ({"TERM": "xterm-kitty", "NO_COLOR": "1"}, Protocol.NONE),
        ({}, Protocol.NONE),
    ],
)
def test_the_protocol_follows_from_the_environment(environment: dict[str, str], expected: Protocol) -> None:
    assert detect(environment, isatty=True) is expected


def test_nothing_is_drawn_into_a_file_or_a_pipe() -> None:
    assert detect({"TERM": "xterm-kitty"}, isatty=False) is Protocol.NONE


def test_an_upper_half_block_holds_two_pixels(tmp_path: Path) -> None:
    text = render(saved(tmp_path, quarters()), columns=2, rows=1, protocol=Protocol.BLOCKS)
    assert text == (
        "\x1b[38;2;255;0;0m\x1b[48;2;0;0;255m▀" + "\x1b[38;2;0;255;0m\x1b[48;2;255;255;255m▀" + RESET + "\n"
    )


def test_a_repeated_pixel_repeats_no_color(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.new("RGB", (4, 2), (10, 20, 30)))
    text = render(path, columns=4, rows=1, protocol=Protocol.BLOCKS)
    assert text == "\x1b[38;2;10;20;30m\x1b[48;2;10;20;30m▀▀▀▀" + RESET + "\n"


def test_where_the_picture_is_transparent_the_background_shows(tmp_path: Path) -> None:
    image = Image.new("RGBA", (3, 2))
    image.putpixel((1, 0), (1, 2, 3, 255))
    image.putpixel((2, 1), (1, 2, 3, 255))
    text = render(saved(tmp_path, image), columns=3, rows=1, protocol=Protocol.BLOCKS)
    assert text == f"{RESET} \x1b[38;2;1;2;3m\x1b[49m▀▄{RESET}\n"


@pytest.mark.parametrize(
    ("color", "entry"),
    [((255, 0, 0), 196), ((0, 0, 0), 16), ((255, 255, 255), 231), ((118, 118, 118), 243), ((95, 135, 175), 67)],
)
def test_a_color_becomes_the_nearest_of_the_palette(tmp_path: Path, color: tuple[int, int, int], entry: int) -> None:
    text = render(saved(tmp_path, Image.new("RGB", (1, 2), color)), columns=1, rows=1, protocol=Protocol.BLOCKS_256)
    assert text == f"\x1b[38;5;{entry}m\x1b[48;5;{entry}m▀{RESET}\n"


@pytest.mark.parametrize(
    ("size", "columns", "lines"),
    [((1600, 900), 80, 23), ((900, 1600), 27, 24), ((100, 4000), 1, 24), ((4000, 100), 80, 1)],
)
def test_the_shape_is_kept_within_the_space(tmp_path: Path, size: tuple[int, int], columns: int, lines: int) -> None:
    text = render(saved(tmp_path, Image.new("RGB", size)), columns=80, rows=24, protocol=Protocol.BLOCKS)
    assert [len(line) for line in re.sub(r"\x1b\[[\d;]*m", "", text).splitlines()] == [columns] * lines


def test_kitty_gets_a_small_png_in_pieces_of_4096_characters(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.effect_noise((1000, 1000), 90).convert("RGB"))
    text = render(path, columns=20, rows=11, protocol=Protocol.KITTY)
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", text)
    assert pieces[0][0] == "a=T,f=100,q=2,c=20,r=10,m=1"
    assert [control for control, _ in pieces[1:]] == ["m=1"] * (len(pieces) - 2) + ["m=0"]
    assert max(len(data) for _, data in pieces) == 4096
    sent = Image.open(io.BytesIO(base64.b64decode("".join(data for _, data in pieces))))
    assert (sent.format, sent.size) == ("PNG", (200, 200))


def test_iterm2_gets_a_small_png_inline(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.new("RGB", (400, 200), "red"))
    text = render(path, columns=20, rows=11, protocol=Protocol.ITERM2)
    head, _, data = text.partition(":")
    assert head == "\x1b]1337;File=inline=1;width=20;height=5;preserveAspectRatio=1"
    assert Image.open(io.BytesIO(base64.b64decode(data.removesuffix("\x07\n")))).size == (200, 100)


def test_sixel_gets_bands_of_six_pixels(tmp_path: Path) -> None:
    text = render(saved(tmp_path, Image.new("RGB", (20, 40), "red")), columns=4, rows=2, protocol=Protocol.SIXEL)
    assert text == '\x1bP0;1q"1;1;10;20#0;2;100;0;0#0!10~-#0!10~-#0!10~-#0!10B\x1b\\\n'


def test_no_protocol_gives_no_text(tmp_path: Path) -> None:
    assert render(tmp_path / "missing.png", columns=10, rows=10, protocol=Protocol.NONE) == ""


def test_a_file_that_is_no_picture_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    path.write_text("<html>", encoding="utf-8")
    with pytest.raises(InvalidRequestError, match=r"page\.png cannot be used: it is a web page"):
        render(path, columns=10, rows=10, protocol=Protocol.BLOCKS)


def test_no_control_character_of_the_file_reaches_the_terminal(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.effect_noise((60, 40), 120).convert("RGB"))
    for protocol in (Protocol.BLOCKS, Protocol.BLOCKS_256, Protocol.SIXEL):
        text = render(path, columns=30, rows=10, protocol=protocol)
        assert set(re.findall(r"[\x00-\x1f]", text)) <= {"\x1b", "\n"}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16", "F"])
def test_every_kind_of_pixel_can_be_shown(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "picture.tiff"
    Image.new(mode, (8, 8)).save(path)
    assert render(path, columns=4, rows=2, protocol=Protocol.BLOCKS).count("\n") == 2
