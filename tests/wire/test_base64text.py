from __future__ import annotations

import base64
import binascii
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.wire.base64text import LenientDecoder, NotBase64Error, RegularDecoder, encoded, encoded_length

TEXTS = st.one_of(
    st.binary(max_size=40).map(base64.b64encode),
    st.binary(max_size=40).map(base64.urlsafe_b64encode),
    st.text("AQgw+/-_= \n!", max_size=12).map(str.encode),
)
STEPS = st.integers(1, 9)


def pieces(text: bytes, step: int) -> list[bytes]:
    return [text[position : position + step] for position in range(0, len(text), step)]


def regular(text: bytes, step: int = 1 << 20) -> tuple[bytes, bool, bool] | None:
    """The bytes, whether URL-safe, whether padded; `None` if refused."""
    decoder = RegularDecoder()
    try:
        data = b"".join(decoder.feed(piece) for piece in pieces(text, step)) + decoder.finish()
    except NotBase64Error:
        return None
    return data, decoder.url_safe, decoder.padded


def lenient(text: bytes, step: int = 1 << 20) -> bytes | None:
    decoder = LenientDecoder()
    try:
        return b"".join(decoder.feed(piece) for piece in pieces(text, step)) + decoder.finish()
    except NotBase64Error:
        return None


def leniently_by_the_standard_library(text: bytes) -> bytes | None:
    digits, _, after = re.sub(rb"\s", b"", text).translate(bytes.maketrans(b"-_", b"+/")).partition(b"=")
    if after.strip(b"=") or not re.fullmatch(rb"[A-Za-z0-9+/]*", digits):
        return None
    try:
        return base64.b64decode(digits + b"=" * (-len(digits) % 4))
    except binascii.Error:
        return None


@given(TEXTS, STEPS)
def test_what_is_decoded_strictly_is_written_again_exactly(text: bytes, step: int) -> None:
    result = regular(text, step)
    if result is not None:
        data, url_safe, padded = result
        assert b"".join(encoded(io.BytesIO(data), url_safe=url_safe, padded=padded)) == text


@given(st.binary(max_size=40), st.booleans(), st.booleans(), STEPS)
def test_regular_base64_of_every_kind_is_accepted(data: bytes, url_safe: bool, padded: bool, step: int) -> None:
    text = b"".join(encoded(io.BytesIO(data), url_safe=url_safe, padded=padded))
    result = regular(text, step)
    assert result is not None
    assert result[0] == data


@pytest.mark.parametrize(
    "text",
    [
        b"A",
        b"AA=",
        b"A===",
        b"AB==",
        b"AAB=",
        b"AA==AAAA",
        b"AA===",
        b"AAAA=",
        b"====",
        b"AA A",
        b"+-AA",
        b"AA!A",
        b"AAA\n",
    ],
)
@pytest.mark.parametrize("step", [1, 2, 3, 4, 100])
def test_base64_with_another_spelling_of_the_same_bytes_is_refused(text: bytes, step: int) -> None:
    assert regular(text, step) is None


@given(TEXTS, STEPS)
def test_a_refused_piece_changes_nothing(text: bytes, step: int) -> None:
    decoder, decoded = RegularDecoder(), b""
    parts = pieces(text, step)
    for index, piece in enumerate(parts):
        try:
            decoded += decoder.feed(piece)
        except NotBase64Error:
            before = b"".join(encoded(io.BytesIO(decoded), url_safe=decoder.url_safe, padded=True))
            assert before + decoder.held + b"".join(parts[index:]) == text
            return


@given(TEXTS, STEPS)
def test_lenient_decoding_agrees_with_the_standard_library(text: bytes, step: int) -> None:
    assert lenient(text, step) == leniently_by_the_standard_library(text)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (b"iVBO\r\nRw0K\n", b"\x89PNG\r\n"),
        (b" iVBORw0K", b"\x89PNG\r\n"),
        (b"-_+/", b"\xfb\xff\xbf"),
        (b"iVBORw", b"\x89PNG"),
        (b"iVBORw====", b"\x89PNG"),
        (b"iVBORx==", b"\x89PNG"),
        (b"", b""),
    ],
)
def test_irregular_base64_is_decoded_leniently(text: bytes, data: bytes) -> None:
    assert lenient(text) == data


@pytest.mark.parametrize("text", [b"iVBOR", b"iVBO!w0K", b"AA==AAAA", b"a.png"])
def test_what_is_not_base64_is_refused_leniently_too(text: bytes) -> None:
    assert lenient(text) is None


@pytest.mark.parametrize("size", [0, 1, 2, 3, 196_607, 196_608, 196_609])
@pytest.mark.parametrize("padded", [True, False])
def test_the_length_is_known_before_encoding(size: int, padded: bool) -> None:
    parts = list(encoded(io.BytesIO(bytes(size)), url_safe=False, padded=padded))
    assert sum(map(len, parts)) == encoded_length(size, padded=padded)
    assert max(map(len, parts), default=0) <= 256 << 10


class Trickle(io.BytesIO):
    """Gives seven bytes at a time, as a pipe may."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(7, size or 0))


def test_a_source_that_gives_little_at_a_time_is_encoded_without_padding_inside() -> None:
    assert b"".join(encoded(Trickle(bytes(range(100))), url_safe=False, padded=True)) == base64.b64encode(
        bytes(range(100))
    )
