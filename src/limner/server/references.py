"""Pictures that a request names instead of bringing: uploaded files, and addresses where the operator allows it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from limner import _clock
from limner._json import JsonObject, JsonValue
from limner.core.picture import NotAPicture
from limner.core.sink import Shelf
from limner.core.transport import TransportFault
from limner.providers.links import fetch_picture
from limner.server.context import Context, Exchange
from limner.wire.gemini.fields import pick, pick_list, pick_text
from limner.wire.gemini.parts import picture_reference
from limner.wire.gemini.refusals import RefusedError, failed, invalid
from limner.wire.reference import escape

GOOGLE_HOST = "generativelanguage.googleapis.com"

_FILE = re.compile(r"(?:(?P<scheme>https?)://(?P<host>[^/?#]{1,255})(?:/[^?#]*)?/)?files/(?P<id>[a-z0-9-]{1,40})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """Finds what requests of `owner` name; `host` is the name this server was asked under, if it is known.

    What is fetched is put on `shelf`.
    """

    context: Context
    owner: str
    shelf: Shelf
    host: str | None = None

    @classmethod
    def of(cls, exchange: Exchange) -> Finder:
        """For the request under way."""
        return cls(
            context=exchange.context,
            owner=exchange.caller.owner,
            shelf=exchange.shelf,
            host=exchange.request.headers.get("host"),
        )

    async def resolved(self, document: JsonValue) -> JsonValue:
        """The document with each `fileData` that can be had as `inlineData`.

        Raises `RefusedError`: 403 for a file that is not there or belongs to another key, as Google answers; 400 for
        an address that is not fetched.
        """
        if not isinstance(document, dict):
            return document
        changed: JsonObject = {}
        for key, value in document.items():
            if key in ("generateContentRequest", "generate_content_request"):
                changed[key] = await self.resolved(value)
            elif key == "contents":
                turns = value if isinstance(value, list) else [value]
                self._check_pictures(turns)
                changed[key] = [await self._turn(turn) for turn in turns]
            else:
                changed[key] = value
        return changed

    def _check_pictures(self, turns: list[JsonValue]) -> None:
        most = self.context.limits.pictures
        parts = (part for turn in turns for part in pick_list(turn, "parts"))
        if sum(pick(part, "inlineData") is not None or pick(part, "fileData") is not None for part in parts) > most:
            raise invalid(f"A request has at most {most} pictures.", field="contents")

    async def _turn(self, turn: JsonValue) -> JsonValue:
        parts = pick_list(turn, "parts")
        if not any(pick(part, "fileData") is not None for part in parts):
            return turn
        return {**turn, "parts": [await self._part(part) for part in parts]}

    async def _part(self, part: JsonValue) -> JsonValue:
        uri = pick_text(pick(part, "fileData"), "fileUri")
        inline = None if uri is None else await self._found(uri)
        if inline is None:
            return part
        rest = {key: value for key, value in part.items() if key not in ("fileData", "file_data")}
        return {**rest, "inlineData": inline}

    async def _found(self, uri: str) -> JsonObject | None:
        """The picture behind an address as `inlineData`; `None` for one that only the model can judge."""
        own = _FILE.fullmatch(uri)
        if own and own["host"] in (None, GOOGLE_HOST, self.host):
            return await self._stored(own["id"])
        if uri.startswith("https://") and urlsplit(uri).hostname in self.context.settings.fetch_hosts:
            return await self._fetched(uri)
        if uri.startswith(("https://", "http://")):
            raise invalid(
                f"Cannot fetch content from the provided URL {uri[:100]!r}: its host is not allowed.",
                hint="Send the picture as inlineData or upload it; the operator can allow a host with --fetch-host.",
            )
        return None

    async def _stored(self, file_id: str) -> JsonObject:
        file = await asyncio.to_thread(self.context.store.files.get, self.owner, file_id, _clock.now_ms())
        if file is None:
            raise no_such_file(file_id)
        return {"mimeType": escape(file.mime_type), "data": picture_reference(file.blob)}

    async def _fetched(self, url: str) -> JsonObject:
        try:
            picture = await asyncio.to_thread(fetch_picture, url, self.shelf)
        except (TransportFault, NotAPicture) as problem:
            raise invalid(f"Cannot fetch content from the provided URL: {problem}.") from problem
        return {"mimeType": picture.mime_type, "data": picture_reference(picture.blob)}


def no_such_file(file_id: str) -> RefusedError:
    """403, for a file that is not there or another's: Google does not tell which."""
    return failed(403, f"You do not have permission to access the File {file_id[:40]} or it may not exist.")
