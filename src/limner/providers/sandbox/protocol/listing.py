"""The list of models that the sandbox answers as, in Google's shape."""

from __future__ import annotations

from limner._json import JsonObject
from limner.catalog.model import Model

_METHODS = ["generateContent", "countTokens"]


def models_document(models: tuple[Model, ...]) -> JsonObject:
    """The body of `GET /models`, all on one page."""
    return {"models": [model_document(model) for model in models]}


def model_document(model: Model) -> JsonObject:
    """The body of `GET /models/{id}`."""
    capabilities = model.capabilities
    document: JsonObject = {
        "name": f"models/{model.id}",
        "version": "1",
        "displayName": model.nickname,
        "description": "Limner's sandbox: draws labelled pictures offline.",
        "inputTokenLimit": capabilities.input_token_limit,
        "outputTokenLimit": capabilities.output_token_limit,
        "supportedGenerationMethods": _METHODS,
        "thinking": bool(capabilities.thinks),
    }
    return {name: value for name, value in document.items() if value is not None}
