"""The trash: pictures put away, taken back or erased for good."""

from __future__ import annotations

from limner.store.gallery import Wanted
from limner.store.history import Query
from limner.studio.screens.library import PAGE
from limner.studio.visit import Answer, Go, Page, Visit, get, post
from limner.studio.words import many, size


def show(visit: Visit) -> Answer:
    """What was put away, the newest first."""
    wanted = Wanted(query=Query(trashed=True))
    gallery = visit.context.app.store.gallery
    values = {
        "pictures": gallery.page(wanted, limit=PAGE),
        "count": gallery.count(wanted),
        "calls": visit.context.app.store.history.count(trashed=True),
        "sure": visit.query.get("sure") == "yes",
    }
    return Page(template="trash.html", title="Trash", screen="library", values=values)


def restore(visit: Visit) -> Answer:
    """Take back calls by their ids, or those of the pictures that are ticked."""
    gallery = visit.context.app.store.gallery
    picked = [picture.call_id for name in visit.texts("pick") if (picture := gallery.find(name)) is not None]
    calls = list(dict.fromkeys([*visit.query.getlist("call"), *picked]))
    count = visit.context.app.store.trash.restore(calls)
    back = visit.query.get("back", "/library/trash")
    return Go(to=back, notice=_restored(count))


def empty(visit: Visit) -> Answer:
    """Erase everything in the trash for good, once a person has said so twice."""
    if visit.text("sure") != "yes":
        return Go(to="/library/trash?sure=yes")
    store = visit.context.app.store
    erased = store.trash.empty()
    visit.context.thumbs.keep_only(store.journal.pictures())
    kept = f" {many(len(erased.needed), 'answer')} stay: conversations go on from them." if erased.needed else ""
    return Go(
        to="/library/trash",
        notice=f"{many(erased.calls, 'answer')} erased for good, {size(erased.freed_bytes)} freed.{kept}",
    )


def _restored(count: int) -> str:
    return (
        "Nothing was taken back."
        if not count
        else f"{many(count, 'answer')} taken back with all its pictures."
        if (count == 1)
        else f"{count} answers taken back with all their pictures."
    )


ROUTES = (
    get("/library/trash", show),
    post("/library/trash/restore", restore),
    post("/library/trash/empty", empty),
)
