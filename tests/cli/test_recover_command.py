from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cli.running import Run

_KILLED_WHILE_WAITING = """
import os, signal, sys
from limner.cli import progress
from limner.cli.main import main

def die(self, event):
    if event.phase == "sent":
        os.kill(os.getpid(), signal.SIGKILL)

progress.Progress.on_event = die
sys.exit(main())
"""


def test_nothing_unfinished_is_said(limner: Run) -> None:
    ended = limner("recover")
    assert (ended.code, ended.out, ended.err) == (0, "", "Nothing was left unfinished.\n")


def test_a_call_that_was_sent_and_killed_is_in_doubt_and_not_repeated(
    limner: Run, here: Path, environment: dict[str, str]
) -> None:
    command = [sys.executable, "-c", _KILLED_WHILE_WAITING, "generate", "a red fox", "--size", "512"]
    killed = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, cwd=here, check=False
    )
    assert killed.returncode == -9
    ended = limner("recover")
    assert ended.code == 0
    assert "in doubt" in ended.err
    assert "a red fox" in ended.err
    assert "limner show " in ended.err
    (call,) = limner("history", "--json").document
    assert call["outcome"] == "interrupted"
    assert limner("recover").err == "Nothing was left unfinished.\n"


def test_what_was_found_is_a_document_as_well(limner: Run) -> None:
    assert limner("recover", "--json").document == {"finished": [], "unknown": [], "delivered": []}
