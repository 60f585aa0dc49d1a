"""Help: how to begin, the keys, and where to read on."""

from __future__ import annotations

from limner.studio.visit import Answer, Page, Visit, get

KEYS = (
    (
        "everywhere",
        (
            ("?", "the keys of this screen"),
            ("/", "the prompt, or the search"),
            ("g then c l w r q p", "Create, Library, Workflows, Runs, Queue, Prompts"),
            ("u", "undo"),
            ("Esc", "close"),
        ),
    ),
    (
        "prompt",
        (
            ("Ctrl Enter", "generate, edit"),
            ("Ctrl Shift Enter", "the same, to the front of the queue"),
            ("Ctrl V", "a picture: add it"),
        ),
    ),
    (
        "library",
        (
            ("arrows", "move"),
            ("Space", "tick"),
            ("Shift arrows", "tick along"),
            (".", "star"),
            ("Del", "trash"),
            ("d", "download"),
            ("c", "compare the two ticked"),
        ),
    ),
    (
        "picture",
        (
            ("e", "what to change"),
            ("← →", "newer, older"),
            ("i l", "details, lineage"),
            ("c", "compare"),
            ("r f", "reuse the prompt, use as reference"),
            ("+ 0", "full size, fit"),
        ),
    ),
)


def show(_: Visit) -> Answer:
    """The page of help."""
    return Page(template="help.html", title="Help", screen="help", values={"keys": KEYS})


ROUTES = (get("/help", show),)
