"""Every error Limner raises on purpose.

    LimnerError                    code, hint, billed: all errors have these
    ├─ UsageError                  the caller's mistake; nothing was sent, nothing was billed
    │  ├─ ConfigError              a setting or key is missing or wrong
    │  └─ InvalidRequestError      the request itself
    │     └─ UnsupportedError      the model cannot do it; says what it can
    ├─ CallError                   a call was made and brought no usable picture; has the outcome
    │  ├─ NoImageError             the model answered, without a picture
    │  │  └─ BlockedError          the provider refused the prompt or the picture
    │  ├─ AuthError                the key is wrong, missing or not allowed
    │  ├─ QuotaError               no quota left, or the budget is spent
    │  ├─ UnavailableError         overloaded, rate limited, timed out or unreachable: later may work
    │  └─ ProtocolError            an answer, but not in the agreed shape
    └─ StorageError                the disk, a blob or the journal
       └─ BlobCorruptError         stored bytes are missing or no longer match their hash

A class exists only where some caller treats it differently; `code` tells the finer cases apart and never changes.
"""

from __future__ import annotations

from typing import Literal

Billed = Literal["yes", "no", "unknown"]


class LimnerError(Exception):
    """Base of all: `message` says what happened, `hint` what to try, `billed` whether money was spent.

    `code` is stable dotted text such as `unsupported.aspect_ratio`; `exit_code` is what the command exits with.
    """

    exit_code = 1

    def __init__(self, message: str, *, code: str, hint: str | None = None, billed: Billed = "no") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint
        self.billed: Billed = billed

    def to_json(self) -> dict[str, str | None]:
        """The error as one flat JSON object."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "billed": self.billed}


class UsageError(LimnerError):
    """The caller's mistake: refused before anything was sent or billed."""

    exit_code = 2


class ConfigError(UsageError):
    """A setting, a connection or a key is missing or wrong."""


class InvalidRequestError(UsageError):
    """The request is wrong in itself: an empty prompt, a file that is no picture, an unwritable folder."""


class UnsupportedError(InvalidRequestError):
    """The model cannot do what was asked; the message says what it accepts and what is nearest."""


class CallError(LimnerError):
    """A call was made and brought no usable picture. `outcome` is the name of its outcome."""

    def __init__(
        self,
        message: str,
        *,
        outcome: str,
        exit_code: int,
        hint: str | None = None,
        billed: Billed = "unknown",
        call_id: str | None = None,
    ) -> None:
        super().__init__(message, code=f"outcome.{outcome}", hint=hint, billed=billed)
        self.outcome = outcome
        self.exit_code = exit_code
        self.call_id = call_id


class NoImageError(CallError):
    """The model answered, but not with a finished picture."""


class BlockedError(NoImageError):
    """The provider refused the prompt or the picture."""


class AuthError(CallError):
    """The key is wrong, missing or not allowed to do this."""


class QuotaError(CallError):
    """No quota is left, or a budget is spent: waiting a little does not help."""


class UnavailableError(CallError):
    """Overloaded, rate limited, timed out, unreachable or interrupted: the same call may work later."""


class ProtocolError(CallError):
    """The answer is not in the agreed shape; it is kept in the journal."""


class StorageError(LimnerError):
    """The disk, the blob store or the journal failed."""

    exit_code = 50


class BlobCorruptError(StorageError):
    """Stored bytes are missing or no longer match their hash."""
