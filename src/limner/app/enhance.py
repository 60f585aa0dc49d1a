"""Writing a prompt anew with a model that writes: shown before it is used, never applied by itself."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from limner.app.plan import Ask
from limner.core.outcome import OutcomeKind

if TYPE_CHECKING:
    from limner.app.app import App

Piece = tuple[Literal["kept", "added", "removed"], str]
"""Words of the old and the new prompt, in order."""

_TASK = (
    "Rewrite this prompt for an image model. Keep everything it says: the subject, the style, exact words in quotes. "
    "Add only what makes the picture clearer: where it is, how it is lit, one or two concrete details. Answer with the "
    "new prompt alone, in one paragraph, in the language of the prompt.\n<prompt>\n{prompt}\n</prompt>"
)
_TOKEN = re.compile(r"\s+|[,.;:!?]|[^\s,.;:!?]+")
_FENCE = re.compile(r"^```\w*\n|\n```$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enhanced:
    """A prompt written anew, by which model, for how many US dollars (`None`: unknown)."""

    old: str
    new: str
    model: str
    cost: Decimal | None

    def pieces(self) -> Iterator[Piece]:
        """What was kept, added and removed, word by word."""
        old, new = (_TOKEN.findall(text) for text in (self.old, self.new))
        matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
        for kind, a, b, c, d in matcher.get_opcodes():
            if kind == "equal":
                yield "kept", "".join(old[a:b])
            if kind in ("replace", "delete"):
                yield "removed", "".join(old[a:b])
            if kind in ("replace", "insert"):
                yield "added", "".join(new[c:d])


def enhance(
    app: App,
    prompt: str,
    *,
    model: str | None = None,
    connection: str | None = None,
    unlisted: bool = False,
    budget_usd: Decimal | None = None,
) -> Enhanced:
    """Ask a model to write `prompt` anew; by default the model that would draw it, asked for words alone.

    The call is recorded and counted like any other. Raises what `App.run` raises, and a `CallError` without words.
    """
    plan = app.plan(
        Ask(
            prompt=_TASK.replace("{prompt}", prompt),
            model=model,
            connection=connection,
            image=False,
            unlisted=unlisted,
            budget_usd=budget_usd,
        )
    )
    result = app.run(plan)
    error = result.error()
    if error is not None and result.outcome.kind is not OutcomeKind.TEXT_ONLY:
        raise error
    words = " ".join(_FENCE.sub("", result.text.strip()).strip().strip('"').split())
    return Enhanced(old=prompt, new=words or prompt, model=plan.model_id, cost=result.cost)
