"""Shape and size of a picture: aspect ratio (W:H), resolution class (512, 1K, 2K, 4K), pixels (W x H)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

_RATIO = re.compile(r"\s*(\d{1,5})\s*[:x/]\s*(\d{1,5})\s*")


class Resolution(StrEnum):
    """Class of output size, as the wire spells it. 1K is about one megapixel; 2K and 4K double each side."""

    R512 = "512"
    R1K = "1K"
    R2K = "2K"
    R4K = "4K"

    @classmethod
    def parse(cls, text: str) -> Resolution:
        """Read `1K`, `1k` or `512px`; `ValueError` for anything else."""
        wanted = text.strip().upper().removesuffix("PX")
        for member in cls:
            if member.value == wanted:
                return member
        raise ValueError(f"{text!r} is not a resolution; accepted: {', '.join(cls)}")


@dataclass(frozen=True, slots=True)
class AspectRatio:
    """Width to height, both positive, kept as written: 16:9 is not 32:18 to a provider."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"an aspect ratio needs two positive numbers, not {self.width}:{self.height}")

    def __str__(self) -> str:
        return f"{self.width}:{self.height}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `16:9` (also `16x9`, `16/9`); `ValueError` for anything else."""
        match = _RATIO.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not an aspect ratio; write width:height, such as 16:9")
        return cls(int(match[1]), int(match[2]))

    @property
    def value(self) -> float:
        """Width divided by height."""
        return self.width / self.height

    def distance(self, other: AspectRatio) -> float:
        """How far two shapes are apart: the difference of log(width / height), 0 for the same shape."""
        return abs(math.log(self.value) - math.log(other.value))

    def nearest(self, allowed: Sequence[AspectRatio]) -> AspectRatio:
        """The allowed ratio closest in shape; ties go to the wider. `ValueError` if `allowed` is empty."""
        if not allowed:
            raise ValueError("no aspect ratio is allowed; ask the capabilities first")
        return min(allowed, key=lambda ratio: (round(self.distance(ratio), 9), -ratio.value))


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels: width and height, both at least 1."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a size needs two positive numbers, not {self.width}x{self.height}")

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def ratio(self) -> AspectRatio:
        """The shape in lowest terms."""
        divisor = math.gcd(self.width, self.height)
        return AspectRatio(self.width // divisor, self.height // divisor)
