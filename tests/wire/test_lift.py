from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.core.blob import BlobRef
from limner.wire.lift import Lifter, SkeletonTooLarge, Truncated
from wire.bodies import PIXELS, picture_text
from wire.lifting import lifted, picture, reference, skeleton_of
from wire.sinks import MemorySink, MemoryWriter

SMALL = PIXELS[128:224]
LARGE = PIXELS * 2 + b"\xfb"


class ForgetfulSink(MemorySink):
    """Counts what it is given and keeps none of it."""

    def writer(self) -> ForgetfulWriter:
        self.open_writers += 1
        return ForgetfulWriter(self)


class ForgetfulWriter(MemoryWriter):
    def __init__(self, sink: MemorySink) -> None:
        super().__init__(sink)
        self.size = 0

    def write(self, data: bytes | memoryview) -> None:
        self.size += len(data)

    def commit(self) -> BlobRef:
        self.abort()
        return BlobRef(sha256="0" * 64, size=self.size)


def peak_bytes(feed: Callable[[bytes], None], begin: bytes, piece: bytes, count: int) -> int:
    """The most memory, in bytes, that feeding `begin` and then `count` times `piece` takes besides the piece."""
    feed(begin)
    tracemalloc.start()
    try:
        for _ in range(count):
            feed(piece)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# What is lifted


@pytest.mark.parametrize(
    "key", ["data", "bytesBase64Encoded", "bytes_base64_encoded", "b64_json", "imageBytes", "image_bytes"]
)
@pytest.mark.parametrize("data", [b"\x00", SMALL, LARGE])
def test_a_picture_under_a_key_for_pictures_is_lifted_whatever_its_size(key: str, data: bytes) -> None:
    sink = MemorySink()
    document = lifted(json.dumps({"a": {key: picture_text(data)}, "b": 1}).encode(), sink)
    assert document["b"] == 1
    assert reference(document["a"][key]).encoding == "base64"
    assert picture(document["a"][key], sink) == data


SPELLINGS: list[tuple[str, Callable[[str], str]]] = [
    ("standard", lambda text: text),
    ("url-safe", lambda text: text.replace("+", "-").replace("/", "_")),
    ("unpadded", lambda text: text.rstrip("=")),
    ("escaped slashes", lambda text: text.replace("/", "\\/")),
    ("escaped padding", lambda text: text.replace("=", "\\u003d")),
    ("escaped plus", lambda text: text.replace("+", "\\u002B")),
    ("data URL", lambda text: "data:image/png;base64," + text),
    ("escaped data URL", lambda text: "data:image\\/png;base64," + text.replace("/", "\\/")),
]
IRREGULAR: list[tuple[str, Callable[[str], str]]] = [
    ("lines", lambda text: "\\r\\n".join(text[at : at + 76] for at in range(0, len(text), 76))),
    ("last line feed", lambda text: text + "\\n"),
    ("leading space", lambda text: " " + text),
    ("both alphabets", lambda text: text.replace("+", "-", 1)),
    ("both alphabets late", lambda text: text[:-40] + text[-40:].replace("/", "_")),
    ("too much padding", lambda text: text + "=="),
    ("data URL with a space", lambda text: "data:image/png;base64, " + text),
    ("data URL with a late space", lambda text: f"data:image/png;base64,{text[:-3]} {text[-3:]}"),
]


@pytest.mark.parametrize("spell", [spell for _, spell in SPELLINGS], ids=[name for name, _ in SPELLINGS])
@pytest.mark.parametrize("data", [SMALL + b"1", LARGE])
@pytest.mark.parametrize("step", [7, 1 << 20])
def test_every_regular_spelling_of_base64_is_stored_as_bytes_only(
    spell: Callable[[str], str], data: bytes, step: int
) -> None:
    sink = MemorySink()
    document = lifted(f'{{"data": "{spell(picture_text(data))}"}}'.encode(), sink, [step])
    assert picture(document["data"], sink) == data
    assert list(sink.blobs.values()) == [data]


@pytest.mark.parametrize("spell", [spell for _, spell in IRREGULAR], ids=[name for name, _ in IRREGULAR])
@pytest.mark.parametrize("data", [SMALL + b"1", LARGE])
@pytest.mark.parametrize("step", [7, 1 << 20])
def test_every_irregular_spelling_of_base64_is_stored_as_text_and_as_bytes(
    spell: Callable[[str], str], data: bytes, step: int
) -> None:
    sink = MemorySink()
    body = f'{{"data": "{spell(picture_text(data))}"}}'
    document = lifted(body.encode(), sink, [step])
    assert picture(document["data"], sink) == data
    assert sink.blobs[reference(document["data"]).blob].decode() == json.loads(body)["data"]


