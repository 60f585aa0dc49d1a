"""An Imagen answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from limner._json import JsonObject
from limner.core.blob import BlobRef
from limner.wire.gemini.parts import picture_reference
from limner.wire.reference import escape

SAFETY_CATEGORIES = ("Death, Harm & Tragedy", "Drugs", "Hate", "Porn", "Violence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One picture, or the reason why it was filtered. `prompt` is the one that was really used, if it was enhanced."""

    blob: BlobRef | None = None
    mime_type: str = ""
    prompt: str | None = None
    filtered: str | None = None


def predictions_to_wire(predictions: Sequence[Prediction], *, rai_reasons: bool, safety_attributes: bool) -> JsonObject:
    """The lifted document. What was filtered is left out unless `rai_reasons`; without any prediction it is `{}`."""
    found = [each for each in map(_prediction, predictions) if rai_reasons or "raiFilteredReason" not in each]
    if safety_attributes and found:
        found = [
            {**each, "safetyAttributes": _scores()} if "mimeType" in each or "bytesBase64Encoded" in each else each
            for each in found
        ]
        found.append({"contentType": "Positive Prompt", "safetyAttributes": _scores()})
    return {"predictions": found} if found else {}


def _prediction(prediction: Prediction) -> JsonObject:
    if prediction.blob is None:
        return {"raiFilteredReason": escape(prediction.filtered or "")}
    document: JsonObject = {"bytesBase64Encoded": picture_reference(prediction.blob)}
    if prediction.mime_type:
        document = {"mimeType": prediction.mime_type, **document}
    if prediction.prompt is not None:
        document["prompt"] = escape(prediction.prompt)
    return document


def _scores() -> JsonObject:
    """The sandbox finds everything harmless."""
    return {"categories": list(SAFETY_CATEGORIES), "scores": [0.1 for _ in SAFETY_CATEGORIES]}
