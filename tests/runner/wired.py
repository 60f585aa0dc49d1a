"""A program whose connections lead somewhere: to the sandbox, to a relay that keeps what it was sent, to nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from limner._json import JsonObject, JsonValue
from limner.app import App
from limner.providers.retry import RetryPolicy
from limner.runner.workflows import Inputs, Workflows
from limner.workflow.places import Choice
from loopback import Answer, Loopback, Request, picture_reply, reply, serving

KEY = "sk-0123456789abcdef0123456789abcdef"
IMAGE_MODEL = "gemini-2.5-flash-image"
SANDBOX = Choice(connection="sandbox")

CONFIG = """
[connections.relay]
preset = "new-api"
base_url = "{url}"
key_env = "RELAY_KEY"
model = "gemini-2.5-flash-image"

[connections.keyless]
preset = "new-api"
base_url = "{url}"
key_env = "KEY_THAT_NOBODY_SET"

[connections.nowhere]
preset = "new-api"
base_url = "http://127.0.0.1:9"
key_env = "RELAY_KEY"
"""


@dataclass(frozen=True, kw_only=True)
class Wired:
    """The program, and the relay behind its connection `relay`."""

    flows: Workflows
    relay: Loopback

    def run(
        self, document: JsonObject, inputs: Inputs | None = None, *, choice: Choice = SANDBOX, **how: Any
    ) -> JsonObject:
        """A run that nobody watches, worked on until nothing goes on."""
        run_id = self.flows.create(document, choice=choice, unattended=True, **{"select": "first", **how})
        if inputs is not None:
            self.flows.give(run_id, inputs, fill=True)
        return self.flows.wait(run_id)

    def asked(self, words: str) -> list[Request]:
        """The requests that the relay heard whose body has these words."""
        return [request for request in self.relay.requests if words.encode() in request.body]


def environment_of(folder: Path) -> dict[str, str]:
    """A data folder and the key for the relay."""
    return {"LIMNER_HOME": str(folder / "home"), "HOME": str(folder), "RELAY_KEY": KEY}


def without_waiting() -> RetryPolicy:
    """What is free is sent again at once, twice."""
    return RetryPolicy(base_delay_s=0.0, max_attempts=2)


@contextmanager
def wired(folder: Path, more: str = "") -> Iterator[Wired]:
    """The program with its data in `folder`; `more` is put into its settings."""
    with serving(answer) as relay:
        (folder / "home").mkdir(parents=True, exist_ok=True)
        (folder / "home" / "config.toml").write_text(CONFIG.format(url=relay.url) + more, encoding="utf-8")
        with App(environment_of(folder), retry=without_waiting()) as app, Workflows(app) as flows:
            yield Wired(flows=flows, relay=relay)


def answer(request: Request) -> Answer:
    """A picture where one may come, else words; JSON where that is asked for."""
    settings = request.document.get("generationConfig", {})
    if "IMAGE" in settings.get("responseModalities", ()):
        return reply(picture_reply())
    text = '{"lines": ["one", "two"]}' if settings.get("responseMimeType") == "application/json" else "Some words."
    return reply(words_reply(text))


def words_reply(text: str) -> JsonObject:
    """The plainest good answer in words."""
    return {
        "candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 4, "candidatesTokenCount": 3, "totalTokenCount": 7},
        "modelVersion": "gemini-3.5-flash",
    }


def picture(stage_id: str, prompt: str, *, after: Sequence[str] = (), **more: JsonValue) -> JsonObject:
    """An image stage that can be redone."""
    return stage(stage_id, prompt, "image_output", after=after, **{"aiRedoEnabled": True, **more})


def stage(stage_id: str, prompt: str, out: str = "text", *, after: Sequence[str] = (), **more: JsonValue) -> JsonObject:
    """An AI stage."""
    return {
        "id": stage_id,
        "title": stage_id,
        "outputType": out,
        "promptTemplate": prompt,
        "dependencies": list(after),
        **more,
    }


def error_of(document: JsonObject, stage_id: str) -> JsonObject:
    """The error of a stage that failed."""
    assert document["status"] == "failed", document["status"]
    found: JsonObject = document["stages"][stage_id]["error"]
    return found
