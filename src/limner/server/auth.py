"""Who asks: a key in any of the five forms in which clients of the Gemini wire send one."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from starlette.requests import Request

from limner import _clock
from limner.core.secret import Secret
from limner.server.refusals import own_error
from limner.wire.gemini.refusals import RefusedError, bad_key, failed, missing_key

MAX_KEY_CHARACTERS = 4_096
"""OAuth tokens have up to 2,048 bytes. Source: Google's page on access tokens."""

MAX_WRONG_TOKENS = 30
"""Wrong tokens of one address in a minute before it is told to wait: enough for mistakes, too few to guess."""

_MINUTE_S = 60.0
_MAX_ADDRESSES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks. `owner` names everything kept for the same key, and says nothing of the key.

    `cards` are the test cards that the key itself plays: a key written like one, such as `[[quota-zero]]`.
    """

    owner: str
    cards: str | None = None


class Doorman:
    """Lets callers in: any key that is not empty, or only the `token` where there is one.

    `owner_token` is what the addresses for workflows demand, whoever else is let in. `pepper` (secret, kept with the
    installation) makes owners out of keys, so that no key can be found from one.
    """

    def __init__(self, pepper: bytes, token: Secret | None, owner_token: Secret | None = None) -> None:
        self._pepper = pepper
        self._token = None if token is None else self._digest(token.reveal())
        self._owner_token = None if owner_token is None else self._digest(owner_token.reveal())
        self._wrong: dict[str, list[float]] = {}

    def admit(self, request: Request) -> Caller:
        """The caller. Raises `RefusedError`: 403 without a key, 400 with a wrong one, as Google answers."""
        key = next(_keys(request), None)
        if not key:
            raise RefusedError(missing_key())
        if len(key) > MAX_KEY_CHARACTERS:
            raise RefusedError(bad_key())
        digest = self._digest(key)
        if self._token is not None and not hmac.compare_digest(digest, self._token):
            raise self._too_many() if self._guesses(request) else RefusedError(bad_key())
        return Caller(owner=digest.hex()[:32], cards=key if key.startswith("[[") else None)

    def admit_owner(self, request: Request) -> Caller:
        """The owner. Raises `RefusedError` (401, or 429 after many mistakes) for everybody else."""
        key = next(_keys(request), "")
        digest = self._digest(key[:MAX_KEY_CHARACTERS])
        if self._owner_token is None or not hmac.compare_digest(digest, self._owner_token):
            if key and self._guesses(request):
                raise self._too_many()
            raise own_error(
                401,
                "The token is wrong." if key else "A token is needed here.",
                code="server.token",
                hint="Send LIMNER_SERVE_TOKEN, or the token that `limner serve` printed, as Authorization: Bearer.",
                headers=(("www-authenticate", "Bearer"),),
            )
        return Caller(owner=digest.hex()[:32])

    def _digest(self, key: str) -> bytes:
        return hmac.digest(self._pepper, key.encode("utf-8", "surrogatepass"), hashlib.sha256)

    def _guesses(self, request: Request) -> bool:
        """Note a wrong token; whether its address has sent too many."""
        address = request.client.host if request.client else ""
        now = _clock.monotonic_s()
        if len(self._wrong) > _MAX_ADDRESSES:
            self._wrong.clear()
        recent = [moment for moment in self._wrong.get(address, []) if now - moment < _MINUTE_S]
        self._wrong[address] = [*recent, now][-MAX_WRONG_TOKENS:]
        return len(recent) >= MAX_WRONG_TOKENS

    @staticmethod
    def _too_many() -> RefusedError:
        return failed(429, "Too many wrong tokens from this address.", hint="Wait a minute.")


def _keys(request: Request) -> Iterator[str]:
    """Every key the request brings: headers first, since a key in an address is seen by many."""
    yield from request.headers.getlist("x-goog-api-key")
    for value in request.headers.getlist("authorization"):
        scheme, _, rest = value.partition(" ")
        yield rest.strip() if scheme.lower() == "bearer" else value
    yield from request.query_params.getlist("key")
    yield from request.query_params.getlist("access_token")
