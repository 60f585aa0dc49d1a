from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limner.wire.framing import BodyReader, documents, salvage
from limner.wire.lift import SkeletonTooLarge, Truncated
from limner.wire.reference import Reference
from wire.bodies import DOCUMENTS, PIXELS, SIZES, picture_text, split
from wire.lifting import picture
from wire.sinks import MemorySink

JSON, EVENTS = "application/json; charset=UTF-8", "text/event-stream"


def spooled(body: bytes, content_type: str, sink: MemorySink | None = None, sizes: list[int] | None = None) -> bytes:
    spool: list[bytes] = []
    reader = BodyReader(sink or MemorySink(), spool.append, content_type=content_type)
    for piece in split(body, sizes or [max(1, len(body))]):
        reader.feed(piece)
    reader.close()
    return b"".join(spool)


def cut_short(body: bytes, content_type: str, sink: MemorySink) -> tuple[bytes, bool]:
    """The spool of a body, and whether it was found to be cut."""
    spool: list[bytes] = []
    reader = BodyReader(sink, spool.append, content_type=content_type)
    reader.feed(body)
    try:
        reader.close()
    except Truncated:
        return b"".join(spool), True
    return b"".join(spool), False


def read(body: bytes, content_type: str = EVENTS, sizes: list[int] | None = None) -> list[Any]:
    return documents(spooled(body, content_type, sizes=sizes))


STREAMS: list[tuple[str, bytes, list[Any]]] = [
    ("as Google sends it", b'data: {"a": 1}\r\n\r\ndata: {"b": 2}\r\n\r\n', [{"a": 1}, {"b": 2}]),
    ("LF", b'data: {"a": 1}\n\ndata: {"b": 2}\n\n', [{"a": 1}, {"b": 2}]),
    ("CR", b'data: {"a": 1}\r\rdata: {"b": 2}\r\r', [{"a": 1}, {"b": 2}]),
    ("no space", b'data:{"a": 1}\n\ndata:{"b": 2}\n\n', [{"a": 1}, {"b": 2}]),
    ("many spaces", b"data:" + b" " * 100 + b'{"a": 1}\n\n', [{"a": 1}]),
    ("no last blank line", b'data: {"a": 1}\n\ndata: {"b": 2}\n', [{"a": 1}, {"b": 2}]),
    ("no last line end", b'data: {"a": 1}\n\ndata: {"b": 2}', [{"a": 1}, {"b": 2}]),
    ("no blank line between", b'data: {"a": 1}\ndata: {"b": 2}\n', [{"a": 1}, {"b": 2}]),
    ("several data lines", b'data: {"a":\ndata: [1,\ndata: 2]}\n\n', [{"a": [1, 2]}]),
    ("several data lines with CRLF", b'data: {"a":\r\ndata: 1}\r\n\r\n', [{"a": 1}]),
    ("pretty-printed after data:", b'data: {\n  "a": [\n    1\n  ]\n}\n\ndata: {"b": 2}\n\n', [{"a": [1]}, {"b": 2}]),
    ("other fields", b'event: message\nid: 7\nretry: 10\ndata: {"a": 1}\n\nevent: end\n\n', [{"a": 1}]),
    ("comments", b': ping\n\n:\n\ndata: {"a": 1}\n: {"x": 1}\n\n', [{"a": 1}]),
    ("an unknown field", b'foo: 1\ndata: {"a": 1}\nbar\n\n', [{"a": 1}]),
    ("[DONE]", b'data: {"a": 1}\n\ndata: [DONE]\n\n', [{"a": 1}]),
    ("[DONE] without a line end", b'data: {"a": 1}\n\ndata:[DONE]', [{"a": 1}]),
    ("an array in an event", b'data: ["DONE"]\n\ndata: []\n\n', [["DONE"], []]),
    ("empty events", b'data:\n\ndata: \n\n\n\ndata: {"a": 1}\n\n', [{"a": 1}]),
    ("a byte order mark", b'\xef\xbb\xbfdata: {"a": 1}\n\n', [{"a": 1}]),
    ("blank lines first", b'\r\n\r\ndata: {"a": 1}\n\n', [{"a": 1}]),
    ("bare JSON", b'{"error": {"code": 500}}', [{"error": {"code": 500}}]),
    ("bare pretty-printed JSON", b'{\r\n  "error": {\r\n    "code": 500\r\n  }\r\n}\r\n', [{"error": {"code": 500}}]),
    ("a bare array", b'[{"a": 1}\r\n,\r\n{"b": 2}\r\n]\r\n', [[{"a": 1}, {"b": 2}]]),
    ("bare JSON lines", b'{"a": 1}\n{"b": 2}\n', [{"a": 1}, {"b": 2}]),
    (
        "bare JSON after events",
        b'data: {"a": 1}\n\n{\n\n "b": 2\n}\n\ndata: {"c": 3}\n\n',
        [{"a": 1}, {"b": 2}, {"c": 3}],
    ),
    ("bare JSON first", b'{"a": 1}\ndata: {"b": 2}\n\n', [{"a": 1}, {"b": 2}]),
    ("nothing", b"", []),
    ("nothing but comments", b": ping\n\n: ping\n\n", []),
]
PLAIN: list[tuple[str, bytes, list[Any]]] = [
    ("an object", b'{"a": 1}', [{"a": 1}]),
    ("an object and white space", b'\r\n {"a": 1}\r\n\r\n', [{"a": 1}]),
    ("a byte order mark", b'\xef\xbb\xbf{"a": 1}', [{"a": 1}]),
    ("an array", b'[{"a": 1}\r\n,\r\n{"b": 2}\r\n]', [[{"a": 1}, {"b": 2}]]),
    ("JSON lines", b'{"a": 1}\n{"b": 2}\n', [{"a": 1}, {"b": 2}]),
    ("a string", b'"data: x"', ["data: x"]),
    ("a number", b"12", [12]),
    ("raw line ends in a string", b'{"a": "x\ny"}', [{"a": "x\ny"}]),
    ("nothing", b"", []),
    ("white space", b" \r\n", []),
]


