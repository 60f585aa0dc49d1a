from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.contract

CONFTEST = 'pytest_plugins = ["limner.testing"]\n'
TESTS = """
import os
from google import genai
from google.genai import errors
import pytest

def draw(prompt):
    client = genai.Client()
    return client.models.generate_content(model="gemini-2.5-flash-image", contents=prompt)

def test_a_picture(gemini_server):
    assert draw("a fox").parts[-1].inline_data.data.startswith(b"\\x89PNG")
    (request,) = gemini_server.wait_for_requests(1)
    assert (request["model"], request["status"]) == ("gemini-2.5-flash-image", 200)

def test_a_rate_limit(gemini_server):
    gemini_server.play("429:1")
    with pytest.raises(errors.ClientError) as caught:
        draw("a fox")
    assert caught.value.code == 429
    gemini_server.clear()
    draw("a fox")

def test_the_environment_is_as_before():
    assert "GOOGLE_GEMINI_BASE_URL" not in os.environ
"""


def test_the_fixture_serves_the_tests_of_another_program(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_program.py").write_text(TESTS, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GOOGLE", "GEMINI"))}
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:asyncio",
            "-W",
            "ignore",
            str(tmp_path),
        ],
        cwd=tmp_path,
        env={**environment, "GOOGLE_API_KEY": "of-the-developer", "GEMINI_API_KEY": "of-the-developer"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "3 passed" in ended.stdout, ended.stdout
