"""One request to a model as the queue carries it, and how fast a connection may be asked."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from limner import _json
from limner._json import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One request to a model: one call of a run.

    `id` is unique for ever: a second job with the same id is the same job. `queue` is the name of the connection that
    is asked. `document` says what to ask, in JSON; it is small and holds no pictures.
    """

    id: str
    queue: str
    run_id: str
    document: JsonObject

    def to_text(self) -> str:
        """The job as JSON text, which any database can keep: lone surrogates and NUL are escaped."""
        return _json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Job:
        """The job that `to_text` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLimit:
    """How much a connection is asked at once, over all processes that share the database.

    `parallel` jobs run at once; `per_minute` jobs begin within any 60 seconds, as many as there are where it is `None`.
    """

    parallel: int = 8
    per_minute: int | None = None
