"""`limner serve --workflows` as a process of its own: its token, its end, and what it does with bad bodies.

The fuzzing is here because what makes the bodies must be alone with the random numbers of its process.
"""

from __future__ import annotations

import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limner.server.flow_routes import FLOW_ROUTES
from server.flowing import FILLED, FORM, IMAGE_FILE, OWNER, PICTURE, TOKEN, error_of, small_file
from server.process import ServeProcess, serving

pytestmark = pytest.mark.slow

RUNS = "/limner/v1/runs"
INTENDED = {200, 201, 400, 404, 409, 413, 415, 422}
POSTS = [route for route in FLOW_ROUTES if route.method == "POST"]


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServeProcess]:
    home = tmp_path_factory.mktemp("fuzzed") / "home"
    with serving(home, "--workflows", LIMNER_SERVE_TOKEN=TOKEN) as found:
        yield found
        assert '"fault"' not in found.log
        assert TOKEN not in found.log


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FIELDS = (
    *("workflow", "inputs", "choice", "unattended", "select", "reuse", "unlisted", "run", "strict", "force", "notes"),
    *("style", "image", "new", "keep", "promptMode", "item", "allItems", "recorded", "overrides", "index", "attempt"),
    *("model", "connection", "aspectRatio", "imageSize", "count", FORM, PICTURE, "userPrompt", "assetId", "id", "name"),
    *("stages", "sha256", "bytes", "data"),
)
WORDS = (
    *(IMAGE_FILE, "first", "all", "16:9", "sandbox", "img_" + "0" * 16, "data:image/png;base64,AAAA", "/etc/passwd"),
    *("run_", "att_1", "full", "\ud800", "blob:x", "blob:=x", "{{run.id}}"),
)
KNOWN = st.recursive(
    JSON | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=16,
)
BODIES = st.dictionaries(st.sampled_from(FIELDS), KNOWN, max_size=5)


@pytest.fixture(scope="module")
def run(process: ServeProcess) -> str:
    """A run that waits for its form."""
    return str(process.client.post(RUNS, {"workflow": IMAGE_FILE}, headers=OWNER).document["run"])


@pytest.mark.parametrize("route", POSTS, ids=lambda route: route.operation)
def test_no_json_makes_an_address_fail(process: ServeProcess, run: str, route: Any) -> None:
    target = route.path.replace("{run}", run).replace("{stage}", PICTURE)

    @given(BODIES, st.sampled_from(sorted(FIELDS)), KNOWN)
    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    def ask(body: Any, name: str, value: Any) -> None:
        sensible = {"workflow": IMAGE_FILE, **({name: value} if name != "workflow" else {})}
        for each in (body, {name: value}, sensible):
            answer = process.client.post(target, each, headers=OWNER)
            assert answer.status in INTENDED, (each, answer.body)
            if answer.status >= 400:
                error_of(answer)

    ask()


def test_a_token_is_made_and_it_ends_while_somebody_listens_and_goes_on_at_the_next_start(tmp_path: Path) -> None:
    """One test, since each start takes seconds."""
    with serving(tmp_path / "home", "--workflows") as process:
        assert process.client.get(RUNS, headers={"x-goog-api-key": "any"}).status == 401
        shown = re.search(r"Token for your workflows, until this server stops: ([0-9a-f]{48})\n", process.log)
        assert shown
        body = {"workflow": small_file(), "inputs": FILLED, "unattended": True}
        run = process.client.post(RUNS, body, headers={"Authorization": f"Bearer {shown[1]}"}).document["run"]
        with following(process, run, shown[1]) as listener:
            assert listener.recv(100).startswith(b"HTTP/1.1 200")
            assert process.stop(signal.SIGTERM) == 0
            assert read_to_end(listener).endswith(b"0\r\n\r\n")
        assert process.log.count(shown[1]) == 1
    with serving(tmp_path / "home", "--workflows", LIMNER_SERVE_TOKEN=TOKEN) as process:
        with following(process, run, TOKEN) as listener:
            heard = b""
            while b'{"status":"completed"}' not in heard:
                heard += listener.recv(1 << 16)
        document = process.client.get(f"{RUNS}/{run}", headers=OWNER).document
    assert (document["status"], len(document["stages"][PICTURE]["attempts"])) == ("completed", 1)


def following(process: ServeProcess, run: str, token: str) -> socket.socket:
    """A connection on which the events of a run come."""
    head = (
        f"GET {RUNS}/{run}/events HTTP/1.1\r\nHost: 127.0.0.1:{process.port}\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    return process.client.raw(head.encode())


def read_to_end(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(1 << 16), b""))
