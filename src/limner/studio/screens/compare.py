"""Two pictures beside each other."""

from __future__ import annotations

from limner.errors import LimnerError
from limner.imaging.decode import open_checked
from limner.imaging.drift import measure_drift
from limner.store.gallery import Shown
from limner.store.journal import CallRecord
from limner.studio.screens.picture import find
from limner.studio.visit import Answer, Page, Visit, get

MODES = ("slider", "side", "toggle", "difference")


def show(visit: Visit) -> Answer:
    """Both, in one of four ways, with what differs in words."""
    (first, before), (second, after) = find(visit), find(visit, visit.path["other"])
    mode = visit.text("mode") if visit.text("mode") in MODES else "slider"
    position = visit.text("pos")
    values = {
        "first": first,
        "second": second,
        "mode": mode,
        "modes": MODES,
        "position": int(position) if position.isdigit() and int(position) <= 100 else 50,
        "changed": _changed(visit, first, second),
        "differences": list(_differences(first, before, second, after)),
        "base": f"/i/{first.name}/compare/{second.name}",
    }
    return Page(template="compare.html", title="Compare", screen="library", values=values)


def _changed(visit: Visit, first: Shown, second: Shown) -> str:
    blobs = visit.context.app.store.blobs
    try:
        with blobs.open(first.blob) as one, blobs.open(second.blob) as other:
            return measure_drift(open_checked(one), open_checked(other)).words()
    except LimnerError as problem:
        return problem.message


def _differences(first: Shown, before: CallRecord, second: Shown, after: CallRecord) -> list[tuple[str, str, str]]:
    """What was asked differently: the name of it, and both values."""
    rows = [
        ("prompt", before.prompt, after.prompt),
        ("model", before.model, after.model),
        ("connection", before.connection, after.connection),
        ("asked shape", before.asked.get("aspectRatio") or "any", after.asked.get("aspectRatio") or "any"),
        ("seed", str(before.asked.get("seed") or "none"), str(after.asked.get("seed") or "none")),
        ("pixels", f"{first.width} × {first.height}", f"{second.width} × {second.height}"),
        ("cost", before.cost_usd or "unknown", after.cost_usd or "unknown"),
    ]
    return [(name, one, other) for name, one, other in rows if one != other]


ROUTES = (get("/i/{image}/compare/{other}", show),)
