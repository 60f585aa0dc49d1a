"""What stands in the composer: read from an address or a form, and written into a wish."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from limner import _clock
from limner._json import JsonObject
from limner.app import inputs
from limner.app.making import ROLES
from limner.core.parts import ImagePart
from limner.studio.visit import Visit

MAX_COUNT = 8
"""Pictures at once in the composer; the command takes more."""

_ONCE = re.compile(r"[0-9a-z]{16}")
_REFERENCE = re.compile(r"([0-9a-f]{64}):([0-9]{1,12}):(image/[a-z0-9.+-]{1,40})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A picture that goes with the prompt. `role` is one of `ROLES`, `edit`, or nothing."""

    sha256: str
    size: int
    mime_type: str
    role: str = ""

    @property
    def key(self) -> str:
        """How a form holds it."""
        return f"{self.sha256}:{self.size}:{self.mime_type}"

    def to_json(self) -> JsonObject:
        """How a wish holds it."""
        return {"sha256": self.sha256, "size": self.size, "mimeType": self.mime_type, "role": self.role}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The composer. `once` names the form, so that one that is sent twice makes one wish."""

    prompt: str = ""
    connection: str = ""
    model: str = ""
    ratio: str = ""
    size: str = ""
    count: int = 1
    styles: tuple[str, ...] = ()
    unlisted: bool = False
    references: tuple[Reference, ...] = ()
    once: str = field(default_factory=_clock.new_id)

    @property
    def edits(self) -> bool:
        """Whether a picture is to be changed, rather than made."""
        return any(each.role == "edit" for each in self.references)

    def to_wish(self) -> JsonObject:
        """What is kept of it, and made."""
        return {
            "prompt": self.prompt,
            "connection": self.connection,
            "model": self.model,
            "ratio": self.ratio,
            "size": self.size,
            "count": self.count,
            "styles": list(self.styles),
            "unlisted": self.unlisted,
            "images": [each.to_json() for each in self.references],
        }

    def without(self, place: int) -> Draft:
        """The same without one of its pictures."""
        kept = tuple(each for number, each in enumerate(self.references) if number != place)
        return replace(self, references=kept)

    def moved(self, place: int, steps: int) -> Draft:
        """The same with one of its pictures further left (negative) or right."""
        order = list(self.references)
        if 0 <= place < len(order) and 0 <= place + steps < len(order):
            order.insert(place + steps, order.pop(place))
        return replace(self, references=tuple(order))


def draft_of_wish(document: JsonObject) -> Draft:
    """The composer filled with what was wished before."""
    images = document.get("images", [])
    return Draft(
        prompt=document.get("prompt", ""),
        connection=document.get("connection", ""),
        model=document.get("model", ""),
        ratio=document.get("ratio", ""),
        size=document.get("size", ""),
        count=int(document.get("count", 1)),
        styles=tuple(document.get("styles", ())),
        references=tuple(
            Reference(sha256=each["sha256"], size=each["size"], mime_type=each["mimeType"], role=each.get("role", ""))
            for each in images
        ),
    )


def address_of(draft: Draft) -> str:
    """The address that fills the composer so; it starts nothing."""
    names = ("prompt", "connection", "model", "ratio", "size")
    pairs = [(name, getattr(draft, name)) for name in names if getattr(draft, name)]
    pairs += [("n", str(draft.count))] if draft.count > 1 else []
    pairs += [("style", style) for style in draft.styles]
    pairs += [("ref", f"{each.key}:{each.role}") for each in draft.references]
    return "/create" + (f"?{urlencode(pairs)}" if pairs else "")


def draft_of_query(visit: Visit) -> Draft:
    """The composer as an address asks for it. What it names that there is not is passed over."""
    given = [_named(visit, text) for text in visit.texts("ref")]
    edited = _named(visit, f"{visit.text('from')}:edit") if visit.text("from") else None
    references = tuple(each for each in (edited, *given) if each is not None)
    return Draft(
        prompt=visit.text("prompt"),
        connection=visit.text("connection"),
        model=visit.text("model"),
        ratio=visit.text("ratio"),
        size=visit.text("size"),
        count=_number(visit.text("n")),
        styles=tuple(visit.texts("style")),
        references=references,
    )


def draft_of_form(visit: Visit) -> Draft:
    """The composer as it was sent. Raises `InvalidRequestError` for a file that is no picture."""
    roles = visit.texts("role")
    kept = []
    for number, text in enumerate(visit.texts("reference")):
        found = _REFERENCE.fullmatch(text)
        if found is not None:
            role = roles[number] if number < len(roles) else ""
            kept.append(_reference(found, role))
    once = visit.text("once")
    return Draft(
        prompt=visit.text("prompt"),
        connection=visit.text("connection"),
        model=visit.text("model"),
        ratio=visit.text("ratio"),
        size=visit.text("size"),
        count=_number(visit.text("n")),
        styles=tuple(style for style in visit.texts("style") if style),
        unlisted=visit.text("unlisted") == "yes",
        references=(*kept, *_uploaded(visit)),
        once=once if _ONCE.fullmatch(once) else _clock.new_id(),
    )


def _uploaded(visit: Visit) -> tuple[Reference, ...]:
    found = []
    blobs = visit.context.app.store.blobs
    for number, file in enumerate(visit.files("files"), start=1):
        part, _, _ = inputs.load(file.file.read(), blobs, number)
        assert isinstance(part, ImagePart)
        found.append(Reference(sha256=part.blob.sha256, size=part.blob.size, mime_type=part.mime_type))
    return tuple(found)


def _named(visit: Visit, text: str) -> Reference | None:
    """A picture by its name in the library or by its bytes, with a role behind a colon."""
    name, _, role = text.rpartition(":") if ":" in text else (text, "", "")
    found = _REFERENCE.fullmatch(name)
    if found is not None:
        return _reference(found, role)
    picture = visit.context.app.store.gallery.find(name)
    if picture is None:
        return None
    return Reference(
        sha256=picture.blob.sha256,
        size=picture.blob.size,
        mime_type=picture.mime_type,
        role=role if role in (*ROLES, "edit") else "",
    )


def _reference(found: re.Match[str], role: str) -> Reference:
    known = role if role in (*ROLES, "edit") else ""
    return Reference(sha256=found[1], size=int(found[2]), mime_type=found[3], role=known)


def _number(text: str) -> int:
    return min(max(int(text), 1), MAX_COUNT) if text.isascii() and text.isdigit() and len(text) < 4 else 1
