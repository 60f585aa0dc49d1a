"""The wiring: settings, catalog, store and transports, put together on first use. Every front end goes through here."""

from __future__ import annotations

import contextlib
import secrets
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from limner import _clock, config
from limner import secrets as keys
from limner._json import JsonValue
from limner.app import recovery
from limner.app.conclude import Expectation, call_result, conclude
from limner.app.delivery import Destination, deliver
from limner.app.plan import Ask, Plan, make_plan
from limner.app.result import CallResult, Result
from limner.catalog import catalog as catalogs
from limner.config import Connection
from limner.core.event import Event
from limner.core.parts import ImagePart
from limner.core.result import Reply
from limner.core.secret import Secret
from limner.core.transport import Transport, TransportFault
from limner.errors import ConfigError, StorageError
from limner.providers import gemini, links
from limner.providers.retry import RetryPolicy
from limner.providers.send import Sender, Task, parse_documents
from limner.store import disk
from limner.store.journal import CallRecord, Intent, StoredImage
from limner.store.store import Store


def ignore_event(event: Event) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionTest:
    """Whether a connection answers and takes the key. `models` is how many it lists, if it lists any."""

    ok: bool
    sentence: str
    hint: str | None = None
    models: int | None = None


class App:
    """One person's Limner. Opening it is cheap: the store, the catalog and the network are touched on first use."""

    def __init__(self, environment: Mapping[str, str], *, retry: RetryPolicy | None = None) -> None:
        self._environment = environment
        self._retry = retry or RetryPolicy()
        self.settings = config.load(environment)
        self.notices: list[str] = []
        self._transports: dict[str, Transport] = {}
        self._lock = threading.RLock()
        self._store: Store | None = None

    @classmethod
    def open(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Limner as `environment` configures it (the process's own by default)."""
        return cls(config.environment() if environment is None else environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections and files."""
        with self._lock:
            for transport in self._transports.values():
                transport.close()
            self._transports.clear()
            if self._store is not None:
                self._store.close()
                self._store = None

    @cached_property
    def catalog(self) -> catalogs.Catalog:
        """The models Limner knows."""
        return catalogs.load()

    @property
    def store(self) -> Store:
        """The data folder. What an interrupted process left there is finished first; `notices` say what."""
        with self._lock:
            if self._store is None:
                self.notices += recovery.notices(self.recover())
            assert self._store is not None
            return self._store

    def plan(self, ask: Ask) -> Plan:
        """Decide and check everything about `ask`; nothing is sent. Raises a `UsageError` for what cannot be done."""
        return make_plan(ask, self.settings, self.catalog, lambda: self.store.blobs)

    def run(
        self,
        plan: Plan,
        *,
        destination: Destination | None = None,
        on_event: Callable[[Event], None] = ignore_event,
        cancelled: threading.Event | None = None,
    ) -> Result:
        """Make the calls of `plan`, several at once, and put the pictures at `destination` (`None`: only the store).

        How a call ended is in the result, never an exception. Raises `ConfigError` without a key, `StorageError` if
        the disk fails, and `KeyboardInterrupt` after the calls under way were broken off and recorded.
        """
        if destination is not None:
            destination.check()
        key = self._key(plan.connection)
        store = self.store
        _check_space(store)
        transport = self._transport(plan.connection)
        sender = Sender(store, transport, self._retry)
        tasks = self._tasks(plan, key, destination)
        listener = _Listener(on_event)
        try:
            calls = _run_all(sender, tasks, store, transport, listener, cancelled or threading.Event())
        except KeyboardInterrupt:
            self._forget_transport(plan.connection)
            raise
        if destination is not None:
            calls = _deliver_all(calls, plan, destination, store)
        notices = (*plan.warnings, *listener.complaints)
        return Result(model=plan.model_id, connection=plan.connection.name, calls=tuple(calls), notices=notices)

    def recover(self) -> recovery.Recovery:
        """Finish what ended processes left: replies on disk, pictures not yet delivered. Says what is in doubt."""
        with self._lock:
            if self._store is None:
                self._store = Store(self.settings.home)
            return recovery.recover(self._store, self._expectation_of, self._harvest)

    def test_connection(self, name: str) -> ConnectionTest:
        """Ask a provider for its models: free of charge, and refused without a good key."""
        connection = self.settings.connection(name)
        if connection.protocol == "sandbox":
            count = sum(model.protocol == "sandbox" for model in self.catalog.models())
            return ConnectionTest(
                ok=True, sentence="The sandbox answers; it needs no key and no network.", models=count
            )
        call = gemini.list_models_call(connection, self._key(connection))
        try:
            reply = self._transport(connection).open(call, body=(), length=0, before_sending=lambda: None)
            try:
                body = b"".join(iter(reply.read, b""))
            finally:
                reply.close()
        except TransportFault as fault:
            return ConnectionTest(ok=False, sentence=f"No answer: {fault}.", hint="Check the base URL and the network.")
        documents, _ = parse_documents(body, complete=True)
        if 200 <= reply.status < 300:
            return ConnectionTest(
                ok=True, sentence="The connection answers and takes the key.", models=_count(documents)
            )
        outcome = gemini.read_reply(documents, reply.status, reply.headers, True).outcome
        return ConnectionTest(ok=False, sentence=outcome.sentence(), hint=outcome.meaning.next_action)

    def _tasks(self, plan: Plan, key: Secret | None, destination: Destination | None) -> list[Task]:
        group_id = _clock.new_id()
        expected = Expectation(
            model=plan.model,
            aspect_ratio=plan.requests[0].aspect_ratio,
            resolution=plan.requests[0].resolution,
            free=plan.connection.protocol == "sandbox",
            deliver=destination is not None,
        )
        tasks = []
        for number, request in enumerate(plan.requests):
            call = gemini.generate_call(plan.connection, key, request, plan.rules)
            asked = plan.asked(number)
            if destination is not None:
                asked["out"] = destination.to_json()
            intent = Intent(
                call_id=_clock.new_id(),
                group_id=group_id,
                kind="edit" if request.images else "generate",
                connection=plan.connection.name,
                model=request.model,
                prompt=request.prompt,
                asked=asked,
                request=call.document,
                inputs=tuple(
                    StoredImage(role="input", blob=part.blob, mime_type=part.mime_type)
                    for part in request.images
                    if isinstance(part, ImagePart)
                ),
            )
            tasks.append(
                Task(
                    call=call,
                    intent=intent,
                    read=lambda documents, status, headers, complete: self._harvest(
                        plan.connection, gemini.read_reply(documents, status, headers, complete)
                    ),
                    conclude=lambda answer: conclude(answer, expected, self.store.blobs),
                    number=number,
                    secrets=() if key is None else (key,),
                )
            )
        return tasks

    def _harvest(self, connection: Connection | None, reply: Reply) -> Reply:
        """Pictures that a relay put into the text, brought into the blob store."""
        fetch = connection is not None and connection.fetch_links
        return links.harvest(reply, self.store.blobs, fetch=fetch)

    def _expectation_of(self, record: CallRecord) -> tuple[Connection | None, Expectation]:
        connection = self.settings.connections.get(record.connection)
        model = self.catalog.find(record.model) or catalogs.unknown_model(record.model)
        free = connection is not None and connection.protocol == "sandbox"
        return connection, recovery.expectation(record, model, free=free)

    def _key(self, connection: Connection) -> Secret | None:
        if not connection.needs_key:
            return None
        found = keys.find_key(connection, self.settings, self._environment)
        if found is None:
            where = " or ".join(connection.key_variables) or "a key"
            raise ConfigError(
                f"There is no key for connection {connection.name!r}.",
                code="config.no_key",
                hint=f"Set {where}, or `limner connections set-key {connection.name}`. "
                "`--connection sandbox` needs no key.",
            )
        return found.secret

    def _transport(self, connection: Connection) -> Transport:
        with self._lock:
            if connection.name not in self._transports:
                self._transports[connection.name] = self._new_transport(connection)
            return self._transports[connection.name]

    def _forget_transport(self, connection: Connection) -> None:
        """A transport that was cancelled stays so; the next call gets a new one."""
        with self._lock:
            transport = self._transports.pop(connection.name, None)
        if transport is not None:
            transport.close()

    def _new_transport(self, connection: Connection) -> Transport:
        if connection.protocol == "sandbox":
            from limner.providers.sandbox.protocol.model import SandboxModel
            from limner.providers.sandbox.protocol.transport import SandboxTransport

            names = [model.id for model in self.catalog.models()]
            return SandboxTransport(SandboxModel(self.store.blobs.read, _signing_key(self.store), stands_in_for=names))
        from limner._http import HttpTransport

        return HttpTransport(proxy=connection.proxy)


class _Listener:
    """Tells events to a callback; one that raises is told nothing more, and never costs a reply."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self.complaints: list[str] = []

    def __call__(self, event: Event) -> None:
        if self.complaints:
            return
        try:
            self._on_event(event)
        except Exception as problem:
            self.complaints.append(f"Progress was not shown to its end: on_event raised {problem!r}.")


def _run_all(
    sender: Sender,
    tasks: Sequence[Task],
    store: Store,
    transport: Transport,
    on_event: Callable[[Event], None],
    cancelled: threading.Event,
) -> list[CallResult]:
    """All calls at once; off the main thread, which stays free to hear Ctrl-C."""
    results: list[CallResult | BaseException | None] = [None] * len(tasks)

    def work(task: Task) -> None:
        try:
            answer, ending = sender.run(task, on_event, cancelled)
            results[task.number] = call_result(task.intent.call_id, answer, ending, store.blobs)
        except BaseException as problem:
            results[task.number] = problem

    if len(tasks) == 1 and threading.current_thread() is not threading.main_thread():
        work(tasks[0])  # Ctrl-C never reaches this thread, so it can do the work itself
    else:
        _in_threads(work, tasks, transport, cancelled)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if isinstance(result, CallResult)]


def _in_threads(
    work: Callable[[Task], None], tasks: Sequence[Task], transport: Transport, cancelled: threading.Event
) -> None:
    ended = threading.Semaphore(0)  # and not Thread.join, which forgets the thread when Ctrl-C interrupts it (3.11)

    def run(task: Task) -> None:
        try:
            work(task)
        finally:
            ended.release()

    running = 0
    try:
        with _ctrl_c_held():
            for task in tasks:
                threading.Thread(target=run, args=(task,), name=f"call-{task.number}").start()
                running += 1
        while running:
            ended.acquire()
            running -= 1
    except KeyboardInterrupt:
        cancelled.set()
        transport.cancel()
        for _ in range(running):
            ended.acquire()
        raise


@contextlib.contextmanager
def _ctrl_c_held() -> Iterator[None]:
    """Hear Ctrl-C only after the block: a thread whose start it interrupts may run or not, and nobody could tell."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _deliver_all(calls: list[CallResult], plan: Plan, destination: Destination, store: Store) -> list[CallResult]:
    taken: set[Path] = set()
    placed = []
    for call in calls:
        paths = [
            deliver(image.stored, plan.requests[0].prompt, image.extension, destination, taken) for image in call.images
        ]
        if paths:
            store.journal.delivered(call.call_id, [str(path.absolute()) for path in paths])
        placed.append(call.placed(iter(paths)))
    return placed


def _check_space(store: Store) -> None:
    free = disk.free_bytes(store.home)
    if free < disk.MIN_FREE_BYTES:
        raise StorageError(
            f"Only {free >> 20} MB are free where {str(store.home)!r} lies; a reply might not fit.",
            code="storage.full",
            hint=f"Nothing was sent. Free at least {disk.MIN_FREE_BYTES >> 20} MB, or move the data with LIMNER_HOME.",
        )


def _signing_key(store: Store) -> bytes:
    """The key the sandbox signs its scenes with: made once, private to this data folder, no secret worth stealing."""
    path = store.home / "sandbox.key"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        config.write_private(path, secrets.token_hex(32))
        return path.read_bytes()


def _count(documents: list[JsonValue]) -> int | None:
    models = documents[0].get("models") if documents and isinstance(documents[0], dict) else None
    return len(models) if isinstance(models, list) else None
