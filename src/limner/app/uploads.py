"""Pictures that are too much for one request go to the provider's Files API first, once, and are named by address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import BinaryIO, TypeGuard, TypeVar

from limner import _clock
from limner.config import Connection
from limner.core.blob import BlobRef
from limner.core.parts import FilePart, ImagePart, Part
from limner.core.remote_file import RemoteFile
from limner.core.request import GenerateRequest
from limner.errors import InvalidRequestError
from limner.providers.files import FilesClient
from limner.store.store import Store
from limner.store.uploads import Upload

PartOrPicture = TypeVar("PartOrPicture", bound=Part)

INLINE_BYTES = 20_000_000
"""Pictures of a request together, in bytes of base64, beyond which they are uploaded. Google took 20 MB in a request
until 2026-01-08, and 100 MB since; pages and relays still say 20."""

MIN_LIFE_MS = 3_600_000
"""An upload that expires within this time is renewed, so that no call meets it dying."""

TRUST_MS = 600_000
"""For so long after the provider said that a file is there, it is not asked again."""


def has_files_api(connection: Connection) -> bool:
    """Whether pictures can be uploaded: on the Gemini API. Vertex AI and most relays have no such place."""
    return connection.preset == "google" and connection.protocol == "gemini"


def too_large(request: GenerateRequest) -> frozenset[BlobRef]:
    """The pictures to upload: the largest first, until the rest fits into a request.

    A model's own pictures always go back as they came, with their signatures.
    """
    of_user = {part.blob: part for part in _pictures(request, of_model=False)}
    total = sum(_inline_bytes(blob) for blob in of_user) + sum(
        _inline_bytes(part.blob) for part in _pictures(request, of_model=True)
    )
    chosen = set()
    for blob in sorted(of_user, key=lambda each: each.size, reverse=True):
        if total <= INLINE_BYTES:
            break
        chosen.add(blob)
        total -= _inline_bytes(blob)
    return frozenset(chosen)


def lightened(request: GenerateRequest, connection: Connection) -> GenerateRequest:
    """The request as it will weigh: what will be uploaded counts as its address."""
    if not has_files_api(connection):
        return request
    large = too_large(request)
    return _replaced(request, {blob: FilePart(uri="https://uploaded.later") for blob in large})


def with_uploads(
    requests: tuple[GenerateRequest, ...], connection: Connection, client: FilesClient, store: Store
) -> tuple[GenerateRequest, ...]:
    """The requests with large pictures, and names such as `files/abc`, as addresses at the provider.

    All requests of a plan share their pictures. Raises `CallError` if an upload fails, and `InvalidRequestError` for a
    file that is not there.
    """
    large = too_large(requests[0])
    places: dict[BlobRef | str, FilePart] = {}
    for part in _pictures(requests[0], of_model=False):
        if part.blob in large and part.blob not in places:
            places[part.blob] = _uploaded(part, connection, client, store)
    for picture in requests[0].images:
        if _is_named(picture):
            places[picture.uri] = _named(picture.uri, client)
    return tuple(_replaced(request, places) for request in requests)


def needs_files(request: GenerateRequest) -> bool:
    """Whether anything of it has to go through the Files API."""
    return any(_is_named(part) for part in request.images) or bool(too_large(request))


def upload(blob: BlobRef, mime_type: str, connection: Connection, client: FilesClient, store: Store) -> RemoteFile:
    """The file at the provider that holds `blob`: the one from before while it lives, else a new one."""
    known, now_ms = store.uploads.find(connection.name, blob), _clock.now_ms()
    if known is not None and known.expires_at_ms > now_ms + MIN_LIFE_MS:
        if now_ms - known.checked_at_ms < TRUST_MS:
            return _as_remote(known, blob)
        found = client.get(known.name)
        if found is not None and found.state == "ACTIVE":
            store.uploads.note(connection.name, blob, replace(known, checked_at_ms=now_ms))
            return found

    def open_blob() -> BinaryIO:
        return store.blobs.open(blob)

    made = client.upload(open_blob, blob.size, mime_type)
    store.uploads.note(
        connection.name,
        blob,
        Upload(
            name=made.name, uri=made.uri, mime_type=mime_type, expires_at_ms=made.expires_at_ms, checked_at_ms=now_ms
        ),
    )
    return made


def _uploaded(part: ImagePart, connection: Connection, client: FilesClient, store: Store) -> FilePart:
    file = upload(part.blob, part.mime_type, connection, client, store)
    return FilePart(uri=file.uri, mime_type=part.mime_type)


def _named(name: str, client: FilesClient) -> FilePart:
    file = client.get(name)
    if file is None or file.state == "FAILED":
        raise InvalidRequestError(
            f"There is no file {name!r} with this provider.",
            code="invalid.file",
            hint="`limner files` lists them; each lives for two days.",
        )
    return FilePart(uri=file.uri, mime_type=file.mime_type)


def _as_remote(known: Upload, blob: BlobRef) -> RemoteFile:
    return RemoteFile(
        name=known.name,
        uri=known.uri,
        mime_type=known.mime_type,
        size_bytes=blob.size,
        state="ACTIVE",
        expires_at_ms=known.expires_at_ms,
    )


def _pictures(request: GenerateRequest, *, of_model: bool) -> Iterator[ImagePart]:
    turns = [turn for turn in request.history if (turn.role == "model") is of_model]
    parts = [part for turn in turns for part in turn.parts]
    if not of_model:
        parts += request.images
    yield from (part for part in parts if isinstance(part, ImagePart))


def _is_named(part: Part) -> TypeGuard[FilePart]:
    return isinstance(part, FilePart) and part.uri.startswith("files/")


def _replaced(request: GenerateRequest, places: Mapping[BlobRef | str, FilePart]) -> GenerateRequest:
    def moved(part: PartOrPicture) -> PartOrPicture | FilePart:
        if isinstance(part, ImagePart):
            return places.get(part.blob, part)
        return places.get(part.uri, part) if isinstance(part, FilePart) else part

    history = tuple(
        turn if turn.role == "model" else replace(turn, parts=tuple(moved(part) for part in turn.parts))
        for turn in request.history
    )
    return replace(request, images=tuple(moved(part) for part in request.images), history=history)


def _inline_bytes(blob: BlobRef) -> int:
    return (blob.size + 2) // 3 * 4
