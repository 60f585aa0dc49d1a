"""What the composer offers for a draft: connections, models, shapes, the price, and what is likely to go wrong."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from limner import _clock
from limner.app import Plan
from limner.catalog.model import Model
from limner.errors import LimnerError
from limner.prompts.family import family_of
from limner.prompts.finding import Finding, PromptContext
from limner.prompts.lint import lint
from limner.studio.draft import Draft
from limner.studio.visit import Visit

COMMON = ("1:1", "4:3", "3:4", "16:9", "9:16", "3:2", "2:3")
"""Shapes that stand in front; the others are behind “more”."""

_NOT_HERE = frozenset({"PL007"})
"""Rules that would speak of nearly every short prompt: a picture is asked for in the request itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A ratio as the sides of a box of 20."""

    name: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What can be chosen, for the model that would be asked. `lacks` are settings that it does not take."""

    connections: tuple[str, ...]
    connection: str
    models: tuple[Model, ...]
    model: Model | None
    shapes: tuple[Shape, ...]
    more: tuple[Shape, ...]
    sizes: tuple[str, ...]
    lacks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """What a draft would cost, or why it cannot be made, and what the lint says of it."""

    label: str
    usd: Decimal | None = None
    price: str = ""
    problem: LimnerError | None = None
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    tokens: int = 0
    needs_consent: bool = False


def offer_of(visit: Visit, draft: Draft) -> Offer:
    """What there is to choose from."""
    app = visit.context.app
    settings = app.settings
    name = draft.connection if draft.connection in settings.connections else settings.default_connection
    connection = settings.connections[name]
    sandbox, today = connection.protocol == "sandbox", _clock.today()
    models = tuple(
        model
        for model in app.catalog.models()
        if model.usable
        and model.capabilities.makes_images
        and model.life.state(today) != "gone"
        and (model.protocol == "sandbox" if sandbox else model.protocol != "sandbox")
        and (connection.is_vertex or not model.vertex_only)
    )
    wanted = draft.model or connection.model or app.catalog.default_for("sandbox" if sandbox else "gemini").id
    model = app.catalog.find(wanted)
    able = None if model is None else model.capabilities
    shapes = [_shape(str(ratio)) for ratio in (able.ratios if able and able.ratios is not None else ())]
    if able is None or able.ratios is None:
        shapes = [_shape(ratio) for ratio in COMMON]
    sizes = tuple(each.value for each in able.resolutions) if able and able.resolutions is not None else ()
    lacks = [
        what
        for what, missing in (
            ("shape", not shapes),
            ("size", not sizes),
            ("pictures of yours", bool(able and able.max_reference_images == 0)),
        )
        if missing
    ]
    return Offer(
        connections=tuple(settings.connections),
        connection=name,
        models=models,
        model=model,
        shapes=tuple(shape for shape in shapes if shape.name in COMMON),
        more=tuple(shape for shape in shapes if shape.name not in COMMON),
        sizes=sizes,
        lacks=tuple(lacks),
    )


def quoted(visit: Visit, draft: Draft, label: str | None = None) -> Quoted:
    """The price on the button. Without a prompt nothing is asked of anybody."""
    word = label or ("Edit" if draft.edits else "Generate")
    if not draft.prompt:
        return Quoted(label=word)
    try:
        plan = visit.context.making.plan(draft.to_wish())
    except LimnerError as problem:
        consent = problem.code in ("unsupported.price", "unsupported.model")
        return Quoted(label=word, problem=problem, findings=_lint(draft, None), needs_consent=consent)
    usd = plan.quote.expected_usd
    return Quoted(
        label=word,
        usd=usd,
        price=price_words(usd),
        findings=_lint(draft, plan),
        warnings=plan.warnings,
        tokens=-(-len(draft.prompt) // 4),
    )


def price_words(usd: Decimal | None) -> str:
    """`about $0.034`, `free`, `price unknown`."""
    if usd is None:
        return "price unknown"
    if usd == 0:
        return "free"
    return f"about ${usd:.3f}" if usd < 1 else f"about ${usd:.2f}"


def usual_s(visit: Visit, model: str, connection: str) -> tuple[int, int] | None:
    """How long pictures of a model usually took, in seconds: four of five; `None` before there were five."""
    spans = visit.context.app.store.history.spans_ms(model, connection)
    if len(spans) < 5:
        return None
    low, high = spans[len(spans) // 10], spans[len(spans) * 9 // 10]
    return max(1, round(low / 1000)), max(1, round(high / 1000))


def _lint(draft: Draft, plan: Plan | None) -> tuple[Finding, ...]:
    request = plan.requests[0] if plan is not None else None
    context = PromptContext(
        family=family_of(request.model if request is not None else draft.model),
        operation="edit" if draft.references else "generate",
        images=len(draft.references),
        ratio=request.aspect_ratio if request is not None else None,
        size=request.resolution if request is not None else None,
        count=draft.count,
        off=_NOT_HERE,
    )
    return tuple(finding for finding in lint(draft.prompt, context) if finding.level != "info")


def _shape(ratio: str) -> Shape:
    width, height = (int(part) for part in ratio.split(":"))
    largest = max(width, height)
    return Shape(name=ratio, width=max(3, round(20 * width / largest)), height=max(3, round(20 * height / largest)))
