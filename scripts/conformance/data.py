"""Files for Google's tests, in the place of those that Google does not ship with them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

_PICTURES = (
    *("google.png", "google_homepage.png", "a-man-and-a-dog.png", "bridge1.png", "checkerboard.png"),
    *("google.jpg", "dog.jpg", "man.jpg", "skateboard_stop_sign.jpg", "segmentation_scribble.jpg"),
)
_OTHERS = ("animal.mp4", "pixel.m4a", "story.pdf", "story.txt", "voice_sample.wav")


def write_data(folder: Path) -> None:
    """Small files of the names that the tests open; only the pictures are what their names say."""
    folder.mkdir(exist_ok=True)
    for name in _PICTURES:
        Image.linear_gradient("L").convert("RGB").save(folder / name)
    for name in _OTHERS:
        (folder / name).write_bytes(b"Once upon a time. " * 20)
