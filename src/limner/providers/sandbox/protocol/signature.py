"""Scenes that travel through clients: signed by this installation, so that what comes back can be trusted.

A signature is base64 of 32 bytes HMAC-SHA256 and compact JSON. It stands in `thoughtSignature` and in picture files.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass

from limner._json import JsonObject, JsonValue, dumps
from limner.providers.sandbox.prompt.scene import Scene

MAX_SIGNATURE_BYTES = 256 * 1024
"""Largest signature read back, before base64. A scene with the longest prompt takes about 33,000."""

MIN_KEY_BYTES = 16

DUMMIES = ("context_engineering_is_the_way_to_go", "skip_thought_signature_validator")
"""What Google documents for a history that its model did not make."""

_MAC_BYTES = 32
_VERSION = 1


class SignatureRefusedError(ValueError):
    """The signature is forged, altered, too large or of another installation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What a signature says: the scene, if the picture is one, and in a file a digest of the pixels it belongs to."""

    scene: Scene | None = None
    pixels: str | None = None


class Signer:
    """Signs and reads with one secret `key` of at least `MIN_KEY_BYTES` bytes."""

    def __init__(self, key: bytes) -> None:
        if len(key) < MIN_KEY_BYTES:
            raise ValueError(f"a signing key needs at least {MIN_KEY_BYTES} bytes, not {len(key)}")
        self._key = key

    def sign(self, signed: Signed, *, at_least_bytes: int = 0) -> str:
        """The signature as base64; padded with spaces inside to `at_least_bytes` before base64."""
        scene = None if signed.scene is None else signed.scene.to_json()
        document: JsonObject = {"v": _VERSION, "scene": scene}
        if signed.pixels is not None:
            document["pixels"] = signed.pixels
        payload = dumps(document).encode().ljust(at_least_bytes - _MAC_BYTES)
        return base64.b64encode(self._mac(payload) + payload).decode()

    def read(self, signature: str | bytes) -> Signed:
        """What a signature says, given as base64 in either alphabet or as its bytes.

        Raises `SignatureRefusedError`. A true signature of another version says nothing.
        """
        blob = signature if isinstance(signature, bytes) else _decoded(signature)
        if not _MAC_BYTES < len(blob) <= MAX_SIGNATURE_BYTES:
            raise SignatureRefusedError(f"a signature has {_MAC_BYTES + 1} to {MAX_SIGNATURE_BYTES} bytes")
        mac, payload = blob[:_MAC_BYTES], blob[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(payload)):
            raise SignatureRefusedError("the signature was altered or made by another installation")
        return _signed(json.loads(payload))

    def _mac(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, payload, hashlib.sha256)


def is_dummy(signature: str | bytes) -> bool:
    """True for one of `DUMMIES`, as plain words or as base64 of them."""
    text = signature.decode("ascii", "replace") if isinstance(signature, bytes) else signature
    if text in DUMMIES or _standard(text) in map(_standard, DUMMIES):
        return True
    try:
        return _decoded(text).decode("ascii", "replace") in DUMMIES
    except SignatureRefusedError:
        return False


def _standard(text: str) -> str:
    return text.translate({ord("-"): "+", ord("_"): "/"}).rstrip("=")


def _decoded(text: str) -> bytes:
    if len(text) > MAX_SIGNATURE_BYTES * 4 // 3 + 4:
        raise SignatureRefusedError(f"a signature has at most {MAX_SIGNATURE_BYTES} bytes")
    bare = _standard(text)
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise SignatureRefusedError("the signature is not base64") from problem


def _signed(document: JsonValue) -> Signed:
    if not isinstance(document, dict) or document.get("v") != _VERSION:
        return Signed()
    try:
        scene = None if document.get("scene") is None else Scene.from_json(document["scene"])
    except ValueError:
        scene = None
    pixels = document.get("pixels")
    return Signed(scene=scene, pixels=pixels if isinstance(pixels, str) else None)
