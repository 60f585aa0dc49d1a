from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from limner._json import JsonObject
from limner.catalog import catalog
from limner.core.blob import BlobRef
from limner.providers.sandbox.protocol.asked import Asked
from limner.providers.sandbox.protocol.memory import MemoryBlobs
from limner.providers.sandbox.protocol.model import SandboxModel
from limner.providers.sandbox.protocol.reply import SandboxReply
from limner.wire.gemini.parts import picture_reference
from limner.wire.reference import Reference
from providers.sandbox.asking import KEY, opened

GENERATE, EDIT, UPSCALE = "imagen-4.0-generate-001", "imagen-3.0-capability-001", "imagen-4.0-upscale-preview"
PLAIN = "a plain red background"


class Studio:
    """Imagen, played by the sandbox, and the blobs of its requests and answers."""

    def __init__(self, *, revived: tuple[str, ...] = ()) -> None:
        self.blobs = MemoryBlobs()
        names = [model.id for model in catalog.load().models()]
        self.model = SandboxModel(self.blobs, KEY, stands_in_for=names, revived=revived)

    def ask(self, model: str, body: Any, **how: Any) -> SandboxReply:
        how.setdefault("service", "vertex")
        asked = Asked(model=model, method="predict", document=body, shelf=self.blobs, **how)
        return self.model.prepare(asked).answer()

    def generate(self, prompt: str, **parameters: Any) -> list[JsonObject]:
        body = {"instances": [{"prompt": prompt}], "parameters": {"sampleCount": 1, **parameters}}
        return self.predictions(self.ask(GENERATE, body))

    def predictions(self, reply: SandboxReply) -> list[JsonObject]:
        assert reply.status == 200, reply.documents
        found = reply.documents[0].get("predictions", [])
        assert isinstance(found, list)
        return found

    def picture(self, prediction: JsonObject) -> Image.Image:
        found = Reference.parse(prediction["bytesBase64Encoded"])
        assert found is not None
        return opened(self.blobs.read(found.blob))

    def put(self, image: Image.Image) -> BlobRef:
        file = io.BytesIO()
        image.save(file, "PNG")
        return self.blobs.put(file.getvalue())

    def edit(
        self, image: Image.Image, prompt: str, mode: str, mask: Image.Image | None = None, **config: Any
    ) -> Image.Image:
        references: list[JsonObject] = [
            {
                "referenceType": "REFERENCE_TYPE_RAW",
                "referenceId": 1,
                "referenceImage": {"bytesBase64Encoded": picture_reference(self.put(image))},
            }
        ]
        if mask is not None or config:
            reference: JsonObject = {
                "referenceType": "REFERENCE_TYPE_MASK",
                "referenceId": 2,
                "maskImageConfig": config,
            }
            if mask is not None:
                reference["referenceImage"] = {"bytesBase64Encoded": picture_reference(self.put(mask))}
            references.append(reference)
        body = {
            "instances": [{"prompt": prompt, "referenceImages": references}],
            "parameters": {"sampleCount": 1, "editMode": f"EDIT_MODE_{mode}"},
        }
        return self.picture(self.predictions(self.ask(EDIT, body))[0]).convert("RGB")


@pytest.fixture
def studio() -> Studio:
    return Studio()


@pytest.mark.parametrize(
    ("ratio", "size", "pixels"),
    [(None, None, (1024, 1024)), ("16:9", "1K", (1408, 768)), ("3:4", None, (896, 1280)), ("1:1", "2K", (2048, 2048))],
)
def test_ratio_and_size_decide_the_pixels(studio: Studio, ratio: str, size: str, pixels: tuple[int, int]) -> None:
    parameters = {name: value for name, value in (("aspectRatio", ratio), ("sampleImageSize", size)) if value}
    (prediction,) = studio.generate(PLAIN, **parameters)
    assert studio.picture(prediction).size == pixels
    assert prediction["mimeType"] == "image/png"


def test_samples_differ_and_a_seed_repeats_them(studio: Studio) -> None:
    wish = {"sampleCount": 2, "seed": 5, "addWatermark": False}
    first, second = studio.generate("a house on a hill", **wish)
    again, _ = studio.generate("a house on a hill", **wish)
    assert first["bytesBase64Encoded"] == again["bytesBase64Encoded"] != second["bytesBase64Encoded"]


