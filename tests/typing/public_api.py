"""The public API as a user types it: never run, only type-checked."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import assert_type

from limner import AsyncClient, CallError, Chat, Client, Image, OutcomeKind, Result


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
        chat = client.chat(aspect_ratio="16:9", system="Always in watercolor.")
        assert_type(chat, Chat)
        assert_type(chat.send("a fox", images=["hat.png"], stream=True), Result)
        assert_type(chat.cost, Decimal)
        assert_type(client.generate("a story").document("A story").save("story.html"), Path)
        client.generate("a fox", styles=["charcoal"], vary=["art"], budget_usd=0.5, transparent="key")
        client.edit("no pictures")  # type: ignore[call-arg]  # images are needed


async def asynchronous() -> None:
    async with AsyncClient() as client:
        assert_type(await client.generate("a fox"), Result)
        chat = await client.chat(id="01kah7")
        assert_type(await chat.send("make it night"), Result)


def errors(problem: CallError) -> tuple[str, str | None, str]:
    return problem.code, problem.hint, problem.billed
