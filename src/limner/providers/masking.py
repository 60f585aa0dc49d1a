"""Keeping a key out of what a provider sends back: some repeat it in their errors."""

from __future__ import annotations

from collections.abc import Iterable

from limner.core.secret import Secret

MASK = b"***"


class Mask:
    """Replaces secrets in bytes that come in pieces; a secret may be cut anywhere between two of them."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._values = sorted({secret.reveal().encode() for secret in secrets if secret}, key=len, reverse=True)
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What may be shown so far: all but an end that could be the beginning of a secret."""
        if not self._values:
            return data
        text = self._replaced(self._held + data)
        keep = max((_overlap(text, value) for value in self._values), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def flush(self) -> bytes:
        """What was held back."""
        held, self._held = self._held, b""
        return held

    def text(self, text: str) -> str:
        """`text` with the secrets replaced."""
        return self._replaced(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def _replaced(self, data: bytes) -> bytes:
        for value in self._values:
            data = data.replace(value, MASK)
        return data


def _overlap(text: bytes, value: bytes) -> int:
    """Length of the longest end of `text` with which `value` begins."""
    for length in range(min(len(value) - 1, len(text)), 0, -1):
        if text.endswith(value[:length]):
            return length
    return 0
