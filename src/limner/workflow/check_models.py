"""Whether the models that serve the stages can do what the stages ask for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from limner._json import JsonObject
from limner.catalog.model import Model
from limner.core.size import AspectRatio, Resolution
from limner.workflow.model import SENTINELS, Stage
from limner.workflow.places import Places, Served
from limner.workflow.problem import Part, Problem, shown, spoken, to_pointer
from limner.workflow.read_stage import settings_of

IMAGEN_MOST = 4
"""Most pictures of one Imagen request, where the catalog does not know of more. Source: the Imagen API's own bound."""

_SETTINGS = "imageGenerationSettings"
_OWN_PLACE = "Put {{config.imageGenerationSettings.negativePrompt}} into the promptTemplate to place it yourself."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One AI stage with the model that serves it; `merged` are its image settings with the defaults in them."""

    document: JsonObject
    number: int
    stage: Stage
    served: Served
    model: Model
    has_imagen: bool
    merged: JsonObject

    def field(self, *keys: str) -> tuple[Part, ...]:
        """Where a field is written: in the stage, else in the defaults."""
        inner = self.document.get("defaults", {})
        for holder, start in ((self.stage.document, ("stages", self.number)), (inner, ("defaults",))):
            value = holder
            for key in keys:
                value = value.get(key) if isinstance(value, dict) else None
            if value is not None:
                return (*start, *keys)
        return ("stages", self.number, *keys)


def check(document: JsonObject, stages: Sequence[Stage], places: Places, targets: Collection[str]) -> Iterator[Problem]:
    """E400, E402, E403, W404, W405, W406, E407, W408, W410, W412, E413 and W414.

    A model that the catalog does not know is not checked. On a relay a retired name is sent as written, and nothing
    is said about it. `targets` are the names of the storage targets that are configured.
    """
    for number, stage in enumerate(stages):
        if not stage.asks_model:
            continue
        served = places.served(stage)
        case = _Case(
            document=document,
            number=number,
            stage=stage,
            served=served,
            model=served.model,
            has_imagen=places.place(stage).has_imagen,
            merged=settings_of(document, stage.document),
        )
        yield from _storage(case, targets)
        if served.model.known:
            yield from _provider(case, places)
            yield from _life(case)
            yield from _request(case)
            if stage.kind == "image":
                yield from _pictures(case)


def _problem(code: str, path: tuple[Part, ...], message: str, hint: str | None = None) -> Problem:
    return Problem(code=code, message=message, pointer=to_pointer(path), hint=hint)


def _storage(case: _Case, targets: Collection[str]) -> Iterator[Problem]:
    target = case.stage.image.storage_target if case.stage.kind == "image" else None
    if target is None or target in targets:
        return
    path = (
        case.field(_SETTINGS, "storage", "target")
        if "storage" in case.merged
        else case.field(_SETTINGS, "storeInFirebase")
    )
    message = (
        f"{spoken(path)}: no storage target named {shown(target)} is configured; images stay in the local library."
    )
    known = f"Configured are: {', '.join(sorted(targets))}." if targets else "Add the target to the configuration."
    yield _problem("W410", path, message, known)


def _provider(case: _Case, places: Places) -> Iterator[Problem]:
    """Whether the call shape and the name that the author wrote belong together."""
    named = places.catalog.find(case.stage.model) if case.stage.model is not None else None
    said = case.merged.get("provider") if case.stage.kind == "image" else None
    if named is None or named.protocol == "sandbox":
        return
    path = case.field("model")
    if case.stage.kind != "image" and named.protocol == "imagen":
        message = f"{spoken(path)}: {named.id!r} makes images only, and this stage asks for text."
        yield _problem("E400", path, message, "Name a Gemini model, or leave the model out.")
    elif said is not None and said != named.protocol:
        message = (
            f"{spoken(path)}: {named.id!r} is a model of provider {named.protocol!r}, and the provider is {said!r}."
        )
        hint = f'Write "provider": "{named.protocol}", or leave the provider out: the model says it.'
        yield _problem("E400", path, message, hint)


def _life(case: _Case) -> Iterator[Problem]:
    """Another model than the one that was named, or another provider."""
    served, written = case.served, case.stage.model
    if served.relayed:
        return
    wants_imagen = case.stage.kind == "image" and case.stage.image.provider == "imagen"
    is_replaced = served.replaced and not served.imagen_missing and not (wants_imagen and written is None)
    if is_replaced:
        yield _problem("W405", case.field("model"), served.notice or "", f'Write "model": "{served.id}".')
    named_imagen = written is None or served.requested.rpartition("/")[2].startswith("imagen")
    if not (wants_imagen and named_imagen and case.model.protocol == "gemini") or case.has_imagen:
        return
    if "provider" in case.merged or not is_replaced:  # else W405 has said it all
        yield _imagen_missing(case)


def _imagen_missing(case: _Case) -> Problem:
    served, count = case.served, case.stage.image.count
    path = case.field(_SETTINGS, "provider") if "provider" in case.merged else case.field("model")
    images = "1 image" if count == 1 else f"{count} images"
    message = (
        f"Connection {served.connection!r} has no Imagen: {served.id!r} makes {images} instead, "
        "and personGeneration is not applied."
    )
    instead = 'Write "provider": "gemini", or name' if case.stage.model is None else "Name a Gemini model, or"
    return _problem("W406", path, message, f"{instead} a connection that has Imagen.")


def _request(case: _Case) -> Iterator[Problem]:
    """What any request to a model has: a temperature, input pictures."""
    stage, takes = case.stage, case.model.capabilities
    if stage.temperature is not None and case.model.protocol == "imagen":
        path = case.field("temperature")
        yield _problem(
            "W408", path, f"{spoken(path)} is not sent: {case.model.id!r} takes no temperature.", "Remove it."
        )
    sure = sum(not each.optional for each in stage.input_images)
    path = ("stages", case.number, "inputImages")
    most, advised = takes.max_reference_images, takes.advised_reference_images
    if most is not None and sure > most:
        accepted = f"at most {most}" if most else "none"
        message = f"{spoken(path)} sends {sure} or more images, and {case.model.id!r} takes {accepted}."
        yield _problem("E413", path, message, "Leave some out, or name another model.")
    elif advised is not None and sure > advised:
        message = f"{spoken(path)} sends {sure} or more images; {case.model.id!r} is good with up to {advised}."
        yield _problem("W414", path, message, "Leave some out, or name another model.")


def _pictures(case: _Case) -> Iterator[Problem]:
    image, model = case.stage.image, case.model
    if image.response_modalities == ("IMAGE",) and not model.capabilities.image_only_allowed:
        path = case.field(_SETTINGS, "gemini", "responseModalities")
        message = f"{spoken(path)}: {model.id!r} cannot answer with images alone."
        yield _problem("E402", path, message, 'Write ["TEXT", "IMAGE"].')
    if model.protocol == "imagen":
        yield from _imagen(case)
    if image.negative_prompt and not _uses_negative_prompt(case.stage):
        path = case.field(_SETTINGS, "negativePrompt")
        message = f'{spoken(path)}: {model.id!r} has no such input; the prompt ends with an "Avoid:" line instead.'
        yield _problem("W404", path, message, _OWN_PLACE)
    yield from _ratio(case, image.aspect_ratio, (_SETTINGS, "aspectRatio"))
    yield from _size(case)


def _imagen(case: _Case) -> Iterator[Problem]:
    image, model = case.stage.image, case.model
    # Models that give fewer at once are asked several times.
    most = max(IMAGEN_MOST, model.capabilities.images_per_call)
    if image.count > most:
        path = case.field(_SETTINGS, "count")
        yield _problem(
            "E403", path, f"{spoken(path)} must be 1 to {most} for {model.id!r}, is {image.count}.", f"Write {most}."
        )
    if image.person_generation == "allow_all":
        path = case.field(_SETTINGS, "imagen", "personGeneration")
        where = "the EU, the UK, Switzerland, the Middle East and North Africa"
        message = f'{spoken(path)}: "allow_all" may be refused in {where}.'
        yield _problem("W412", path, message, 'Write "allow_adult" to be accepted everywhere.')
    if image.aspect_ratio is None:
        yield from _ratio(case, image.imagen_aspect_ratio, (_SETTINGS, "imagen", "aspectRatio"))


def _uses_negative_prompt(stage: Stage) -> bool:
    prompt = (stage.prompt_template or "").replace(" ", "")
    return "{{config.imageGenerationSettings.negativePrompt" in prompt


def _is_constant(value: str | None) -> bool:
    return bool(value) and value not in SENTINELS and "{{" not in (value or "")


def _ratio(case: _Case, value: str | None, keys: tuple[str, ...]) -> Iterator[Problem]:
    offered = case.model.capabilities.ratios
    if value is None or not _is_constant(value) or offered is None:
        return
    ratio = AspectRatio.parse(value)
    if ratio in offered:
        return
    path = case.field(*keys)
    if not offered:
        message = f"{spoken(path)}: {case.model.id!r} takes no aspect ratio, so not {shown(value)} either."
        yield _problem("E407", path, message, "Describe the shape in the prompt.")
        return
    nearest = ratio.nearest(offered)
    message = (
        f"{spoken(path)}: {case.model.id!r} does not offer {shown(value)}. "
        f"It offers {', '.join(map(str, offered))}. Nearest: {nearest}."
    )
    yield _problem("E407", path, message, f'Write "{nearest}".')


def _size(case: _Case) -> Iterator[Problem]:
    value, offered = case.stage.image.image_size, case.model.capabilities.resolutions
    if value is None or not _is_constant(value) or offered is None:
        return
    size = Resolution(value)
    if size in offered:
        return
    path = case.field(_SETTINGS, "imageSize")
    if not offered:
        message = f"{spoken(path)}: {case.model.id!r} makes one size only, so {shown(value)} cannot be asked for."
        yield _problem("E407", path, message, "Leave the size out.")
        return
    sizes = list(Resolution)
    nearest = min(offered, key=lambda each: abs(sizes.index(each) - sizes.index(size)))
    message = (
        f"{spoken(path)}: {case.model.id!r} does not offer {shown(value)}. "
        f"It offers {', '.join(offered)}. Nearest: {nearest}."
    )
    yield _problem("E407", path, message, f'Write "{nearest}".')
