"""What a table `[targets.NAME]` of the settings says, checked. Nothing is opened and no credential is read here."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any, Literal, cast
from urllib.parse import SplitResult, urlsplit

from limner.errors import ConfigError
from limner.redaction import looks_like_key

Kind = Literal["folder", "s3", "gcs", "firebase"]

MAX_EXPIRES_S = 7 * 24 * 3600
"""Longest life of a signed link, in seconds: a week, the most that S3 and Google allow."""

GCS_ENDPOINT = "https://storage.googleapis.com"
AWS_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
GOOGLE_VARIABLES = ("GOOGLE_APPLICATION_CREDENTIALS",)
MAX_PREFIX_CHARACTERS = 200

_CLOUD = ("bucket", "endpoint", "insecure_http", "proxy", "prefix", "public", "expires_s", "key_env")
_FIELDS: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        "folder": ("kind", "path", "prefix", "base_url"),
        "s3": ("kind", "region", "base_url", *_CLOUD),
        "gcs": ("kind", "credentials", "base_url", *_CLOUD),
        "firebase": ("kind", "credentials", *_CLOUD),
    }
)
_ALL_FIELDS = frozenset(field for fields in _FIELDS.values() for field in fields)

_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_REGION = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,79}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSettings:
    """A storage target: where it is and where its credentials are found. Never the credentials themselves.

    `path` is the folder of the kind `folder`, absolute. `endpoint` is the address of the service, without a path.
    `prefix` stands before every key. `public` gives plain links, which work only where others may read the bucket;
    else links are signed and live `expires_s` seconds, 1 to a week. `base_url` stands before the key in plain links.
    `key_env` names the variables with the credentials: for S3 the key's id, its secret and perhaps a session token;
    for Google one with a service account, its file or its text. `credentials` is the path of that file.
    """

    name: str
    kind: Kind
    path: str | None = None
    bucket: str | None = None
    prefix: str | None = None
    region: str | None = None
    endpoint: str | None = None
    proxy: str | None = None
    public: bool = False
    expires_s: int = MAX_EXPIRES_S
    key_env: tuple[str, ...] = ()
    credentials: str | None = None
    base_url: str | None = None


def read_target(name: str, fields: Mapping[str, Any]) -> TargetSettings:
    """The target that `fields` describe, named as in `config.toml`. Raises `ConfigError` for the first problem."""
    return _Reader(name, fields).read()


class _Reader:
    """One table; it is a class so that every message can begin with the name of the target."""

    def __init__(self, name: str, fields: Mapping[str, Any]) -> None:
        self._name = name
        self._fields = fields

    def read(self) -> TargetSettings:
        kind = self._kind()
        self._check_fields(kind)
        if kind == "folder":
            return TargetSettings(
                name=self._name,
                kind=kind,
                path=self._path("path", "where the pictures are copied to", wanted=True),
                prefix=self._prefix(),
                base_url=self._base_url(),
            )
        public, base_url = self._flag("public"), self._base_url()
        if base_url is not None and not public:
            raise self._error(
                "base_url makes plain links, and those of this target are signed.",
                'Add "public = true" if others may read the bucket at that address, or leave base_url out.',
            )
        region = self._region() if kind == "s3" else None
        return TargetSettings(
            name=self._name,
            kind=kind,
            bucket=self._bucket(),
            region=region,
            endpoint=self._endpoint() or (f"https://s3.{region}.amazonaws.com" if kind == "s3" else GCS_ENDPOINT),
            proxy=self._proxy(),
            prefix=self._prefix(),
            public=public,
            expires_s=self._expires_s(),
            key_env=self._key_env(kind),
            credentials=None if kind == "s3" else self._path("credentials", "the file of a service account"),
            base_url=base_url,
        )

    def _kind(self) -> Kind:
        kind = self._text("kind")
        if kind in _FIELDS:
            return cast(Kind, kind)
        accepted = ", ".join(f'"{known}"' for known in _FIELDS)
        if kind is None:
            raise self._error("the kind is missing.", f"Accepted: kind = {accepted}.")
        raise self._error(f"there is no kind {_shown(kind)}.{_nearest(kind, _FIELDS)}", f"Accepted: {accepted}.")

    def _check_fields(self, kind: Kind) -> None:
        for field in self._fields:
            if field in _FIELDS[kind]:
                continue
            if field in _ALL_FIELDS:
                owners = " or ".join(f'"{owner}"' for owner, fields in _FIELDS.items() if field in fields)
                raise self._error(f'{field} has no meaning for the kind "{kind}".', f"It belongs to the kind {owners}.")
            raise self._error(
                f"unknown setting {_shown(field)}.{_nearest(field, _FIELDS[kind])}",
                f"Accepted: {', '.join(_FIELDS[kind])}. Keys and passwords never stand in this file: key_env names the "
                "variables that hold them.",
            )

    def _text(self, field: str) -> str | None:
        value = self._fields.get(field)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise self._error(f"{field} must be a text in quotes.")
        return value

    def _flag(self, field: str) -> bool:
        value = self._fields.get(field, False)
        if not isinstance(value, bool):
            raise self._error(f"{field} must be true or false.")
        return value

    def _path(self, field: str, meaning: str, *, wanted: bool = False) -> str | None:
        path = self._text(field)
        if path is None and wanted:
            raise self._error(f"{field} is missing: {meaning}.", f'For example {field} = "~/Pictures/limner".')
        if path is not None and (not path.startswith(("/", "~")) or "\0" in path):
            raise self._error(
                f"{field} must be absolute, {_shown(path)} is not.",
                "Begin with / or ~: a command may run in any folder.",
            )
        return path

    def _bucket(self) -> str:
        bucket = self._text("bucket")
        if bucket is None:
            raise self._error("bucket is missing.", 'For example bucket = "my-pictures".')
        if not _BUCKET.fullmatch(bucket) or ".." in bucket:
            raise self._error(
                f"{_shown(bucket)} is not the name of a bucket.",
                "Give the name alone, without gs:// or s3://: small letters, digits, dots and dashes.",
            )
        return bucket

    def _region(self) -> str:
        region = self._text("region")
        if region is None:
            if self._fields.get("endpoint") is None:
                raise self._error("region is missing.", 'For example region = "eu-central-1"; or give an endpoint.')
            return "us-east-1"  # what services that are not Amazon's expect in a signature unless told otherwise
        if not _REGION.fullmatch(region):
            raise self._error(
                f"{_shown(region)} is not the name of a region.", 'For example "eu-central-1", or "auto".'
            )
        return region

    def _prefix(self) -> str | None:
        prefix = self._text("prefix")
        if prefix is not None and len(prefix) > MAX_PREFIX_CHARACTERS:
            raise self._error(f"prefix is longer than {MAX_PREFIX_CHARACTERS} characters.")
        return prefix

    def _expires_s(self) -> int:
        value = self._fields.get("expires_s", MAX_EXPIRES_S)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_EXPIRES_S:
            raise self._error(f"expires_s must be 1 to {MAX_EXPIRES_S} seconds (a week, the most that signing allows).")
        return value

    def _key_env(self, kind: Kind) -> tuple[str, ...]:
        given = self._fields.get("key_env")
        if given is None:
            return AWS_VARIABLES if kind == "s3" else GOOGLE_VARIABLES
        names = [given] if isinstance(given, str) else given
        example = '["WORK_KEY_ID", "WORK_SECRET"]' if kind == "s3" else '"WORK_CREDENTIALS"'
        if not isinstance(names, list) or not all(isinstance(name, str) and _is_variable(name) for name in names):
            # What was given may be the key itself, so it is not repeated.
            raise self._error(
                "key_env must name variables of the environment; what was given is not shown here.",
                f"For example key_env = {example}, with the values in those variables.",
            )
        if (kind == "s3" and len(names) not in (2, 3)) or (kind != "s3" and len(names) != 1):
            wanted = "two variables, or three with a session token" if kind == "s3" else "one variable"
            raise self._error(f"key_env must name {wanted}, not {len(names)}.", f"For example key_env = {example}.")
        return tuple(names)

    def _endpoint(self) -> str | None:
        url = self._text("endpoint")
        if url is None:
            return None
        parts = self._address("endpoint", url)
        host = parts.hostname or ""
        if parts.path not in ("", "/"):
            raise self._error(
                "endpoint must be an address without a path.", f'For example "{parts.scheme}://{parts.netloc}".'
            )
        if _is_link_local(host):
            raise self._error("endpoint is the address where clouds give out credentials; nothing is sent there.")
        if parts.scheme == "http" and not self._flag("insecure_http") and not _is_loopback(host):
            raise self._error(
                "endpoint is not encrypted: pictures would travel in the open.",
                'Use https://, or add "insecure_http = true" if you trust every machine on the way.',
            )
        return f"{parts.scheme}://{parts.netloc}"

    def _proxy(self) -> str | None:
        url = self._text("proxy")
        return None if url is None else self._address("proxy", url).geturl().rstrip("/")

    def _base_url(self) -> str | None:
        url = self._text("base_url")
        return None if url is None else self._address("base_url", url).geturl().rstrip("/")

    def _address(self, field: str, url: str) -> SplitResult:
        """The parts of an address. What was given is not repeated: it may hold a password."""
        hint = 'Give an address such as "https://files.example.com", without a name, a password or a question mark.'
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError:
            raise self._error(f"{field} is not an address.", hint) from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise self._error(f"{field} must begin with https:// or http://.", hint)
        if "@" in parts.netloc or "?" in url or "#" in url:
            raise self._error(f"{field} has a name, a password or a question in it.", hint)
        if not url.isascii() or any(character <= " " for character in url) or "\\" in url:
            raise self._error(f"{field} has characters that no address has.", hint)
        return parts

    def _error(self, message: str, hint: str | None = None) -> ConfigError:
        return ConfigError(f"Storage target {_shown(self._name)}: {message}", code="config.target", hint=hint)


def _is_variable(name: str) -> bool:
    return _VARIABLE.fullmatch(name) is not None and not looks_like_key(name)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_link_local(host: str) -> bool:
    """True for 169.254.0.0/16 and fe80::/10, and for the names and the other address of Google's and Amazon's."""
    if host in ("metadata", "metadata.google.internal", "fd00:ec2::254"):
        return True
    try:
        return ip_address(host).is_link_local
    except ValueError:
        return False


def _nearest(text: str, known: Mapping[Kind, object] | tuple[str, ...]) -> str:
    found = difflib.get_close_matches(text, list(known), n=1, cutoff=0.6)
    return f" Did you mean {found[0]!r}?" if found else ""


def _shown(text: str) -> str:
    """A given value in quotes, unless it may be a key."""
    return "(not shown: it looks like a key)" if looks_like_key(text) else repr(text[:80])
