"""One call, from its intent to its end: send, spool what comes, retry what is free, record how it ended.

The order is the promise: `sent` is on disk before the first byte leaves, a picture is on disk before its reference is
in the spool, the spool is complete before the journal says `done`, and the spool goes only after that.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from limner import _clock, _faults
from limner._json import JsonValue
from limner.core.blob import BlobRef
from limner.core.event import Event
from limner.core.outcome import Outcome, OutcomeKind
from limner.core.parts import Part
from limner.core.result import Reply
from limner.core.secret import Secret
from limner.core.sink import BlobWriter
from limner.core.transport import Transport, TransportFault, WireCall, WireReply
from limner.providers.masking import Mask
from limner.providers.retry import RetryPolicy
from limner.store.blobs import BlobStore
from limner.store.journal import Ending, Intent
from limner.store.ledger import BudgetSpent
from limner.store.spool import Spool
from limner.store.store import Store
from limner.wire import framing
from limner.wire.lift import SkeletonTooLarge, Truncated
from limner.wire.lower import lower, lowered_length

SPOOLED_HEADERS = ("content-type", "retry-after", "x-request-id", "x-cloud-trace-context", "location")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a call: the reply read from `documents`, the HTTP status if there was one, and whether it left."""

    reply: Reply
    documents: list[JsonValue] | None = None
    status: int | None = None
    sent: bool = False
    attempts: int = 1


ReadReply = Callable[[Sequence[JsonValue], int, Mapping[str, str], bool], Reply]
"""Reads lifted documents, given the HTTP status, the headers, and whether the body was complete."""

Show = Callable[[Sequence[JsonValue]], Sequence[Part]]
"""Reads what one document of a streamed answer says, to be shown while the rest is on its way."""

Conclude = Callable[[Answer], Ending]
"""Turns an answer into what the journal keeps: pictures measured, cost counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One call to make: what to send, what to record, how to read the reply and how to sum it up.

    With `show` its parts are told as they come.
    """

    call: WireCall
    intent: Intent
    read: ReadReply
    conclude: Conclude
    show: Show | None = None
    number: int = 0
    secrets: tuple[Secret, ...] = ()


