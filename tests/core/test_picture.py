from __future__ import annotations

import contextlib
import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from limner.core.headers.source import BUDGET_BYTES
from limner.core.picture import NotAPicture, Picture, differences, measure, same_type
from limner.core.size import AspectRatio, Resolution, Size

WIDE = AspectRatio(16, 9)


def saved(image_format: str, *, size: tuple[int, int] = (37, 23), frames: int = 1, **options: Any) -> bytes:
    buffer = io.BytesIO()
    images = [Image.effect_noise(size, 80).convert("RGB").point(lambda value, n=n: value ^ n) for n in range(frames)]
    more = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
    images[0].save(buffer, image_format, **more, **options)
    return buffer.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_head(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def heic(*, turn: int | None = None) -> bytes:
    """A main picture (item 1) of 4032x3024, perhaps turned, and one of its tiles (item 2) of 512x512."""
    tile = box(b"ispe", struct.pack(">III", 0, 512, 512))
    main = box(b"ispe", struct.pack(">III", 0, 4032, 3024))
    container = box(b"ipco", tile + main + (b"" if turn is None else box(b"irot", bytes([turn]))))
    tie_of_tile, tie_of_main = b"\0\2\1\1", b"\0\1" + (b"\1\2" if turn is None else b"\2\2\x83")
    ties = box(b"ipma", bytes(4) + struct.pack(">I", 2) + tie_of_tile + tie_of_main)
    meta = box(b"meta", bytes(4) + box(b"pitm", bytes(4) + b"\0\1") + box(b"iprp", container + ties))
    return box(b"ftyp", b"heic" + bytes(4) + b"mif1heic") + meta + box(b"mdat", b"pixels")


def read(content: bytes) -> Picture:
    return measure(io.BytesIO(content))


class CountingFile(io.BytesIO):
    """Counts the bytes that are read of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self.taken += len(piece)
        return piece


SAMPLES = {
    "png": saved("PNG"),
    "apng": saved("PNG", frames=3),
    "jpeg": saved("JPEG"),
    "progressive jpeg": saved("JPEG", progressive=True),
    "lossy webp": saved("WEBP"),
    "lossless webp": saved("WEBP", lossless=True),
    "animated webp": saved("WEBP", frames=3),
    "gif": saved("GIF"),
    "animated gif": saved("GIF", frames=3),
    "avif": saved("AVIF"),
    "bmp": saved("BMP"),
    "tiff": saved("TIFF"),
    "compressed tiff": saved("TIFF", compression="tiff_lzw"),
    "heic": heic(),
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("png", Picture(mime_type="image/png", size=Size(37, 23), complete=True, frames=1)),
        ("apng", Picture(mime_type="image/png", size=Size(37, 23), complete=True, frames=3)),
        ("jpeg", Picture(mime_type="image/jpeg", size=Size(37, 23), complete=True, frames=1)),
        ("progressive jpeg", Picture(mime_type="image/jpeg", size=Size(37, 23), complete=True, frames=1)),
        ("lossy webp", Picture(mime_type="image/webp", size=Size(37, 23), complete=True, frames=1)),
        ("lossless webp", Picture(mime_type="image/webp", size=Size(37, 23), complete=True, frames=1)),
        ("animated webp", Picture(mime_type="image/webp", size=Size(37, 23), complete=True, frames=3)),
        ("gif", Picture(mime_type="image/gif", size=Size(37, 23), complete=True, frames=1)),
        ("animated gif", Picture(mime_type="image/gif", size=Size(37, 23), complete=True, frames=3)),
        ("avif", Picture(mime_type="image/avif", size=Size(37, 23), complete=True)),
        ("bmp", Picture(mime_type="image/bmp", size=Size(37, 23), complete=True, frames=1)),
        ("tiff", Picture(mime_type="image/tiff", size=Size(37, 23), complete=True)),
        ("compressed tiff", Picture(mime_type="image/tiff", size=Size(37, 23), complete=True)),
        ("heic", Picture(mime_type="image/heic", size=Size(4032, 3024), complete=True)),
    ],
)
def test_every_format_is_recognised_with_its_size(name: str, expected: Picture) -> None:
    assert read(SAMPLES[name]) == expected


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_cut_at_any_byte_is_refused_or_said_to_be_cut(name: str) -> None:
    whole = SAMPLES[name]
    for length in range(len(whole)):
        try:
            picture = read(whole[:length])
        except NotAPicture:
            continue
        assert not picture.complete, f"cut at {length} of {len(whole)}"
        assert picture.size == read(whole).size


@pytest.mark.parametrize("name", SAMPLES)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_damaged_file_gives_a_picture_or_is_refused(name: str, data: st.DataObject) -> None:
    content = bytearray(SAMPLES[name])
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, min(len(content), 200) - 1))] = data.draw(st.integers(0, 255))
    try:
        picture = read(bytes(content))
    except NotAPicture:
        return
    assert 0 < picture.size.width < 2**31
    assert 1 <= picture.orientation <= 8


@given(
    start=st.sampled_from(
        [
            b"",
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff",
            b"RIFF\xff\0\0\0WEBP",
            b"GIF89a",
            b"\0\0\0\x18ftypavif",
            b"BM",
            b"II*\0",
        ]
    ),
    rest=st.binary(max_size=300),
)
@settings(max_examples=400, deadline=None)
def test_any_bytes_give_a_picture_or_are_refused(start: bytes, rest: bytes) -> None:
    try:
        picture = read(start + rest)
    except NotAPicture:
        return
    assert picture.size.width > 0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "it is an SVG drawing, which is text and may hold scripts"),
        (b"<?xml version='1.0'?>\n<svg/>", "it is an SVG drawing, which is text and may hold scripts"),
        (b"%PDF-1.7\n", "it is a PDF document"),
        (b"<!DOCTYPE html><title>502</title>", "it is a web page"),
        (b"\xef\xbb\xbf <html>", "it is a web page"),
        (b'{"error":{}}', "it is JSON text"),
        (b"PK\x03\x04rest", "it is a ZIP archive"),
        (b"plain words", "it is no PNG, JPEG, WebP, GIF, AVIF, HEIC, BMP or TIFF picture"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "a RIFF file that is no WebP"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomiso2", "a media file of kind b'isom', not a picture"),
        (b"BM is how this sentence begins, and no more", "a file that begins like a BMP"),
        (b"\x89PNG\r\n\x1a\n" + b"<script>alert(1)</script>", "a PNG without its IHDR header"),
        (b"\xff\xd8\xff\xd9<script>", "a JPEG whose segments do not follow each other"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(content: bytes, reason: str) -> None:
    with pytest.raises(NotAPicture) as caught:
        read(content)
    assert str(caught.value).startswith(reason)


def test_a_side_of_zero_is_impossible() -> None:
    with pytest.raises(NotAPicture, match="impossible size 0x10"):
        read(png_head(0, 10))


def test_a_side_of_2_to_the_31_is_impossible() -> None:
    with pytest.raises(NotAPicture, match="impossible size 2147483648x1"):
        read(png_head(2**31, 1))


def test_a_png_that_only_claims_to_be_large_is_measured_as_claimed() -> None:
    assert read(png_head(50_000, 50_000)).size == Size(50_000, 50_000)


def test_a_png_without_pixels_is_not_complete() -> None:
    assert not read(png_head(8, 8) + chunk(b"IEND", b"")).complete


def test_bytes_after_the_end_of_a_png_do_not_make_it_incomplete() -> None:
    assert read(SAMPLES["png"] + b"<html>").complete


def test_bytes_after_the_end_of_a_jpeg_do_not_make_it_incomplete() -> None:
    assert read(SAMPLES["jpeg"] + bytes(5000)).complete


@pytest.mark.parametrize(
    ("turn", "shown"), [(1, Size(37, 23)), (3, Size(37, 23)), (6, Size(23, 37)), (8, Size(23, 37))]
)
def test_a_jpeg_turned_by_exif_is_shown_turned(turn: int, shown: Size) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    picture = read(saved("JPEG", exif=exif))
    assert picture.orientation == turn
    assert picture.size == Size(37, 23)
    assert picture.shown_size == shown


def test_an_end_mark_inside_a_preview_does_not_end_the_jpeg() -> None:
    exif = b"Exif\0\0" + b"II*\0\x08\0\0\0\0\0" + b"\xff\xd9" * 50
    whole = saved("JPEG", exif=exif)
    assert read(whole).complete
    assert not read(whole[:-2]).complete


def test_a_heic_is_as_large_as_its_main_picture_and_not_as_its_tiles() -> None:
    assert read(heic()).size == Size(4032, 3024)


def test_a_heic_turned_by_a_quarter_is_shown_turned() -> None:
    assert read(heic(turn=3)).shown_size == Size(3024, 4032)


def test_an_avif_by_another_main_brand_is_still_an_avif() -> None:
    whole = SAMPLES["avif"]
    assert read(whole.replace(b"ftypavif", b"ftypmif1", 1)).mime_type == "image/avif"


def test_a_long_run_of_segments_before_the_pixels_is_skipped_without_reading_it() -> None:
    segment = b"\xff\xe2" + struct.pack(">H", 65_535) + bytes(65_533)
    file = CountingFile(SAMPLES["jpeg"][:2] + segment * 200 + SAMPLES["jpeg"][2:])
    assert measure(file).size == Size(37, 23)
    assert file.taken < 100_000


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8" + b"\xff" * 3_000_000,
        b"\xff\xd8" + b"\xff\x01" * 1_500_000,
        png_head(8, 8) + chunk(b"tEXt", b"") * 250_000,
        b"GIF89a\1\0\1\0\0\0\0" + b"\x2c" + bytes(9) + b"\x02" + b"\x01\x00" * 1_500_000,
        box(b"ftyp", b"avif" + bytes(4)) + box(b"free", b"") * 375_000,
        b"RIFF\xff\xff\xff\x7fWEBPVP8X\x0a\0\0\0\x02\0\0\0\0\0\0\0\0\0" + b"ANMF\0\0\0\0" * 375_000,
    ],
    ids=["fill bytes", "empty markers", "empty chunks", "tiny blocks", "empty boxes", "empty frames"],
)
def test_a_file_of_millions_of_tiny_pieces_is_given_up_in_time(content: bytes) -> None:
    file = CountingFile(content)
    with contextlib.suppress(NotAPicture):
        measure(file)
    assert file.taken <= BUDGET_BYTES + 64


def test_a_gif_of_very_many_frames_is_counted_as_far_as_the_budget_goes() -> None:
    frame = b"\x2c\0\0\0\0\1\0\1\0\0\x02\x02\x44\x01\x00"
    picture = read(b"GIF89a\1\0\1\0\0\0\0" + frame * 100_000 + b"\x3b")
    assert picture.complete
    assert picture.frames is not None
    assert 1_000 < picture.frames <= 100_000


@pytest.mark.parametrize(
    ("mime_type", "extension"),
    [("image/jpeg", "jpg"), ("image/png", "png"), ("image/webp", "webp"), ("image/tiff", "tiff")],
)
def test_the_extension_follows_the_real_type(mime_type: str, extension: str) -> None:
    assert Picture(mime_type=mime_type, size=Size(1, 1), complete=True).extension == extension


def got(width: int, height: int, *, mime_type: str = "image/png", complete: bool = True, turn: int = 1) -> Picture:
    return Picture(mime_type=mime_type, size=Size(width, height), complete=complete, orientation=turn)


def test_a_shape_within_one_and_a_half_percent_is_what_was_asked() -> None:
    assert differences(WIDE, None, "image/png", got(1376, 768)) == ()


def test_another_shape_is_said_with_the_one_that_came() -> None:
    assert differences(WIDE, None, "image/png", got(1024, 1024)) == ("asked 16:9, got 1024x1024 (1:1)",)


def test_a_shape_near_a_common_one_is_called_by_it() -> None:
    assert differences(WIDE, None, "", got(1200, 896)) == ("asked 16:9, got 1200x896 (about 4:3)",)


def test_an_uncommon_shape_is_given_as_a_number() -> None:
    assert differences(WIDE, None, "", got(1000, 500)) == ("asked 16:9, got 1000x500 (2.00:1)",)


def test_a_tall_shape_is_given_as_one_to_a_number() -> None:
    assert differences(AspectRatio(1, 8), None, "", got(352, 2928)) == ("asked 1:8, got 352x2928 (1:8.32)",)


def test_the_documented_size_is_right_even_where_its_shape_is_off() -> None:
    assert differences(AspectRatio(4, 3), Size(1280, 896), "image/png", got(1280, 896)) == ()


def test_a_smaller_picture_than_asked_is_said_with_both_sizes() -> None:
    assert differences(WIDE, Size(2752, 1536), "image/png", got(1376, 768), asked_resolution=Resolution.R2K) == (
        "asked 2K (2752x1536), got 1376x768",
    )


def test_a_few_pixels_more_than_documented_are_no_difference() -> None:
    assert differences(AspectRatio(1, 4), Size(512, 2048), "image/png", got(512, 2064)) == ()


def test_a_resolution_without_a_documented_size_is_judged_by_the_number_of_pixels() -> None:
    assert differences(None, None, "", got(1024, 1024), asked_resolution=Resolution.R4K) == (
        "asked 4K, got 1024x1024 (about 1K)",
    )
    assert differences(None, None, "", got(5504, 3072), asked_resolution=Resolution.R4K) == ()


def test_a_wrong_declared_type_is_said() -> None:
    assert differences(None, None, "image/png", got(1, 1, mime_type="image/jpeg")) == (
        "declared image/png, is image/jpeg",
    )


def test_no_declared_type_is_no_lie() -> None:
    assert differences(None, None, "", got(1, 1, mime_type="image/jpeg")) == ()


@pytest.mark.parametrize(
    ("declared", "real"),
    [("image/jpg", "image/jpeg"), ("IMAGE/PNG; charset=binary", "image/png"), ("image/heif", "image/heic")],
)
def test_other_spellings_of_a_type_are_the_same_type(declared: str, real: str) -> None:
    assert same_type(declared, real)


def test_a_cut_file_is_said_to_be_cut() -> None:
    assert differences(None, None, "", got(1, 1, complete=False)) == ("the file is cut short",)


def test_a_turned_picture_is_compared_as_it_is_shown() -> None:
    assert differences(AspectRatio(9, 16), None, "", got(1376, 768, turn=6)) == ()
