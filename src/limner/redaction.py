"""What a key looks like, and text with the keys taken out of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

HIDDEN = "***"
MIN_SECRET_CHARACTERS = 8
"""Values shorter than this are not searched for: they would hide ordinary words."""

_KNOWN_SHAPE = re.compile(
    r"AIza[0-9A-Za-z_-]{10,}"  # Google API key
    r"|AQ\.[0-9A-Za-z_-]{10,}"  # Google API key, newer form
    r"|ya29\.[0-9A-Za-z_.-]{10,}"  # Google OAuth token
    r"|\b(?:sk|pk|rk|xai|gsk|hf|ghp|key)[-_](?=[0-9A-Za-z_-]{0,80}[0-9])[0-9A-Za-z_-]{10,}"  # relays and others
    r"|eyJ[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]+){0,2}"  # JSON Web Token
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
)
_QUERY_KEY = re.compile(r"(?i)([?&](?:key|api[_-]?key|access[_-]?token|token|auth)=)[^&\s\"']+")
_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/?#\s\"'@]+@")
_BEARER = re.compile(r"(?i)\b(bearer\s+)[0-9A-Za-z._~+/=-]{8,}")
_WORD = re.compile(r"[0-9A-Za-z]{20,}")
_SECRET_NAME = re.compile(r"(?i)key|token|secret|passw|credential")


def looks_like_key(text: str) -> bool:
    """True if `text` holds something with the shape of a key: a known prefix, or a long run of mixed characters."""
    return redact(text) != text


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` with every one of `secrets`, and whatever looks like a key, replaced by `***`.

    Doing it twice changes nothing more. Names of pictures (64 hex digits) and of calls (16 characters) stay.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= MIN_SECRET_CHARACTERS:
            text = text.replace(secret, HIDDEN)
    text = _USERINFO.sub(rf"\g<1>{HIDDEN}@", text)
    text = _QUERY_KEY.sub(rf"\g<1>{HIDDEN}", text)
    text = _BEARER.sub(rf"\g<1>{HIDDEN}", text)
    text = _KNOWN_SHAPE.sub(HIDDEN, text)
    return _WORD.sub(lambda match: HIDDEN if _is_mixed(match[0]) else match[0], text)


def known_secrets(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The values of the variables whose names say that they hold a secret; paths to one are none."""
    values = (value.strip() for name, value in environment.items() if _SECRET_NAME.search(name))
    return tuple(
        value for value in values if len(value) >= MIN_SECRET_CHARACTERS and not value.startswith(("/", "~", "."))
    )


def _is_mixed(word: str) -> bool:
    """Digits among letters, as in a key; hexadecimal hashes and base-32 names do not count."""
    digits = sum(character.isdigit() for character in word)
    is_hash = len(word) in (40, 64) and re.fullmatch(r"[0-9a-f]+", word) is not None
    return not is_hash and digits >= 2 and digits < len(word)
