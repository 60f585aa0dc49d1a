"""What is refused, in Google's words."""

from __future__ import annotations

import pytest

from limner._json import JsonObject, JsonValue
from limner.catalog import catalog
from limner.core.request import GenerateRequest
from limner.core.size import AspectRatio
from limner.providers.sandbox.protocol import strict
from limner.wire.gemini.refusals import RefusedError
from providers.sandbox.asking import PNG, Desk, ask, conversation, message_of, photograph

SANDBOX = catalog.load().get("sandbox-1").capabilities
QUICK = "sandbox-1-fast"
ON_WHITE = "a minimalist logo of a star on a white background"
"""Draws fast at any size."""


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "* GenerateContentRequest.contents: contents is not specified"),
        ({"contents": []}, "* GenerateContentRequest.contents: contents is not specified"),
        (
            {"contents": [{"parts": []}]},
            "* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.",
        ),
        (
            {"contents": [{"parts": [{"text": "x"}]}], "generationConfg": {}},
            'Invalid JSON payload received. Unknown name "generationConfg": Cannot find field.',
        ),
        (
            ask("x", aspectRatio="1:1"),
            "Invalid JSON payload received. Unknown name \"aspectRatio\" at 'generation_config': Cannot find field.",
        ),
        (
            ask("x", ratio="7:3"),
            "Invalid aspect ratio '7:3' for models/sandbox-1. Supported: 1:1, 2:3, 3:2, 3:4, 4:3, 4:5, 5:4, 9:16, "
            "16:9, 21:9, 1:4, 4:1, 1:8, 8:1.",
        ),
        (ask("x", size="1k"), "'1k' is not an image size; accepted: 512, 1K, 2K, 4K (a capital K)."),
        (ask("x", candidateCount=2), "Multiple candidates is not enabled for this model"),
        (
            ask("x", thinkingConfig={"thinkingBudget": 1, "thinkingLevel": "LOW"}),
            "You can only set only one of thinking budget and thinking level.",
        ),
        (
            {"contents": [{"parts": [{"text": "x"}, {"inlineData": {"mimeType": "application/pdf", "data": PNG}}]}]},
            "Unsupported MIME type: application/pdf",
        ),
        (
            {"contents": [{"parts": [{"fileData": {"fileUri": "https://example.org/a.png"}}]}]},
            "Cannot fetch content from the provided URI 'https://example.org/a.png': the sandbox stores no files and "
            "opens no addresses. Send the picture as inlineData.",
        ),
        (
            ask("word " * 110_000),
            "The input token count (137500) exceeds the maximum number of tokens allowed (131072).",
        ),
    ],
)
def test_what_google_refuses_is_refused(desk: Desk, body: JsonValue, message: str) -> None:
    assert message_of(desk, body) == message


def test_an_unknown_field_is_refused_with_the_near_names(desk: Desk) -> None:
    reply = desk.respond({**ask("x"), "generationConfg": {}})
    assert reply.documents[0]["error"]["details"] == [
        {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [
                {
                    "field": "",
                    "description": 'Invalid JSON payload received. Unknown name "generationConfg": Cannot find field.',
                }
            ],
        },
        {
            "@type": "type.googleapis.com/google.rpc.LocalizedMessage",
            "locale": "en-US",
            "message": "Did you mean 'generationConfig'?",
        },
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "contents[0].parts[1].inline_data.data must not be empty."),
        (
            "%%% not base64",
            "Invalid value at 'contents[0].parts[1].inline_data.data' (TYPE_BYTES), "
            'Base64 decoding failed for "%%% not base64"',
        ),
        (
            "blob:" + "0" * 64 + "?size=1&as=base64&prefix=data%3Aimage%2Fpng%3Bbase64%2C",
            "Invalid value at 'contents[0].parts[1].inline_data.data' (TYPE_BYTES), "
            'Base64 decoding failed for "data:image/png;base64,"',
        ),
    ],
)
def test_data_that_is_no_plain_base64_is_refused(desk: Desk, data: str, message: str) -> None:
    body = conversation(("user", [{"text": "x"}, {"inlineData": {"mimeType": "image/png", "data": data}}]))
    assert message_of(desk, body) == message


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"%PDF-1.7", "a PDF document"),
        (photograph()[:400], "the file is cut short"),
        (photograph()[:-30] + b"\0" * 18 + photograph()[-12:], "cannot be decoded"),
    ],
)
def test_what_is_no_whole_picture_is_refused(desk: Desk, data: bytes, why: str) -> None:
    message = message_of(desk, conversation(("user", [{"text": "x"}, desk.picture(data)])))
    assert message.startswith("Unable to process input image.")
    assert why in message


