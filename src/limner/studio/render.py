"""Templates, and what they may use beside their values. Everything is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context as Scope
from markupsafe import Markup

from limner._version import __version__
from limner.studio import words
from limner.studio.live import part_id
from limner.studio.static import href
from limner.studio.visit import Page, Part, Renderer, Visit

Renderers = Mapping[str, Renderer]


@cache
def environment() -> Environment:
    """The templates of this package."""
    made = Environment(
        loader=PackageLoader("limner.studio"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(href=href, version=__version__, part=_part)
    made.filters.update(words.FILTERS)
    return made


def page_html(page: Page, visit: Visit, renderers: Renderers) -> str:
    """A whole page."""
    values = {"title": page.title, "screen": page.screen, **page.values}
    return environment().get_template(page.template).render(visit=visit, renderers=renderers, **values)


def part_html(part: Part, visit: Visit, renderers: Renderers) -> str:
    """A part of a page."""
    return environment().get_template(part.template).render(visit=visit, renderers=renderers, **part.values)


def topic_html(topic: str, visit: Visit, renderers: Renderers) -> str:
    """The live part of a topic, such as `feed` or `run:ID`. Raises `KeyError` for a topic that there is not."""
    name, _, argument = topic.partition(":")
    return part_html(renderers[name](visit, argument), visit, renderers)


@pass_context
def _part(scope: Scope, topic: str, tag: str = "div") -> Markup:
    """In a template: the live part of a topic, which is drawn again whenever it changes."""
    visit: Visit = scope["visit"]
    if topic not in visit.topics:
        visit.topics.append(topic)
    html = topic_html(topic, visit, scope["renderers"])
    return Markup(f'<{tag} id="{part_id(topic)}">{html}</{tag}>')  # noqa: S704 - rendered by the same templates
