"""A key or token that cannot be printed, stored or pickled by accident."""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """Holds a secret text. Shows as `***` everywhere; `reveal` is called where a header is built, nowhere else."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never pickled or copied")
