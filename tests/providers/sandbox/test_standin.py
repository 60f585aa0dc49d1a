from __future__ import annotations

import io

import pytest
from PIL import Image

from limner.core.blob import BlobRef
from limner.core.size import Size
from limner.providers.sandbox.protocol.memory import MemoryBlobs
from limner.providers.sandbox.standin import stand_in


@pytest.mark.parametrize("mime_type", ["image/png", "image/jpeg"])
@pytest.mark.parametrize("length", [20_000, 65_537, 65_540, 131_072, 131_073, 131_075, 1_500_000])
def test_a_stand_in_has_type_size_and_length_of_the_original(mime_type: str, length: int) -> None:
    blobs = MemoryBlobs()
    made = stand_in(blobs, BlobRef(sha256="ab" * 32, size=length), mime_type, Size(120, 80))
    assert made.size == length
    with Image.open(io.BytesIO(blobs.read(made))) as image:
        image.load()
        assert (Image.MIME[image.format or ""], image.size) == (mime_type, (120, 80))


def test_it_is_the_same_every_time_and_another_for_another_original() -> None:
    blobs = MemoryBlobs()
    first, again, other = (
        stand_in(blobs, BlobRef(sha256=name * 32, size=9_000), "image/png", Size(64, 64)) for name in ("ab", "ab", "cd")
    )
    assert first == again != other


def test_an_original_smaller_than_any_stand_in_gets_a_larger_one() -> None:
    blobs = MemoryBlobs()
    made = stand_in(blobs, BlobRef(sha256="00" * 32, size=10), "image/webp", Size(32, 32))
    with Image.open(io.BytesIO(blobs.read(made))) as image:
        assert (image.format, image.size) == ("PNG", (32, 32))