@pytest.mark.parametrize("intruder", ["!", "\\ud800", "é", "=", "\\\\"])
@pytest.mark.parametrize("step", [1000, 1 << 20])
def test_base64_that_turns_out_to_be_none_halfway_is_kept_as_text(intruder: str, step: int) -> None:
    sink = MemorySink()
    text = picture_text(LARGE)
    body = f'{{"data": "{text[:30_001]}{intruder}{text[30_001:]}"}}'
    found = reference(lifted(body.encode(), sink, [step])["data"])
    assert found.picture_blob() is None
    assert sink.blobs[found.blob].decode("utf-8", "surrogatepass") == json.loads(body)["data"]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "hello",
        "two words",
        "a_b-c+d/",
        "iVBORw0KGgo=\n",
        "data:image/png;base64,",
        "data:image/svg+xml,%3Csvg/%3E",
        "https://example.test/a.png",
        "!" * 100,
        " " * 100,
        "data:image/png;base64,!!",
    ],
)
def test_a_short_value_that_is_no_regular_base64_stays(value: str) -> None:
    sink = MemorySink()
    assert lifted(json.dumps({"data": value}).encode(), sink) == {"data": value}
    assert sink.blobs == {}


@pytest.mark.parametrize("key", ["text", "url", "anything", "datа"])
def test_a_data_url_of_an_image_is_lifted_under_any_key(key: str) -> None:
    sink = MemorySink()
    document = lifted(json.dumps({key: "data:image/webp;base64,UklGRg=="}).encode(), sink)
    assert picture(document[key], sink) == b"RIFF"
    assert reference(document[key]).prefix == "data:image/webp;base64,"


def test_another_data_url_is_lifted_only_where_an_address_or_bytes_are_expected() -> None:
    sink = MemorySink()
    address = "data:application/octet-stream;base64,UklGRg=="
    document = lifted(json.dumps({"url": address, "data": address, "text": address}).encode(), sink)
    assert picture(document["url"], sink) == b"RIFF"
    assert picture(document["data"], sink) == b"RIFF"
    assert document["text"] == address


def test_an_address_is_never_taken_for_base64() -> None:
    assert lifted(b'{"url": "abcd"}', MemorySink()) == {"url": "abcd"}


@pytest.mark.parametrize("body", ['{"d\\u0061ta" : "UklGRg=="}', '{"data"\n:\t"UklGRg=="}'])
@pytest.mark.parametrize("step", [1, 100])
def test_a_key_is_known_however_it_is_spelled(body: str, step: int) -> None:
    sink = MemorySink()
    assert picture(lifted(body.encode(), sink, [step])["data"], sink) == b"RIFF"


@pytest.mark.parametrize(
    "body",
    [
        '{"data": ["UklGRg=="]}',
        '{"data": {"x": "UklGRg=="}}',
        '{"data": 1, "x": "UklGRg=="}',
        '["data", "UklGRg=="]',
        '{"text": "UklGRg=="}',
        '{"text": "data", "x": "UklGRg=="}',
        '{"text": "\\"data\\": ", "x": "UklGRg=="}',
        '{"data": "", "x": "UklGRg=="}',
        '{"text": "data", "": "UklGRg=="}',
    ],
)
def test_only_the_value_itself_of_a_key_for_pictures_is_a_picture(body: str) -> None:
    sink = MemorySink()
    assert lifted(body.encode(), sink) == json.loads(body)
    assert sink.blobs == {}


def test_a_value_is_judged_by_its_own_key_also_if_that_was_lifted() -> None:
    sink = MemorySink()
    document = lifted(json.dumps({"text": "data", "long key " * 9000: "UklGRg=="}).encode(), sink)
    assert list(document.values()) == ["data", "UklGRg=="]
    assert len(sink.blobs) == 1


@pytest.mark.parametrize(("length", "is_lifted"), [(16 << 10, False), ((16 << 10) + 4, True)])
@pytest.mark.parametrize("step", [1000, 1 << 20])
def test_unnamed_base64_is_lifted_above_16_kib(length: int, is_lifted: bool, step: int) -> None:
    sink = MemorySink()
    text = (picture_text(LARGE) * 2)[:length]
    document = lifted(json.dumps({"thoughtSignature": text}).encode(), sink, [step])
    assert (document["thoughtSignature"] != text) is is_lifted
    assert len(sink.blobs) == is_lifted


