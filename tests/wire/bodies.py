"""JSON bodies for tests: every shape a string can have, spelled in every way."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

PIXELS = bytes(range(256)) * 50
"""12 800 bytes that use every digit of both alphabets; as base64 more than 16 KiB."""

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def picture_text(data: bytes, *, url_safe: bool = False, padded: bool = True) -> str:
    text = (base64.urlsafe_b64encode if url_safe else base64.b64encode)(data).decode()
    return text if padded else text.rstrip("=")


def split(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """`data` in pieces of these sizes, again and again."""
    position = index = 0
    while position < len(data):
        size = sizes[index % len(sizes)]
        yield data[position : position + size]
        position, index = position + size, index + 1


def respelled(document: Any, *, ascii_only: bool, escaped: str, indent: int | None, seed: int) -> bytes:
    """JSON text of `document`; inside its strings, half of the characters in `escaped` are written as an escape."""
    chance = random.Random(seed)
    escape = r"\\u[0-9a-f]{4}|\\."
    characters = re.compile(rf"{escape}|[{re.escape(escaped)}]" if escaped else escape)

    def character(match: re.Match[str]) -> str:
        if len(match[0]) > 1 or chance.random() < 0.5:
            return match[0]
        return "\\/" if match[0] == "/" and chance.random() < 0.5 else f"\\u{ord(match[0]):04x}"

    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent)
    spelled = STRING.sub(lambda string: characters.sub(character, string[0]), text)
    return spelled.encode("utf-8", "surrogatepass")


KEYS = st.sampled_from(
    ["data", "b64_json", "imageBytes", "bytesBase64Encoded", "url", "text", "mimeType", "thoughtSignature", ""]
)
BYTES = st.one_of(
    st.binary(max_size=80),
    st.integers(0, 3).map(lambda extra: PIXELS + b"\xfb" * extra),
    st.integers(0, 3).map(lambda extra: bytes(13_000 + extra)),
)
BASE64 = st.builds(picture_text, BYTES, url_safe=st.booleans(), padded=st.booleans())


@st.composite
def spoiled_base64(draw: st.DrawFn) -> str:
    """Base64 with something in it that does not belong there."""
    text = draw(BASE64)
    position = draw(st.integers(0, len(text)))
    intruder = draw(st.sampled_from(["\n", "\r\n", " ", "=", "==", "-", "+/-_", "!", "é", '"', "\\", "A", "\ud800"]))
    return text[:position] + intruder + text[position:]


STRINGS = st.one_of(
    st.text(max_size=30),
    BASE64,
    spoiled_base64(),
    st.builds(
        "{}{}".format,
        st.sampled_from(["data:image/png;base64,", "DATA:image/x+y;a=b;base64,", "data:text/plain;base64,", "data:,"]),
        st.one_of(BASE64, spoiled_base64()),
    ),
    st.sampled_from(["blob:", "blob:=", "blob:x", "blob", "blob:=blob:=", "\\", '"data":"', "\ud800", "\ud83d\ude00"]),
    st.sampled_from(["a b\n", "é\ud800", '"\\', "\x1e\x00", "0123456789abcdef"]).map(lambda text: text * 9_000),
    st.builds("blob:{}?size=3&as=text".format, st.just("0" * 64)),
)
DOCUMENTS = st.recursive(
    st.one_of(STRINGS, st.none(), st.booleans(), st.integers(-9, 10**20), st.floats(allow_nan=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(KEYS, STRINGS), inner, max_size=4)),
    max_leaves=6,
).map(lambda value: json.loads(json.dumps(value)))
BODIES = st.builds(
    respelled,
    DOCUMENTS,
    ascii_only=st.booleans(),
    escaped=st.sampled_from(["", "=+", "bdlo:", "atA", "/,;"]),
    indent=st.sampled_from([None, 1]),
    seed=st.integers(0, 9),
)
SIZES = st.lists(st.integers(1, 40_000), min_size=1, max_size=5)
