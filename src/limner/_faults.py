"""Named fault points: places where a test may stop the program to see what survives.

A point does nothing unless a test has armed it, so that what is tested is the code that ships.
"""

from __future__ import annotations

from collections.abc import Callable

_armed: dict[str, Callable[[], None]] = {}


def point(name: str) -> None:
    """Mark a place worth breaking; calls what a test armed for `name`, else nothing."""
    action = _armed.get(name)
    if action is not None:
        action()


def arm(name: str, action: Callable[[], None]) -> None:
    """Run `action` each time the program passes `name`."""
    _armed[name] = action


def disarm() -> None:
    """Forget every armed point."""
    _armed.clear()