@pytest.mark.parametrize(("length", "is_lifted"), [(64 << 10, False), ((64 << 10) + 1, True)])
@pytest.mark.parametrize("step", [1000, 1 << 20])
def test_words_are_lifted_above_64_kib(length: int, is_lifted: bool, step: int) -> None:
    sink = MemorySink()
    text = ("many words " * 8000)[:length]
    document = lifted(json.dumps([text]).encode(), sink, [step])
    assert (document[0] != text) is is_lifted
    assert list(sink.blobs.values()) == [text.encode()] * is_lifted


def test_the_longest_value_below_64_characters_must_be_regular() -> None:
    sink = MemorySink()
    values = [picture_text(SMALL)[:62] + "\n", picture_text(SMALL)[:63] + "\n"]
    document = lifted(json.dumps([{"data": value} for value in values]).encode(), sink)
    assert document[0]["data"] == values[0]
    assert picture(document[1]["data"], sink) == SMALL[:47]


# What is not lifted


@pytest.mark.parametrize(
    ("body", "skeleton"),
    [
        (b'["blob:x"]', b'["blob:=blob:x"]'),
        (b'["blob:=x"]', b'["blob:=blob:=x"]'),
        (b'["\\u0062lob:x"]', b'["blob:=\\u0062lob:x"]'),
        (b'["b\\u006cob\\u003ax"]', b'["blob:=b\\u006cob\\u003ax"]'),
        (b'{"blob:x": 1}', b'{"blob:=blob:x": 1}'),
        (b'["blob", "Blob:x", " blob:x"]', b'["blob", "Blob:x", " blob:x"]'),
    ],
)
@pytest.mark.parametrize("step", [1, 100])
def test_a_string_that_looks_like_a_reference_is_escaped(body: bytes, skeleton: bytes, step: int) -> None:
    assert skeleton_of(body, MemorySink(), [step]) == skeleton


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"null",
        b"<html><p class='x'>it is 5\" long</p></html>\n",
        b'upstream connect error: "blob:x" {',
        b"\xff\xfe\x00\x01",
        b'{"a" : [1, true,null,\n "\\n"]}\r\n',
        b'{"a":1}\n{"b":2}\n',
        b'\xef\xbb\xbf{"a":1}',
    ],
)
@pytest.mark.parametrize("step", [1, 100])
def test_everything_else_passes_through_unchanged(body: bytes, step: int) -> None:
    assert skeleton_of(body, MemorySink(), [step]) == body


@pytest.mark.parametrize("body", [b'<p>\x1e{"data":"blob:x"}', b'["\x1e"]', b'[1,\x1e"a"]'])
def test_a_record_separator_of_a_stranger_never_passes(body: bytes) -> None:
    assert skeleton_of(body, MemorySink()) == body.replace(b"\x1e", b"\\u001e")


# How it ends


def test_a_reference_is_emitted_only_after_its_blob_is_stored() -> None:
    sink = MemorySink()
    stored_when_emitted: list[tuple[bytes, int]] = []
    lifter = Lifter(sink, lambda piece: stored_when_emitted.append((piece, len(sink.blobs))))
    lifter.feed(json.dumps({"a": 1, "data": picture_text(LARGE)}).encode())
    (before, count_before), (after, count_after), (end, _) = stored_when_emitted
    assert (before, count_before) == (b'{"a": 1, "data": ', 0)
    assert (after, count_after) == (f'"{lifter.lifted[0]}"'.encode(), 1)
    assert end == b"}"


def test_the_references_are_listed_in_order() -> None:
    lifter = Lifter(MemorySink(), lambda piece: None)
    lifter.feed(b'[{"data":"AAAA"},{"data":"AAAAAA"}]')
    assert [(each.blob.size, each.padded) for each in lifter.lifted] == [(3, True), (4, False)]
    assert lifter.lifted_count == 2


@pytest.mark.parametrize("step", [61, 1 << 20])
def test_a_body_cut_at_any_byte_is_truncated_or_complete_and_leaves_no_writer_open(step: int) -> None:
    body = json.dumps({"a": 'x\n"é', "data": picture_text(PIXELS[:1500]), "b": [{"text": "y" * 1500}]}).encode()
    for cut in range(1, len(body) + 1):
        sink = MemorySink()
        lifter = Lifter(sink, lambda piece: None)
        for at in range(0, cut, step):
            lifter.feed(body[at : min(at + step, cut)])
        if cut == len(body):
            lifter.close()
        else:
            with pytest.raises(Truncated):
                lifter.close()
        assert sink.open_writers == 0


