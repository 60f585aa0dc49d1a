"""What was spent, and the budgets that bound it."""

from __future__ import annotations

from limner.studio.visit import Route

ROUTES: tuple[Route, ...] = ()
