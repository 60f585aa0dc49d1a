"""Style sheets and scripts: one style sheet of all, each file under an address that changes with what is in it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "static"

STYLE = "studio.css"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@cache
def contents() -> dict[str, tuple[str, bytes]]:
    """Every file that is served, by its address below `/static/`: its type and its bytes."""
    files = {STYLE: _style()}
    for path in sorted(_FOLDER.rglob("*")):
        if path.suffix in _TYPES and path.suffix != ".css":
            files[path.relative_to(_FOLDER).as_posix()] = path.read_bytes()
    return {_named(name, data): (_TYPES[Path(name).suffix], data) for name, data in files.items()}


@cache
def href(name: str) -> str:
    """The address of a file, such as `js/prompt-box.js`. Raises `KeyError` where there is none of that name."""
    stem, _, suffix = name.rpartition(".")
    for address in contents():
        if address.startswith(stem + "-") and address.endswith(suffix) and len(address) == len(name) + 13:
            return f"/static/{address}"
    raise KeyError(name)


def modules() -> list[str]:
    """The addresses of our own scripts."""
    return [f"/static/{address}" for address in contents() if address.startswith("js/")]


def _style() -> bytes:
    """The sheets in `static/css`, in the order of their names: tokens, base, components, screens."""
    return b"\n".join(path.read_bytes() for path in sorted((_FOLDER / "css").glob("*.css")))


def _named(name: str, data: bytes) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"{stem}-{hashlib.sha256(data).hexdigest()[:12]}.{suffix}"
