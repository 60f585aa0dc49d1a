from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.wire.escapes import Escaper, Unescaper, unescape, unescape_head

RAW = st.lists(
    st.sampled_from(["a", "/", "é", "€", "😀", "\\/", "\\\\", '\\"', "\\n", "\\b", "\\u00e9", "\\ud83d", "\\ude00"]),
    max_size=12,
).map("".join)
BROKEN = st.lists(
    st.sampled_from(
        [b"\\", b"\\u", b"\\u0", b"\\uzzzz", b"\\x", b"\\ud83d", b"u00", b"\xff", b"\xc3", b"a", b"\\u0041"]
    )
).map(b"".join)


def in_two(raw: bytes, cut: int) -> bytes:
    unescaper = Unescaper()
    return bytes(unescaper.feed(raw, 0, cut)) + bytes(unescaper.feed(raw, cut, len(raw))) + unescaper.finish()


@given(RAW)
def test_escapes_are_undone_as_the_json_module_does(raw: str) -> None:
    expected = json.loads(f'"{raw}"').encode("utf-8", "surrogatepass")
    assert unescape(raw.encode()) == expected


@given(RAW)
def test_a_string_cut_anywhere_means_the_same(raw: str) -> None:
    data = raw.encode()
    assert {in_two(data, cut) for cut in range(len(data) + 1)} == {unescape(data)}


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\\q", b"\\q"),
        (b"\\u12", b"\\u12"),
        (b"\\uzzzz\\n", b"\\uzzzz\n"),
        (b"\xff\\u0041\\t", b"\xffA\t"),
        (b"\xff\\ud83d\\ude00", b"\xff\xf0\x9f\x98\x80"),
        (b"\xff\\ud83d!", b"\xff\xed\xa0\xbd!"),
        (b"\xff\\/\\\\", b"\xff/\\"),
    ],
)
def test_what_is_no_json_keeps_its_bytes_and_its_valid_escapes(raw: bytes, text: bytes) -> None:
    assert unescape(raw) == text


@given(BROKEN)
def test_broken_escapes_cut_anywhere_raise_nothing(raw: bytes) -> None:
    for cut in range(len(raw) + 1):
        in_two(raw, cut)


def test_a_piece_without_escapes_is_not_copied() -> None:
    piece = Unescaper().feed(b'"iVBORw0KGgo"', 1, 12)
    assert isinstance(piece, memoryview)
    assert bytes(piece) == b"iVBORw0KGgo"


@pytest.mark.parametrize(
    ("raw", "head"),
    [
        (b"abc\\", b"abc"),
        (b"abc\\u00", b"abc"),
        (b"abc\\\\", b"abc\\"),
        (b"abc\\\\u00", b"abc\\u00"),
        (b"abc\\ud83d", b"abc"),
        (b"abc\\ud83d\\ude0", b"abc"),
        (b"abc\\u0041", b"abcA"),
    ],
)
def test_the_head_of_a_string_leaves_out_an_escape_that_is_cut(raw: bytes, head: bytes) -> None:
    assert unescape_head(raw) == head


def escaped(text: bytes, cut: int) -> bytes:
    escaper = Escaper()
    return escaper.feed(text[:cut]) + escaper.feed(text[cut:]) + escaper.finish()


@given(st.lists(st.sampled_from(['"', "\\", "\n", "\x00", "\x1e", "\x7f", "é", "😀", "\ud800", "a"]), max_size=8))
def test_escaped_text_is_read_back_wherever_it_was_cut(characters: list[str]) -> None:
    text = "".join(characters)
    data = text.encode("utf-8", "surrogatepass")
    for cut in range(len(data) + 1):
        assert json.loads(b'"' + escaped(data, cut) + b'"') == text


def test_only_what_must_be_escaped_is() -> None:
    assert escaped('é/"\n\ud83d'.encode("utf-8", "surrogatepass"), 0) == 'é/\\"\\n\\ud83d'.encode()