@pytest.mark.parametrize("cut", [20_000, 40_000, 68_000])
def test_a_long_picture_that_is_cut_leaves_neither_a_blob_nor_a_writer(cut: int) -> None:
    sink = MemorySink()
    emitted: list[bytes] = []
    lifter = Lifter(sink, emitted.append)
    lifter.feed(json.dumps({"data": picture_text(PIXELS * 6)}).encode()[:cut])
    assert sink.open_writers == 1
    with pytest.raises(Truncated):
        lifter.close()
    assert (sink.open_writers, sink.blobs, b"".join(emitted)) == (0, {}, b'{"data": ')


@pytest.mark.parametrize(
    ("body", "skeleton"),
    [
        (b'{"text": "The pict', b'{"text": "The pict'),
        (b'{"text": "blob:x', b'{"text": "blob:=blob:x'),
        (b'{"data": "iVBORw', b'{"data": '),
        (b'{"text": "data:image/png;base64,iVBORw', b'{"text": '),
        (b'{"thoughtSignature": "' + b"Ab3/" * 20, b'{"thoughtSignature": '),
    ],
)
def test_of_a_cut_string_words_are_emitted_and_bytes_are_not(body: bytes, skeleton: bytes) -> None:
    emitted: list[bytes] = []
    lifter = Lifter(MemorySink(), emitted.append)
    lifter.feed(body)
    with pytest.raises(Truncated):
        lifter.close()
    assert b"".join(emitted) == skeleton


def test_giving_up_emits_nothing_and_leaves_no_writer_open() -> None:
    sink = MemorySink()
    emitted: list[bytes] = []
    lifter = Lifter(sink, emitted.append)
    lifter.feed(json.dumps({"data": picture_text(LARGE)}).encode()[:30_000])
    lifter.abort()
    lifter.abort()
    lifter.close()
    assert (sink.open_writers, sink.blobs, emitted) == (0, {}, [b'{"data": '])


def test_a_lifter_that_has_ended_takes_nothing_more() -> None:
    lifter = Lifter(MemorySink(), lambda piece: None)
    lifter.feed(b"{}")
    lifter.close()
    with pytest.raises(RuntimeError, match="has ended"):
        lifter.feed(b"{}")


class BreakingSink(MemorySink):
    """Fails at the n-th call that writes or commits."""

    def __init__(self, fails_at: int) -> None:
        super().__init__()
        self.calls_left = fails_at

    def writer(self) -> BreakingWriter:
        self.count()
        self.open_writers += 1
        return BreakingWriter(self)

    def count(self) -> None:
        self.calls_left -= 1
        if self.calls_left < 0:
            raise OSError("no space left")


class BreakingWriter(MemoryWriter):
    def __init__(self, sink: BreakingSink) -> None:
        super().__init__(sink)
        self._breaking = sink

    def write(self, data: bytes | memoryview) -> None:
        self._breaking.count()
        super().write(data)

    def commit(self) -> BlobRef:
        try:
            self._breaking.count()
        except OSError:
            self.abort()
            raise
        return super().commit()


@pytest.mark.parametrize(
    "value", [picture_text(LARGE), picture_text(LARGE) + "!", picture_text(SMALL) + "\n", "a " * 40_000]
)
def test_a_disk_that_fails_at_any_moment_leaves_no_writer_open(value: str) -> None:
    body = json.dumps({"data": value}).encode()
    failures = 0
    for fails_at in range(40):
        sink = BreakingSink(fails_at)
        lifter = Lifter(sink, lambda piece: None)
        try:
            for at in range(0, len(body), 20_000):
                lifter.feed(body[at : at + 20_000])
        except OSError:
            failures += 1
        assert sink.open_writers == 0
    assert 3 <= failures < 40


@pytest.mark.parametrize("end", ["close", "abort"])
def test_a_long_text_that_is_cut_leaves_neither_a_blob_nor_a_writer(end: str) -> None:
    sink = MemorySink()
    lifter = Lifter(sink, lambda piece: None)
    lifter.feed(b'{"text": "' + b"many words " * 8000)
    assert sink.open_writers == 1
    with pytest.raises(Truncated) if end == "close" else contextlib.nullcontext():
        getattr(lifter, end)()
    assert (sink.open_writers, sink.blobs) == (0, {})


