from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import limner
from limner import AsyncClient, Client, UnsupportedError


def test_four_lines_make_a_picture(tmp_path: Path) -> None:
    with Client(home=tmp_path / "home", environment={}) as client:
        result = client.generate("a red fox in snow", resolution="512", aspect_ratio="1:1", seed=1)
        assert result.images[0].save(tmp_path / "fox") == tmp_path / "fox.png"
    assert (tmp_path / "fox.png").stat().st_size == result.images[0].size_bytes
    assert (result.images[0].width, result.images[0].height) == (512, 512)


def test_the_async_client_makes_several_at_once(tmp_path: Path) -> None:
    async def make() -> list[str]:
        async with AsyncClient(home=tmp_path / "home", environment={}) as client:
            results = await asyncio.gather(
                *(client.generate(f"cat number {n}", resolution="512", seed=n) for n in range(3))
            )
            edited = await client.edit("make it night", images=[results[0].images[0]], resolution="512")
            return [result.images[0].sha256 for result in (*results, edited)]

    assert len(set(asyncio.run(make()))) == 4


def test_a_conversation_can_be_awaited(tmp_path: Path) -> None:
    async def talk() -> list[str]:
        async with AsyncClient(connection="sandbox", home=tmp_path / "home", environment={}) as client:
            talk = await client.chat(resolution="512")
            await talk.send("a red fox")
            await talk.retry()
            await talk.send("make it night", out=tmp_path / "night.png")
            return [turn.said for turn in (await client.chat(id=talk.chat.id)).chat.turns]

    assert asyncio.run(talk()) == ["a red fox", "make it night"]
    assert (tmp_path / "night.png").is_file()


def test_both_clients_have_the_same_methods_and_arguments() -> None:
    def surface(kind: type) -> dict[str, list[str]]:
        return {
            name: list(inspect.signature(member).parameters)
            for name, member in vars(kind).items()
            if not name.startswith("_") and callable(member)
        }

    assert surface(Client) == surface(AsyncClient)
    assert inspect.signature(Client).parameters == inspect.signature(AsyncClient).parameters


def test_a_client_wide_model_is_used_and_checked(tmp_path: Path) -> None:
    with (
        Client(home=tmp_path, environment={}, model="sandbox-1-fast") as client,
        pytest.raises(UnsupportedError, match="aspect ratio"),
    ):
        client.generate("x", aspect_ratio="17:1")


def test_every_public_name_can_be_imported() -> None:
    assert {name for name in limner.__all__ if getattr(limner, name) is None} == set()
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        getattr(limner, "Nonsense")  # noqa: B009 - the lazy lookup is what is tested


def test_importing_limner_loads_nothing_heavy() -> None:
    heavy = [
        "http",
        "PIL",
        "numpy",
        "click",
        "rich",
        "sqlite3",
        "asyncio",
        "tomllib",
        "pybase64",
        "dataclasses",
        "limner.app",
    ]
    program = f"import sys, limner; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True,
                          env={"PYTHONPATH": str(Path(limner.__file__).parent.parent)})  # fmt: skip
    assert done.stdout.strip() == "[]"
