"""Runs of workflows, stage by stage, in every state."""

from __future__ import annotations

from limner.studio.visit import Route

ROUTES: tuple[Route, ...] = ()