def test_type_and_quality_of_the_file_can_be_chosen(studio: Studio) -> None:
    sizes = []
    for quality in (95, 10):
        options = {"mimeType": "image/jpeg", "compressionQuality": quality}
        (prediction,) = studio.generate("a lake at sunset", outputOptions=options)
        assert studio.picture(prediction).format == "JPEG"
        found = Reference.parse(prediction["bytesBase64Encoded"])
        assert found is not None
        sizes.append(found.blob.size)
    assert sizes[0] > 3 * sizes[1]


def test_what_a_negative_prompt_names_is_not_drawn(studio: Studio) -> None:
    fixed = {"seed": 1, "addWatermark": False}
    (with_dog,), (without,) = (
        studio.generate("a dog on a plain white background", **fixed, **more)
        for more in ({}, {"negativePrompt": "dog"})
    )
    ink = [int((np.asarray(studio.picture(each).convert("L")) < 200).sum()) for each in (with_dog, without)]
    assert ink[1] < 0.1 * ink[0]


@pytest.mark.parametrize(
    ("prompt", "people", "code"),
    [
        ("a portrait of a woman", "dont_allow", "39322892"),
        ("a child on a swing", "allow_adult", "58061214"),
        ("a child on a swing", "DONT_ALLOW", "58061214"),
        ("a portrait of a woman", "allow_adult", None),
        ("a child on a swing", "ALLOW_ALL", None),
        ("a fox", "dont_allow", None),
    ],
)
def test_people_are_drawn_only_where_they_are_allowed(
    studio: Studio, prompt: str, people: str, code: str | None
) -> None:
    (prediction,) = studio.generate(prompt, personGeneration=people, includeRaiReason=True)
    if code is None:
        assert "bytesBase64Encoded" in prediction
    else:
        assert prediction["raiFilteredReason"].endswith(f"Support codes: {code}")
        assert studio.generate(prompt, personGeneration=people) == []


def test_an_enhanced_prompt_comes_back(studio: Studio) -> None:
    (prediction,) = studio.generate(PLAIN, enhancePrompt=True)
    assert prediction["prompt"] == f"{PLAIN}, highly detailed"


@pytest.mark.parametrize(
    ("card", "document"),
    [("empty", {}), ("text-only", {}), ("no-image", {}), ("finish:IMAGE_SAFETY", {}), ("blocked:SAFETY", {})],
)
def test_cards_that_hold_the_picture_back_leave_nothing(studio: Studio, card: str, document: JsonObject) -> None:
    reply = studio.ask(GENERATE, {"instances": [{"prompt": f"a fox [[{card}]]"}]})
    assert reply.documents == (document,)


def test_a_blocking_card_tells_its_reason_to_who_asks(studio: Studio) -> None:
    found = studio.generate("a fox [[blocked:SAFETY]]", includeRaiReason=True, sampleCount=2)
    assert [prediction["raiFilteredReason"][-8:] for prediction in found] == ["29310472"] * 2


def test_error_and_picture_cards_are_played_here_too(studio: Studio) -> None:
    assert studio.ask(GENERATE, {"instances": [{"prompt": "a fox [[429:5]]"}]}).status == 429
    assert studio.ask(GENERATE, {"instances": [{"prompt": "a fox"}]}, card="503").status == 503
    (prediction,) = studio.generate(f"{PLAIN} [[wrong-mime]]")
    assert (prediction["mimeType"], studio.picture(prediction).format) == ("image/png", "JPEG")
    (snake,) = studio.predictions(
        studio.ask(GENERATE, {"instances": [{"prompt": f"{PLAIN} [[snake]]"}], "parameters": {"sampleCount": 1}})
    )
    assert "bytes_base64_encoded" in snake


def test_imagen_is_gone_from_the_gemini_api_unless_it_is_revived() -> None:
    body = {"instances": [{"prompt": PLAIN}], "parameters": {"sampleCount": 1}}
    assert Studio().ask(GENERATE, body, service="gemini").status == 404
    revived = Studio(revived=(GENERATE,))
    assert len(revived.predictions(revived.ask(GENERATE, body, service="gemini"))) == 1


def test_each_model_does_its_own_task(studio: Studio) -> None:
    body = {"instances": [{"prompt": "p"}]}
    for model, said in (
        (EDIT, "imagen-3.0-capability-001 does not generate; it does edit."),
        (UPSCALE, "imagen-4.0-upscale-preview does not generate; it does upscale."),
        ("virtual-try-on-001", "try-on and segmentation are not drawn."),
    ):
        reply = studio.ask(model, body)
        assert reply.status == 400
        assert said in reply.documents[0]["error"]["message"]
    generate = Asked(model=GENERATE, method="generateContent", document={}, service="vertex")
    assert studio.model.prepare(generate).answer().status == 404
    assert studio.ask("gemini-nano-banana-2.1", body).status == 404


