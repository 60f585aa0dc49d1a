"""What the lint says, and what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from limner.core.size import AspectRatio, Resolution

Family = Literal["imagen", "gemini-2.0", "gemini-2.5", "gemini-3", "gemini-3.1"]
Operation = Literal["generate", "edit", "refine", "restyle"]
Level = Literal["error", "warn", "info"]

LEVELS: tuple[Level, ...] = ("error", "warn", "info")
"""`error` almost certainly fails or is not what was meant, `warn` often fails, `info` could be better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptContext:
    """What the prompt is for. `images` are the pictures that go with it, `language` an ISO 639 code.

    `person` is Imagen's person setting (`dont_allow`, `allow_adult`, `allow_all`), `region` one of EU, UK, CH, MENA or
    anything else. `off` are rules that are not to speak.
    """

    family: Family = "gemini-3"
    model: str | None = None
    vertex: bool = False
    operation: Operation = "generate"
    images: int = 0
    ratio: AspectRatio | None = None
    size: Resolution | None = None
    count: int = 1
    modalities: tuple[str, ...] = ("TEXT", "IMAGE")
    negative: str = ""
    person: str | None = None
    region: str | None = None
    language: str = "en"
    off: frozenset[str] = frozenset()

    @property
    def is_gemini(self) -> bool:
        """Whether a Gemini model reads it."""
        return self.family != "imagen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What a fix changes: the span from `start` to `end` becomes `text`, or the `setting` becomes `text`."""

    text: str
    start: int = 0
    end: int = 0
    setting: str | None = None

    def applied(self, prompt: str) -> str:
        """The prompt after it; unchanged where a setting changes."""
        return prompt if self.setting is not None else prompt[: self.start] + self.text + prompt[self.end :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """What a person may do about it. Nothing is ever applied by itself; without `edit` it is advice."""

    label: str
    edit: Edit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is likely to go wrong, and where: characters `start` to `end` of the prompt."""

    rule: str
    name: str
    level: Level
    message: str
    start: int
    end: int
    fix: Fix | None = None
