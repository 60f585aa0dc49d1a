"""Google's own JavaScript library, unmodified, against `limner serve`; its tests are in `js/contract.test.mjs`."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.contract

FOLDER = Path(__file__).parent / "js"
TESTS = 25


def node() -> str:
    """A Node that Google's library runs on: the one installed beside it, else the system's."""
    system = {"Linux": "linux"}.get(platform.system(), platform.system().lower())
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    own = FOLDER / "node_modules" / f"node-{system}-{machine}" / "bin" / "node"
    found = str(own) if own.exists() else shutil.which("node")
    assert found is not None, "no Node was found; `make contract` installs one, or says what is missing"
    return found


def test_every_journey_of_the_javascript_library_succeeds(server: str) -> None:
    assert (FOLDER / "node_modules" / "@google" / "genai").exists(), "run `make contract`, which installs the library"
    environment = {"PATH": os.environ["PATH"], "LIMNER_URL": server}
    command = [node(), "--test", "--test-reporter=spec", "contract.test.mjs"]
    done = subprocess.run(
        command, cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"pass (\d+)", done.stdout)
    assert passed is not None
    assert int(passed[1]) == TESTS
