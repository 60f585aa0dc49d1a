"""Calls under way: all at once in threads, broken off by Ctrl-C, their pictures put where they are wanted."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from limner.app import budget
from limner.app.conclude import call_result
from limner.app.delivery import Destination, deliver
from limner.app.plan import Plan
from limner.app.result import CallResult
from limner.core.event import Event
from limner.core.outcome import Outcome, OutcomeKind
from limner.core.transport import Transport
from limner.errors import StorageError
from limner.providers.send import Sender, Task
from limner.store import disk
from limner.store.ledger import BudgetSpent, Limit
from limner.store.store import Store


class Listener:
    """Tells events to a callback; one that raises is told nothing more, and never costs a reply."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self.complaints: list[str] = []

    def __call__(self, event: Event) -> None:
        """Tell it."""
        if self.complaints:
            return
        try:
            self._on_event(event)
        except Exception as problem:
            self.complaints.append(f"Progress was not shown to its end: on_event raised {problem!r}.")


def run_all(
    sender: Sender,
    tasks: Sequence[Task],
    store: Store,
    transport: Transport,
    on_event: Callable[[Event], None],
    cancelled: threading.Event,
) -> list[CallResult]:
    """Make all calls at once; off the main thread, which stays free to hear Ctrl-C.

    Raises `StorageError`, and `KeyboardInterrupt` once the calls under way were broken off and recorded.
    """
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


def deliver_all(calls: list[CallResult], plan: Plan, destination: Destination, store: Store) -> list[CallResult]:
    """Put copies of the finished pictures where they are wanted, and note where. Raises `StorageError`."""
    taken: set[Path] = set()
    placed = []
    for number, call in enumerate(calls):
        paths = [
            deliver(image.stored, plan.requests[number].prompt, image.extension, destination, taken)
            for image in call.images
        ]
        if paths:
            store.journal.delivered(call.call_id, [str(path.absolute()) for path in paths])
        placed.append(call.placed(iter(paths)))
    return placed


def check_budget(store: Store, plan: Plan, limits: tuple[Limit, ...]) -> None:
    """All or nothing, as far as it can be foreseen; each call makes its own reservation when it leaves."""
    each = (budget.reservation(plan.quote, request.samples) for request in plan.requests)
    try:
        store.ledger.check(sum(usd or 0 for usd in each), limits)
    except BudgetSpent as spent:
        raise Outcome(kind=OutcomeKind.BUDGET, message=str(spent)).to_error() from None


def check_space(store: Store) -> None:
    """Raise `StorageError` where a reply might not fit on the disk."""
    free = disk.free_bytes(store.home)
    if free < disk.MIN_FREE_BYTES:
        raise StorageError(
            f"Only {free >> 20} MB are free where {str(store.home)!r} lies; a reply might not fit.",
            code="storage.full",
            hint=f"Nothing was sent. Free at least {disk.MIN_FREE_BYTES >> 20} MB, or move the data with LIMNER_HOME.",
        )