class Sender:
    """Makes calls through `transport`, keeping everything in `store`. Safe to use from several threads."""

    def __init__(self, store: Store, transport: Transport, policy: RetryPolicy) -> None:
        self._store = store
        self._transport = transport
        self._policy = policy

    def run(self, task: Task, on_event: Callable[[Event], None], cancelled: threading.Event) -> tuple[Answer, Ending]:
        """Make the call and record how it ended. Raises `StorageError` only."""
        answer = self._with_retries(task, on_event, cancelled)
        _faults.point("before-done")
        ending = task.conclude(answer)
        self._store.journal.done(task.intent, ending, was_sent=answer.sent)
        _faults.point("after-done")
        with contextlib.suppress(OSError):  # the call is done whether this works or not; recovery removes the rest
            self._store.spool_path(task.intent.call_id).unlink(missing_ok=True)
        on_event(Event(call=task.number, phase="done"))
        return answer, ending

    def _with_retries(self, task: Task, on_event: Callable[[Event], None], cancelled: threading.Event) -> Answer:
        waited_s, attempt, sent = 0.0, 1, False
        while True:
            answer = self._attempt(task, attempt, sent, on_event)
            sent = answer.sent
            wait_s = self._policy.wait_s(answer.reply.outcome, attempt=attempt, waited_s=waited_s)
            if wait_s is None or cancelled.is_set():
                return answer
            message = answer.reply.outcome.sentence()
            on_event(Event(call=task.number, phase="retrying", wait_s=wait_s, message=message))
            _clock.sleep(wait_s, cancelled)
            if cancelled.is_set():
                return replace(answer, reply=_cancelled(answer.reply))
            waited_s += wait_s
            attempt += 1

    def _attempt(self, task: Task, attempt: int, sent_before: bool, on_event: Callable[[Event], None]) -> Answer:
        sent = sent_before
        recorded = attempt if sent_before else 1

        def before_sending() -> None:
            nonlocal sent
            self._store.journal.sent(task.intent, recorded)
            sent = True
            _faults.point("after-sent")
            on_event(Event(call=task.number, phase="sent"))

        on_event(Event(call=task.number, phase="connecting"))
        document = task.call.document
        try:
            wire_reply = self._transport.open(
                task.call,
                body=lower(document, self._store.blobs),
                length=lowered_length(document, self._store.blobs),
                before_sending=before_sending,
            )
        except TransportFault as fault:
            return Answer(reply=Reply(outcome=outcome_of_fault(fault)), sent=sent, attempts=attempt)
        except BudgetSpent as spent:
            return Answer(reply=Reply(outcome=Outcome(kind=OutcomeKind.BUDGET, message=str(spent))), attempts=attempt)
        try:
            return replace(self._receive(task, wire_reply, recorded, on_event), attempts=attempt)
        finally:
            wire_reply.close()

    def _receive(self, task: Task, wire_reply: WireReply, attempt: int, on_event: Callable[[Event], None]) -> Answer:
        status, headers = wire_reply.status, wire_reply.headers
        spool = self._store.spool(task.intent.call_id)
        try:
            mask = Mask(task.secrets)
            kept = {name: mask.text(headers[name]) for name in SPOOLED_HEADERS if name in headers}
            spool.begin(status, kept, attempt=attempt)
            receiver = _Receiver(self._store.blobs, spool, headers.get("content-type", ""), mask)
            fault = receiver.read_all(wire_reply, _Teller(task, on_event, status))
        finally:
            spool.close()
        _faults.point("after-spool")
        documents, complete = parse_documents(receiver.skeleton, complete=fault is None)
        reply = task.read(documents, status, kept, complete)
        if fault is not None:
            reply = _with_fault(reply, fault)
        return Answer(reply=reply, documents=documents, status=status, sent=True)


class _Teller:
    """Tells how much of an answer came, and of a streamed one what it says so far."""

    def __init__(self, task: Task, on_event: Callable[[Event], None], status: int) -> None:
        self._task = task
        self._on_event = on_event
        self._position = 0
        self.shows = task.show is not None and 200 <= status < 300
        self.shown_count = 0

    def received(self, count: int) -> None:
        """`count` bytes came so far."""
        self._on_event(Event(call=self._task.number, phase="receiving", bytes=count))

    def show(self, skeleton: bytearray, document_count: int) -> None:
        """Tell the parts of the documents that are complete in `skeleton` and were not told yet."""
        assert self._task.show is not None
        for _ in range(document_count - self.shown_count):
            end = skeleton.find(framing.RECORD_SEPARATOR, self._position + 1)
            record = bytes(skeleton[self._position : end if end > 0 else len(skeleton)])
            self._position += len(record)
            for part in self._task.show(framing.salvage(record)):
                self._on_event(Event(call=self._task.number, phase="part", part=part))
        self.shown_count = document_count