def test_a_spool_that_fails_leaves_no_writer_open() -> None:
    def fail(piece: bytes) -> None:
        raise OSError("no space left")

    sink = MemorySink()
    with pytest.raises(OSError, match="no space left"):
        Lifter(sink, fail).feed(json.dumps({"data": picture_text(LARGE)}).encode()[:30_000])
    assert sink.open_writers == 0


# Hostile bodies


def test_a_skeleton_of_exactly_the_limit_is_accepted_and_one_byte_more_is_not() -> None:
    body = b'{"a": [1, 2, 3]}'
    Lifter(MemorySink(), lambda piece: None, max_skeleton_bytes=len(body)).feed(body)
    with pytest.raises(SkeletonTooLarge, match="15 bytes"):
        Lifter(MemorySink(), lambda piece: None, max_skeleton_bytes=len(body) - 1).feed(body)


@pytest.mark.parametrize(
    "piece", [b'"key": "value", ' * 4000, b"[" * 64_000, b"1," * 32_000, b'"",' * 20_000, b"\x1e" * 64_000]
)
def test_a_body_that_is_all_skeleton_is_refused(piece: bytes) -> None:
    sink = MemorySink()
    lifter = Lifter(sink, lambda skeleton: None, max_skeleton_bytes=1 << 20)
    lifter.feed(b"[")
    with pytest.raises(SkeletonTooLarge):
        lifter.feed(piece * 30)
    assert sink.open_writers == 0


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b'["', b"\\" * 262_144),
        (b'["', b'\\"' * 131_072),
        (b'["', b"\\u0041" * 43_000),
        (b'["', b"\\ud83d\\ude00" * 21_000),
        (b'["', "é\\n".encode() * 65_536),
        (b'["', b"\xff\\n" * 80_000),
        (b'["', b"\x00" * 262_144),
        (b'{"', b"k" * 262_144),
        (b'{"data":"', b"A" * 262_143),
        (b'{"data":"', b"\\u0041" * 43_000),
        (b'{"data":"', b" " * 262_144),
    ],
    ids=lambda piece: repr(piece[:12]),
)
def test_an_endless_string_of_any_kind_goes_to_the_store_in_little_memory(begin: bytes, piece: bytes) -> None:
    sink = ForgetfulSink()
    skeleton = bytearray()
    lifter = Lifter(sink, skeleton.extend)
    assert peak_bytes(lifter.feed, begin, piece, 6) < 1_500_000
    assert sink.open_writers == 1
    assert begin.startswith(bytes(skeleton))


def test_lifting_40_mb_takes_less_than_a_megabyte() -> None:
    piece = picture_text(PIXELS * 6).encode() * 3
    lifter = Lifter(ForgetfulSink(), lambda skeleton: None)
    assert peak_bytes(lifter.feed, b'{"data": "', piece, 40_000_000 // len(piece)) < 1_000_000
    lifter.feed(b'"}')
    lifter.close()
    assert lifter.lifted[0].blob.size > 29_000_000


def test_a_piece_of_any_size_takes_less_than_a_megabyte_besides_itself() -> None:
    piece = picture_text(PIXELS * 6).encode() * 100
    lifter = Lifter(ForgetfulSink(), lambda skeleton: None)
    assert peak_bytes(lifter.feed, b'{"data": "', piece, 1) < 1_000_000


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=20),
            st.sampled_from([b'"', b"\\", b'{"data":"', b"AAAA", b'":"', b"}", b"[", b"blob:", b"\\u00", b"\x1e"]),
        )
    ),
    st.sampled_from([b"", b"{", b'"', b"<"]),
)
def test_random_bytes_raise_nothing_but_truncated(pieces: list[bytes], begin: bytes) -> None:
    sink = MemorySink()
    emitted: list[bytes] = []
    lifter = Lifter(sink, emitted.append)
    for piece in [begin, *pieces]:
        lifter.feed(piece)
    try:
        lifter.close()
    except Truncated:
        assert begin != b"<"
    assert sink.open_writers == 0
    assert b"\x1e" not in b"".join(emitted)


def test_importing_the_lifter_loads_no_large_library() -> None:
    code = "import sys, limner.wire.lift as x; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in result.stdout.split()}
    assert "pybase64" in loaded
    assert loaded & {"PIL", "numpy", "asyncio", "http", "ssl", "rich", "sqlite3"} == set()
