from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.running import Run
from limner.server.background import BackgroundServer
from loopback import PNG_1X1


@pytest.fixture
def server(tmp_path: Path, environment: dict[str, str]) -> Iterator[BackgroundServer]:
    home = Path(environment["LIMNER_HOME"])
    home.mkdir(exist_ok=True)
    with BackgroundServer(tmp_path / "server") as running:
        text = f'[connections.google]\nbase_url = "{running.url}"\nkey_env = "GEMINI_API_KEY"\n'
        (home / "config.toml").write_text(text, encoding="utf-8")
        yield running


KEY = "k-1234567890"


@pytest.mark.usefixtures("server")
def test_a_picture_is_uploaded_listed_shown_used_and_deleted(limner: Run, here: Path) -> None:
    (here / "dot.png").write_bytes(PNG_1X1)
    (name,) = limner("files", "upload", "dot.png", GEMINI_API_KEY=KEY).lines
    assert name.startswith("files/")
    assert limner("files", "upload", "dot.png", GEMINI_API_KEY=KEY).lines == [name]
    listed = limner("files", GEMINI_API_KEY=KEY).lines
    assert (len(listed), listed[1].split()[:4]) == (2, [name, "image/png", str(len(PNG_1X1)), "ACTIVE"])
    assert "ACTIVE" in limner("files", "show", name, GEMINI_API_KEY=KEY).out
    assert limner("edit", name, "make it night", GEMINI_API_KEY=KEY).code == 0
    assert limner("files", "delete", name, GEMINI_API_KEY=KEY).code == 0
    assert limner("files", "--json", GEMINI_API_KEY=KEY).document == []
    assert limner("files", "delete", name, GEMINI_API_KEY=KEY).code == 2
    assert limner("files", "show", name, GEMINI_API_KEY=KEY).code == 2


def test_the_sandbox_has_no_place_for_files(limner: Run) -> None:
    refused = limner("files", "-c", "sandbox")
    assert (refused.code, "has no place for files" in refused.err) == (2, True)


def test_without_a_key_nothing_is_asked(limner: Run) -> None:
    assert "There is no key" in limner("files", "-c", "google").err


@pytest.mark.usefixtures("server")
def test_what_is_no_picture_is_not_uploaded(limner: Run, here: Path) -> None:
    (here / "notes.txt").write_text("hello")
    refused = limner("files", "upload", "notes.txt", GEMINI_API_KEY=KEY)
    assert (refused.code, "is not a picture" in refused.err) == (2, True)
