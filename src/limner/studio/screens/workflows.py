"""Workflows: files that lie at hand, what they need and cost, their text with its diagnostics."""

from __future__ import annotations

from limner.studio.visit import Route

ROUTES: tuple[Route, ...] = ()
