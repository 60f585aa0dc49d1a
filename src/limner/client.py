"""The library's front door: `Client`, and `AsyncClient`, which runs the same code in worker threads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, TypedDict, TypeVar, Unpack

from limner._json import JsonObject, JsonValue
from limner.app import App, Ask, Destination, Result
from limner.app.app import ignore_event
from limner.app.chat import Chat, SendOptions, chat_settings
from limner.app.finish import Finish
from limner.app.inputs import ImageSource
from limner.catalog.model import Model
from limner.core.event import Event

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from limner.runner.run import RedoOptions, WorkflowRun
    from limner.runner.workflows import Inputs, Workflows

T = TypeVar("T")

ASYNC_THREADS = 64
"""Most calls an `AsyncClient` has under way at once; further ones wait their turn."""


class GenerateOptions(TypedDict, total=False):
    """What `generate` and `edit` take beside the prompt, in both clients.

    `aspect_ratio` is such as "16:9", `resolution` one of "512", "1K", "2K", "4K"; the model's documented default is
    used where they are left out, and an impossible wish is refused before anything is sent. `seed` is 0 to 2**31 - 1;
    picture k of `count` gets seed + k. `budget_usd` is the most that may be spent on it, in US dollars; `unlisted`
    sends a model, or at a price, that the catalog does not know. `parameters` are settings as the wire names them, such
    as `{"outputOptions.mimeType": "image/jpeg"}`; `mask` is where to change a picture (white in it, or "foreground",
    "background"), `upscale` by how much it grows, where a model can. `styles` are looks added to the prompt (`limner
    prompt styles`), `vary` looks of which each makes a picture of its own. `drift` measures what an edit changed, `box`
    ("10%,20%,30%,40%") says where it may, and `lock` brings the pixels outside back; `transparent` gives a real alpha
    channel, from a key colour or exactly, with a second call: see `Result.finished`. `text=False` asks for no words
    beside the picture. `out` puts copies into a folder or under a file name; without it the pictures are in the data
    folder, at `result.images[k].path`. `check=False` returns the result of a call that brought no picture instead of
    raising. `on_event` hears progress, from worker threads; with `stream` also each part of the answer as it comes,
    with `drafts` the model's thinking too.
    """

    aspect_ratio: str | None
    resolution: str | None
    count: int
    seed: int | None
    model: str | None
    connection: str | None
    text: bool
    unlisted: bool
    budget_usd: float | Decimal | None
    stream: bool
    drafts: bool
    parameters: Mapping[str, JsonValue]
    mask: ImageSource | None
    upscale: int | None
    box: str | None
    lock: bool
    feather_px: float | None
    drift: bool
    transparent: Literal["key", "exact"] | None
    styles: Sequence[str]
    vary: Sequence[str]
    out: str | Path | None
    check: bool
    on_event: Callable[[Event], None]


class ChatOptions(TypedDict, total=False):
    """What `chat` takes: `id` of an old conversation, or what is asked for with each turn of a new one.

    `after` is the call that a new one goes on from; `system` holds for every turn. Else as in `GenerateOptions`.
    """

    id: str | None
    after: str | None
    connection: str | None
    model: str | None
    aspect_ratio: str | None
    resolution: str | None
    system: str | None
    unlisted: bool


class RunOptions(TypedDict, total=False):
    """What `run_workflow` takes beside the file, in both clients.

    `inputs` are the values of its forms, `{"stage": {"field": value}}`; a picture is a path, bytes or an `Image`.
    Fields that are left out take their defaults. `select` chooses where a person would: "first", "all" or a number from
    1, as text. `connection`, `model` and `aspect_ratio` hold for the whole run. `reuse` takes what an earlier run made
    of the same, for nothing. `unattended=False` starts only what the file starts by itself. `check=False` gives a run
    of which a stage failed instead of raising. `on_event` hears what happens, from the calling thread.
    """

    inputs: Inputs
    select: str | None
    connection: str | None
    model: str | None
    aspect_ratio: str | None
    reuse: bool
    unlisted: bool
    unattended: bool
    check: bool
    on_event: Callable[[JsonObject], None]


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
        self._workflows: Workflows | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections and files; requests of workflows that are under way are waited for."""
        if self._workflows is not None:
            self._workflows.close()
        self.app.close()

    @property
    def workflows(self) -> Workflows:
        """The runs of workflows of this data folder: everything that can be done with them."""
        if self._workflows is None:
            from limner.runner.workflows import Workflows

            self._workflows = Workflows(self.app)
        return self._workflows

    def run_workflow(self, workflow: str | Path | JsonObject, **options: Unpack[RunOptions]) -> WorkflowRun:
        """Run a `workflow.json` (a file, or its document) as far as it goes; options as in `RunOptions`.

        Stops where a person is needed, and can be carried on: also by another process, after a crash, or in a month.
        Raises `InvalidRequestError` for a wrong file or input (nothing sent), and a `WorkflowFailedError` with `run` if
        a stage failed, unless `check=False`.
        """
        from limner.runner.run import WorkflowRun
        from limner.workflow.places import Choice

        choice = Choice(
            model=options.get("model"),
            connection=options.get("connection") or self._connection,
            aspect_ratio=options.get("aspect_ratio"),
        )
        run_id = self.workflows.create(
            workflow,
            choice=choice,
            unattended=options.get("unattended", True),
            select=options.get("select"),
            reuse=options.get("reuse", False),
            unlisted=options.get("unlisted", False),
        )
        run = WorkflowRun(self.workflows, run_id)
        self.workflows.give(run_id, self.workflows.filled(run_id, options.get("inputs", {})), fill=True)
        run.wait(options.get("on_event"))
        if options.get("check", True):
            run.check()
        return run

    def open_run(self, run_id: str) -> WorkflowRun:
        """The run whose id begins so. Raises `InvalidRequestError` for none, or several."""
        from limner.runner.run import WorkflowRun

        return WorkflowRun(self.workflows, self.workflows.find(run_id))

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
                budget_usd=_decimal(options.get("budget_usd")),
                stream=options.get("stream", False),
                drafts=options.get("drafts", False),
                parameters=tuple(options.get("parameters", {}).items()),
                mask=options.get("mask"),
                upscale=options.get("upscale"),
                styles=tuple(options.get("styles", ())),
                vary=tuple(options.get("vary", ())),
                finish=Finish(
                    box=options.get("box"),
                    lock=options.get("lock", False),
                    feather_px=options.get("feather_px"),
                    drift=options.get("drift", False),
                    transparent=options.get("transparent"),
                ),
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

    def chat(self, **options: Unpack[ChatOptions]) -> Chat:
        """A conversation: a new one, or the one with this `id` as it stood.

        A new one begins with nothing, or goes on from the call `after` (`Image.call_id`). What is asked for holds for
        each turn; of an old one it is changed with `Chat.use`. Raises `InvalidRequestError` for an unknown id.
        """
        chat_id = options.get("id")
        if chat_id is not None:
            return self.app.open_chat(chat_id)
        settings = chat_settings(
            connection=options.get("connection") or self._connection,
            model=options.get("model") or self._model,
            aspect_ratio=options.get("aspect_ratio"),
            resolution=options.get("resolution"),
            system=options.get("system"),
            unlisted=options.get("unlisted", False),
        )
        return self.app.begin_chat(settings, after=options.get("after"))

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

    async def chat(self, **options: Unpack[ChatOptions]) -> AsyncChat:
        """As `Client.chat`."""
        return AsyncChat(self._client.chat(**options), self._in_thread)

    async def run_workflow(self, workflow: str | Path | JsonObject, **options: Unpack[RunOptions]) -> AsyncRun:
        """As `Client.run_workflow`."""
        run = await self._in_thread(lambda: self._client.run_workflow(workflow, **options))
        return AsyncRun(run, self._in_thread)

    async def open_run(self, run_id: str) -> AsyncRun:
        """As `Client.open_run`."""
        return AsyncRun(await self._in_thread(lambda: self._client.open_run(run_id)), self._in_thread)

    async def models(self) -> list[Model]:
        """As `Client.models`."""
        return self._client.models()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        if self._threads is None:
            self._threads = ThreadPoolExecutor(ASYNC_THREADS, thread_name_prefix="limner")
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


