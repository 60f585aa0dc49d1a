from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from limner.core.blob import BlobRef
from limner.core.sink import BlobSink
from limner.wire.lift import Lifter
from limner.wire.lower import lower, lowered_length
from limner.wire.reference import Reference, escape
from wire.bodies import BODIES, PIXELS, SIZES, picture_text
from wire.lifting import lifted
from wire.sinks import FolderSink, MemorySink


def stored(sink: BlobSink, data: bytes) -> BlobRef:
    writer = sink.writer()
    writer.write(data)
    return writer.commit()


def lowered(document: Any, sink: BlobSink) -> str:
    return b"".join(lower(document, sink)).decode()


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=BODIES, sizes=SIZES)
def test_lowering_what_was_lifted_gives_the_same_document(body: bytes, sizes: list[int]) -> None:
    sink = MemorySink()
    document = lifted(body, sink, sizes)
    text = b"".join(lower(document, sink))
    assert json.loads(text) == json.loads(body.decode("utf-8", "surrogatepass"))
    assert lowered_length(document, sink) == len(text)
    assert sink.open_writers == 0


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=BODIES, sizes=SIZES)
def test_how_a_body_is_cut_into_pieces_does_not_matter(body: bytes, sizes: list[int]) -> None:
    assert lifted(body, MemorySink(), sizes) == lifted(body, MemorySink())


@pytest.mark.parametrize(
    ("encoding", "padded", "prefix", "text"),
    [
        ("base64", True, "", "+/8="),
        ("base64", False, "", "+/8"),
        ("base64url", True, "", "-_8="),
        ("base64url", False, "", "-_8"),
        ("base64", True, "data:image/png;base64,", "data:image/png;base64,+/8="),
    ],
)
def test_a_picture_is_written_as_its_reference_says(encoding: Any, padded: bool, prefix: str, text: str) -> None:
    sink = MemorySink()
    reference = Reference(blob=stored(sink, b"\xfb\xff"), encoding=encoding, padded=padded, prefix=prefix)
    assert lowered({"data": str(reference)}, sink) == json.dumps({"data": text}, separators=(",", ":"))


def test_a_text_is_written_with_its_escapes() -> None:
    sink = MemorySink()
    text = 'blob:"\\\n\x00é😀\ud800' * 3000
    reference = Reference(blob=stored(sink, text.encode("utf-8", "surrogatepass")), encoding="text")
    assert json.loads(lowered([str(reference)], sink)) == [text]


def test_text_that_is_no_utf_8_keeps_its_bytes() -> None:
    sink = MemorySink()
    reference = Reference(blob=stored(sink, b"\xff\xed\xa0"), encoding="text")
    assert b"".join(lower([str(reference)], sink)) == b'["\xff\xed\xa0"]'


def test_references_stand_anywhere_also_as_keys_and_alone() -> None:
    sink = MemorySink()
    picture = str(Reference(blob=stored(sink, b"RIFF"), encoding="base64"))
    assert lowered(picture, sink) == '"UklGRg=="'
    assert lowered({picture: [picture, {"a": picture}]}, sink) == '{"UklGRg==":["UklGRg==",{"a":"UklGRg=="}]}'


@pytest.mark.parametrize("text", ["blob:x", "blob:=", "blob:=blob:", '"blob:x"', '\\"blob:x', 'a","blob:x', "x blob:y"])
def test_escaped_text_is_written_as_it_was(text: str) -> None:
    assert json.loads(lowered([escape(text), {escape(text): 1}], MemorySink())) == [text, {text: 1}]


def test_a_lone_surrogate_beside_a_reference_changes_nothing() -> None:
    sink = MemorySink()
    picture = str(Reference(blob=stored(sink, b"RIFF"), encoding="base64"))
    assert json.loads(lowered(["\ud800é", picture], sink)) == ["\ud800é", "UklGRg=="]


@pytest.mark.parametrize("text", ["blob:", "blob:x", f"blob:{'0' * 64}?size=1&as=jpeg"])
def test_a_broken_reference_is_refused_before_anything_of_it_is_sent(text: str) -> None:
    with pytest.raises(ValueError, match="must be escaped"):
        lowered_length({"data": text}, MemorySink())
    with pytest.raises(ValueError, match="must be escaped"):
        lowered({"data": text}, MemorySink())


def test_the_length_of_pictures_is_known_without_opening_them() -> None:
    sink = MemorySink()
    reference = Reference(blob=BlobRef(sha256="0" * 64, size=20_000_000), encoding="base64")
    assert lowered_length([str(reference)], sink) == 26_666_668 + len('[""]')
    assert sink.opened == []


def test_no_piece_is_larger_than_256_kib() -> None:
    sink = MemorySink()
    picture = str(Reference(blob=stored(sink, PIXELS * 50), encoding="base64"))
    text = str(Reference(blob=stored(sink, b"\x00" * 200_000), encoding="text"))
    sizes = [len(piece) for piece in lower(["€" * 300_000, picture, text], sink)]
    assert max(sizes) == 256 << 10


def test_lowering_40_mb_takes_less_than_two_megabytes(tmp_path: Path) -> None:
    sink = FolderSink(tmp_path)
    writer = sink.writer()
    for _ in range(200):
        writer.write(PIXELS * 12)
    document = {"data": str(Reference(blob=writer.commit(), encoding="base64"))}
    tracemalloc.start()
    try:
        assert sum(map(len, lower(document, sink))) == 40_960_000 + len('{"data":""}')
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_a_picture_goes_through_files_and_back(tmp_path: Path) -> None:
    sink = FolderSink(tmp_path)
    body = json.dumps({"data": picture_text(PIXELS * 3)}, separators=(",", ":"))
    skeleton: list[bytes] = []
    lifter = Lifter(sink, skeleton.append)
    lifter.feed(body.encode())
    lifter.close()
    assert lowered(json.loads(b"".join(skeleton)), sink) == body
    assert [path.name for path in tmp_path.iterdir()] == [lifter.lifted[0].blob.sha256]
