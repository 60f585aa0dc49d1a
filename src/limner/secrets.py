"""Keys: found in the environment, the system's keyring or a private file; stored in one of the last two.

A stored key belongs to a connection *and* to the address it was given for: pointing the connection elsewhere does not
send the key there.
"""

from __future__ import annotations

import importlib
import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, cast
from urllib.parse import urlsplit

from limner.config import Connection, Settings, write_private
from limner.core.secret import Secret
from limner.errors import ConfigError


class KeyRing(Protocol):
    """What is used of a back end of the package `keyring`."""

    priority: float

    def get_password(self, service: str, username: str) -> str | None:
        """The stored key, or `None`."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a key."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Forget a key."""
        ...


KEYS_FILE = "keys.json"
_SERVICE = "limner"
_MIN_PRIORITY = 1
"""Back ends below this priority keep keys in plain text or not at all; the project `keyring` says so itself."""
_NOTE = "SECRET. The keys of Limner, readable by you alone. `limner connections remove NAME` takes one out."


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKey:
    """A key and where it was found, in words that hold nothing of it."""

    secret: Secret
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """Where a key was put, in words, and in which kind of place."""

    place: Literal["keyring", "file"]
    description: str


def find_key(connection: Connection, settings: Settings, environment: Mapping[str, str]) -> FoundKey | None:
    """The key of a connection: from its environment variable, else the keyring, else the keys file.

    Raises `ConfigError` where a key is there but cannot be right, or where others may read the keys file.
    """
    if not connection.needs_key:
        return None
    for variable in connection.key_variables:
        value = environment.get(variable, "").strip()
        if value:
            return FoundKey(
                secret=_checked(value, f"The variable {variable}"), source=f"environment variable {variable}"
            )
    account = _account(connection)
    ring = _keyring()
    in_ring = None if ring is None else _ask_keyring(ring, account)
    if in_ring:
        return FoundKey(secret=Secret(in_ring), source="the system's keyring")
    path = settings.home / KEYS_FILE
    in_file = _read_keys(path).get(account)
    return FoundKey(secret=Secret(in_file), source=str(path)) if in_file else None


def store_key(connection: Connection, secret: Secret, settings: Settings) -> StoredKey:
    """Keep the key of a connection, in the system's keyring if a real one works, else in a file of mode 0600."""
    account = _account(connection)
    ring = _keyring()
    if ring is not None and _give_keyring(ring, account, secret):
        _forget_in_file(settings.home / KEYS_FILE, account)
        return StoredKey(place="keyring", description="the system's keyring")
    path = settings.home / KEYS_FILE
    _write_keys(path, {**_read_keys(path), account: secret.reveal()})
    return StoredKey(place="file", description=f"{path} (readable by you alone; no keyring works here)")


def delete_key(connection: Connection, settings: Settings) -> bool:
    """Forget the stored key of a connection; True if there was one."""
    account = _account(connection)
    ring = _keyring()
    in_ring = ring is not None and _forget_in_keyring(ring, account)
    return _forget_in_file(settings.home / KEYS_FILE, account) or in_ring


def parse_key(text: str) -> Secret:
    """A key as a person pastes it, spaces around it removed. Raises `ConfigError` that does not repeat it."""
    return _checked(text.strip(), "What was given")


def keyring_name() -> str | None:
    """The name of the keyring that would be used, or `None` where none works."""
    ring = _keyring()
    return None if ring is None else str(getattr(ring, "name", type(ring).__name__))


def _checked(value: str, origin: str) -> Secret:
    if not value:
        problem = "is empty"
    elif not value.isascii() or not value.isprintable():
        problem = "has characters that no key has"
    elif " " in value:
        problem = "has a space in it"
    elif value[0] in "\"'" or value[-1] in "\"'":
        problem = "has quotation marks around it"
    else:
        return Secret(value)
    raise ConfigError(
        f"{origin} {problem}, so it is not a key. It is not shown here.",
        code="config.key",
        hint="Paste the key alone, without `Bearer`, a name before it or quotation marks.",
    )


def _account(connection: Connection) -> str:
    parts = urlsplit(connection.base_url)
    return f"{connection.name} {parts.scheme}://{parts.netloc}"


def _read_keys(path: Path) -> dict[str, str]:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(
            f"The keys in {str(path)!r} cannot be read.", code="config.keys_file", hint=f"Try: ls -l {path}"
        ) from problem
    if mode & 0o077:
        raise ConfigError(
            f"Others may read the keys in {str(path)!r} (mode {mode:04o}), so they are not used.",
            code="config.keys_file",
            hint=f"Try: chmod 600 {path}   and replace the keys if others use this machine.",
        )
    try:
        document: Any = json.loads(text)
        keys = {str(account): str(key) for account, key in document["keys"].items()}
    except (ValueError, LookupError, AttributeError, TypeError):
        raise ConfigError(
            f"{str(path)!r} is not a keys file.",
            code="config.keys_file",
            hint=f"Move it away and store the key again: mv {path} {path}.old",
        ) from None
    return keys


def _write_keys(path: Path, keys: Mapping[str, str]) -> None:
    write_private(path, json.dumps({"note": _NOTE, "keys": dict(keys)}, indent=2) + "\n")


def _forget_in_file(path: Path, account: str) -> bool:
    keys = _read_keys(path)
    if account not in keys:
        return False
    del keys[account]
    if keys:
        _write_keys(path, keys)
    else:
        path.unlink()
    return True


def _keyring() -> KeyRing | None:
    """The system's keyring, if one is installed and keeps keys encrypted."""
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        return None
    try:
        ring = cast(KeyRing, keyring.get_keyring())
        return ring if ring.priority >= _MIN_PRIORITY else None
    except Exception:  # back ends raise what they like; without one the file is used, and that is said
        return None


def _ask_keyring(ring: KeyRing, account: str) -> str | None:
    try:
        return ring.get_password(_SERVICE, account)
    except Exception:  # a locked or broken keyring is the same as none
        return None


def _give_keyring(ring: KeyRing, account: str, secret: Secret) -> bool:
    try:
        ring.set_password(_SERVICE, account, secret.reveal())
        return ring.get_password(_SERVICE, account) == secret.reveal()
    except Exception:  # the file is used instead, and the caller says so
        return False


def _forget_in_keyring(ring: KeyRing, account: str) -> bool:
    try:
        if ring.get_password(_SERVICE, account) is None:
            return False
        ring.delete_password(_SERVICE, account)
    except Exception:  # nothing there that could be forgotten
        return False
    return True
