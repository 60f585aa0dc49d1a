"""The library: every picture made, found again by filters that stand in the address."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import get_args
from urllib.parse import urlencode

from limner.core.size import AspectRatio
from limner.store.gallery import Order, Shown, Wanted
from limner.store.history import Query
from limner.studio.visit import Answer, Bytes, Go, Page, Part, Visit, get, post

PAGE = 60
ORDERS: tuple[Order, ...] = get_args(Order)
RATIOS = ("1:1", "4:3", "3:4", "16:9", "9:16", "3:2", "2:3")
MADE = {"generate": "from words", "edit": "by an edit"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What an address asks for; each is empty where it does not matter. Days are written as 2026-11-27."""

    q: str = ""
    star: str = ""
    model: str = ""
    connection: str = ""
    ratio: str = ""
    op: str = ""
    since: str = ""
    until: str = ""
    sort: str = ""

    @property
    def wanted(self) -> Wanted:
        """The same for the store."""
        until = _midnight(self.until)
        query = Query(
            words=self.q,
            model=self.model or None,
            connection=self.connection or None,
            kind=self.op or None,
            since_ms=_ms(_midnight(self.since)),
            until_ms=None if until is None else _ms(until + timedelta(days=1)),
        )
        return Wanted(query=query, starred=bool(self.star), ratio=_ratio(self.ratio))

    @property
    def order(self) -> Order:
        """In which order; the newest first by default."""
        return next((order for order in ORDERS if order == self.sort), "newest")

    def address(self, **changes: str) -> str:
        """The library with these filters, some of them changed."""
        pairs = {name: getattr(replace(self, **changes), name) for name in _NAMES}
        kept = {name: value for name, value in pairs.items() if value}
        return "/library" + (f"?{urlencode(kept)}" if kept else "")

    def chips(self) -> list[tuple[str, str]]:
        """What is set, each with the address without it."""
        said = {
            "q": f"“{self.q}”",
            "star": "starred",
            "since": f"since {self.since}",
            "until": f"until {self.until}",
            "op": MADE.get(self.op, self.op),
        }
        names = [name for name in _NAMES if name != "sort" and getattr(self, name)]
        return [(said.get(name, getattr(self, name)), self.address(**{name: ""})) for name in names]


_NAMES = ("q", "star", "model", "connection", "ratio", "op", "since", "until", "sort")


def show(visit: Visit) -> Answer:
    """A page of pictures."""
    filters = filters_of(visit)
    gallery = visit.context.app.store.gallery
    count = gallery.count(filters.wanted)
    pages = max(1, -(-count // PAGE))
    page = min(max(_number(visit.text("page")), 1), pages)
    pictures = gallery.page(filters.wanted, order=filters.order, limit=PAGE, skip=(page - 1) * PAGE)
    base = filters.address()
    values = {
        "filters": filters,
        "pictures": pictures,
        "count": count,
        "page": page,
        "pages": pages,
        "base": base + ("&" if "?" in base else "?"),
        "here": base + (f"{'&' if '?' in base else '?'}page={page}" if page > 1 else ""),
        "models": sorted({used.model for used in visit.context.app.store.journal.models_used()}),
        "connections": list(visit.context.app.settings.connections),
        "ratios": RATIOS,
        "made": MADE,
        "orders": ORDERS,
        "newest": visit.context.app.store.gallery.page(Wanted(), limit=1)[0].call_id if count else "0",
    }
    return Page(template="library.html", title="Library", screen="library", values=values)


def act(visit: Visit) -> Answer:
    """Do something with the pictures that are ticked."""
    back = visit.text("back", "/library")
    gallery = visit.context.app.store.gallery
    chosen = [picture for name in visit.texts("pick") if (picture := gallery.find(name)) is not None]
    do = visit.text("do")
    if not chosen:
        return Go(to=back, notice="Tick some pictures first.")
    if do == "star":
        for picture in chosen:
            gallery.star(picture.blob.sha256, starred=True)
        return Go(to=back, notice=f"{_many(chosen)} starred.")
    if do == "compare":
        if len(chosen) != 2:
            return Go(to=back, notice="Tick exactly two pictures to compare them.")
        return Go(to=f"/i/{chosen[0].name}/compare/{chosen[1].name}")
    if do == "zip":
        return Bytes(mime_type="application/zip", path=_zipped(visit, chosen), name="pictures.zip", made=True)
    return put_away(visit, chosen, back)


def put_away(visit: Visit, chosen: Sequence[Shown], back: str) -> Go:
    """Put pictures into the trash; those that came with them in one answer go along, and that is said."""
    calls = list(dict.fromkeys(picture.call_id for picture in chosen))
    store = visit.context.app.store
    along = sum(len(store.gallery.of_call(call)) for call in calls) - len(chosen)
    store.trash.put(calls)
    more = f", and {along} more of the same answers" if along else ""
    undo = "/library/trash/restore?" + urlencode([("call", call) for call in calls] + [("back", back)])
    return Go(to=back, notice=f"{_many(chosen)} moved to the trash{more}.", undo=undo)


def fresh(visit: Visit, newest: str) -> Part:
    """How many pictures were made since the page was drawn: the page itself does not move."""
    gallery, count = visit.context.app.store.gallery, 0
    for picture in gallery.page(Wanted(), limit=PAGE):
        if picture.call_id <= newest:
            break
        count += 1
    return Part(template="parts/fresh.html", values={"count": count})


def filters_of(visit: Visit) -> Filters:
    """The filters of an address; what they do not know is passed over."""
    return Filters(**{name: visit.text(name)[:200] for name in _NAMES})


def _zipped(visit: Visit, chosen: Sequence[Shown]) -> Path:
    """The pictures in one file, in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="limner-"))
    target, names = folder / "pictures.zip", set[str]()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for picture in chosen:
            name, number = picture.file_name, 2
            while name in names:
                stem, _, extension = picture.file_name.rpartition(".")
                name, number = f"{stem}-{number}.{extension}", number + 1
            names.add(name)
            archive.write(visit.context.app.store.blobs.path(picture.blob), name)
    return target


def _many(chosen: Sequence[object]) -> str:
    return "1 picture" if len(chosen) == 1 else f"{len(chosen)} pictures"


def _ratio(text: str) -> tuple[int, int] | None:
    try:
        found = AspectRatio.parse(text)
    except ValueError:
        return None
    return found.width, found.height


def _midnight(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time()).astimezone()
    except ValueError:
        return None


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1


ROUTES = (get("/library", show), post("/library", act))
PARTS = {"fresh": fresh}
