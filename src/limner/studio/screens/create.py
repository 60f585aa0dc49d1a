"""Create: the composer, and what was made today."""

from __future__ import annotations

from dataclasses import replace

from limner.errors import LimnerError
from limner.prompts.styles import styles
from limner.studio.draft import Draft, draft_of_form, draft_of_query
from limner.studio.offer import offer_of, quoted
from limner.studio.screens.feed import cards
from limner.studio.visit import Answer, Go, Page, Part, Visit, get, post

SEEDS = (
    ("A polaroid of a dog wearing sunglasses", "1:1"),
    ('A minimalist logo for a bakery called "Luma"', "1:1"),
    ("A product photo of a perfume bottle on stone, soft light", "4:3"),
    ("A lighthouse in a storm, dramatic light, oil painting", "16:9"),
)
"""What an empty composer offers; it fills the box and starts nothing."""


def show(visit: Visit) -> Answer:
    """The composer as the address fills it."""
    return _page(visit, draft_of_query(visit))


def make(visit: Visit) -> Answer:
    """Make the wish; or do to the composer what another of its buttons says."""
    do = visit.text("do", "make")
    try:
        draft = draft_of_form(visit)
    except LimnerError as problem:
        return _page(visit, draft_of_query(visit), problem)
    name, _, place = do.partition(":")
    number = int(place) if place.isdigit() else 0
    if name == "remove":
        return _page(visit, draft.without(number))
    if name in ("left", "right"):
        return _page(visit, draft.moved(number, -1 if name == "left" else 1))
    if name == "check" or not draft.prompt:
        return _page(visit, draft)
    try:
        visit.context.making.add(draft.to_wish(), first=do == "front", wish_id=draft.once)
    except LimnerError as problem:
        return _page(visit, draft, problem)
    return Go(to="/create")


def quote(visit: Visit) -> Answer:
    """What the composer offers and what it would cost, for a draft that is being written."""
    try:
        draft = draft_of_form(visit)
    except LimnerError as problem:
        return Part(template="parts/problem.html", values={"problem": problem}, status=422)
    return Part(template="parts/quote.html", values=_values(visit, draft))


def again(visit: Visit) -> Answer:
    """The same once more."""
    wish = visit.context.app.store.wishes.find(visit.path["wish"])
    if wish is not None:
        visit.context.making.add(wish.ask, first=False)
    return Go(to="/create")


def cancel(visit: Visit) -> Answer:
    """Take back a wish, or break off its calls; what has come is kept."""
    visit.context.making.cancel(visit.path["wish"])
    return Go(to=visit.text("back", "/create"))


def feed(visit: Visit, _: str) -> Part:
    """What was asked for today."""
    return Part(template="parts/feed.html", values={"cards": cards(visit)})


def _page(visit: Visit, draft: Draft, problem: LimnerError | None = None) -> Page:
    values = {**_values(visit, draft), "seeds": SEEDS, "problem": problem}
    status = 422 if problem is not None else 200
    return Page(template="create.html", title="Create", screen="create", values=values, status=status)


def _values(visit: Visit, draft: Draft) -> dict[str, object]:
    offer = offer_of(visit, draft)
    names = {shape.name for shape in (*offer.shapes, *offer.more)}
    fitting = replace(
        draft,
        connection=offer.connection,
        ratio=draft.ratio if draft.ratio in names else "",
        size=draft.size if draft.size in offer.sizes else "",
        model=draft.model if offer.model is not None and draft.model else "",
    )
    busy = any(wish.state == "waiting" for wish in visit.context.app.store.wishes.open())
    label = "Add to queue" if busy else None
    return {"draft": fitting, "offer": offer, "quote": quoted(visit, fitting, label), "looks": styles()}


ROUTES = (
    get("/create", show),
    post("/create", make),
    post("/create/quote", quote),
    post("/create/{wish}/again", again),
    post("/create/{wish}/cancel", cancel),
)
PARTS = {"feed": feed}
