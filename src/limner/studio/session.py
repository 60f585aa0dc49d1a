"""Who may use the studio: whoever opened the address that was printed when it started.

The address has a token of this start; it is exchanged for a cookie, which is signed with a key of the data folder, so
that an open tab is still let in after a restart. What changes something must also bring the session's own word, which
no other page can know.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from starlette.requests import Request

from limner import _clock

COOKIE = "limner_studio"
FIELD = "csrf"
HEADER = "x-limner-csrf"

LASTS_S = 30 * 24 * 3600
"""How long a browser is let in without opening a printed address again."""


class Sessions:
    """Lets browsers in. `key` is secret and kept with the installation; `token` is that of this start."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.token = secrets.token_urlsafe(24)

    def is_token(self, token: str) -> bool:
        """Whether this is the token of the printed address."""
        return hmac.compare_digest(token.encode(), self.token.encode())

    def begin(self) -> str:
        """The cookie of a new session."""
        name = f"{secrets.token_urlsafe(16)}.{_clock.now_ms() // 1000}"
        return f"{name}.{self._sign('session', name)}"

    def find(self, request: Request) -> str | None:
        """The session that a request belongs to; `None` for a stranger's."""
        cookie = request.cookies.get(COOKIE, "")
        name, _, signature = cookie.rpartition(".")
        if not name or not hmac.compare_digest(signature.encode(), self._sign("session", name).encode()):
            return None
        begun_s = name.rpartition(".")[2]
        if not begun_s.isdigit() or _clock.now_ms() // 1000 - int(begun_s) > LASTS_S:
            return None
        return cookie

    def word(self, session: str) -> str:
        """What the forms of a session must bring."""
        return self._sign("form", session)

    def _sign(self, purpose: str, text: str) -> str:
        return hmac.new(self._key, f"studio {purpose} {text}".encode(), hashlib.sha256).hexdigest()[:40]
