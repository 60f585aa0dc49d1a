from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from limner.app.inputs import load
from limner.core.parts import FilePart, ImagePart
from limner.errors import InvalidRequestError
from limner.store.blobs import BlobStore
from loopback import PNG_1X1


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    (tmp_path / "scratch").mkdir()
    return BlobStore(tmp_path / "blobs", tmp_path / "scratch")


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


def refused(source: str | bytes, blobs: BlobStore) -> InvalidRequestError:
    with pytest.raises(InvalidRequestError) as caught:
        load(source, blobs, 1)
    return caught.value


def test_a_file_is_stored_as_what_it_is(tmp_path: Path, blobs: BlobStore) -> None:
    (tmp_path / "a.png").write_bytes(PNG_1X1)
    part, picture, warnings = load(tmp_path / "a.png", blobs, 1)
    assert isinstance(part, ImagePart)
    assert picture is not None
    assert (part.mime_type, str(picture.size), warnings) == ("image/png", "1x1", [])
    assert blobs.read(part.blob) == PNG_1X1


def test_a_file_with_the_wrong_extension_is_sent_as_what_it_is_and_that_is_said(
    tmp_path: Path, blobs: BlobStore
) -> None:
    (tmp_path / "a.jpg").write_bytes(PNG_1X1)
    part, _, warnings = load(tmp_path / "a.jpg", blobs, 1)
    assert isinstance(part, ImagePart)
    assert part.mime_type == "image/png"
    assert "is really image/png" in warnings[0]


def test_an_address_is_passed_on_for_the_provider_to_fetch(blobs: BlobStore) -> None:
    part, picture, _ = load("https://example.org/a.png", blobs, 1)
    assert part == FilePart(uri="https://example.org/a.png")
    assert picture is None


def test_a_missing_file_is_named(blobs: BlobStore) -> None:
    assert "There is no file 'nowhere.png'" in refused("nowhere.png", blobs).message


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"%PDF-1.7", b"<html>", b"GIF", bytes(100)])
def test_what_is_no_picture_is_refused(content: bytes, blobs: BlobStore, tmp_path: Path) -> None:
    (tmp_path / "liar.png").write_bytes(content)
    problem = refused(str(tmp_path / "liar.png"), blobs)
    assert "is not a picture" in problem.message
    assert "PNG, JPEG" in (problem.hint or "")


def test_a_picture_cut_off_is_refused(blobs: BlobStore) -> None:
    assert "cut off" in refused(PNG_1X1[:-6], blobs).message


def test_a_decompression_bomb_is_refused_by_its_header(blobs: BlobStore) -> None:
    problem = refused(png_header(50_000, 50_000), blobs)
    assert (problem.code, "2500 million" in problem.message) == ("invalid.image_too_large", True)
