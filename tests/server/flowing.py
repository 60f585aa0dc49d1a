"""Asking a server about workflows, and following its runs."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from limner._json import JsonObject
from limner.core.secret import Secret
from limner.server.background import BackgroundServer
from limner.server.run_feed import Cursor
from limner.server.settings import ServeSettings
from limner.web.limits import Limits
from server.asking import Answer, Asker

TOKEN = "the-token-of-the-owner"
OWNER = {"Authorization": f"Bearer {TOKEN}"}
FILES = Path(__file__).parent.parent / "workflow" / "files"

IMAGE_FILE = (FILES / "example-image.workflow.json").read_text(encoding="utf-8")
PHOTO_FILE = (FILES / "photo-edit.workflow.json").read_text(encoding="utf-8")

FORM = "image-prompt-input"
PICTURE = "image-generation-execution"
FILLED = {FORM: {"userPrompt": "A lighthouse in a storm"}}


def small_file() -> JsonObject:
    """The example with a model that is quick, and small pictures."""
    document: JsonObject = json.loads(IMAGE_FILE)
    stage = document["stages"][1]
    stage["model"] = "sandbox-1"
    stage["imageGenerationSettings"]["imageSize"] = "512"
    return document


@dataclass(frozen=True)
class Told:
    """One server-sent event."""

    id: str
    name: str
    data: Any

    @property
    def cursor(self) -> Cursor:
        found = Cursor.parse(self.id)
        assert found is not None
        return found


class Owner(Asker):
    """The holder of the token."""

    def own(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] = OWNER) -> Answer:
        """One request below `/limner/v1/`."""
        return self.ask(method, f"/limner/v1/{path}", body, headers=headers)

    def see(self, path: str, **headers: str) -> Any:
        """What a GET gives."""
        answer = self.own("GET", path, headers={**OWNER, **headers})
        assert answer.status == 200, answer.body
        return answer.document

    def do(self, path: str, body: Any = None) -> Any:
        """What a POST gives that goes well."""
        answer = self.own("POST", path, body)
        assert answer.status in (200, 201), answer.body
        return answer.document

    def refused(self, path: str, body: Any = None, method: str = "POST") -> tuple[int, Any]:
        """Status and error of a request that does not go well."""
        answer = self.own(method, path, body)
        return answer.status, error_of(answer)

    def begin(self, workflow: Any = None, inputs: Any = FILLED, **more: Any) -> str:
        """A run that is worked on, of the small file if no other is given."""
        body = {"workflow": workflow or small_file(), "inputs": inputs, "unattended": True, **more}
        return str(self.do("runs", body)["run"])

    @contextlib.contextmanager
    def following(self, run: str, after: str | None = None, query: str = "") -> Iterator[Iterator[Told]]:
        """The events of a run as they come, until the end of the block."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {**OWNER, **({} if after is None else {"Last-Event-ID": after})}
        try:
            connection.request("GET", f"/limner/v1/runs/{run}/events{query}", headers=headers)
            reply = connection.getresponse()
            assert reply.status == 200
            assert reply.headers["content-type"].startswith("text/event-stream")
            yield _told(reply)
        finally:
            connection.close()

    def heard(self, run: str, enough: Callable[[Told], bool], after: str | None = None) -> list[Told]:
        """The events until there are enough."""
        found: list[Told] = []
        with self.following(run, after) as events:
            for told in events:
                found.append(told)
                if enough(told):
                    break
        return found

    def ended(self, run: str, after: str | None = None) -> Any:
        """The document of a run, once nothing is under way in it any more."""
        seen = str(self.see(f"runs/{run}")["events"])
        document = self.see(f"runs/{run}")
        if document["status"] == "running":
            self.heard(run, is_over, after or seen)
        return self.see(f"runs/{run}")


def is_over(told: Told) -> bool:
    """Whether the run has ended, or waits for a person."""
    return told.name == "run.status" and told.data["status"] != "running"


def is_completed(told: Told) -> bool:
    """Whether the run is complete."""
    return told.name == "run.status" and told.data["status"] == "completed"


def error_of(answer: Answer) -> Any:
    """The error of an answer, which has Limner's shape."""
    error = answer.document["error"]
    assert {"code", "message", "hint", "billed"} <= set(error)
    assert error["message"]
    assert error["hint"]
    return error


@contextlib.contextmanager
def owned(home: Path, **limits: Any) -> Iterator[Owner]:
    """A server that offers workflows, in this process. One at a time: there is one queue of jobs in a process."""
    settings = ServeSettings(workflows_token=Secret(TOKEN), limits=Limits(**limits))
    with BackgroundServer(home, settings) as server:
        yield Owner(server)


def faults(owner: Owner) -> list[JsonObject]:
    """What went wrong inside the server."""
    return [event for event in owner.server.requests if "fault" in event]


def _told(reply: http.client.HTTPResponse) -> Iterator[Told]:
    fields: dict[str, str] = {}
    for line in iter(reply.readline, b""):
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            fields[name] = value
        elif "data" in fields:
            yield Told(fields["id"], fields["event"], json.loads(fields["data"]))
            fields = {}
        else:
            fields = {}
