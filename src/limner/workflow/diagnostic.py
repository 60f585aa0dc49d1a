"""What is wrong or worth knowing about a workflow file, with its place in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from limner._json import JsonObject

Level = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding. `path` is a JSON Pointer, `line` and `column` count from 1 in the file as it was written.

    An error stops the load, a warning does not.
    """

    code: str
    message: str
    path: str = ""
    line: int = 1
    column: int = 1
    hint: str | None = None
    strict: bool = False
    """True for a warning that strict reading made an error."""

    @property
    def level(self) -> Level:
        """By the first letter of the code; what strict reading refuses is an error."""
        if self.strict or self.code.startswith("E"):
            return "error"
        return "warning" if self.code.startswith("W") else "info"

    def to_json(self) -> JsonObject:
        """The finding as one flat JSON object."""
        return {
            "code": self.code,
            "level": self.level,
            "message": self.message,
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "hint": self.hint,
        }
