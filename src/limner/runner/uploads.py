"""Finished pictures copied to storage targets. An upload that fails never fails the run: it is retried and reported."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Protocol

from limner import _clock
from limner._json import JsonObject
from limner.app import App
from limner.core.blob import BlobRef
from limner.core.picture import EXTENSIONS
from limner.errors import LimnerError
from limner.runner.live import LiveRuns
from limner.targets.target import Target, TargetError, object_key

TRIES = 3
"""How often an upload is tried before it waits for the next start of the run."""
FIRST_WAIT_S = 0.5


class OpenTarget(Protocol):
    """Opens the target of a name."""

    def __call__(self, name: str) -> Target:
        """The target; raises `ConfigError` where it is not configured."""
        ...


class Uploads:
    """The copies that the runs of one app still have to make."""

    def __init__(
        self, app: App, live: LiveRuns, open_target: OpenTarget, sleep: Callable[[float], None] = _clock.sleep
    ) -> None:
        self._app = app
        self._live = live
        self._open = open_target
        self._sleep = sleep
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def want_ended(self, run_id: str, events: Sequence[JsonObject]) -> bool:
        """Note the pictures of the attempts that `events` say have succeeded; true if there are any."""
        ended = [each for each in events if each["type"] == "attempt.ended" and each["outcome"] == "succeeded"]
        return any([self.want(run_id, each["attempt"]) for each in ended])

    def want(self, run_id: str, attempt_id: str) -> bool:
        """Note the pictures of a finished attempt that go to a target; true if there are any."""
        with self._live.reading(run_id) as state:
            attempt = state.attempts[attempt_id]
            stage = state.revisions[attempt.revision].stage(attempt.stage)
            output, settings = attempt.output, stage.image
            if stage.kind != "image" or settings.storage_target is None or not isinstance(output, dict):
                return False
            images = [image for image in output["images"] if image["storageUrl"] is None]
        if settings.storage_target not in self._app.settings.targets:
            return False
        for image in images:
            extension = EXTENSIONS[image["mimeType"]]
            key = object_key(settings.storage_prefix, run_id, attempt.stage, image["sha256"], extension)
            self._app.store.runs.want_upload(run_id, attempt_id, image["sha256"], settings.storage_target, key)
        return bool(images)

    def want_all(self, run_id: str) -> bool:
        """Note everything of a run that is not copied yet, as after a crash; true if there is anything."""
        with self._live.reading(run_id) as state:
            done = [each.id for each in state.attempts.values() if each.outcome == "succeeded" and each.total]
        return any([self.want(run_id, attempt_id) for attempt_id in done])

    def make(self, run_id: str) -> None:
        """Copy what is noted, also what failed before; each failure is reported in the run."""
        self._make(run_id, again=True)

    def finish(self, run_id: str) -> None:
        """Wait for the copies under way, and make those that nobody tried yet."""
        if self.want_all(run_id):
            self._make(run_id, again=False)

    def _make(self, run_id: str, *, again: bool) -> None:
        with self._locks[run_id]:
            for pending in self._app.store.runs.pending_uploads(run_id):
                if again or not pending["tries"]:
                    self._make_one(run_id, pending)

    def _make_one(self, run_id: str, pending: JsonObject) -> None:
        url, error = self._put(pending)
        self._app.store.runs.note_upload(run_id, pending["attempt"], pending["sha256"], url=url, error=error)
        told: JsonObject = {"type": "stored", "attempt": pending["attempt"], "sha256": pending["sha256"]}
        told |= {"url": url} if url is not None else {"error": error}
        self._live.extend(run_id, lambda _: [told])

    def _put(self, pending: JsonObject) -> tuple[str | None, str | None]:
        image = self._picture(pending)
        if image is None:
            return None, "the picture is no longer there"
        blob = BlobRef(sha256=image["sha256"], size=image["bytes"])
        try:
            target = self._open(pending["target"])
        except LimnerError as problem:
            return None, problem.message
        try:
            return self._try(target, pending["key"], blob, image["mimeType"])
        finally:
            target.close()

    def _try(self, target: Target, key: str, blob: BlobRef, mime_type: str) -> tuple[str | None, str | None]:
        for number in range(TRIES):
            try:
                return target.put(key, self._app.store.blobs.path(blob), mime_type), None
            except TargetError as problem:
                if not problem.temporary or number == TRIES - 1:
                    return None, problem.message
            self._sleep(FIRST_WAIT_S * 4**number)
        raise AssertionError

    def _picture(self, pending: JsonObject) -> JsonObject | None:
        with self._live.reading(pending["run_id"]) as state:
            output = state.attempts[pending["attempt"]].output
        found = (image for image in output["images"] if image["sha256"] == pending["sha256"])
        return next(found, None)