class _Receiver:
    """Lifts a body into the blob store and the spool as it arrives."""

    def __init__(self, blobs: BlobStore, spool: Spool, content_type: str, mask: Mask) -> None:
        self._blobs = blobs
        self._spool = spool
        self._mask = mask
        self._picture_arrived = False
        self.skeleton = bytearray()
        self._reader = framing.BodyReader(self, self._emit, content_type=content_type)

    def read_all(self, wire_reply: WireReply, teller: _Teller) -> TransportFault | None:
        """Read to the end; gives the fault that ended it early, if one did."""
        fault = self._read(wire_reply, teller)
        self._keep(self._mask.flush())
        if fault is None:
            self._spool.end()
        return fault

    def _read(self, wire_reply: WireReply, teller: _Teller) -> TransportFault | None:
        count = 0
        try:
            while piece := wire_reply.read():
                count += len(piece)
                self._reader.feed(piece)
                teller.received(count)
                if teller.shows and self._reader.document_count > teller.shown_count:
                    self._keep(self._mask.flush())
                    teller.show(self.skeleton, self._reader.document_count)
            self._reader.close()
        except TransportFault as fault:
            self._reader.abort()
            return fault
        except Truncated:
            return TransportFault("the reply ends in the middle", kind="reset", sent=True)
        except SkeletonTooLarge as problem:
            self._reader.abort()
            return TransportFault(str(problem), kind="protocol", sent=True)
        except BaseException:
            self._reader.abort()
            raise
        return None

    def writer(self) -> BlobWriter:
        """A blob writer that notes when a picture is complete."""
        return _NotingWriter(self._blobs.writer(), self._note_picture)

    def open(self, blob: BlobRef) -> BinaryIO:
        """The bytes of a stored blob."""
        return self._blobs.open(blob)

    def _note_picture(self) -> None:
        self._picture_arrived = True

    def _emit(self, piece: bytes) -> None:
        self._keep(self._mask.feed(piece))
        if self._picture_arrived:
            self._picture_arrived = False
            self._keep(self._mask.flush())
            self._spool.sync()
            _faults.point("after-picture")

    def _keep(self, piece: bytes) -> None:
        if piece:
            self.skeleton += piece
            self._spool.write(piece)


class _NotingWriter:
    def __init__(self, writer: BlobWriter, note: Callable[[], None]) -> None:
        self._writer = writer
        self._note = note
        self.write = writer.write
        self.abort = writer.abort

    def commit(self) -> BlobRef:
        blob = self._writer.commit()
        self._note()
        return blob


def parse_documents(skeleton: bytes | bytearray, *, complete: bool) -> tuple[list[JsonValue], bool]:
    """The documents of a lifted body, arrays flattened, and whether it was whole.

    A body that is no JSON gives one string with its beginning, so that it can be shown.
    """
    body = bytes(skeleton)
    if complete:
        try:
            return _flat(framing.documents(body)), True
        except ValueError:
            # One bad event among good ones must not hide a picture; a web page has nothing to salvage.
            salvaged = [document for document in _flat(framing.salvage(body)) if isinstance(document, dict)]
            return salvaged or [body.decode("utf-8", "replace").strip("\x1e \r\n")], True
    return _flat(framing.salvage(body)), False


def _flat(documents: list[JsonValue]) -> list[JsonValue]:
    flat: list[JsonValue] = []
    for document in documents:
        if isinstance(document, list):
            flat.extend(document)
        else:
            flat.append(document)
    return flat


def outcome_of_fault(fault: TransportFault) -> Outcome:
    """How a call ends that brought no reply. Only what never left may be sent again by itself."""
    kinds = {
        "connect": OutcomeKind.NETWORK,
        "tls": OutcomeKind.NETWORK,
        "timeout": OutcomeKind.TIMEOUT,
        "reset": OutcomeKind.NETWORK,
        "protocol": OutcomeKind.PROTOCOL,
        "cancelled": OutcomeKind.CANCELLED,
    }
    return Outcome(
        kind=kinds[fault.kind],
        message=None if fault.kind == "cancelled" else str(fault),
        billed_override="unknown" if fault.sent else "no",
        resend=not fault.sent and fault.kind in ("connect", "timeout"),
    )


def _with_fault(reply: Reply, fault: TransportFault) -> Reply:
    if reply.outcome.ok or fault.kind == "reset":
        return reply
    return replace(reply, outcome=outcome_of_fault(fault))


def _cancelled(reply: Reply) -> Reply:
    outcome = Outcome(kind=OutcomeKind.CANCELLED, billed_override=reply.outcome.billed)
    return replace(reply, outcome=outcome)
