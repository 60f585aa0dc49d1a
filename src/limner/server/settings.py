"""How a server is to be run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from limner.core.secret import Secret
from limner.errors import ConfigError
from limner.web.guard import is_loopback
from limner.web.limits import DEFAULT_LIMITS, Limits

LogStyle = Literal["text", "json", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """Where a server listens, whom it answers and how strictly.

    `revived` are models that answer although they are gone or unknown. `hosts` are further names that requests may
    be addressed to, `origins` web pages that may ask, `fetch_hosts` hosts whose pictures may be fetched.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    token: Secret | None = None
    workflows_token: Secret | None = None
    """Set where the owner's workflows are offered: what their addresses demand, on this machine too."""
    certificate: Path | None = None
    private_key: Path | None = None
    plain: bool = False
    """True lets an address beyond this machine be served without TLS."""
    lenient: bool = False
    revived: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    fetch_hosts: tuple[str, ...] = ()
    record: Path | None = None
    replay: Path | None = None
    log: LogStyle = "text"
    limits: Limits = DEFAULT_LIMITS

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    @property
    def scheme(self) -> str:
        """How it is spoken to."""
        return "https" if self.certificate is not None else "http"

    def check(self) -> None:
        """Raise `ConfigError` for what would be unsafe or cannot work."""
        if not self.is_local and self.token is None:
            raise ConfigError(
                f"{self.host!r} can be reached from other machines, and no token is set.",
                code="config.serve_token",
                hint="Set LIMNER_SERVE_TOKEN to a secret of 16 characters or more; clients send it as their API key.",
            )
        if not self.is_local and self.certificate is None and not self.plain:
            raise ConfigError(
                f"{self.host!r} can be reached from other machines, and the token would travel in the clear.",
                code="config.serve_tls",
                hint="Give --tls-cert and --tls-key, or --plain-http behind a proxy that speaks TLS.",
            )
        if (self.certificate is None) != (self.private_key is None):
            raise ConfigError(
                "TLS needs both a certificate and its private key.",
                code="config.serve_tls",
                hint="Give --tls-cert and --tls-key.",
            )
        if self.record is not None and self.replay is not None:
            raise ConfigError(
                "A server records or replays, not both.", code="config.serve_record", hint="Leave one of the two out."
            )
        _check_origins(self.origins)


def _check_origins(origins: Iterable[str]) -> None:
    for origin in origins:
        scheme, separator, rest = origin.partition("://")
        if not separator or scheme not in ("http", "https") or not rest or "/" in rest:
            raise ConfigError(
                f"{origin!r} is not an origin.",
                code="config.serve_origin",
                hint="Write scheme, host and port, such as http://localhost:3000.",
            )