def room() -> tuple[Image.Image, Image.Image]:
    """A blue thing on a gray wall, and a mask over it."""
    image = Image.effect_noise((400, 300), 12).convert("RGB")
    ImageDraw.Draw(image).rectangle((150, 120, 250, 220), fill="blue")
    mask = Image.new("L", image.size)
    ImageDraw.Draw(mask).rectangle((130, 100, 270, 240), fill=255)
    return image, mask


def changed_shares(before: Image.Image, after: Image.Image, mask: Image.Image) -> tuple[float, float]:
    """How much changed inside the mask and outside of it, leaving out its soft edge and the sandbox's mark."""
    gap = np.abs(np.asarray(before, np.int16) - np.asarray(after, np.int16)).max(axis=-1) > 8
    inside = np.asarray(mask.resize(before.size)) > 127
    outside = ~inside
    outside[260:, 280:] = False
    edge = 8
    rows, columns = np.where(inside)
    outside[rows.min() - edge : rows.max() + edge, columns.min() - edge : columns.max() + edge] = False
    return float(gap[inside].mean()), float(gap[outside].mean())


@pytest.mark.parametrize(
    ("mode", "prompt"), [("INPAINT_REMOVAL", "the box"), ("INPAINT_INSERTION", "a dog"), ("OUTPAINT", "a wall")]
)
def test_an_edit_changes_what_is_under_its_mask_and_nothing_else(studio: Studio, mode: str, prompt: str) -> None:
    image, mask = room()
    inside, outside = changed_shares(image, studio.edit(image, prompt, mode, mask), mask)
    assert inside > 0.2
    assert outside == 0.0


def test_a_background_is_swapped_around_the_subject(studio: Studio) -> None:
    image, mask = room()
    around = Image.eval(mask, lambda value: 255 - value)
    after = studio.edit(image, "a beach at sunset", "BGSWAP", around, maskMode="MASK_MODE_USER_PROVIDED")
    assert after.getpixel((200, 170)) == (0, 0, 255)
    assert changed_shares(image, after, around)[0] > 0.5


@pytest.mark.parametrize("mode", ["FOREGROUND", "SEMANTIC"])
def test_a_mask_can_be_guessed(studio: Studio, mode: str) -> None:
    image, _ = room()
    after = studio.edit(image, "make it red", "INPAINT_INSERTION", maskMode=f"MASK_MODE_{mode}", dilation=0.01)
    red, _, blue = after.getpixel((200, 170))  # type: ignore[misc]
    assert red > blue


def test_without_a_mask_the_prompt_is_an_instruction_for_all_of_it(studio: Studio) -> None:
    image, _ = room()
    assert np.asarray(studio.edit(image, "make it night", "DEFAULT")).mean() < 0.7 * np.asarray(image).mean()


@pytest.mark.parametrize(("factor", "size"), [("x2", (800, 600)), ("x4", (1600, 1200))])
def test_an_upscale_has_as_many_more_pixels_as_asked_for(studio: Studio, factor: str, size: tuple[int, int]) -> None:
    image, _ = room()
    body = {
        "instances": [{"prompt": "", "image": {"bytesBase64Encoded": picture_reference(studio.put(image))}}],
        "parameters": {
            "mode": "upscale",
            "sampleCount": 1,
            "upscaleConfig": {"upscaleFactor": factor},
            "outputOptions": {"mimeType": "image/jpeg"},
        },
    }
    (prediction,) = studio.predictions(studio.ask(UPSCALE, body))
    picture = studio.picture(prediction)
    assert (picture.size, picture.format) == (size, "JPEG")


def test_an_upscale_beyond_the_limit_is_refused(studio: Studio) -> None:
    data = picture_reference(studio.put(Image.new("RGB", (3000, 2000))))
    body = {"instances": [{"image": {"bytesBase64Encoded": data}}], "parameters": {"mode": "upscale"}}
    error = studio.ask(UPSCALE, body).documents[0]["error"]
    assert error["message"] == "The upscaled picture would have 6000x4000 pixels; up to 17000000 are made."


def test_what_is_no_picture_is_refused(studio: Studio) -> None:
    data = picture_reference(studio.blobs.put(b"no picture"))
    body = {"instances": [{"image": {"bytesBase64Encoded": data}}], "parameters": {"mode": "upscale"}}
    assert studio.ask(UPSCALE, body).documents[0]["error"]["message"].startswith("Unable to process input image.")
