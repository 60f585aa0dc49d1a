"""The list of models that the sandbox answers as, in Google's shape."""

from __future__ import annotations

from limner._json import JsonObject
from limner.catalog.model import Model, Service
from limner.providers.sandbox.protocol.roster import methods_of

_DESCRIPTION = "Limner's sandbox: draws labelled pictures offline."
_WRITING = "Limner's sandbox: writes short texts and JSON offline."


def model_document(model: Model, service: Service = "gemini") -> JsonObject:
    """The body of `GET /models/{id}`, or of Vertex AI's `GET /publishers/google/models/{id}`."""
    if service == "vertex":
        name = f"publishers/google/models/{model.id}"
        return {
            "name": name,
            "versionId": "1",
            "openSourceCategory": "PROPRIETARY",
            "launchStage": "PUBLIC_PREVIEW" if model.life.preview else "GA",
            "publisherModelTemplate": f"projects/{{project}}/locations/{{location}}/{name}",
        }
    capabilities = model.capabilities
    document: JsonObject = {
        "name": f"models/{model.id}",
        "version": "1",
        "displayName": model.nickname,
        "description": _DESCRIPTION if capabilities.makes_images else _WRITING,
        "inputTokenLimit": capabilities.input_token_limit,
        "outputTokenLimit": capabilities.output_token_limit,
        "supportedGenerationMethods": list(methods_of(model.protocol)),
        "thinking": bool(capabilities.thinks),
    }
    return {name: value for name, value in document.items() if value is not None}
