"""The library's front door: `Client`, and `AsyncClient`, which runs the same code in worker threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypedDict, Unpack

from limner.app import App, Ask, Destination, Result
from limner.app.app import ignore_event
from limner.app.inputs import ImageSource
from limner.catalog.model import Model
from limner.core.event import Event

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

ASYNC_THREADS = 64
"""Most calls an `AsyncClient` has under way at once; further ones wait their turn."""


class GenerateOptions(TypedDict, total=False):
    """What `generate` and `edit` take beside the prompt, in both clients.

    `aspect_ratio` is such as "16:9", `resolution` one of "512", "1K", "2K", "4K"; the model's documented default is
    used where they are left out, and an impossible wish is refused before anything is sent. `seed` is 0 to
    2**31 - 1; picture k of `count` gets seed + k. `text=False` asks for no words beside the picture. `out` puts copies
    into a folder or under a file name; without it the pictures are in the data folder, at `result.images[k].path`.
    `check=False` returns the result of a call that brought no picture instead of raising. `on_event` hears progress,
    from worker threads.
    """

    aspect_ratio: str | None
    resolution: str | None
    count: int
    seed: int | None
    model: str | None
    connection: str | None
    text: bool
    unlisted: bool
    out: str | Path | None
    check: bool
    on_event: Callable[[Event], None]


class Client:
    """Makes and edits pictures, keeping every one it was sent. Safe to use from several threads.

    `connection` and `model` are used where a call names none; without either, `GEMINI_API_KEY` chooses Google and no
    key chooses the offline sandbox. `home` is the data folder, `environment` the variables to read (the process's own
    by default). Close it, or use it in a `with` block.
    """

    def __init__(
        self,
        *,
        connection: str | None = None,
        model: str | None = None,
        home: str | Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._connection = connection
        self._model = model
        self.app = App.open(_with_home(environment, home))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections and files."""
        self.app.close()

    def generate(
        self, prompt: str, *, images: Sequence[ImageSource] = (), **options: Unpack[GenerateOptions]
    ) -> Result:
        """Make pictures of `prompt`, with `images` as references in their order; options as in `GenerateOptions`.

        Raises `UsageError` for what cannot be done (nothing sent, nothing billed), `StorageError` if the disk fails,
        and a `CallError` with `code`, `hint` and `billed` if a picture did not come, unless `check=False`.
        """
        plan = self.app.plan(
            Ask(
                prompt=prompt,
                images=tuple(images),
                aspect_ratio=options.get("aspect_ratio"),
                resolution=options.get("resolution"),
                count=options.get("count", 1),
                seed=options.get("seed"),
                model=options.get("model") or self._model,
                connection=options.get("connection") or self._connection,
                text=options.get("text", True),
                unlisted=options.get("unlisted", False),
            )
        )
        out = options.get("out")
        destination = None if out is None else Destination.parse(str(out))
        result = self.app.run(plan, destination=destination, on_event=options.get("on_event", ignore_event))
        error = result.error() if options.get("check", True) else None
        if error is not None:
            raise error
        return result

    def edit(self, instruction: str, *, images: Sequence[ImageSource], **options: Unpack[GenerateOptions]) -> Result:
        """Change the first of `images` as `instruction` says; further ones are references. Else as `generate`."""
        return self.generate(instruction, images=images, **options)

    def models(self) -> list[Model]:
        """The models of the catalog, living ones first."""
        return list(self.app.catalog.models())


class AsyncClient:
    """`Client` with `await`: the same methods and arguments, each call in a worker thread.

    Cancelling the task does not take back a call that was sent: its reply is still received and kept.
    """

    def __init__(
        self,
        *,
        connection: str | None = None,
        model: str | None = None,
        home: str | Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._client = Client(connection=connection, model=model, home=home, environment=environment)
        self._threads: ThreadPoolExecutor | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Wait for calls under way, then let go of connections and files."""
        import asyncio

        if self._threads is not None:
            await asyncio.to_thread(self._threads.shutdown)
        self._client.close()

    async def generate(
        self, prompt: str, *, images: Sequence[ImageSource] = (), **options: Unpack[GenerateOptions]
    ) -> Result:
        """As `Client.generate`."""
        return await self._in_thread(lambda: self._client.generate(prompt, images=images, **options))

    async def edit(
        self, instruction: str, *, images: Sequence[ImageSource], **options: Unpack[GenerateOptions]
    ) -> Result:
        """As `Client.edit`."""
        return await self.generate(instruction, images=images, **options)

    async def models(self) -> list[Model]:
        """As `Client.models`."""
        return self._client.models()

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        if self._threads is None:
            self._threads = ThreadPoolExecutor(ASYNC_THREADS, thread_name_prefix="limner")
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _with_home(environment: Mapping[str, str] | None, home: str | Path | None) -> Mapping[str, str] | None:
    if home is None:
        return environment
    from limner import config

    return {**(config.environment() if environment is None else environment), "LIMNER_HOME": str(home)}
