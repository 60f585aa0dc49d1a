"""Servers on loopback, those of the tests of the Gemini server."""

from __future__ import annotations

from server.conftest import asker, lasting, serve

__all__ = ["asker", "lasting", "serve"]
