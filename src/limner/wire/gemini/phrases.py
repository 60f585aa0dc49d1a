"""Words in error messages that tell a cause, whatever status they came with.

Collected from Google's and its relays' error texts; matched in the message, the status name and the reason words.
"""

from __future__ import annotations

import re


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE | re.DOTALL)


BAD_KEY = _any_of(
    r"api.?key.{0,20}(?:not valid|invalid|expired|not found|blocked|suspended|incorrect)",
    r"(?:invalid|incorrect|expired).api.?key",
    r"^API_KEY_|ACCESS_TOKEN_|CREDENTIALS_MISSING",
    r"^invalid token|无效的令牌",
    r"unregistered callers|authentication credentials",
)

REGION = _any_of(
    r"location is not supported",
    r"(?:not available|not supported|unavailable|unsupported).{0,30}(?:country|region|location)",
)

NO_MONEY = _any_of(
    r"insufficient.{0,20}(?:quota|balance|credit|fund)",
    r"quota.{0,20}(?:not enough|insufficient)|quota_failed",
    r"(?:enable|turn on|set up).{0,30}billing|billing.{0,40}(?:not enabled|disabled|not active|required)|billing_hard",
    r"spend(?:ing)? (?:cap|limit)|out of credits|payment required",
    r"额度不足|余额不足",
)

BLOCKED = _any_of(
    r"content_policy|moderation_blocked|content_filter|PROHIBITED_CONTENT",
    r"Responsible AI|violates? .{0,40}polic",
)

NO_MODEL = _any_of(
    r"model_not_found|no available channel",
    r"model.{0,80}(?:not found|not exist|no longer (?:available|supported))",
    r"model.{0,80}not supported for (?:generate|predict|stream)",
    r"model.{0,80}(?:is|was|been) (?:deprecated|retired|shut ?down|discontinued|removed)",
)

ANY_MODEL = _any_of(r"model")

FOREIGN_FILE = _any_of(r"access the file")
