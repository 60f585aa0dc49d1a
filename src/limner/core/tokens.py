"""How many tokens a request has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from limner._json import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCount:
    """Tokens of a request, by modality where the provider says so. `why_estimated` is `None` for an exact count."""

    tokens: int
    by_modality: Mapping[str, int] = field(default_factory=dict)
    why_estimated: str | None = None

    def to_json(self) -> JsonObject:
        """The count as `limner prompt count --json` prints it."""
        return {
            "tokens": self.tokens,
            "exact": self.why_estimated is None,
            "byModality": dict(self.by_modality),
            "whyEstimated": self.why_estimated,
        }
