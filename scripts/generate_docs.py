"""Makes the generated pages and pictures of the documentation; with `--check` it only says which are out of date."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import docs_lint
import docs_models
import docs_outcomes
import docs_pictures
import docs_workflow
import docs_workflow_pictures

from limner.cli.main import help_page
from limner.providers.sandbox.protocol.card_page import markdown as card_page

DOCS = Path(__file__).parent.parent / "docs"


def main(arguments: list[str]) -> int:
    """Write what is out of date; with `--check` write nothing and give 1 if anything is."""
    stale = list(_stale())
    if "--check" in arguments:
        for path, _ in stale:
            print(f"out of date: {path.relative_to(DOCS.parent)} (run: make gen)")
        return 1 if stale else 0
    for path, content in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        print(path.relative_to(DOCS.parent))
    return 0


def pages() -> dict[str, str]:
    """The generated pages by their name in `docs/`."""
    return {
        "cli.md": help_page(),
        "models.md": docs_models.markdown(),
        "prompt-lint.md": docs_lint.markdown(),
        "outcomes.md": docs_outcomes.markdown(),
        "test-cards.md": card_page(),
        "workflow-format.md": docs_workflow.markdown(),
    }


def _stale() -> Iterator[tuple[Path, bytes]]:
    for name, text in pages().items():
        path = DOCS / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield path, text.encode()
    for name, picture in (*docs_pictures.pictures(), *docs_workflow_pictures.pictures()):
        path = DOCS / "images" / name
        if not docs_pictures.is_same(picture, path):
            yield path, docs_pictures.encoded(picture)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
