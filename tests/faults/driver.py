"""The program that is broken: a careful script on `limner.Client`, run again and again in forks of one warm process.

`python -m faults.driver` imports Limner once, then reads one job per line from standard input. For each it forks, so
that a run takes milliseconds instead of the quarter of a second that imports take. The fork writes `{"pid": ...}`
first, and `{"told": n}` once a person would have been told that picture `n` is there; when it ended, the first process
writes `{"exit": ...}`. A traced job waits, after its fork, for SIGUSR1: the tracer sees nothing of the start of Python.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from limner.client import Client

PROMPTS = ("a red fox in the snow", "a brass diving helmet", "the same, but at night")
EDITED = 2
"""The prompt that comes with an input picture."""

FINE, SOMETHING_FAILED, UNTYPED_ERROR = 0, 3, 70
"""How a run ends: all there, an error that a script can handle, an error that it cannot."""

KEY_VARIABLE = "RELAY_KEY"

_ANY_PROCESS = 0xFFFFFFFF
_PR_SET_PTRACER = 0x59616D61


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of the script: its data folder, where its pictures go, and how it is run.

    `threads` is false where each call is to run in the main thread, because strace counts system calls by thread.
    `mutant` names the defect to run with; `edit_all` gives the input picture to every call.
    """

    home: str
    out: str
    input_picture: str
    traced: bool = False
    threads: bool = True
    edit_all: bool = False
    mutant: str | None = None

    def to_line(self) -> bytes:
        """The job as the driver reads it."""
        return json.dumps(asdict(self)).encode() + b"\n"


def script(job: Job) -> int:
    """Make each picture that is not yet decided, in order; what the journal says may have been paid is left alone."""
    from limner.client import Client
    from limner.errors import LimnerError

    exit_code = FINE
    try:
        client = Client(connection="relay", environment=_environment(job))
        with client:
            _retry_without_waiting(client, job)
            for number, prompt in enumerate(PROMPTS):
                if not is_decided(client, prompt) and not _make(client, job, number):
                    exit_code = SOMETHING_FAILED
    except LimnerError as problem:
        _complain(problem)
        return SOMETHING_FAILED
    return exit_code


def is_decided(client: Client, prompt: str) -> bool:
    """True if the journal says that the picture is there, was paid, or may have been."""
    from limner.store.history import Query

    records = client.app.store.history.find(Query(words=prompt), limit=50)
    return any(record.state == "sent" or record.billed != "no" for record in records)


def _make(client: Client, job: Job, number: int) -> bool:
    from limner.errors import LimnerError

    images = [job.input_picture] if number == EDITED or job.edit_all else []
    try:
        result = client.generate(PROMPTS[number], images=images, out=job.out + "/", check=False)
    except LimnerError as problem:
        _complain(problem)
        return False
    if result.ok:
        _say({"told": number})
    return result.ok


def _environment(job: Job) -> dict[str, str]:
    return {"LIMNER_HOME": job.home, "HOME": job.home, KEY_VARIABLE: "sk-" + "0123456789abcdef" * 2}


def _retry_without_waiting(client: Client, job: Job) -> None:
    from limner.app.app import App
    from limner.providers.retry import RetryPolicy

    client.app = App(_environment(job), retry=RetryPolicy(base_delay_s=0.0))


def _complain(problem: Exception) -> None:
    sys.stderr.write(f"{type(problem).__name__}: {problem}\n")


def _say(message: dict[str, Any]) -> None:
    """Speak to the harness by a system call that no fault is injected into."""
    os.writev(sys.__stdout__.fileno() if sys.__stdout__ else 1, [json.dumps(message).encode() + b"\n"])


def _allow_tracing() -> None:
    """Let the harness trace this process where a parent may trace its own children only."""
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(_ANY_PROCESS), 0, 0, 0)


def _call_in_main_thread() -> None:
    setattr(threading.Thread, "start", threading.Thread.run)  # noqa: B010 - mypy refuses to assign to a method
    setattr(threading.Thread, "join", lambda self: None)  # noqa: B010 - the same


def _child(job: Job) -> int:
    from faults.mutants import MUTANTS

    if not job.threads:
        _call_in_main_thread()
    if job.mutant is not None:
        MUTANTS[job.mutant].apply()
    if job.traced:
        _allow_tracing()
        signal.sigwait({signal.SIGUSR1})
    return script(job)


def _fork(job: Job) -> int:
    """The process id of a fork that runs `job`."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    child = os.fork()
    if child:
        return child
    code = UNTYPED_ERROR
    try:
        _say({"pid": os.getpid()})
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        code = _child(job)
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _import_everything() -> None:
    """Import what a run imports, and do what it does for the first time only."""
    import sqlite3
    from importlib import import_module

    from limner.catalog import catalog

    for name in ("ctypes", "limner._http", "limner.client", "faults.mutants"):
        import_module(name)
    sqlite3.connect(":memory:").close()
    "localhost".encode("idna")
    catalog.load()


def main() -> None:
    """Run jobs until standard input ends."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what runs in its background
    _import_everything()
    _say({"ready": True})
    for line in sys.stdin:
        child = _fork(Job(**json.loads(line)))
        _, status = os.waitpid(child, 0)
        _say({"exit": os.waitstatus_to_exitcode(status)})


if __name__ == "__main__":
    main()
