from __future__ import annotations

from pathlib import Path

from limner.store import spool
from limner.store.spool import Spool


def spooled(path: Path, *pieces: bytes, end: bool) -> spool.SpooledReply | None:
    writer = Spool(path)
    writer.begin(200, {"content-type": "application/json"})
    for piece in pieces:
        writer.write(piece)
    if end:
        writer.end()
    writer.close()
    return spool.read(path)


def test_a_complete_reply_is_read_back(tmp_path: Path) -> None:
    reply = spooled(tmp_path / "s", b'\x1e{"a":', b"1}\n", end=True)
    assert reply is not None
    assert (reply.status, reply.content_type, reply.body, reply.complete) == (
        200,
        "application/json",
        b'\x1e{"a":1}\n',
        True,
    )


def test_a_reply_cut_short_says_so_and_keeps_what_came(tmp_path: Path) -> None:
    reply = spooled(tmp_path / "s", b'\x1e{"a":', end=False)
    assert reply is not None
    assert (reply.body, reply.complete) == (b'\x1e{"a":', False)


def test_a_spool_cut_at_any_byte_is_never_taken_for_complete(tmp_path: Path) -> None:
    spooled(tmp_path / "s", b'\x1e{"text":"x"}\n', end=True)
    whole = (tmp_path / "s").read_bytes()
    for length in range(len(whole)):
        (tmp_path / "cut").write_bytes(whole[:length])
        reply = spool.read(tmp_path / "cut")
        assert reply is None or not reply.complete


def test_a_second_attempt_replaces_the_first(tmp_path: Path) -> None:
    writer = Spool(tmp_path / "s")
    writer.begin(503, {})
    writer.write(b"a long story about an overload")
    writer.close()
    writer = Spool(tmp_path / "s")
    writer.begin(200, {"content-type": "application/json"})
    writer.write(b"{}")
    writer.end()
    writer.close()
    reply = spool.read(tmp_path / "s")
    assert reply is not None
    assert (reply.status, reply.body) == (200, b"{}")


def test_no_file_and_half_a_head_are_no_reply(tmp_path: Path) -> None:
    assert spool.read(tmp_path / "none") is None
    (tmp_path / "half").write_bytes(b'\x1e{"status":2')
    assert spool.read(tmp_path / "half") is None
    (tmp_path / "torn").write_bytes(b'\x1e{"status":\n')
    assert spool.read(tmp_path / "torn") is None
