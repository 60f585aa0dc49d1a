"""S3 and Google Cloud Storage, through obstore.

The library reads the environment for every setting that it is not given (another endpoint, other credentials, no
signature). So all that decide where bytes and keys go are given, and the credentials come from a callback or a text of
ours: it has no reason to ask the metadata address of a cloud.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from limner import _clock
from limner._version import __version__
from limner.errors import ConfigError
from limner.redaction import redact
from limner.targets.credentials import S3Keys, ServiceAccount
from limner.targets.settings import TargetSettings
from limner.targets.target import TargetError, full_key, quoted, reading

if TYPE_CHECKING:
    from obstore import Attributes
    from obstore.store import ClientConfig, GCSStore, RetryConfig, S3Store

PART_BYTES = 5 << 20
"""Files above this are sent in parts, 5 MiB: the least that S3 and Google allow."""
PARTS_AT_ONCE = 2
"""Parts that are held in memory and under way at the same time."""

_MAX_AGE_S = 365 * 24 * 3600
_MIME_TYPE = re.compile(r"[a-z]+/[A-Za-z0-9][A-Za-z0-9.+-]{0,100}")
_STATUS = re.compile(r"status code: (\d{3})")
_XML = re.compile(r"<Code>(?P<code>[^<]*)</Code>.*?<Message>(?P<message>[^<]*)</Message>", re.DOTALL)
_LATER = frozenset({408, 425, 429})
"""HTTP statuses below 500 that mean: the same may work later."""


class CloudTarget:
    """A bucket. Links are plain where the settings say `public`, else signed."""

    def __init__(self, settings: TargetSettings, store: S3Store | GCSStore, hidden: tuple[str, ...] = ()) -> None:
        self._settings = settings
        self._store = store
        self._hidden = hidden

    def put(self, key: str, file: Path, mime_type: str) -> str:
        """Upload `file` and give its link."""
        path = self.path(key)
        self.upload(path, file, mime_type)
        return self.link(path)

    def path(self, key: str) -> str:
        """The key in the bucket: with the prefix of the settings."""
        return full_key(self._settings.name, self._settings.prefix, key)

    def upload(self, path: str, file: Path, mime_type: str) -> None:
        """Send `file` in parts. The object is there as a whole or not at all."""
        import obstore

        attributes = self._attributes(mime_type)
        with reading(self._settings.name, file) as reader, self._telling("the upload"):
            obstore.put(
                self._store,
                path,
                reader,
                attributes=attributes,
                chunk_size=PART_BYTES,
                max_concurrency=PARTS_AT_ONCE,
            )

    def link(self, path: str) -> str:
        """A link to `path`, made here: nothing is sent."""
        import obstore

        settings = self._settings
        if settings.public:
            return f"{settings.base_url or f'{settings.endpoint}/{settings.bucket}'}/{quoted(path)}"
        with self._telling("signing a link"):
            return obstore.sign(self._store, "GET", path, timedelta(seconds=settings.expires_s))

    def check(self) -> None:
        """Write a small object, sign a link to it, and remove it. Raises `TargetError`."""
        with self.probe() as path:
            self.link(path)

    @contextlib.contextmanager
    def probe(self) -> Iterator[str]:
        """The path of a small object that is there for the length of the block."""
        import obstore

        path = self.path(f"limner-check-{_clock.new_id()}")
        with self._telling("the upload"):
            obstore.put(self._store, path, b"limner\n", attributes=self._attributes("text/plain"))
        try:
            yield path
        finally:
            with self._telling("removing an object (uploading worked)"):
                obstore.delete(self._store, path)

    def close(self) -> None:
        """Connections belong to the store and end with it."""

    def _attributes(self, mime_type: str) -> Attributes:
        if not _MIME_TYPE.fullmatch(mime_type):
            raise TargetError(
                f"Storage target {self._settings.name!r}: {mime_type[:80]!r} is not a type.",
                temporary=False,
                hint="A type such as image/png is wanted.",
            )
        # Keys hold the hash of the content, so what lies at one never changes. No ACL is set: the bucket's policy
        # alone says who may read.
        reach = "public" if self._settings.public else "private"
        return {"Content-Type": mime_type, "Cache-Control": f"{reach}, max-age={_MAX_AGE_S}, immutable"}

    @contextlib.contextmanager
    def _telling(self, action: str) -> Iterator[None]:
        """Turn what the library raises into `TargetError`."""
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, OSError, ValueError) as problem:
            # The cause is dropped on purpose: the library puts whole requests and replies into its errors.
            raise self._error(action, problem) from None

    def _error(self, action: str, problem: Exception) -> TargetError:
        from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

        settings = self._settings
        text = str(problem)
        found = _STATUS.search(text)
        status = int(found[1]) if found else None
        temporary, hint = is_temporary(status, text), "Later it may work; `endpoint` and `proxy` say where to connect."
        if isinstance(problem, PermissionDeniedError | UnauthenticatedError) or status in (401, 403):
            temporary = False
            source = settings.credentials or " and ".join(settings.key_env[:2])
            hint = (
                f"Check {source}, and that it may write to bucket {settings.bucket!r}; then the clock of this machine."
            )
        elif isinstance(problem, FileNotFoundError) or status == 404:
            temporary = False
            hint = f"Check that there is a bucket {settings.bucket!r} at {settings.endpoint}."
        elif not temporary:
            hint = "Check bucket, region, endpoint and credentials of the target."
        return TargetError(
            f"Storage target {settings.name!r}: {action} failed: {self._reason(text, status)}.",
            temporary=temporary,
            hint=hint,
        )

    def _reason(self, text: str, status: int | None) -> str:
        """What the service said, or that it could not be reached; without any credential."""
        said = _XML.search(text)
        if said:
            reason = f"{said['code']}: {said['message'].rstrip('. ')}"
        elif status is not None:
            reason = f"HTTP status {status}"
        elif "HTTP error" in text:
            reason = f"no answer from {self._settings.endpoint}"
        else:
            reason = (text.splitlines() or [""])[0].rstrip(". ")
        return redact(reason, self._hidden)[:300]


def is_temporary(status: int | None, text: str = "") -> bool:
    """Whether the same may work later: no answer at all, an overloaded server, too many requests."""
    if status is None:
        return "HTTP error" in text
    return status >= 500 or status in _LATER


def open_s3(settings: TargetSettings, keys: S3Keys) -> CloudTarget:
    """A bucket of S3 or of a service that speaks it. The bucket stands in the path, as every such service takes it."""
    from obstore.store import S3Store

    endpoint = settings.endpoint or ""
    with _refusing(settings):
        store = S3Store(
            settings.bucket,
            endpoint=endpoint,
            aws_endpoint_url_s3=endpoint,  # a variable of this name would win over `endpoint`
            region=settings.region or "",
            virtual_hosted_style_request=False,
            skip_signature=False,
            request_payer=False,
            credential_provider=keys.for_obstore,
            client_options=_client_options(settings),
            retry_config=_retries(),
        )
    return CloudTarget(settings, store, keys.hidden())


def open_gcs(settings: TargetSettings, account: ServiceAccount) -> CloudTarget:
    """A bucket of Google Cloud Storage. Requests carry tokens that are signed here: no token is asked for."""
    from obstore.store import GCSStore

    with _refusing(settings):
        store = GCSStore(
            settings.bucket,
            service_account_key=json.dumps(account.for_google() | {"disable_oauth": False}),
            base_url=settings.endpoint or "",
            skip_signature=False,
            client_options=_client_options(settings),
            retry_config=_retries(),
        )
    return CloudTarget(settings, store)


@contextlib.contextmanager
def _refusing(settings: TargetSettings) -> Iterator[None]:
    """Turn what the library says against the settings into `ConfigError`."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, ValueError) as problem:
        first_line = (str(problem).splitlines() or [""])[0]
        raise ConfigError(
            f"Storage target {settings.name!r}: {redact(first_line)[:300].rstrip('. ')}.",
            code="config.target",
            hint="Check the credentials, and the other settings of the target.",
        ) from None


def _client_options(settings: TargetSettings) -> ClientConfig:
    options: ClientConfig = {
        "allow_http": (settings.endpoint or "").startswith("http://"),
        "connect_timeout": timedelta(seconds=10),
        "timeout": timedelta(seconds=120),  # of one part, so of 5 MiB
        "user_agent": f"limner/{__version__}",
    }
    if settings.proxy is not None:
        options["proxy_url"] = settings.proxy
    else:
        # Without any proxy the library takes that of the environment. One that is never used keeps it from doing so.
        options["proxy_url"] = "http://127.0.0.1:9"
        options["proxy_excludes"] = "*,0.0.0.0/0,::/0"
    return options


def _retries() -> RetryConfig:
    """A few at once; what needs longer is reported as temporary, and whoever asked tries again later."""
    return {"max_retries": 2, "retry_timeout": timedelta(seconds=60)}
