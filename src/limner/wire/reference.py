"""References: the short strings that stand in a lifted document where long ones stood.

    blob:<sha256>?size=N&as=base64                        the bytes, once standard base64 with padding
    blob:<sha256>?size=N&as=base64url&pad=0&prefix=...    the other alphabet, no padding, after a data URL's head
    blob:<sha256>?size=N&as=text                          a long text, as UTF-8
    blob:<sha256>?size=N&as=text&decoded=<sha256>:<size>  irregular base64 kept as it came, and its bytes

An ordinary string that begins with `blob:` is written `blob:=` and then itself, so that nobody can forge a reference.
Whoever puts text of people or models into a lifted document passes it through `escape`; whoever reads text out of
one, through `unescape`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Self
from urllib.parse import quote, unquote

from limner.core.blob import BlobRef

Encoding = Literal["base64", "base64url", "text"]

MAX_PREFIX_BYTES = 256
"""Longest head of a data URL that is understood; a media type with parameters is far shorter."""

_SCHEME = "blob:"
_ESCAPED = "blob:="
_PREFIX = re.compile(r"(?i:data:)[A-Za-z0-9!#$&^_.+/;=-]*(?i:;base64,)")
_BLOB = r"[0-9a-f]{64}"
_SIZE = r"(?:0|[1-9][0-9]{0,17})"
_REFERENCE = re.compile(
    rf"blob:(?P<sha256>{_BLOB})\?size=(?P<size>{_SIZE})"
    r"(?:&as=(?P<encoding>base64|base64url)(?P<unpadded>&pad=0)?(?:&prefix=(?P<prefix>[A-Za-z0-9_.~%-]+))?"
    rf"|&as=text(?:&decoded=(?P<decoded>{_BLOB}):(?P<decoded_size>{_SIZE}))?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What a lifted string was, enough to write it again exactly.

    `blob` holds the decoded bytes, or the text itself where `encoding` is `text`. `padded` says whether the base64
    was filled up with `=`, `prefix` is the head of a data URL up to its comma, `decoded` the bytes of a text that was
    irregular base64.
    """

    blob: BlobRef
    encoding: Encoding
    padded: bool = True
    prefix: str = ""
    decoded: BlobRef | None = None

    def __post_init__(self) -> None:
        if self.encoding == "text" and (self.prefix or not self.padded):
            raise ValueError("a text reference keeps its prefix and padding in the text itself")
        if self.encoding != "text" and self.decoded is not None:
            raise ValueError(f"a {self.encoding} reference is decoded already")
        if self.prefix and not is_data_url_head(self.prefix):
            raise ValueError(f"{self.prefix!r} is not the head of a data URL, such as data:image/png;base64,")

    def __str__(self) -> str:
        text = f"{_SCHEME}{self.blob.sha256}?size={self.blob.size}&as={self.encoding}"
        if not self.padded:
            text += "&pad=0"
        if self.prefix:
            text += f"&prefix={quote(self.prefix, safe='')}"
        if self.decoded is not None:
            text += f"&decoded={self.decoded.sha256}:{self.decoded.size}"
        return text

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what `str()` writes; `None` for every other text."""
        match = _REFERENCE.fullmatch(text)
        if match is None:
            return None
        prefix = unquote(match["prefix"] or "")
        if prefix and not is_data_url_head(prefix):
            return None
        decoded = None
        if match["decoded"]:
            decoded = BlobRef(sha256=match["decoded"], size=int(match["decoded_size"]))
        reference = cls(
            blob=BlobRef(sha256=match["sha256"], size=int(match["size"])),
            encoding=_encoding(match["encoding"]),
            padded=match["unpadded"] is None,
            prefix=prefix,
            decoded=decoded,
        )
        return reference if str(reference) == text else None

    def picture_blob(self) -> BlobRef | None:
        """The decoded bytes; `None` for a text that is not base64."""
        return self.decoded if self.encoding == "text" else self.blob


def escape(text: str) -> str:
    """Ordinary text as it stands in a lifted document."""
    return _ESCAPED + text if text.startswith(_SCHEME) else text


def unescape(text: str) -> str:
    """The ordinary text that `escape` was given."""
    return text.removeprefix(_ESCAPED)


def is_data_url_head(text: str) -> bool:
    """Whether `text` is the part of a data URL before its base64, comma included."""
    return len(text) <= MAX_PREFIX_BYTES and _PREFIX.fullmatch(text) is not None


def _encoding(name: str | None) -> Encoding:
    if name == "base64":
        return "base64"
    return "base64url" if name == "base64url" else "text"
