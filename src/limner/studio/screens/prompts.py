"""Prompts that were used, looks and templates."""

from __future__ import annotations

from urllib.parse import urlencode

from limner.errors import LimnerError
from limner.prompts.styles import styles
from limner.prompts.templates import fill, find_template, templates
from limner.store.gallery import Shown, Wanted
from limner.store.history import Query
from limner.studio.visit import Answer, Go, Missing, Page, Visit, get, post

TABS = ("history", "templates", "looks")
MOST = 60


def show(visit: Visit) -> Answer:
    """One of the three lists."""
    tab = visit.text("tab") if visit.text("tab") in TABS else "history"
    words = visit.text("q")
    used: dict[str, list[Shown]] = {}
    if tab == "history":
        for picture in visit.context.app.store.gallery.page(Wanted(query=Query(words=words)), limit=400):
            used.setdefault(picture.prompt, []).append(picture)
    lower = words.lower()
    values = {
        "tab": tab,
        "tabs": TABS,
        "words": words,
        "used": list(used.items())[:MOST],
        "looks": [each for each in styles() if lower in f"{each.id} {each.group} {each.when}".lower()],
        "templates": [each for each in templates() if lower in f"{each.name} {each.text} {each.when}".lower()],
    }
    return Page(template="prompts.html", title="Prompts", screen="prompts", values=values)


def use(visit: Visit) -> Answer:
    """Fill a template with what was typed, and the composer with it."""
    try:
        template = find_template(visit.path["template"])
    except LimnerError as problem:
        raise Missing(problem.message) from problem
    given = {each.name: visit.text(f"v.{each.name}") for each in template.variables if visit.text(f"v.{each.name}")}
    try:
        prompt = fill(template, given)
    except LimnerError as problem:
        return Go(to=f"/prompts?tab=templates#{template.id}", notice=problem.message[:300])
    return Go(to="/create?" + urlencode({"prompt": prompt}))


ROUTES = (get("/prompts", show), post("/prompts/{template}", use))
