"""A picture with its ancestry: versions, redo, details, lineage, the request."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal

from limner._json import JsonObject, JsonValue
from limner.app.lineage import Node, lineage
from limner.core.provenance import find_credentials
from limner.errors import LimnerError
from limner.redaction import redact
from limner.store.gallery import Shown
from limner.store.journal import CallRecord
from limner.studio.code import as_command, as_curl, as_python
from limner.studio.draft import Draft, Reference, address_of
from limner.studio.offer import quoted
from limner.studio.screens.feed import draft_of_record, wish_card
from limner.studio.screens.library import put_away
from limner.studio.visit import Answer, Go, Missing, Page, Part, Visit, get, post

PANELS = ("details", "lineage", "request")
MOST_NODES = 120
MOST_JSON = 40_000
"""Characters of a request or an answer that a page shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A call in the tree: `depth` steps below the first, with its pictures, or the reason why it has none."""

    depth: int
    record: CallRecord
    pictures: tuple[Shown, ...]
    here: bool


def show(visit: Visit) -> Answer:
    """The picture, and one panel beside it."""
    picture, record = find(visit)
    tree = lineage(visit.context.app.store, record)
    leaves = _leaves(visit, tree)
    panel = visit.text("panel") if visit.text("panel") in PANELS else "details"
    siblings = visit.context.app.store.gallery.of_call(record.call_id)
    older, newer = visit.context.app.store.gallery.around(picture)
    draft = _change(picture, record, prompt="x", new=False)
    values = {
        "picture": picture,
        "record": record,
        "panel": panel,
        "siblings": siblings,
        "versions": _versions(visit, tree, record, picture),
        "leaves": leaves,
        "tree_usd": sum((Decimal(leaf.record.cost_usd) for leaf in leaves if leaf.record.cost_usd), Decimal(0)),
        "price": quoted(visit, draft).price,
        "request": _request(visit, record) if panel == "request" else {},
        "credentials": _has_credentials(visit, picture),
        "older": older,
        "newer": newer,
        "reuse": address_of(draft_of_record(record)),
    }
    return Page(template="picture.html", title=_title(picture), screen="library", values=values)


def redo(visit: Visit) -> Answer:
    """Make it again with a change, or the same once more; the picture itself stays."""
    picture, record = find(visit)
    how, notes = visit.text("how"), visit.text("notes")
    if how == "change" and not notes:
        return Go(to=f"/i/{picture.name}", notice="Say first what should change.")
    if how == "same":
        draft = draft_of_record(record)
    else:
        draft = _change(picture, record, prompt=notes, new=visit.text("basis") == "new")
    try:
        wish = visit.context.making.add({**draft.to_wish(), "from": picture.name})
    except LimnerError as problem:
        return Go(to=f"/i/{picture.name}", notice=f"{problem.message} {problem.hint or ''}"[:400])
    return Go(to=f"/i/{picture.name}?wish={wish.id}#made")


def made(visit: Visit, wish_id: str) -> Part:
    """A wish that began on this page: under way, then its picture."""
    wish = visit.context.app.store.wishes.find(wish_id)
    if wish is None:
        raise Missing("This wish is not there.")
    return Part(template="parts/made.html", values={"card": wish_card(visit, wish)})


def star(visit: Visit) -> Answer:
    """Give it a star, or take it away."""
    picture, _ = find(visit)
    starred = visit.text("starred") == "yes"
    visit.context.app.store.gallery.star(picture.blob.sha256, starred)
    back = visit.text("back", f"/i/{picture.name}")
    return Go(to=back)


def describe(visit: Visit) -> Answer:
    """Say what it shows, for who cannot see it."""
    picture, _ = find(visit)
    visit.context.app.store.gallery.describe(picture.blob.sha256, visit.text("words")[:1000])
    return Go(to=f"/i/{picture.name}", notice="Description kept.")


def trash(visit: Visit) -> Answer:
    """Put it away."""
    picture, _ = find(visit)
    return put_away(visit, [picture], "/library")


def find(visit: Visit, name: str | None = None) -> tuple[Shown, CallRecord]:
    """The picture of an address and the call that made it. Raises `Missing` with where it may be."""
    store = visit.context.app.store
    picture = store.gallery.find(name or visit.path["image"])
    record = None if picture is None else store.journal.find(picture.call_id)
    if picture is None or record is None:
        raise Missing("There is no such picture. It may have been erased.")
    return picture, record


def _change(picture: Shown, record: CallRecord, *, prompt: str, new: bool) -> Draft:
    """The wish for a change: an edit of the picture, or a new one by the old prompt and what was said."""
    draft = draft_of_record(record)
    if new:
        return replace(draft, prompt=f"{record.prompt}\n{prompt}")
    own = Reference(sha256=picture.blob.sha256, size=picture.blob.size, mime_type=picture.mime_type, role="edit")
    return replace(draft, prompt=prompt, references=(own,), ratio="")


def _versions(visit: Visit, tree: Node, record: CallRecord, picture: Shown) -> list[Shown]:
    """The pictures on the way from the first ancestor to this one, and on to its first descendants."""
    gallery = visit.context.app.store.gallery
    path = _path_to(tree, record.call_id) or [record]
    node = next((each for each in _walk(tree) if each.record.call_id == record.call_id), None)
    while node is not None and node.children:
        node = node.children[0]
        path.append(node.record)
    found = []
    for each in path:
        pictures = gallery.of_call(each.call_id)
        if each.call_id == record.call_id:
            found.append(picture)
        elif pictures:
            found.append(pictures[0])
    return found


def _path_to(node: Node, call_id: str) -> list[CallRecord] | None:
    if node.record.call_id == call_id:
        return [node.record]
    for child in node.children:
        below = _path_to(child, call_id)
        if below is not None:
            return [node.record, *below]
    return None


def _walk(node: Node) -> list[Node]:
    return [node, *(each for child in node.children for each in _walk(child))]


def _leaves(visit: Visit, tree: Node) -> list[Leaf]:
    gallery = visit.context.app.store.gallery
    found: list[Leaf] = []

    def grow(node: Node, depth: int) -> None:
        if len(found) < MOST_NODES:
            pictures = tuple(gallery.of_call(node.record.call_id))
            found.append(Leaf(depth=min(depth, 8), record=node.record, pictures=pictures, here=node.focus))
            for child in node.children:
                grow(child, depth + 1)

    grow(tree, 0)
    return found


def _request(visit: Visit, record: CallRecord) -> JsonObject:
    document = visit.context.app.store.journal.request(record.call_id)
    reply = visit.context.app.store.journal.reply(record.call_id)
    return {
        "command": as_command(record),
        "python": as_python(record),
        "curl": as_curl(record),
        "sent": _pretty(document),
        "answer": "" if reply is None else _pretty(reply),
    }


def _has_credentials(visit: Visit, picture: Shown) -> bool:
    with visit.context.app.store.blobs.open(picture.blob) as file:
        return find_credentials(file) is not None


def _pretty(document: JsonValue) -> str:
    return redact(json.dumps(document, indent=2, ensure_ascii=False))[:MOST_JSON]


def _title(picture: Shown) -> str:
    return " ".join(picture.prompt.split())[:80] or "Picture"


ROUTES = (
    get("/i/{image}", show),
    post("/i/{image}/redo", redo),
    post("/i/{image}/star", star),
    post("/i/{image}/describe", describe),
    post("/i/{image}/trash", trash),
)
PARTS = {"made": made}
