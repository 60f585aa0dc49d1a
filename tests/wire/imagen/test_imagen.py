from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.core.blob import BlobRef
from limner.core.size import AspectRatio, Resolution
from limner.wire.gemini.errors import WireError
from limner.wire.imagen.reply import Prediction, predictions_to_wire
from limner.wire.imagen.request import PredictRequest, Reference, predict_from_wire

BLOB = BlobRef(sha256="ab" * 32, size=10)
DATA = f"blob:{BLOB.sha256}?size=10&as=base64"
RAW = {"referenceType": "REFERENCE_TYPE_RAW", "referenceId": 1, "referenceImage": {"bytesBase64Encoded": DATA}}


def body(prompt: str = "a fox", **parameters: Any) -> dict[str, Any]:
    return {"instances": [{"prompt": prompt}], "parameters": parameters}


def edit(*references: Any, **parameters: Any) -> dict[str, Any]:
    return {"instances": [{"prompt": "p", "referenceImages": list(references)}], "parameters": parameters}


def message(document: Any, *, vertex: bool = True) -> str:
    with pytest.raises(WireError) as refused:
        predict_from_wire(document, vertex=vertex)
    return refused.value.message


def test_what_googles_library_sends_is_read_whole() -> None:
    sent = body(
        sampleCount=2,
        aspectRatio="16:9",
        guidanceScale=5.0,
        safetySetting="BLOCK_LOW_AND_ABOVE",
        personGeneration="ALLOW_ADULT",
        includeSafetyAttributes=True,
        includeRaiReason=True,
        language="en",
        outputOptions={"mimeType": "image/jpeg", "compressionQuality": 80},
        sampleImageSize="2K",
    )
    assert predict_from_wire(sent, vertex=False) == PredictRequest(
        kind="generate",
        prompt="a fox",
        count=2,
        aspect_ratio=AspectRatio(16, 9),
        resolution=Resolution.R2K,
        mime_type="image/jpeg",
        quality=80,
        rai_reasons=True,
        safety_attributes=True,
    )


def test_vertex_takes_what_the_gemini_api_refuses() -> None:
    sent = body(negativePrompt="n", seed=3, addWatermark=False, enhancePrompt=True, sample_count=1)
    found = predict_from_wire({**sent, "labels": {"a": "b"}}, vertex=True)
    assert (found.negative_prompt, found.seed, found.enhance, found.count) == ("n", 3, True, 1)


@pytest.mark.parametrize("name", ["negativePrompt", "seed", "addWatermark", "enhancePrompt", "storageUri"])
def test_the_gemini_api_does_not_know_vertex_parameters(name: str) -> None:
    with pytest.raises(WireError) as refused:
        predict_from_wire(body(**{name: "x"}), vertex=False)
    assert f"Unknown name \"{name}\" at 'parameters': Cannot find field." in refused.value.message
    assert refused.value.hint == f"{name!r} exists on Vertex AI only."


def test_an_edit_names_its_pictures_and_its_mask() -> None:
    mask = {
        "reference_type": "reference_type_mask",
        "mask_image_config": {"mask_mode": "MASK_MODE_BACKGROUND", "dilation": 0.01},
    }
    found = predict_from_wire(edit(RAW, mask, editMode="EDIT_MODE_BGSWAP", editConfig={"baseSteps": 35}), vertex=True)
    assert (found.kind, found.edit_mode) == ("edit", "BGSWAP")
    assert found.references == (
        Reference(kind="RAW", blob=BLOB),
        Reference(kind="MASK", mask_mode="BACKGROUND", dilation=0.01),
    )


