from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from limner.errors import InvalidRequestError
from limner.imaging.decode import eight_bit, open_checked, shrink


def saved(image: Image.Image, image_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def opened(content: bytes, **options: Any) -> Image.Image:
    return open_checked(io.BytesIO(content), **options)


def refused(content: bytes, **options: Any) -> InvalidRequestError:
    with pytest.raises(InvalidRequestError) as caught:
        opened(content, **options)
    return caught.value


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *extra: bytes) -> bytes:
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return head + b"".join(extra) + chunk(b"IDAT", zlib.compress(bytes(2 * 1))) + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    small = saved(Image.new("L", (8, 8)), "JPEG")
    frame = small.index(b"\xff\xc0")
    return small[: frame + 5] + struct.pack(">HH", height, width) + small[frame + 9 :]


def gif(frames: int, *, screen: int = 1, side: int = 1) -> bytes:
    frame = b"\x2c\0\0\0\0" + struct.pack("<HH", side, side) + b"\0\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HH", screen, screen) + b"\x80\0\0" + bytes(6) + frame * frames + b"\x3b"


def webp(side: int) -> bytes:
    body = b"WEBPVP8X\x0a\0\0\0\0\0\0\0" + (side - 1).to_bytes(3, "little") * 2
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bmp(side: int) -> bytes:
    pixels = bytes(100)
    header = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54) + header + pixels


def tiff(side: int) -> bytes:
    fields = ((256, side), (257, side), (258, 8), (259, 1), (262, 1), (273, 200), (277, 1), (278, side), (279, 100))
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields)
    return (b"II*\0\x08\0\0\0" + struct.pack("<H", len(fields)) + table + bytes(4)).ljust(200, b"\0") + bytes(100)


BOMBS = {
    "png of 50,000 x 50,000": (png(50_000, 50_000), "invalid.picture_size"),
    "png of the largest sides": (png(2**31 - 1, 2**31 - 1), "invalid.picture_size"),
    "jpeg of 65,500 x 65,500": (jpeg(65_500, 65_500), "invalid.picture_size"),
    "gif of 100,000 frames": (gif(100_000), "invalid.picture_size"),
    "gif with a frame larger than itself": (gif(1, side=65_535), "invalid.picture_size"),
    "png said to have 100,000 frames": (
        png(8, 8, chunk(b"acTL", struct.pack(">II", 100_000, 0))),
        "invalid.picture_size",
    ),
    "webp of 16,384 x 16,384": (webp(16_384), "invalid.picture_size"),
    "bmp of 2^30 x 2^30": (bmp(2**30), "invalid.picture_size"),
    "tiff of 100,000 x 100,000": (tiff(100_000), "invalid.picture_size"),
    "png with a text that unpacks to 200 MB": (
        png(8, 8, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(200_000_000), 9))),
        "invalid.picture",
    ),
    "png with a profile that unpacks to 200 MB": (
        png(8, 8, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(200_000_000), 9))),
        "invalid.picture",
    ),
    "png with too few pixels": (png(5_000, 5_000), "invalid.picture"),
}

_OPEN_ALL = """
import io, json, resource, sys, time
from limner.errors import InvalidRequestError
from limner.imaging.decode import open_checked
from PIL import Image
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        try:
            open_checked(file)
            code = "opened"
        except InvalidRequestError as error:
            code = error.code
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps([code, grown // 1024]))
print(Image.MAX_IMAGE_PIXELS)
"""


def test_bombs_are_refused_in_little_memory_and_pillows_own_limit_stays(tmp_path: Path) -> None:
    for number, (content, _) in enumerate(BOMBS.values()):
        (tmp_path / f"{number:02}").write_bytes(content)
    files = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run([sys.executable, "-c", _OPEN_ALL, *files], capture_output=True, text=True, check=True)
    *lines, limit = done.stdout.splitlines()
    answers = dict(zip(BOMBS, map(json.loads, lines), strict=True))
    assert {name: answer[0] for name, answer in answers.items()} == {name: code for name, (_, code) in BOMBS.items()}
    assert max(answer[1] for answer in answers.values()) < 64
    assert limit == "89478485"


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP", "TIFF"])
def test_every_accepted_format_is_opened(image_format: str) -> None:
    image = opened(saved(Image.new("RGB", (30, 20), (200, 30, 40)), image_format))
    assert image.size == (30, 20)
    red, green, blue = np.asarray(image.convert("RGB"))[10, 15]
    assert (red > 180, green < 60, blue < 60) == (True, True, True)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "an SVG drawing"),
        (b"%PDF-1.7\n1 0 obj", "a PDF document"),
        (b"<!doctype html><script>alert(1)</script>", "a web page"),
        (b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script></html>", "a PNG without its IHDR header"),
    ],
)
def test_scripts_and_documents_under_a_pictures_name_are_refused(content: bytes, reason: str) -> None:
    error = refused(content, name="cat.png")
    assert error.code == "invalid.picture"
    assert error.message.startswith("cat.png ")
    assert reason in error.message