def named(cases: list[tuple[str, bytes, list[Any]]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("body", "values"), [case[1:] for case in cases], ids=[case[0] for case in cases])


@named(STREAMS)
def test_every_way_to_write_events_is_read(body: bytes, values: list[Any]) -> None:
    assert read(body) == values


@named(STREAMS)
def test_events_cut_into_two_anywhere_are_the_same_events(body: bytes, values: list[Any]) -> None:
    for cut in range(1, len(body)):
        assert read(body, sizes=[cut, len(body)]) == values


@named(STREAMS)
def test_events_byte_by_byte_are_the_same_events(body: bytes, values: list[Any]) -> None:
    assert read(body, sizes=[1]) == values


@named([case for case in STREAMS if case[1].startswith((b"data:", b"event:", b":"))])
def test_events_are_known_although_the_content_type_says_json(body: bytes, values: list[Any]) -> None:
    assert read(body, JSON, sizes=[1]) == values
    assert read(body, "") == values


@named(PLAIN)
def test_every_plain_body_is_read(body: bytes, values: list[Any]) -> None:
    assert read(body, JSON) == values
    assert read(body, JSON, sizes=[1]) == values


@pytest.mark.parametrize("content_type", [JSON, EVENTS, "text/html"])
@pytest.mark.parametrize(
    "body", [b'<html>it is 5" long</html>', b"upstream connect error: reset", b"dat", b"event", b"Bad gateway\n"]
)
def test_a_body_that_is_no_json_is_kept_as_it_is(body: bytes, content_type: str) -> None:
    spool = spooled(body, content_type, sizes=[1])
    assert spool == b"\x1e" + body + b"\n"
    assert salvage(spool) == []
    with pytest.raises(ValueError, match="Expecting value"):
        documents(spool)


def test_each_document_is_one_record() -> None:
    assert spooled(b'data: {"a": 1}\r\n\r\ndata: {"b":\ndata: 2}', EVENTS) == b'\x1e {"a": 1}\n\x1e {"b":\n 2}\n'
    assert spooled(b'[{"a": 1}]', JSON) == b'\x1e[{"a": 1}]\n'


def big_stream() -> tuple[bytes, list[bytes]]:
    """About 4 kB of events with two pictures, and those pictures."""
    first, second = PIXELS[:900], PIXELS[3000:4200]
    events = [
        {"candidates": [{"content": {"parts": [{"text": 'Hëre "it"\n is: \\'}]}}]},
        {
            "candidates": [
                {"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": picture_text(first)}}]}}
            ]
        },
        {"x": {"b64_json": picture_text(second, url_safe=True, padded=False)}, "y": "blob:z"},
        {"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"totalTokenCount": 1290}},
    ]
    lines = [b": ping\n\n"]
    for event, end in zip(events, (b"\r\n\r\n", b"\n\n", b"\r\r", b"\n"), strict=True):
        lines.append(b"data: " + json.dumps(event, ensure_ascii=False).encode() + end)
    return b"".join(lines) + b"data: [DONE]\n\n", [first, second]


