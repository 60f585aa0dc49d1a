"""Credentials, from where the settings say and from nowhere else: no metadata service is asked, no profile is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limner._json import JsonObject
from limner.core.secret import Secret
from limner.errors import ConfigError
from limner.redaction import looks_like_key
from limner.targets.settings import TargetSettings

if TYPE_CHECKING:
    from obstore.store import S3Credential

Lookup = Callable[[str], str | None]
"""The value of a variable of the environment, or `None`."""

MAX_FILE_BYTES = 64 << 10
"""Largest file of a service account that is read; real ones have about 2 KiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Keys:
    """A key for S3. `token` belongs to keys that live for a while only."""

    key_id: Secret
    secret: Secret
    token: Secret | None = None

    def for_obstore(self) -> S3Credential:
        """The key as the library takes it."""
        return {
            "access_key_id": self.key_id.reveal(),
            "secret_access_key": self.secret.reveal(),
            "token": self.token.reveal() if self.token else None,
            "expires_at": None,
        }

    def hidden(self) -> tuple[str, ...]:
        """What must never stand in a message."""
        return tuple(part.reveal() for part in (self.key_id, self.secret, self.token) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccount:
    """Who acts on Google's cloud, and the private key (PEM) that proves it."""

    email: str
    private_key: Secret
    private_key_id: str

    def for_google(self) -> dict[str, str]:
        """The fields of the file that signing needs. Addresses in the file are left out: settings alone name those."""
        return {
            "type": "service_account",
            "client_email": self.email,
            "private_key": self.private_key.reveal(),
            "private_key_id": self.private_key_id,
        }


def s3_keys(settings: TargetSettings, lookup: Lookup) -> S3Keys:
    """The key from the variables that `key_env` names. Raises `ConfigError` that names those that are missing."""
    values = [(lookup(name) or "").strip() for name in settings.key_env]
    missing = [name for name, value in zip(settings.key_env[:2], values, strict=False) if not value]
    if missing:
        raise _error(
            settings,
            f"there are no credentials: {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set.",
            "Set them, or name other variables with key_env.",
        )
    token = values[2] if len(values) > 2 else ""
    return S3Keys(key_id=Secret(values[0]), secret=Secret(values[1]), token=Secret(token) if token else None)


def service_account(settings: TargetSettings, lookup: Lookup) -> ServiceAccount:
    """The service account from the file that `credentials` names, else from the variable that `key_env` names.

    The variable holds the path of the file or its text. Raises `ConfigError`, which repeats nothing of the file.
    """
    given = settings.credentials or (lookup(settings.key_env[0]) or "").strip()
    if not given:
        raise _error(
            settings,
            f"there are no credentials: {settings.key_env[0]} is not set, and the settings name no file.",
            'Set it to the path of a service account\'s file (JSON), or write credentials = "/path/to/it.json".',
        )
    where = f"the variable {settings.key_env[0]}"
    if not given.startswith("{"):
        where = repr(given) if settings.credentials or not looks_like_key(given) else where
        given = _text(settings, Path(given).expanduser(), where)
    try:
        document = json.loads(given)
    except ValueError:
        raise _error(settings, f"{where} is not JSON.", _WANTED) from None
    return _account(settings, document, where)


_WANTED = "A service account's file is wanted: Google Cloud console, IAM, Service accounts, Keys, Add key, JSON."


def _account(settings: TargetSettings, document: Any, where: str) -> ServiceAccount:
    fields: JsonObject = document if isinstance(document, dict) else {}
    if fields.get("type") != "service_account":
        raise _error(settings, f"{where} is not a service account, and only that can sign links.", _WANTED)
    values = {name: fields.get(name) for name in ("client_email", "private_key", "private_key_id")}
    missing = [name for name, value in values.items() if not isinstance(value, str) or not value]
    if missing:
        raise _error(settings, f"{where} lacks {', '.join(missing)}.", _WANTED)
    return ServiceAccount(
        email=str(values["client_email"]),
        private_key=Secret(str(values["private_key"])),
        private_key_id=str(values["private_key_id"]),
    )


def _text(settings: TargetSettings, path: Path, where: str) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
        if len(raw) > MAX_FILE_BYTES:
            raise _error(settings, f"{where} is too large for the file of a service account.", _WANTED)
        return raw.decode("utf-8")
    except OSError as problem:
        raise _error(
            settings, f"{where} cannot be read: {problem.strerror}.", "Check the path and who may read it."
        ) from None
    except UnicodeDecodeError:
        raise _error(settings, f"{where} is not text.", _WANTED) from None


def _error(settings: TargetSettings, message: str, hint: str) -> ConfigError:
    return ConfigError(f"Storage target {settings.name!r}: {message}", code="config.target", hint=hint)