def test_an_upscale_is_one_picture_larger() -> None:
    sent = {
        "instances": [{"image": {"bytesBase64Encoded": DATA, "mimeType": "image/png"}}],
        "parameters": {"mode": "upscale", "upscaleConfig": {"upscaleFactor": "x4"}, "sampleCount": 1},
    }
    found = predict_from_wire(sent, vertex=True)
    assert (found.kind, found.image, found.upscale, found.count) == ("upscale", BLOB, 4, 1)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "There must be exactly one instance, not 0."),
        ({"instances": [{"prompt": "a"}, {"prompt": "b"}]}, "There must be exactly one instance, not 2."),
        (body(""), "The prompt is empty; say what the picture shows."),
        (body("x" * 2000), "The prompt has more than 480 tokens."),
        ({"instances": [{"prompt": "a", "promt": "b"}]}, "Unknown name \"promt\" at 'instances[0]'"),
        (body(sampelCount=1), "Unknown name \"sampelCount\" at 'parameters'"),
        (body(sampleCount=5), "sampleCount must be 1 to 4, not 5."),
        (body(sampleCount=0), "sampleCount must be 1 to 4, not 0."),
        (body(aspectRatio="2:1"), "parameters.aspectRatio cannot be '2:1'; accepted: 1:1, 3:4, 4:3, 9:16, 16:9."),
        (body(sampleImageSize="4K"), "parameters.sampleImageSize cannot be '4K'; accepted: 1K, 2K."),
        (body(personGeneration="some"), "accepted: dont_allow, allow_adult, allow_all."),
        (body(safetySetting="off"), "parameters.safetySetting cannot be 'off'"),
        (body(language="tlh"), "parameters.language cannot be 'tlh'"),
        (body(guidanceScale="much"), "Invalid value at 'parameters.guidance_scale' (TYPE_FLOAT)"),
        (body(outputOptions={"mimeType": "image/gif"}), "accepted: image/png, image/jpeg."),
        (body(outputOptions={"compressionQuality": 101}), "compressionQuality must be 0 to 100, not 101."),
        (body(outputOptions={"quality": 1}), "Unknown name \"quality\" at 'parameters.output_options'"),
        (body(seed=1), "Seed is not supported when watermark is enabled; send addWatermark: false."),
        (body(seed=-1, addWatermark=False), "seed must be 0 to 4294967295, not -1."),
        (body(storageUri="gs://b/x"), "There is no Cloud Storage here; leave storageUri out."),
        (body(editMode="EDIT_MODE_DEFAULT"), "Unknown name \"editMode\" at 'parameters'"),
        (edit(), "The prompt is empty"),
        (edit({"referenceType": "REFERENCE_TYPE_MASK"}), "A reference of type MASK needs a picture."),
        (
            edit({"referenceType": "REFERENCE_TYPE_STYLE", "referenceImage": {"bytesBase64Encoded": DATA}}),
            "must be REFERENCE_TYPE_RAW",
        ),
        (edit({**RAW, "referenceType": "REFERENCE_TYPE_RAV"}), "cannot be 'RAV'; accepted: RAW, MASK"),
        (
            edit({**RAW, "referenceImage": {"gcsUri": "gs://b/x"}}),
            "There is no Cloud Storage here; send bytesBase64Encoded.",
        ),
        (edit({**RAW, "referenceImage": {"bytesBase64Encoded": "!!"}}), "(TYPE_BYTES)"),
        (edit(RAW, editMode="EDIT_MODE_MAGIC"), "cannot be 'MAGIC'"),
        (edit({**RAW, "maskImageConfig": {"dilation": 2}}), "dilation is a share of the width, 0 to 1."),
        (
            {"instances": [{"image": {}}], "parameters": {"mode": "upscale"}},
            "instances[0].image has no picture.",
        ),
        (
            {
                "instances": [{"image": {"bytesBase64Encoded": DATA}}],
                "parameters": {"upscaleConfig": {"upscaleFactor": "x9"}},
            },
            "cannot be 'x9'; accepted: x2, x3, x4.",
        ),
    ],
)
def test_what_is_wrong_is_said_in_words(document: Any, said: str) -> None:
    if document == edit():
        document["instances"][0]["prompt"] = ""
    assert said in message(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(DATA),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["prompt", "referenceImages", "image", "bytesBase64Encoded", "referenceType", "sampleCount", "seed", "mode"]
)
THINGS = st.dictionaries(NAMES, JSON | st.dictionaries(NAMES, JSON, max_size=3), max_size=4)


@given(
    st.fixed_dictionaries({"instances": st.lists(THINGS, max_size=2) | JSON, "parameters": THINGS | JSON}),
    st.booleans(),
)
def test_no_body_is_too_odd_to_be_read_or_refused(document: Any, vertex: bool) -> None:
    with contextlib.suppress(WireError):
        assert predict_from_wire(document, vertex=vertex).count >= 1


def test_filtered_pictures_are_told_only_to_who_asks() -> None:
    made = (Prediction(blob=BLOB, mime_type="image/png"), Prediction(filtered="No. Support codes: 1"))
    told = predictions_to_wire(made, rai_reasons=True, safety_attributes=False)
    assert told == {
        "predictions": [
            {"mimeType": "image/png", "bytesBase64Encoded": DATA},
            {"raiFilteredReason": "No. Support codes: 1"},
        ]
    }
    assert len(predictions_to_wire(made, rai_reasons=False, safety_attributes=False)["predictions"]) == 1
    assert predictions_to_wire(made[1:], rai_reasons=False, safety_attributes=True) == {}


def test_safety_attributes_stand_on_each_picture_and_on_the_prompt() -> None:
    made = (Prediction(blob=BLOB, mime_type="image/png"), Prediction(filtered="No."))
    picture, filtered, prompt = predictions_to_wire(made, rai_reasons=True, safety_attributes=True)["predictions"]
    assert picture["safetyAttributes"]["categories"][0] == "Death, Harm & Tragedy"
    assert filtered == {"raiFilteredReason": "No."}
    assert prompt["contentType"] == "Positive Prompt"