def test_a_stream_of_4_kb_split_anywhere_gives_identical_documents() -> None:
    body, _ = big_stream()
    whole = read(body)
    assert len(whole) == 4
    for cut in range(1, len(body)):
        assert read(body, sizes=[cut, len(body)]) == whole


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=20))
def test_a_stream_split_at_random_gives_identical_documents(sizes: list[int]) -> None:
    body, _ = big_stream()
    assert read(body, sizes=sizes) == read(body)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(DOCUMENTS, max_size=4), st.sampled_from([b"\n", b"\r\n", b"\r"]), st.booleans(), SIZES)
def test_any_documents_come_out_of_events_as_out_of_plain_bodies(
    values: list[Any], line_end: bytes, blank_lines: bool, sizes: list[int]
) -> None:
    body = b"".join(b"data: " + json.dumps(each).encode() + line_end * (1 + blank_lines) for each in values)
    plain = [each for value in values for each in read(json.dumps(value).encode(), JSON)]
    assert read(body, sizes=sizes) == plain


def pictures_in(value: Any, sink: MemorySink) -> list[bytes]:
    """Every picture whose reference is somewhere in `value`."""
    if isinstance(value, dict):
        return [found for each in value.values() for found in pictures_in(each, sink)]
    if isinstance(value, list):
        return [found for each in value for found in pictures_in(each, sink)]
    if isinstance(value, str) and Reference.parse(value) is not None:
        data = picture(value, sink)
        return [] if data is None else [data]
    return []


@pytest.mark.parametrize("content_type", [JSON, EVENTS])
def test_a_reply_cut_at_any_byte_keeps_every_picture_that_had_arrived(content_type: str) -> None:
    body, pictures = big_stream()
    if content_type == JSON:
        lines = [line.removeprefix(b"data: ") for line in body.splitlines() if line.startswith(b"data: {")]
        body = b"[" + b"\n,\r\n".join(lines) + b"]\n"
    whole = read(body, content_type)
    ends = [body.index(picture_text(pictures[0]).encode()), body.index(b"b64_json")]
    ends = [body.index(b'"', ends[0]), body.index(b'"', ends[1] + 12)]
    for cut in range(1, len(body)):
        sink = MemorySink()
        spool, is_cut = cut_short(body[:cut], content_type, sink)
        arrived = [data for data, end in zip(pictures, ends, strict=True) if end < cut]
        assert pictures_in(salvage(spool), sink) == arrived
        assert (sink.open_writers, len(sink.blobs)) == (0, len(arrived))
        if not is_cut:
            assert documents(spool) == whole[: len(documents(spool))]


def test_a_spool_cut_at_any_byte_keeps_every_picture_whose_reference_is_whole() -> None:
    body, pictures = big_stream()
    sink = MemorySink()
    spool = spooled(body, EVENTS, sink)
    ends = [spool.index(b'"', spool.index(b'"blob:', start) + 1) for start in (0, spool.index(b"b64_json"))]
    for cut in range(len(spool)):
        arrived = [data for data, end in zip(pictures, ends, strict=True) if end < cut]
        assert pictures_in(salvage(spool[:cut]), sink) == arrived


def test_words_of_a_cut_reply_are_salvaged() -> None:
    spool, is_cut = cut_short('data: {"parts": [{"text": "Ein schöner F'.encode() + b"\xc3", EVENTS, MemorySink())
    assert is_cut
    assert salvage(spool) == [{"parts": [{"text": "Ein schöner F"}]}]


@pytest.mark.parametrize(
    "body",
    [
        b'data: {"a": [1\n\ndata: {"b": 2}\n\n',
        b'{"a": [1\ndata: {"b": 2}\n\n',
        b'data: {"a": [1,\r\n\r\ndata: {"b": 2}\r\n\r\n',
    ],
)
def test_an_event_that_is_cut_does_not_spoil_the_next(body: bytes) -> None:
    spool, is_cut = cut_short(body, EVENTS, MemorySink())
    assert is_cut
    assert salvage(spool)[-1] == {"b": 2}
    with pytest.raises(ValueError, match="cut"):
        documents(spool)


