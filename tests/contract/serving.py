"""`limner serve` as its users start it: a process of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MODEL = "gemini-nano-banana-2.1"
"""Stands in tests for every image model of Google's."""

REVIVED = ("gemini-2.5-flash-image-preview", "imagen-4.0-generate-001")


@contextlib.contextmanager
def serving(home: Path, *options: str) -> Iterator[str]:
    """The address of a server, which is stopped as a supervisor stops one and must then end well."""
    environment = {"PATH": os.environ["PATH"], "LIMNER_HOME": str(home), "HOME": str(home), "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "limner", "serve", "--port", "0", "--log", "off", *options]
    for name in REVIVED:
        command += ["--sandbox-as", name]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Listening on http://127.0.0.1:"), line + process.communicate()[1]
        yield line.removeprefix("Listening on ").strip()
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=40)
        assert (process.returncode, "Traceback" in said) == (0, False), said
    finally:
        process.kill()
        process.communicate()
