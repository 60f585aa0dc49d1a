"""Prompts that were used, looks and templates."""

from __future__ import annotations

from limner.studio.visit import Route

ROUTES: tuple[Route, ...] = ()
