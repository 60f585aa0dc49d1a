"""A real browser, and a studio in a process of its own that can be killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_KEPT = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
AXE = Path(__file__).parent / "js" / "node_modules" / "axe-core" / "axe.min.js"


@dataclass(kw_only=True)
class Served:
    """A studio in a process of its own, always on the same port and data folder."""

    home: Path
    port: int = 0
    process: subprocess.Popen[str] | None = None
    opening_url: str = ""

    @property
    def url(self) -> str:
        return self.opening_url.split("/?")[0]

    @property
    def environment(self) -> dict[str, str]:
        return {**_KEPT, "LIMNER_HOME": str(self.home), "HOME": str(self.home), "LANG": "C.UTF-8"}

    def start(self) -> None:
        command = [sys.executable, "-m", "limner", "studio", "--port", str(self.port), "--no-open"]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.opening_url = self.process.stdout.readline().removeprefix("Studio on ").strip()
        assert self.opening_url.startswith("http"), "the studio did not start"
        self.port = int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self._ended()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            assert self._ended() == 0

    def _ended(self) -> int:
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.wait(40)

    def command(self, *words: str) -> None:
        """Another front end at the same data folder; raises with what it said where it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "limner", *words],
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)


@dataclass(kw_only=True)
class Visit:
    """A page that was let in, and what went wrong on it."""

    page: Page
    served: Served
    complaints: list[str] = field(default_factory=list)

    def go(self, address: str) -> None:
        self.page.goto(self.served.url + address)

    def watch(self, page: Page) -> None:
        def heard(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                self.complaints.append(message.text)

        page.on("console", heard)
        page.on("pageerror", lambda problem: self.complaints.append(str(problem)))
        page.on("request", lambda request: self._ask(request.url))

    def _ask(self, url: str) -> None:
        if not url.startswith((self.served.url, "data:", "blob:")):
            self.complaints.append(f"asked {url}")

    def axe(self) -> list[str]:
        """What axe finds on the page as it stands."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: dict[str, Any] = self.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{each['id']}: {node['html'][:120]} {node.get('failureSummary', '')[:160]}"
            for each in found["violations"]
            for node in each["nodes"][:3]
        ]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found is not None, "Chromium is missing; scripts/need_chromium.sh installs it"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One studio for the journeys of a file."""
    found = Served(home=tmp_path_factory.mktemp("home"))
    found.start()
    yield found
    found.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 860}, reduced_motion="reduce")
    yield made
    made.close()


@pytest.fixture
def visit(context: BrowserContext, served: Served) -> Iterator[Visit]:
    """A page of a browser that was let in; at the end nothing may have gone wrong on it."""
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(served.opening_url)
    found = Visit(page=page, served=served)
    found.watch(page)
    yield found
    assert found.complaints == []
