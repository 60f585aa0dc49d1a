"""Words and pictures in the order they came, as a document: Markdown with files, one HTML file, or JSON."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from limner._json import JsonObject
from limner.app.result import Image
from limner.errors import InvalidRequestError
from limner.store import disk

_READ_BYTES = 3 * 65536  # a multiple of 3, so that pieces of base64 can follow one another
SUFFIXES = (".md", ".html", ".json")

_STYLE = """
  :root { color-scheme: light dark; --ground: #fff; --ink: #1d1d1f; --quiet: #6b6b70; --rule: #e3e3e6; }
  @media (prefers-color-scheme: dark) {
    :root { --ground: #18181a; --ink: #ececee; --quiet: #9a9aa0; --rule: #333338; }
  }
  body { margin: 0 auto; max-width: 44rem; padding: 3rem 1.25rem 5rem; background: var(--ground); color: var(--ink);
         font: 1.0625rem/1.6 system-ui, sans-serif; }
  h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
  .speaker { color: var(--quiet); font-size: .875rem; margin: 2.5rem 0 -.5rem; border-top: 1px solid var(--rule);
             padding-top: 1rem; }
  figure { margin: 1.5rem 0; }
  img { display: block; max-width: 100%; height: auto; border-radius: 6px; }
  pre { overflow-x: auto; }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Whose words and pictures follow, in a conversation."""

    name: str


Item = str | Image | Speaker
"""A piece of a document: words in Markdown, a picture, or who goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What came, in order, to be kept or shown to someone. `title` is a line of plain text."""

    title: str
    items: tuple[Item, ...]

    @property
    def images(self) -> list[Image]:
        """The pictures, in order."""
        return [item for item in self.items if isinstance(item, Image)]

    def save(self, target: str | Path, *, overwrite: bool = False) -> Path:
        """Write the document; the ending of `target` chooses how. Gives the file written.

        `.md` and a folder (`paella/`, which gets `index.md`) have the pictures as files beside them, `.html` is one
        file that holds them, `.json` names them with their places in the data folder. Nothing is written over unless
        `overwrite`. Raises `InvalidRequestError` for another ending or a file that is there, `StorageError` if the
        disk refuses.
        """
        path = Path(target)
        if str(target).endswith("/") or path.is_dir():
            path = path / "index.md"
        if path.suffix.lower() not in SUFFIXES:
            raise InvalidRequestError(
                f"{path.name[:60]!r} does not say what to write.",
                code="invalid.document",
                hint="Accepted: a folder with a closing slash, or a file that ends in .md, .html or .json.",
            )
        if path.exists() and not overwrite:
            raise _taken(path)
        try:
            disk.make_folder(path.absolute().parent)
            if not disk.place_pieces(self._pieces(path, overwrite), path, overwrite=overwrite):
                raise _taken(path)
        except OSError as problem:
            raise disk.storage_error(problem, path) from problem
        return path

    def to_json(self) -> JsonObject:
        """The document as JSON, pictures by their files and hashes."""
        return {"title": self.title, "items": [_item_to_json(item) for item in self.items]}

    def _pieces(self, path: Path, overwrite: bool) -> Iterator[bytes]:
        match path.suffix.lower():
            case ".html":
                yield from self._html()
            case ".json":
                yield json.dumps(self.to_json(), indent=2, ensure_ascii=False).encode() + b"\n"
            case _:
                yield from self._markdown(path, overwrite)

    def _markdown(self, path: Path, overwrite: bool) -> Iterator[bytes]:
        yield f"# {_one_line(self.title)}\n".encode()
        for number, item in enumerate(self.items, start=1):
            match item:
                case Speaker():
                    yield f"\n## {_one_line(item.name)}\n".encode()
                case Image():
                    place = path.parent / f"{path.stem}-{number}{item.extension}"
                    if not disk.place_copy(item.stored, place, overwrite=overwrite):
                        raise _taken(place)
                    yield f"\n![Picture]({place.name.replace(' ', '%20')})\n".encode()
                case _:
                    yield f"\n{item.strip()}\n".encode()

    def _html(self) -> Iterator[bytes]:
        from markdown_it import MarkdownIt

        markdown = MarkdownIt("commonmark", {"html": False}).disable("image")  # a picture would be fetched from outside
        title = escape(self.title)
        yield (
            "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n"
            '<meta name=viewport content="width=device-width, initial-scale=1">\n'
            "<meta http-equiv=Content-Security-Policy "
            "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n"
            f"<title>{title}</title>\n<style>{_STYLE}</style>\n<h1>{title}</h1>\n"
        ).encode()
        for item in self.items:
            match item:
                case Speaker():
                    yield f"<p class=speaker>{escape(item.name)}</p>\n".encode()
                case Image():
                    yield from _figure(item)
                case _:
                    yield markdown.render(item).encode()


def document_of(title: str, parts: Sequence[object]) -> Document:
    """The finished words and pictures among `parts` of an answer, in order; thinking and drafts are left out."""
    from limner.core.parts import TextPart

    items: list[Item] = []
    for part in parts:
        if isinstance(part, Image) and not part.draft:
            items.append(part)
        elif isinstance(part, TextPart) and not part.thought and part.text:
            if items and isinstance(items[-1], str):
                items[-1] += part.text
            else:
                items.append(part.text)
    return Document(title=_one_line(title)[:120], items=tuple(item for item in items if item != "" and item != "\n"))


def _taken(path: Path) -> InvalidRequestError:
    return InvalidRequestError(
        f"{str(path)!r} is there already.", code="invalid.exists", hint="Choose another name or overwrite."
    )


def _figure(image: Image) -> Iterator[bytes]:
    yield (
        f'<figure><img width="{image.width}" height="{image.height}" alt="" '
        f'src="data:{image.mime_type};base64,'.encode()
    )
    with image.stored.open("rb", buffering=0) as file:
        reader = io.BufferedReader(file, _READ_BYTES)
        while piece := reader.read(_READ_BYTES):
            yield base64.b64encode(piece)
    yield b'"></figure>\n'


def _item_to_json(item: Item) -> JsonObject:
    match item:
        case Speaker():
            return {"speaker": item.name}
        case Image():
            return {"image": item.to_json()}
        case _:
            return {"text": item}


def _one_line(text: str) -> str:
    return " ".join(text.split())
