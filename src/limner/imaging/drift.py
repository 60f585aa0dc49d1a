"""What an edit changed: how much, where, and whether anything outside the asked region moved along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from limner._json import JsonObject
from limner.imaging.geometry import Geometry, compare_frames

WORK_PX = 1024
"""Longer side that both pictures are compared at, in pixels."""

CHANGED_DELTA_E = 8.0
"""A pixel has changed where its colour differs by more than this in CIELAB (CIE76), after a blur of one pixel. Saving
as JPEG of quality 85 does that to up to 0.4 % of the pixels of the sandbox's pictures, along hard edges, and to none of
a soft one; a person sees differences of 2 to 3."""

RATIO_TOLERANCE = 0.02
"""By how much width / height may differ before the shape counts as another one: models round sides to 8 or 16."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The difference between two pictures. Shares are 0 to 1 of all pixels, or of those inside or outside the region.

    `inside` and `outside` are `None` without a region. `mean_delta_e` is the mean colour difference outside it, or of
    the whole picture. `heat` is the difference as a picture: the later one in gray, changes in red.
    """

    before_size: tuple[int, int]
    after_size: tuple[int, int]
    changed: float
    inside: float | None
    outside: float | None
    mean_delta_e: float
    geometry: Geometry
    heat: Image.Image

    @property
    def reshaped(self) -> bool:
        """Whether the picture has another shape than before."""
        before, after = (width / height for width, height in (self.before_size, self.after_size))
        return abs(after / before - 1) > RATIO_TOLERANCE

    def words(self) -> str:
        """One line for a person."""
        where = "" if self.outside is None else f", {_share(self.outside)} outside the region"
        shape = f", another shape ({_size(self.before_size)} to {_size(self.after_size)})" if self.reshaped else ""
        return f"{_share(self.changed)} of the picture changed{where}{shape}; {self.geometry.words()}"

    def to_json(self) -> JsonObject:
        """The report as JSON, without the picture."""
        return {
            "before": _size(self.before_size),
            "after": _size(self.after_size),
            "reshaped": self.reshaped,
            "changed": round(self.changed, 5),
            "changedInside": None if self.inside is None else round(self.inside, 5),
            "changedOutside": None if self.outside is None else round(self.outside, 5),
            "meanDeltaE": round(self.mean_delta_e, 3),
            "frame": {
                "known": self.geometry.known,
                "moved": self.geometry.moved,
                "scale": self.geometry.scale,
                "shiftX": round(self.geometry.shift_x, 4),
                "shiftY": round(self.geometry.shift_y, 4),
            },
        }


def measure_drift(before: Image.Image, after: Image.Image, region: Image.Image | None = None) -> Drift:
    """Compare two pictures; `region` is a mask (`L`, white where change was asked for) of any size."""
    size = _work_size(before.size)
    first, second = (_flat(image).resize(size, Image.Resampling.LANCZOS) for image in (before, after))
    delta = _delta_e(first, second)
    changed = delta > CHANGED_DELTA_E
    inside: NDArray[Any] | None = None
    if region is not None:
        inside = np.asarray(region.resize(size, Image.Resampling.BILINEAR)) >= 16
    outside = ~inside if inside is not None and not inside.all() else np.ones_like(changed)
    return Drift(
        before_size=before.size,
        after_size=after.size,
        changed=float(changed.mean()),
        inside=None if inside is None or not inside.any() else float(changed[inside].mean()),
        outside=None if inside is None else float(changed[outside].mean()) if not inside.all() else 0.0,
        mean_delta_e=float(delta[outside].mean()),
        geometry=compare_frames(before, after, region),
        heat=_heat(second, delta),
    )


def _work_size(size: tuple[int, int]) -> tuple[int, int]:
    factor = min(1.0, WORK_PX / max(size))
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _flat(image: Image.Image) -> Image.Image:
    """The picture in RGB; what is transparent shows white, as it does on a page."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    rgba = image.convert("RGBA")
    ground = Image.new("RGBA", rgba.size, "white")
    return Image.alpha_composite(ground, rgba).convert("RGB")


def _delta_e(first: Image.Image, second: Image.Image) -> NDArray[Any]:
    blurred = (image.filter(ImageFilter.BoxBlur(1)) for image in (first, second))
    a, b = (_lab(np.asarray(image, dtype=np.float32) / 255) for image in blurred)
    delta: NDArray[Any] = np.sqrt(((a - b) ** 2).sum(axis=2))
    return delta


def _lab(rgb: NDArray[Any]) -> NDArray[Any]:
    """sRGB, 0 to 1, as CIELAB under D65. Source of the numbers: IEC 61966-2-1 and CIE 15."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    matrix = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    xyz = linear @ matrix.T / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    lab = np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)
    return lab.astype(np.float32)


def _heat(after: Image.Image, delta: NDArray[Any]) -> Image.Image:
    gray = after.convert("L").convert("RGB")
    strength = np.clip((delta - CHANGED_DELTA_E / 2) / 30, 0, 1)
    red = Image.new("RGB", after.size, (224, 36, 36))
    return Image.composite(red, gray, Image.fromarray((strength * 215).astype(np.uint8), "L"))


def _share(share: float) -> str:
    return "nothing" if share == 0 else "under 0.1%" if share < 0.001 else f"{share:.1%}"


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
