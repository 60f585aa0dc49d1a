"""The command on a terminal of its own, with somebody who reads and types."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

DEADLINE_S = 60.0
"""How long nothing new may appear before a test gives up."""


class Terminal:
    """Runs `limner` with `arguments` in a pseudo-terminal of 100 columns; `shown` is everything that appeared on it."""

    def __init__(
        self, *arguments: str, environment: Mapping[str, str], folder: Path, stdout: Path | None = None
    ) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        result = theirs if stdout is None else os.open(stdout, os.O_WRONLY | os.O_CREAT, 0o600)
        self.shown = ""
        self._read_to = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "limner", *arguments],
            stdin=theirs,
            stdout=result,
            stderr=theirs,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", **environment},
            cwd=folder,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(theirs)
        if stdout is not None:
            os.close(result)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def sees(self, text: str) -> None:
        """Read on until `text` appears; fails where nothing new comes."""
        while text not in self.shown[self._read_to :]:
            assert self._more(), f"{text!r} did not appear:\n{self.shown}"
        self._read_to = self.shown.index(text, self._read_to) + len(text)

    def types(self, text: str) -> None:
        """Type a line and Enter."""
        os.write(self._ours, text.encode() + b"\n")

    def presses_ctrl_c(self) -> None:
        """Ctrl-C, as a terminal sends it."""
        os.write(self._ours, b"\x03")

    def kills(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait(DEADLINE_S)

    def ends(self) -> int:
        """Read to the end; gives the exit code."""
        while self._more():
            pass
        return self._process.wait(DEADLINE_S)

    def _more(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], DEADLINE_S)
        if not ready:
            return False
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # Linux says so where the other side is closed
            return False
        self.shown += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)


def _take_terminal() -> None:
    """Make the terminal the one whose Ctrl-C reaches this process."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
