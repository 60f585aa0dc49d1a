"""Every address this server answers: one table, which tests walk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from starlette.routing import compile_path

from limner.catalog.model import Service
from limner.server import absent, batches, cards, files, generate, health, interactions, models, uploads
from limner.server.context import Handler
from limner.server.target import OWN, Target

BOTH: tuple[Service, ...] = ("gemini", "vertex")
GEMINI: tuple[Service, ...] = ("gemini",)
VERTEX: tuple[Service, ...] = ("vertex",)


@dataclass(frozen=True, kw_only=True)
class Route:
    """One address. `path` is a target's, with `{names}`; `upload` that it stands below `/upload`.

    `keyless` addresses need no key: those that say nothing, and those that are unguessable themselves. `query` names
    a parameter that the address must have.
    """

    operation: str
    method: str
    path: str
    handler: Handler
    services: tuple[Service, ...] = GEMINI
    upload: bool = False
    keyless: bool = False
    query: str | None = None

    @property
    def is_own(self) -> bool:
        """Whether it is for workflows: then only the owner is let in, and errors have Limner's own shape."""
        return self.path.startswith(OWN)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a target's path must match."""
        return compile_path(self.path)[0]

    def match(self, target: Target) -> Mapping[str, str] | None:
        """The parameters in a target's path; `None` where it is another address."""
        if target.service not in self.services or target.upload is not self.upload:
            return None
        found = self.pattern.match(target.path)
        return found.groupdict() if found else None


def _model_routes() -> tuple[Route, ...]:
    methods = ("generateContent", "streamGenerateContent", "countTokens", "predict")
    return tuple(
        Route(
            operation=method,
            method="POST",
            path=f"/models/{{model:path}}:{method}",
            handler=generate.ask_model,
            services=BOTH,
        )
        for method in methods
    )


_ABSENT_METHODS = (
    *("embedContent", "batchEmbedContents", "asyncBatchEmbedContent"),
    *("predictLongRunning", "generateVideos", "computeTokens"),
)
_ABSENT_LISTS = ("/cachedContents", "/tunedModels", "/batchPredictionJobs", "/fileSearchStores")


def _absent_routes() -> tuple[Route, ...]:
    posts = (
        *(f"/models/{{model:path}}:{method}" for method in _ABSENT_METHODS),
        *_ABSENT_LISTS,
        *("/files:register", "/auth_tokens"),
    )
    refused = [Route(operation="notOffered", method="POST", path=path, handler=absent.not_offered) for path in posts]
    lists = [
        Route(operation="listNothing", method="GET", path=path, handler=absent.none_there) for path in _ABSENT_LISTS
    ]
    return tuple(replace(route, services=BOTH) for route in (*refused, *lists))


ROUTES: tuple[Route, ...] = (
    *_model_routes(),
    Route(
        operation="batchGenerateContent",
        method="POST",
        path="/models/{model:path}:batchGenerateContent",
        handler=batches.create,
    ),
    *_absent_routes(),
    Route(operation="listModels", method="GET", path="/models", handler=models.list_models, services=BOTH),
    Route(operation="getModel", method="GET", path="/models/{model:path}", handler=models.get_model, services=BOTH),
    Route(operation="listBatches", method="GET", path="/batches", handler=batches.list_batches),
    Route(operation="cancelBatch", method="POST", path="/batches/{batch}:cancel", handler=batches.cancel),
    Route(operation="getBatch", method="GET", path="/batches/{batch}", handler=batches.get),
    Route(operation="deleteBatch", method="DELETE", path="/batches/{batch}", handler=batches.delete),
    Route(
        operation="continueUpload",
        method="POST",
        path="/files",
        handler=uploads.proceed,
        upload=True,
        keyless=True,
        query="upload_id",
    ),
    Route(operation="beginUpload", method="POST", path="/files", handler=uploads.begin, upload=True),
    Route(operation="listFiles", method="GET", path="/files", handler=files.list_files),
    Route(operation="downloadFile", method="GET", path="/files/{file}:download", handler=files.download),
    Route(operation="getFile", method="GET", path="/files/{file}", handler=files.get),
    Route(operation="deleteFile", method="DELETE", path="/files/{file}", handler=files.delete),
    Route(operation="createInteraction", method="POST", path="/interactions", handler=interactions.create),
    Route(
        operation="cancelInteraction",
        method="POST",
        path="/interactions/{interaction}/cancel",
        handler=interactions.cancel,
    ),
    Route(operation="getInteraction", method="GET", path="/interactions/{interaction}", handler=interactions.get),
    Route(
        operation="deleteInteraction",
        method="DELETE",
        path="/interactions/{interaction}",
        handler=interactions.delete,
    ),
    Route(operation="layCards", method="POST", path="/limner/cards", handler=cards.lay),
    Route(operation="listCards", method="GET", path="/limner/cards", handler=cards.lying),
    Route(operation="clearCards", method="DELETE", path="/limner/cards", handler=cards.clear),
    Route(operation="metrics", method="GET", path="/metrics", handler=health.metrics),
    Route(operation="health", method="GET", path="/healthz", handler=health.alive, keyless=True),
    Route(operation="readiness", method="GET", path="/readyz", handler=health.ready, keyless=True),
)
"""In the order they are tried."""
