"""What a front end may show while a call is under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from limner.core.parts import Part

Phase = Literal["connecting", "sent", "receiving", "part", "retrying", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One step of call number `call` (from 0). `bytes` received so far; `wait_s` until the next attempt.

    A streamed answer tells each `part` of it as it comes: words, drafts and pictures, which are stored already.
    """

    call: int
    phase: Phase
    bytes: int = 0
    wait_s: float = 0.0
    message: str = ""
    part: Part | None = None
