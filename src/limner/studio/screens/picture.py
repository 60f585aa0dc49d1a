"""A picture with its ancestry: versions, redo, details, lineage, the request."""

from __future__ import annotations

from limner.studio.visit import Route

ROUTES: tuple[Route, ...] = ()