class AsyncChat:
    """`Chat` with `await`: the calls in a worker thread, everything else at once through `chat`."""

    def __init__(self, chat: Chat, in_thread: Callable[[Callable[[], Result]], Awaitable[Result]]) -> None:
        self.chat = chat
        self._in_thread = in_thread

    async def send(self, prompt: str, *, images: Sequence[ImageSource] = (), **options: Unpack[SendOptions]) -> Result:
        """As `Chat.send`."""
        return await self._in_thread(lambda: self.chat.send(prompt, images=images, **options))

    async def retry(self, **options: Unpack[SendOptions]) -> Result:
        """As `Chat.retry`."""
        return await self._in_thread(lambda: self.chat.retry(**options))


class AsyncRun:
    """`WorkflowRun` with `await` for what takes time; everything else at once through `run`."""

    def __init__(
        self, run: WorkflowRun, in_thread: Callable[[Callable[[], WorkflowRun]], Awaitable[WorkflowRun]]
    ) -> None:
        self.run = run
        self._in_thread = in_thread

    async def give(self, inputs: Inputs, *, fill: bool = False) -> WorkflowRun:
        """As `WorkflowRun.give`."""
        return await self._in_thread(lambda: self.run.give(inputs, fill=fill))

    async def redo(self, stage: str, **options: Unpack[RedoOptions]) -> WorkflowRun:
        """As `WorkflowRun.redo`."""
        return await self._in_thread(lambda: self.run.redo(stage, **options))

    async def select(self, stage: str, index: int, *, attempt: str | None = None) -> WorkflowRun:
        """As `WorkflowRun.select`."""
        return await self._in_thread(lambda: self.run.select(stage, index, attempt=attempt))

    async def resume(self) -> WorkflowRun:
        """As `WorkflowRun.resume`."""
        return await self._in_thread(self.run.resume)

    async def wait(self) -> WorkflowRun:
        """As `WorkflowRun.wait`."""
        return await self._in_thread(self.run.wait)


def _decimal(usd: float | Decimal | None) -> Decimal | None:
    return None if usd is None else Decimal(str(usd))


def _with_home(environment: Mapping[str, str] | None, home: str | Path | None) -> Mapping[str, str] | None:
    if home is None:
        return environment
    from limner import config

    return {**(config.environment() if environment is None else environment), "LIMNER_HOME": str(home)}
