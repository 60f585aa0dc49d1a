"""How a studio is to be run."""

from __future__ import annotations

from dataclasses import dataclass

from limner.errors import ConfigError
from limner.web.guard import is_loopback
from limner.web.limits import DEFAULT_LIMITS, Limits

DEFAULT_PORT = 8642
"""Always the same one, so that an open tab finds the studio again after a restart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioSettings:
    """Where a studio listens. `parallel` wishes are made at once."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    hosts: tuple[str, ...] = ()
    parallel: int = 4
    limits: Limits = DEFAULT_LIMITS

    def check(self) -> None:
        """Raise `ConfigError` for what would be unsafe: the studio spends money, and speaks without TLS."""
        if not is_loopback(self.host):
            raise ConfigError(
                f"{self.host!r} can be reached from other machines, and the studio speaks plain HTTP.",
                code="config.serve_tls",
                hint="Leave --host out, and reach the studio through an SSH tunnel or a proxy that speaks TLS.",
            )
