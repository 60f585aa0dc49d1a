"""Where runs are started, broken and started again: a warm driver, a provider and a place on disk for each run."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

import pytest

from faults.driver import KEY_VARIABLE, Job
from faults.provider import Provider
from faults.replies import picture

TESTS = Path(__file__).parent.parent
HANG_S = 30.0
"""A run that takes longer than this hangs, which counts as a failure."""

INPUT_PICTURE = picture(99, side_px=64)
_ATTACHED = " attached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a run ended: its exit status (negative: the signal that killed it), and the pictures it had announced."""

    exit: int
    told: frozenset[int]
    errors: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The disk of one run."""

    name: str
    root: Path

    @property
    def home(self) -> Path:
        """The data folder."""
        return self.root / "home"

    @property
    def out(self) -> Path:
        """Where the pictures are wanted."""
        return self.root / "out"

    def job(self, **how: Any) -> Job:
        """The script, run on this disk."""
        return Job(home=str(self.home), out=str(self.out), input_picture=str(self.root / "in.png"), **how)


class Driver:
    """A warm process that runs jobs, one at a time."""

    def __init__(self, errors: Path) -> None:
        self._errors = errors
        with errors.open("wb") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-B", "-m", "faults.driver"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env={"PYTHONPATH": f"{TESTS}:{TESTS.parent / 'src'}", "PATH": os.environ.get("PATH", "")},
            )
        assert self._next() == {"ready": True}, errors.read_text(encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def run(self, job: Job, strace: Sequence[str] = ()) -> Ran:
        """Run `job` to its end, under strace if it is traced."""
        read_from = self._errors.stat().st_size
        pid = self.start(job)
        tracer = _Tracer(pid, strace) if job.traced else None
        try:
            return self.finish(pid, read_from)
        finally:
            if tracer is not None:
                tracer.wait()

    def start(self, job: Job) -> int:
        """Begin `job`; gives its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(job.to_line())
        self._process.stdin.flush()
        return int(self._next()["pid"])

    def finish(self, pid: int, read_from: int = 0) -> Ran:
        """Wait for the end of the job that was started."""
        told: set[int] = set()
        hang = threading.Timer(HANG_S, os.kill, (pid, signal.SIGKILL))
        hang.start()
        try:
            while "exit" not in (message := self._next()):
                told.add(message["told"])
        finally:
            hang.cancel()
        errors = self._errors.read_bytes()[read_from:].decode("utf-8", "replace")
        return Ran(exit=int(message["exit"]), told=frozenset(told), errors=errors)

    def _next(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return dict(json.loads(line)) if line else {}


class _Tracer:
    """strace on a process that waits for it; lets the process go on once it watches."""

    def __init__(self, pid: int, options: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            ["strace", "-f", "-p", str(pid), *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        assert self._process.stderr is not None
        self._stderr: IO[bytes] = self._process.stderr
        said = b""
        while _ATTACHED.encode() not in said:
            line = self._stderr.readline()
            if not line:
                os.kill(pid, signal.SIGKILL)
                raise RuntimeError(f"strace could not be attached: {said.decode()}")
            said += line
        os.kill(pid, signal.SIGUSR1)

    def wait(self) -> None:
        self._stderr.read()
        self._process.wait()
        self._stderr.close()


class Bench:
    """A driver and a provider, and fresh places to run on."""

    def __init__(self, root: Path, provider: Provider, driver: Driver) -> None:
        self.root = root
        self.provider = provider
        self.driver = driver
        self._count = 0

    def place(self) -> Place:
        """An empty data folder that knows its provider, and the input picture."""
        self._count += 1
        name = f"{self.root.name}-{self._count}"
        place = Place(name=name, root=self.root / name)
        place.home.mkdir(parents=True)
        (place.root / "in.png").write_bytes(INPUT_PICTURE)
        self.point(place)
        return place

    def point(self, place: Place) -> None:
        """Write the settings of `place`."""
        (place.home / "config.toml").write_text(
            "[connections.relay]\n"
            'preset = "new-api"\n'
            f'base_url = "{self.provider.base_url(place.name, place.home)}"\n'
            f'key_env = "{KEY_VARIABLE}"\n'
            'model = "gemini-2.5-flash-image"\n',
            encoding="utf-8",
        )

    def clear(self, place: Place) -> None:
        """Forget a place that is not needed any more."""
        shutil.rmtree(place.root)
        self.provider.forget(place.name)


@contextlib.contextmanager
def benches(count: int) -> Iterator[list[Bench]]:
    """`count` benches with one provider, in memory where the system offers that: syncing costs nothing there."""
    with contextlib.ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="limner-faults-", dir=memory_folder())))
        provider = stack.enter_context(Provider().serving())
        found = []
        for number in range(count):
            folder = root / f"bench{number}"
            folder.mkdir()
            driver = stack.enter_context(Driver(folder / "stderr.txt"))
            found.append(Bench(folder, provider, driver))
        yield found


def memory_folder() -> Path | None:
    """A folder in memory, where syncing costs nothing; `None` where the system has none."""
    memory = Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) else None


IN_CI = os.environ.get("CI") == "true"


def require_strace() -> None:
    """Skip the test where strace is missing; fail it in CI, where the promise is checked."""
    if shutil.which("strace"):
        return
    reason = "strace is needed to break the program at its system calls: `apt-get install strace`"
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)