def test_a_script_that_is_also_a_gif_header_is_refused() -> None:
    assert refused(b"GIF89a=1;alert(1)//").code == "invalid.picture_size"
    assert refused(b"GIF89a/*\0\0\0*/=1;alert(1)//").code == "invalid.picture"


def test_the_message_names_the_file_and_what_is_accepted() -> None:
    assert refused(b"%PDF-1.7", name="plan.png").message == (
        "plan.png cannot be used: it is a PDF document, not a raster picture.\n"
        "Accepted: a whole PNG, JPEG, WebP, GIF, AVIF, BMP or TIFF picture."
    )


def test_a_cut_file_is_refused() -> None:
    whole = saved(Image.effect_noise((64, 64), 90), "JPEG")
    assert "the file is cut short" in refused(whole[: len(whole) // 2]).message


def test_a_heic_is_refused_as_one_that_cannot_be_decoded_here() -> None:
    size = struct.pack(">I", 20) + b"ispe" + struct.pack(">III", 0, 40, 30)
    container = struct.pack(">I", 8 + len(size)) + b"ipco" + size
    ties = struct.pack(">I", 20) + b"ipma" + bytes(4) + struct.pack(">I", 1) + b"\0\1\1\1"
    properties = struct.pack(">I", 8 + len(container + ties)) + b"iprp" + container + ties
    main = struct.pack(">I", 14) + b"pitm" + bytes(4) + b"\0\1"
    meta = struct.pack(">I", 12 + len(main + properties)) + b"meta" + bytes(4) + main + properties
    heic = struct.pack(">I", 16) + b"ftypheic" + bytes(4) + meta + struct.pack(">I", 9) + b"mdat" + b"x"
    assert "image/heic cannot be decoded here" in refused(heic).message


def test_a_picture_of_exactly_the_limit_is_opened_and_one_row_more_is_not() -> None:
    assert opened(saved(Image.new("L", (10, 10)), "PNG"), max_pixels=100).size == (10, 10)
    error = refused(saved(Image.new("L", (10, 11)), "PNG"), max_pixels=100)
    assert error.code == "invalid.picture_size"
    assert error.message.startswith("The picture is too large: 10x11 pixels.\nAccepted: up to ")


def test_a_photograph_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert opened(saved(Image.new("RGB", (40, 30)), "JPEG", exif=exif)).size == (30, 40)


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    image = opened(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert image.convert("RGB").getpixel((4, 4)) == (255, 0, 0)


def test_an_opened_picture_does_not_need_its_file_any_more() -> None:
    file = io.BytesIO(saved(Image.new("RGB", (8, 8), "red"), "PNG"))
    image = open_checked(file)
    file.close()
    assert image.getpixel((4, 4)) == (255, 0, 0)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_picture_is_opened_or_refused(data: st.DataObject) -> None:
    image_format = data.draw(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"]))
    content = bytearray(saved(Image.linear_gradient("L").resize((16, 16)), image_format))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = opened(bytes(content), max_pixels=1_000_000)
    except InvalidRequestError:
        return
    assert image.width * image.height <= 1_000_000


def test_a_small_picture_is_not_shrunk() -> None:
    image = Image.new("RGB", (100, 50))
    assert shrink(image, max_side_px=100) is image


def test_a_large_picture_keeps_its_shape_when_shrunk() -> None:
    assert shrink(Image.new("RGB", (400, 200)), max_side_px=100).size == (100, 50)


def test_transparency_survives_shrinking() -> None:
    image = Image.new("P", (400, 200))
    image.info["transparency"] = 0
    assert shrink(image, max_side_px=100).mode == "RGBA"


def test_sixteen_bits_become_eight_by_division() -> None:
    image = Image.fromarray(np.array([[0, 256, 32768, 65535]], dtype=np.uint16))
    assert np.asarray(eight_bit(image)).tolist() == [[0, 1, 128, 255]]


def test_floats_are_stretched_to_the_full_range() -> None:
    image = Image.fromarray(np.array([[0.0, 0.5, 1.0]], dtype=np.float32))
    assert np.asarray(eight_bit(image)).tolist() == [[0, 128, 255]]


def test_eight_bits_stay_as_they_are() -> None:
    image = Image.new("CMYK", (2, 2))
    assert eight_bit(image) is image
