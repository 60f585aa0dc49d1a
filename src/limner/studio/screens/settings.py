"""How a person wants the studio to look and to be used; where everything lies."""

from __future__ import annotations

import json

from limner._version import __version__
from limner.studio.visit import Answer, Go, Page, Visit, get, post

COOKIE = "limner_preferences"


def appearance(visit: Visit) -> Answer:
    """Theme, density, motion, keys."""
    return Page(template="appearance.html", title="Appearance", screen="settings", values={"panel": "appearance"})


def keep(visit: Visit) -> Answer:
    """Keep what was chosen in this browser, for a year."""
    chosen = {
        "theme": visit.text("theme"),
        "density": visit.text("density"),
        "motion": visit.text("motion"),
        "singleKeys": visit.text("singleKeys") == "yes",
    }
    return Go(to="/settings/appearance", notice="Kept in this browser.", cookies={COOKIE: json.dumps(chosen)})


def storage(visit: Visit) -> Answer:
    """Where pictures and settings lie, and how much they take."""
    store = visit.context.app.store
    blobs = list(store.journal.pictures())
    values = {
        "panel": "storage",
        "home": str(store.home),
        "pictures": len(blobs),
        "bytes": sum(blob.size for blob in blobs),
        "trashed": store.history.count(trashed=True),
        "version": __version__,
    }
    return Page(template="storage.html", title="Storage", screen="settings", values=values)


ROUTES = (
    get("/settings/appearance", appearance),
    post("/settings/appearance", keep),
    get("/settings/storage", storage),
)
