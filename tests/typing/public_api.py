"""The public API as a user types it: never run, only type-checked."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import assert_type

from limner import AsyncClient, CallError, Client, Image, OutcomeKind, Result


def sync() -> None:
    with Client(connection="google", model="gemini-3-pro-image") as client:
        result = client.generate("a fox", aspect_ratio="16:9", resolution="2K", count=2, seed=7, out="pictures/")
        assert_type(result, Result)
        assert_type(result.images, list[Image])
        assert_type(result.images[0].save("fox"), Path)
        assert_type(result.cost, Decimal | None)
        assert_type(result.outcome.kind, OutcomeKind)
        client.edit("make it night", images=[result.images[0], "other.png", Path("third.jpg"), b"bytes"], check=False)
        client.generate("a fox", aspect="16:9")  # type: ignore[call-arg]  # the name is aspect_ratio
        client.edit("no pictures")  # type: ignore[call-arg]  # images are needed


async def asynchronous() -> None:
    async with AsyncClient() as client:
        assert_type(await client.generate("a fox"), Result)


def errors(problem: CallError) -> tuple[str, str | None, str]:
    return problem.code, problem.hint, problem.billed
