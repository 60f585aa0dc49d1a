"""An answer as it comes: its words piece by piece, its drafts as previews, above the line of progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limner.cli.output import Output, clean
from limner.cli.progress import Progress
from limner.core.parts import ImagePart, TextPart

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from limner.app import App
    from limner.core.event import Event


class Stream:
    """Shows the events of one call on `progress`. `preview` draws a draft; without it only its place is told.

    `has_words` says whether words of the answer were shown already.
    """

    def __init__(
        self, output: Output, app: App, progress: Progress, preview: Callable[[Path], str] | None = None
    ) -> None:
        self._output = output
        self._app = app
        self._progress = progress
        self._preview = preview
        self._draft_count = 0
        self.has_words = False

    def on_event(self, event: Event) -> None:
        """Take in what happened; any thread may call it."""
        self._progress.on_event(event)
        part = event.part
        if isinstance(part, TextPart) and not part.thought:
            self._progress.tell(self._output.redacted(clean(part.text)))
            self.has_words = True
        elif isinstance(part, ImagePart) and part.thought:
            self._draft_count += 1
            path = self._app.store.blobs.path(part.blob)
            shown = self._preview(path) if self._preview is not None else f"{path}\n"
            self._progress.tell(f"\nDraft {self._draft_count}: {shown}")