def test_more_pictures_than_the_model_takes_are_refused(desk: Desk) -> None:
    pictures = [desk.picture(photograph())] * 15
    message = message_of(desk, conversation(("user", [{"text": "x"}, *pictures])))
    assert message == "Too many input images: 15. models/sandbox-1 takes up to 14."


@pytest.mark.parametrize(
    ("model", "body", "message"),
    [
        (
            "gemini-2.5-flash-image",
            ask("x", size="1K"),
            "Invalid image size '1K' for models/gemini-2.5-flash-image. It makes one size only.",
        ),
        (
            "gemini-2.5-flash-image",
            ask("x", ratio="1:8"),
            "Invalid aspect ratio '1:8' for models/gemini-2.5-flash-image. Supported: 1:1, 2:3, 3:2, 3:4, 4:3, 4:5, "
            "5:4, 9:16, 16:9, 21:9.",
        ),
        (
            "gemini-nano-banana-2.1",
            ask("x", size="512"),
            "Invalid image size '512' for models/gemini-nano-banana-2.1. Supported: 1K, 2K, 4K.",
        ),
        (
            "gemini-nano-banana-2.1",
            ask("x", thinkingConfig={"thinkingLevel": "XHIGH"}),
            "Thinking level 'XHIGH' is not supported for this model. Supported: minimal, medium, high.",
        ),
    ],
)
def test_a_mapped_model_refuses_what_it_would_refuse(model: str, body: JsonValue, message: str) -> None:
    assert message_of(Desk(stands_in_for=(model,)), body, model=model) == message


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {},
            "The requested combination of response modalities is not supported by the model. "
            "models/gemini-2.0-flash-preview-image-generation accepts the following combination of response "
            "modalities:\n* IMAGE, TEXT\n",
        ),
        (
            {"responseModalities": ["TEXT", "IMAGE"]},
            "Aspect ratio is not enabled for models/gemini-2.0-flash-preview-image-generation.",
        ),
    ],
)
def test_rules_of_models_that_are_gone_are_still_known(config: JsonObject, message: str) -> None:
    model = catalog.load().get("gemini-2.0-flash-preview-image-generation")
    ratio = AspectRatio(1, 1) if config else None
    with pytest.raises(RefusedError) as refused:
        strict.check(GenerateRequest(model=model.id, prompt="x", aspect_ratio=ratio), config, model)
    assert refused.value.refusal.document is not None
    assert refused.value.refusal.document["error"]["message"] == message


@pytest.mark.parametrize("model", ["gemini-3-pro-image-preview", "imagen-4.0-generate-001"])
def test_a_model_that_was_shut_down_or_speaks_no_gemini_is_404_even_if_mapped(model: str) -> None:
    desk = Desk(stands_in_for=(model,))
    assert desk.respond(ask("x"), model=model).status == 404
    assert len(desk.model.models()) == 2


@pytest.mark.parametrize(
    "model", ["gemini-nano-banana-2.1", "gemini-3-pro-image-preview", "sandbox-2", "", "x" * 300, "../../etc"]
)
def test_a_model_that_the_sandbox_is_not_is_404_in_googles_words(desk: Desk, model: str) -> None:
    assert message_of(desk, ask("x"), model=model, status=404) == (
        f"models/{model[:100]} is not found for API version v1beta, or is not supported for generateContent. "
        "Call ListModels to see the list of available models and their supported methods."
    )


def test_an_unknown_method_is_404(desk: Desk) -> None:
    assert desk.respond(ask("x"), method="predict").status == 404


@pytest.mark.parametrize(
    ("body", "model", "warning"),
    [
        ({**ask("x [[text-only]]"), "generationConfg": {}}, "sandbox-1", 'Unknown name "generationConfg": Cannot find'),
        (ask("x [[text-only]]", ratio="9:7"), "sandbox-1", "Invalid aspect ratio '9:7' for models/sandbox-1."),
        (ask("x [[text-only]]", size="512"), "gemini-nano-banana-2.1", "Invalid image size '512'"),
    ],
)
def test_a_lenient_reading_warns_in_a_header_where_google_refuses(body: JsonValue, model: str, warning: str) -> None:
    reply = Desk(stands_in_for=(model,)).respond(body, model=model, lenient=True)
    assert reply.status == 200
    assert warning in reply.headers["x-limner-warning"]


def test_a_lenient_reading_draws_in_the_nearest_shape(desk: Desk) -> None:
    reply = desk.respond(ask("a plain red background", ratio="9:7", size="512"), lenient=True)
    (picture,) = desk.read(reply).images
    assert str(desk.measured(picture).size) == "576x464"
