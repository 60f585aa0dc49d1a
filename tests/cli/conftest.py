"""The command in this process: its own data folder, its own working folder, nobody at the keyboard."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from cli.running import Ended, Run
from limner.cli.main import main


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder the command is run in."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def limner(
    here: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run the command with `arguments`; `stdin` comes through a pipe, `variables` are added to the environment."""

    def run(*arguments: str, stdin: bytes | None = None, **variables: str) -> Ended:
        with open(os.devnull, encoding="utf-8") as nothing:
            piped = nothing if stdin is None else io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
            monkeypatch.setattr(sys, "stdin", piped)
            code = main(arguments, {**environment, "PATH": os.defpath, **variables})
        captured = capsys.readouterr()
        return Ended(code=code, out=captured.out, err=captured.err)

    return run