@pytest.mark.parametrize("spool", [b"\x1e12", b'\x1e{"a": 1}', b'\x1e{"a": \n', b"\x1enull x\n", b"\x1e\xff\n", b"x\n"])
def test_a_broken_spool_is_refused(spool: bytes) -> None:
    with pytest.raises(ValueError, match=r"cut|Expecting|decode"):
        documents(spool)


def test_a_document_too_deep_to_read_is_refused_and_salvaged() -> None:
    body = b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b', "b": 2}'
    spool = spooled(body, JSON)
    with pytest.raises(ValueError, match="inside one another"):
        documents(spool)
    assert salvage(spool)[0]["b"] == 2


@pytest.mark.parametrize(
    "body",
    [
        b'<p>\x1e{"data": "blob:FORGED"}\n',
        b'data: {"data": "blob:FORGED"}\n\n',
        b'data: ping\x1e{"data": "blob:FORGED"}\n\n',
        b'1 {"data": "blob:FORGED"}',
        b'NaN {"data": "blob:FORGED"}',
        b'\xef\xbb\xbf\xef\xbb\xbf{"data": "blob:FORGED"}',
        b'{"data": "\\u0062lob:FORGED"}',
        b'data: x\n{"data": "blob:FORGED"}\n',
    ],
)
@pytest.mark.parametrize("content_type", [JSON, EVENTS])
@pytest.mark.parametrize("step", [1, 1000])
def test_nobody_can_forge_a_reference(body: bytes, content_type: str, step: int) -> None:
    forged = body.replace(b"blob:FORGED", b"blob:" + b"0" * 64 + b"?size=1&as=base64")
    forged = forged.replace(b"lob:FORGED", b"lob:" + b"0" * 64 + b"?size=1&as=base64")
    spool = spooled(forged, content_type, sizes=[step])
    values = salvage(spool)
    with contextlib.suppress(ValueError):
        values += documents(spool)
    assert f'"blob:{"0" * 64}' not in json.dumps(values)


def test_the_limit_holds_for_all_documents_together() -> None:
    sink = MemorySink()
    reader = BodyReader(sink, lambda piece: None, content_type=EVENTS, max_skeleton_bytes=10_000)
    reader.feed(b'data: {"a": 1}\n\n' * 800)
    with pytest.raises(SkeletonTooLarge):
        reader.feed(b'data: {"a": 1}\n\n' * 200)


def test_giving_up_leaves_no_writer_open() -> None:
    sink = MemorySink()
    reader = BodyReader(sink, lambda piece: None, content_type=JSON)
    reader.feed(json.dumps({"data": picture_text(PIXELS * 2)}).encode()[:30_000])
    assert sink.open_writers == 1
    reader.abort()
    reader.abort()
    assert sink.open_writers == 0


def test_lifted_strings_are_counted_over_all_documents() -> None:
    reader = BodyReader(MemorySink(), lambda piece: None, content_type=EVENTS)
    counts = []
    for _ in range(3):
        reader.feed(b'data: {"data": "UklGRg=="')
        reader.feed(b"}\n\n")
        counts.append(reader.lifted_count)
    assert counts == [1, 2, 3]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=10),
            st.sampled_from(
                [b"\n", b"\r", b"data:", b'{"data":"', b"AAAA", b'"', b"}", b"[DONE]", b"\x1e", b"id:", b" "]
            ),
        )
    ),
    st.sampled_from([JSON, EVENTS]),
)
def test_random_bytes_raise_nothing_but_truncated(pieces: list[bytes], content_type: str) -> None:
    sink = MemorySink()
    spool: list[bytes] = []
    reader = BodyReader(sink, spool.append, content_type=content_type)
    for piece in pieces:
        reader.feed(piece)
    with contextlib.suppress(Truncated):
        reader.close()
    assert sink.open_writers == 0
    salvage(b"".join(spool))


@given(st.binary())
def test_salvage_of_random_bytes_raises_nothing(spool: bytes) -> None:
    salvage(spool)
    salvage(b'\x1e{"a":"' + spool)
