"""The wiring: settings, catalog, store and transports, put together on first use. Every front end goes through here."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from limner import _clock, config
from limner import secrets as keys
from limner._json import JsonObject, JsonValue
from limner.app import budget, recovery, uploads
from limner.app.conclude import Expectation, conclude, read_recorded, recorded_result
from limner.app.delivery import Destination
from limner.app.finish import BLACK_GROUND, finished
from limner.app.google_token import GoogleTokens
from limner.app.inputs import ImageSource, load
from limner.app.plan import Ask, Plan, make_plan
from limner.app.result import CallResult, Image, Result
from limner.app.running import Listener, check_budget, check_space, deliver_all, run_all
from limner.catalog import catalog as catalogs
from limner.catalog import prices
from limner.config import Connection
from limner.core.event import Event
from limner.core.parts import FilePart, ImagePart, Part
from limner.core.remote_file import RemoteFile
from limner.core.request import GenerateRequest
from limner.core.result import Reply
from limner.core.secret import Secret
from limner.core.sink import BlobSource
from limner.core.tokens import TokenCount
from limner.core.transport import Transport, TransportFault, WireCall, WireReply
from limner.errors import ConfigError, InvalidRequestError, LimnerError, UnsupportedError
from limner.providers import gemini, links
from limner.providers.files import FilesClient
from limner.providers.retry import RetryPolicy
from limner.providers.send import Sender, Task, parse_documents
from limner.store import disk
from limner.store.journal import CallRecord, Intent, StoredImage
from limner.store.ledger import Limit
from limner.store.store import Store
from limner.wire.lower import lower, lowered_length

if TYPE_CHECKING:
    from limner.app.chat import Chat
    from limner.providers.sandbox.protocol.model import SandboxModel


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
        self._tokens = GoogleTokens()
        self._given_keys: dict[str, Secret] = {}
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

    def break_off(self) -> None:
        """Break off every call under way, from another thread; each is recorded as cancelled."""
        with self._lock:
            broken, self._transports = list(self._transports.values()), {}
        for transport in broken:
            transport.cancel()

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
        call_ids: Sequence[str] = (),
        group_id: str | None = None,
    ) -> Result:
        """Make the calls of `plan`, several at once, and put the pictures at `destination` (`None`: only the store).

        `call_ids` are identifiers for the calls, new ones where none are given: the journal takes each once. Calls of
        one `group_id` share the budget of a run.

        How a call ended is in the result, never an exception. Raises `ConfigError` without a key, `QuotaError` if
        not all of it fits into a budget, `StorageError` if the disk fails, and `KeyboardInterrupt` after the calls
        under way were broken off and recorded.
        """
        if destination is not None:
            destination.check()
        key = self._key(plan.connection)
        store = self.store
        check_space(store)
        transport = self._transport(plan.connection)
        sender = Sender(store, transport, self._retry)
        group_id = group_id or _clock.new_id()
        limits = budget.limits_of(self.settings, plan.connection, group_id, plan.budget_usd)
        check_budget(store, plan, limits)
        requests = self._with_uploads(plan, key, transport)
        ids = list(call_ids) or [_clock.new_id() for _ in requests]
        tasks = self._tasks(plan, requests, key, destination, ids, group_id, limits)
        listener = Listener(on_event)
        try:
            calls = run_all(sender, tasks, store, transport, listener, cancelled or threading.Event())
        except KeyboardInterrupt:
            self._forget_transport(plan.connection)
            raise
        if destination is not None:
            calls = deliver_all(calls, plan, destination, store)
        result = Result(
            model=plan.model_id,
            connection=plan.connection.name,
            calls=tuple(calls),
            notices=(*plan.warnings, *listener.complaints),
        )
        return self._finished(plan, result) if plan.finish.wanted else result

    def _finished(self, plan: Plan, result: Result) -> Result:
        request = plan.requests[0]
        base = next((part for part in request.images if isinstance(part, ImagePart)), None)
        mask = request.mask if isinstance(request.mask, ImagePart) else None

        def before_black(image: Image) -> Image:
            ask = Ask(
                prompt=BLACK_GROUND,
                images=(image,),
                model=request.model,
                connection=plan.connection.name,
                aspect_ratio=None if request.aspect_ratio is None else str(request.aspect_ratio),
                resolution=None if request.resolution is None else request.resolution.value,
                budget_usd=plan.budget_usd,
                unlisted=True,
            )
            second = self.run(self.plan(ask))
            problem = second.error()
            if problem is not None:
                raise problem
            return second.images[0]

        made = tuple(finished(plan.finish, image, base, mask, self.store, before_black) for image in result.images)
        told = tuple(each.problem for each in made if each.problem is not None)
        return replace(result, finished=made, notices=(*result.notices, *told))

    def recorded(self, call_id: str) -> CallResult | None:
        """What came of a call, from the journal; `None` where it is unknown or still under way."""
        record = self.store.journal.find(call_id)
        if record is None or record.state != "done":
            return None
        documents = self.store.journal.reply(call_id)
        found = [] if documents is None else list(documents)
        return recorded_result(record, self._harvest(None, read_recorded(record, found)), found, self.store.blobs)

    def add_connection(self, connection: Connection) -> None:
        """Use a connection that is not in the settings, for as long as this is open."""
        self.settings = replace(self.settings, connections={**self.settings.connections, connection.name: connection})
        self._forget_transport(connection)

    def reload(self) -> None:
        """Read the settings anew, after they were changed on disk. Raises `ConfigError`, and keeps the old ones."""
        self.settings = config.load(self._environment)
        with self._lock:
            kept, self._transports = list(self._transports.values()), {}
        for transport in kept:
            transport.close()

    def key_source(self, connection: Connection) -> str | None:
        """Where the key of a connection comes from, in words; `None` where it has none. Raises `ConfigError`."""
        found = keys.find_key(connection, self.settings, self._environment)
        return None if found is None else found.source

    def give_key(self, name: str, key: Secret | None) -> None:
        """A key for the connection `name` that is stored nowhere, for as long as this is open."""
        if key is not None:
            self._given_keys[name] = key

    def variable(self, name: str) -> str | None:
        """A variable of the environment that this was opened with."""
        return self._environment.get(name)

    def can_call(self, connection: Connection) -> bool:
        """Whether there is a key for a connection, or none is needed. Nothing is sent."""
        try:
            self._key(connection)
        except LimnerError:
            return False
        return True

    def begin_chat(self, settings: JsonObject, *, after: str | None = None) -> Chat:
        """A new conversation with `chat_settings`; from the call `after` on, if given. Raises `InvalidRequestError`."""
        from limner.app.chat import Chat

        if after is not None and self.store.journal.find(after) is None:
            raise _unknown_chat(f"There is no call {after[:40]!r}.")
        return Chat.begin(self, settings, after=after)

    def open_chat(self, chat_id: str) -> Chat:
        """The conversation whose id begins so. Raises `InvalidRequestError` if there is none, or several."""
        from limner.app.chat import Chat

        found = self.store.chats.find_by_prefix(chat_id) if chat_id else []
        if len(found) != 1 and not (found and found[0].chat_id == chat_id):
            several = f"Several conversations begin with {chat_id[:40]!r}." if found else None
            raise _unknown_chat(several or f"There is no conversation {chat_id[:40]!r}.")
        return Chat(self, found[0])

    def recover(self) -> recovery.Recovery:
        """Finish what ended processes left: replies on disk, pictures not yet delivered. Says what is in doubt."""
        with self._lock:
            if self._store is None:
                self._store = Store(self.settings.home)
            return recovery.recover(self._store, self._expectation_of, self._harvest)

    def sandbox(self, blobs: BlobSource, *, revived: Collection[str] = ()) -> SandboxModel:
        """The offline model under the names of the whole catalog, and of `revived` even where those are gone.

        `blobs` holds the pictures of requests that come without a shelf.
        """
        from limner.providers.sandbox.protocol.model import SandboxModel

        names = [model.id for model in self.catalog.models()]
        return SandboxModel(blobs, self.signing_key(), stands_in_for=names, revived=revived)

    def signing_key(self) -> bytes:
        """The key that scenes and owners are signed with: made once, private to the data folder."""
        home = self.settings.home
        path = home / "sandbox.key"
        if not path.exists():
            disk.make_folder(home, mode=0o700)
            config.write_private(path, secrets.token_hex(32))
        return path.read_bytes()

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
            documents, reply = self.exchange(connection, call)
        except TransportFault as fault:
            return ConnectionTest(ok=False, sentence=f"No answer: {fault}.", hint="Check the base URL and the network.")
        if 200 <= reply.status < 300:
            return ConnectionTest(
                ok=True, sentence="The connection answers and takes the key.", models=_count(documents)
            )
        outcome = gemini.read_reply(documents, reply.status, reply.headers, True).outcome
        return ConnectionTest(ok=False, sentence=outcome.sentence(), hint=outcome.meaning.next_action)

    def count_tokens(self, ask: Ask) -> TokenCount:
        """How many tokens a request has before it is sent: counted by the provider, free of charge, or estimated.

        Raises `UsageError` as `plan` does. Where the provider does not count, `why_estimated` says why.
        """
        plan = self.plan(ask)
        estimate = prices.input_tokens(plan.model, plan.requests[0])
        if plan.connection.protocol == "sandbox":
            return TokenCount(tokens=estimate, why_estimated="the sandbox is no real model")
        try:
            key = self._key(plan.connection)
            call = gemini.count_call(plan.connection, key, plan.requests[0], plan.dialect)
            documents, reply = self.exchange(plan.connection, call)
        except (ConfigError, TransportFault) as problem:
            return TokenCount(tokens=estimate, why_estimated=str(problem).rstrip("."))
        counted = gemini.read_count(documents) if reply.status == 200 else None
        if counted is None:
            return TokenCount(tokens=estimate, why_estimated=f"the provider answered with HTTP {reply.status}")
        return counted

    def exchange(self, connection: Connection, call: WireCall) -> tuple[list[JsonValue], WireReply]:
        """A call that costs nothing and is not recorded: what came, and its head. Raises `TransportFault`."""
        blobs = self.store.blobs
        reply = self._transport(connection).open(
            call,
            body=() if call.document is None else lower(call.document, blobs),
            length=0 if call.document is None else lowered_length(call.document, blobs),
            before_sending=lambda: None,
        )
        try:
            body = b"".join(iter(reply.read, b""))
        finally:
            reply.close()
        return parse_documents(body, complete=True)[0], reply

    def files(self, name: str | None = None) -> FilesClient:
        """The files that lie with the provider of a connection. Raises `UnsupportedError` where there is no place."""
        connection = self.settings.connection(name)
        if not uploads.has_files_api(connection):
            raise UnsupportedError(
                f"The connection {connection.name!r} has no place for files; the Gemini API has.",
                code="unsupported.files",
                hint="Pictures go with each request there; nothing needs to be uploaded.",
            )
        return FilesClient(self._transport(connection), connection, self._key(connection))

    def upload(self, source: ImageSource, name: str | None = None) -> RemoteFile:
        """Put a picture with the provider, once while it lives there. Raises `CallError`, `UsageError`."""
        part, _, _ = load(source, self.store.blobs, 1)
        if isinstance(part, FilePart):
            raise InvalidRequestError("Only a file can be uploaded, not an address.", code="invalid.image")
        connection = self.settings.connection(name)
        return uploads.upload(part.blob, part.mime_type, connection, self.files(name), self.store)

    def _with_uploads(self, plan: Plan, key: Secret | None, transport: Transport) -> tuple[GenerateRequest, ...]:
        if not uploads.has_files_api(plan.connection) or not uploads.needs_files(plan.requests[0]):
            return plan.requests
        client = FilesClient(transport, plan.connection, key)
        return uploads.with_uploads(plan.requests, plan.connection, client, self.store)

    def _tasks(
        self,
        plan: Plan,
        requests: tuple[GenerateRequest, ...],
        key: Secret | None,
        destination: Destination | None,
        call_ids: list[str],
        group_id: str,
        limits: tuple[Limit, ...],
    ) -> list[Task]:
        expected = Expectation(
            model=plan.model,
            aspect_ratio=plan.requests[0].aspect_ratio,
            resolution=plan.requests[0].resolution,
            free=plan.connection.protocol == "sandbox",
            deliver=destination is not None,
        )
        tasks = []
        for number, request in enumerate(requests):
            call = gemini.generate_call(
                plan.connection, key, request, plan.dialect, stream=plan.stream, timeout_s=plan.timeout_s
            )
            asked = plan.asked(number)
            if destination is not None:
                asked["out"] = destination.to_json()
            intent = Intent(
                call_id=call_ids[number],
                group_id=group_id,
                kind="edit" if request.has_pictures else "generate",
                connection=plan.connection.name,
                model=request.model,
                prompt=request.prompt,
                asked=asked,
                request=call.document,
                reserve_micro_usd=budget.reservation(plan.quote, request.samples),
                limits=limits,
                place=plan.place,
                inputs=tuple(
                    StoredImage(role="input", blob=part.blob, mime_type=part.mime_type)
                    for part in plan.requests[number].images
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
                    show=_parts_of if plan.stream else None,
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
        if connection.name in self._given_keys:
            return self._given_keys[connection.name]
        if connection.auth == "google":
            return self._tokens.token(connection)
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
            from limner.providers.sandbox.protocol.transport import SandboxTransport

            return SandboxTransport(self.sandbox(self.store.blobs))
        from limner._http import HttpTransport

        return HttpTransport(proxy=connection.proxy)


def _parts_of(documents: Sequence[JsonValue]) -> Sequence[Part]:
    return gemini.read_reply(documents, 200, {}, False).parts


def _unknown_chat(message: str) -> InvalidRequestError:
    return InvalidRequestError(message, code="invalid.unknown_chat", hint="`limner chat --list` shows them.")


def _count(documents: list[JsonValue]) -> int | None:
    models = documents[0].get("models") if documents and isinstance(documents[0], dict) else None
    return len(models) if isinstance(models, list) else None
