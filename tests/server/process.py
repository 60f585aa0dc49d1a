"""The server as its users run it: a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.asking import Client


@dataclass(frozen=True)
class ServeProcess:
    """A running `limner serve`."""

    process: subprocess.Popen[bytes]
    url: str
    errors: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def client(self) -> Client:
        return Client(self.port)

    @property
    def log(self) -> str:
        """What it wrote to stderr so far."""
        return self.errors.read_text(encoding="utf-8")

    @property
    def peak_bytes(self) -> int:
        """The most memory it has ever held."""
        return self._status_bytes("VmHWM")

    @property
    def held_bytes(self) -> int:
        """The memory it holds now."""
        return self._status_bytes("VmRSS")

    def forget_peak(self) -> None:
        """Let the peak begin anew from what is held now."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", encoding="ascii")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)

    def _status_bytes(self, name: str) -> int:
        lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))


@contextmanager
def serving(home: Path, *options: str, command: Sequence[str] = (), **variables: str) -> Iterator[ServeProcess]:
    """`limner serve --port 0` with these options, until the end of the block at the latest."""
    errors = home.with_name(f"{home.name}.stderr")
    words = command or (sys.executable, "-m", "limner", "serve", "--port", "0", "--log", "json")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("LIMNER", "GEMINI", "GOOGLE"))
    }
    with (
        open(errors, "wb") as stderr,
        subprocess.Popen(
            [*words, *options],
            env={**environment, "LIMNER_HOME": str(home), **variables},
            stdout=subprocess.PIPE,
            stderr=stderr,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            first = process.stdout.readline().decode()
            assert first.startswith("Listening on http"), errors.read_text(encoding="utf-8")
            yield ServeProcess(process, first.split()[2], errors)
        finally:
            process.kill()
