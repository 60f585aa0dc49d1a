"""The first screen of all: try the sandbox, or connect a model."""

from __future__ import annotations

from limner.studio.visit import Route

ROUTES: tuple[Route, ...] = ()
