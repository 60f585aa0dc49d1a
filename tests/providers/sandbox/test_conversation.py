"""Edits: by signature, by the scene in the file, by pixels; and histories that were tampered with."""

from __future__ import annotations

import pytest
from PIL.PngImagePlugin import PngInfo

from limner._json import JsonObject, JsonValue
from limner.catalog import catalog
from limner.core.outcome import OutcomeKind
from limner.core.size import Size
from limner.providers.sandbox.protocol.model import SandboxModel
from limner.providers.sandbox.protocol.signature import Signed, Signer
from providers.sandbox.asking import (
    KEY,
    Desk,
    ask,
    blob_in,
    conversation,
    encoded,
    message_of,
    opened,
    parts_of,
    photograph,
    signed_scene,
    tampered,
)

SANDBOX = catalog.load().get("sandbox-1").capabilities
QUICK = "sandbox-1-fast"
ON_WHITE = "a minimalist logo of a star on a white background"
"""Draws fast at any size."""


@pytest.fixture
def desk() -> Desk:
    return Desk()


def drawn(
    desk: Desk, prompt: str = "a red car on a street", model: str = "sandbox-1"
) -> tuple[JsonObject, list[JsonObject]]:
    """A first answer: the user's turn and the model's parts, pictures readable by the next request."""
    reply = desk.reply(prompt, size="512", seed=5, model=model)
    for part in desk.read(reply).images:
        desk.blobs.put(desk.bytes_of(part))
    return {"text": prompt}, parts_of(reply.documents[0])


def test_an_edit_by_signature_changes_the_scene_and_nothing_else(desk: Desk) -> None:
    prompt, answer = drawn(desk)
    before = signed_scene(answer[1])
    body = conversation(("user", [prompt]), ("model", answer), ("user", [{"text": "Now make the car yellow"}]))
    (picture,) = desk.answer(body).images
    after = signed_scene(picture)
    assert [(subject.word, subject.color) for subject in before.subjects] == [("car", "red")]
    assert [(subject.word, subject.color) for subject in after.subjects] == [("car", "yellow")]
    assert (after.places, after.time, after.stream) == (before.places, before.time, before.stream)
    first, second = opened(desk.blobs.read(blob_in(answer[1]["inlineData"]["data"]))), opened(desk.bytes_of(picture))
    assert first.crop((0, 0, 120, 60)).tobytes() == second.crop((0, 0, 120, 60)).tobytes()
    assert first.tobytes() != second.tobytes()


def test_an_edit_of_the_saved_file_is_the_same_as_one_by_signature(desk: Desk) -> None:
    prompt, answer = drawn(desk)
    wish = {"text": "Now make the car yellow"}
    by_signature = desk.answer(conversation(("user", [prompt]), ("model", answer), ("user", [wish]))).images
    saved = {"inlineData": answer[1]["inlineData"]}
    by_file = desk.answer(conversation(("user", [wish, saved]))).images
    assert by_file[0].blob == by_signature[0].blob


def test_an_edit_of_a_saved_jpeg_is_exact_too() -> None:
    desk = Desk(stands_in_for=("gemini-3-pro-image",))
    reply = desk.respond(ask("a red car on a street", seed=5), model="gemini-3-pro-image")
    (picture,) = desk.read(reply).images
    saved = desk.picture(desk.bytes_of(picture), "image/jpeg")
    (edited,) = desk.answer(conversation(("user", [{"text": "Now make the car yellow"}, saved]))).images
    assert [subject.color for subject in signed_scene(edited).subjects] == ["yellow"]


def test_chained_edits_go_on_from_the_last_picture(desk: Desk) -> None:
    prompt, answer = drawn(desk)
    turns: list[tuple[str, list[JsonValue]]] = [("user", [prompt]), ("model", list(answer))]
    for wish in ("make the car yellow", "make it night"):
        turns.append(("user", [{"text": wish}]))
        reply = desk.respond(conversation(*turns))
        for part in desk.read(reply).images:
            desk.blobs.put(desk.bytes_of(part))
        turns.append(("model", list(parts_of(reply.documents[0]))))
    scene = signed_scene(parts_of(reply.documents[0])[1])
    assert ([subject.color for subject in scene.subjects], scene.time) == (["yellow"], "night")


def test_a_photograph_is_edited_by_its_pixels(desk: Desk) -> None:
    data = photograph()
    (picture,) = desk.answer(conversation(("user", [{"text": "make it night"}, desk.picture(data)]))).images
    before = opened(data).resize((600, 448)).convert("L")
    after = opened(desk.bytes_of(picture)).convert("L")
    assert desk.measured(picture).size == Size(600, 448)
    assert sum(after.tobytes()) < 0.8 * sum(before.tobytes())
    assert picture.signature is not None
    assert Signer(KEY).read(picture.signature).scene is None


@pytest.mark.parametrize("change", ["forged scene", "painted over"])
def test_a_scene_that_does_not_belong_to_the_file_is_not_believed(desk: Desk, change: str) -> None:
    _, answer = drawn(desk)
    image = opened(desk.blobs.read(blob_in(answer[1]["inlineData"]["data"])))
    scene = image.info["limner:scene"]
    if change == "painted over":
        image.paste((0, 0, 0), (0, 0, 80, 80))
    else:
        scene = tampered(scene)
    info = PngInfo()
    info.add_itxt("limner:scene", scene)
    saved = desk.picture(encoded(image, "PNG", pnginfo=info))
    (picture,) = desk.answer(conversation(("user", [{"text": "make the car yellow"}, saved]))).images
    assert picture.signature is not None
    assert Signer(KEY).read(picture.signature).scene is None


def test_a_scene_of_another_installation_is_edited_by_its_pixels(desk: Desk) -> None:
    _, answer = drawn(desk)
    data = desk.blobs.read(blob_in(answer[1]["inlineData"]["data"]))
    other = Desk()
    other.model = SandboxModel(other.blobs, b"a key of quite another computer")
    (picture,) = other.answer(conversation(("user", [{"text": "make it night"}, other.picture(data)]))).images
    assert picture.signature is not None


MISSING = "Image part is missing a thought_signature in content position 2, part position 2"


def test_a_models_picture_without_its_signature_is_refused_as_google_does(desk: Desk) -> None:
    prompt, answer = drawn(desk)
    bare = [{name: value for name, value in part.items() if name != "thoughtSignature"} for part in answer]
    body = conversation(("user", [prompt]), ("model", bare), ("user", [{"text": "make it night"}]))
    assert message_of(desk, body).startswith(f"{MISSING}. Please refer to https://ai.google.dev/gemini-api/docs/")


@pytest.mark.parametrize("forged", [tampered(Signer(KEY).sign(Signed())), "AAAA", "%%%"])
def test_an_altered_signature_is_refused(desk: Desk, forged: str) -> None:
    prompt, answer = drawn(desk)
    altered = [answer[0], {**answer[1], "thoughtSignature": forged}]
    body = conversation(("user", [prompt]), ("model", altered), ("user", [{"text": "make it night"}]))
    assert message_of(desk, body).startswith(MISSING)


def test_the_documented_dummy_signature_passes(desk: Desk) -> None:
    foreign = {**desk.picture(photograph()), "thoughtSignature": "context_engineering_is_the_way_to_go"}
    body = conversation(("user", [{"text": "a photo"}]), ("model", [foreign]), ("user", [{"text": "make it night"}]))
    assert desk.answer(body).outcome.kind is OutcomeKind.IMAGE


def test_a_long_signature_that_was_lifted_is_read_from_its_blob(desk: Desk) -> None:
    reply = desk.reply("a red car on a street [[big-signature:100]]", size="512")
    (picture,) = desk.read(reply).images
    assert picture.signature is not None
    assert picture.signature.startswith("blob:")
    part = {**desk.picture(desk.bytes_of(picture)), "thoughtSignature": picture.signature}
    body = conversation(
        ("user", [{"text": "a red car"}]), ("model", [part]), ("user", [{"text": "make the car yellow"}])
    )
    (edited,) = desk.answer(body).images
    assert [subject.color for subject in signed_scene(edited).subjects] == ["yellow"]


def test_a_model_without_signatures_demands_none(desk: Desk) -> None:
    prompt, answer = drawn(desk, model=QUICK)
    assert not any("thoughtSignature" in part for part in answer)
    body = conversation(("user", [prompt]), ("model", answer), ("user", [{"text": "make the car yellow"}]))
    assert desk.answer(body, model=QUICK).outcome.kind is OutcomeKind.IMAGE


def test_a_picture_of_an_earlier_turn_is_the_base_where_the_model_drew_none(desk: Desk) -> None:
    body = conversation(
        ("user", [{"text": "look at this"}, desk.picture(photograph(320, 180))]),
        ("model", [{"text": "A gradient."}]),
        ("user", [{"text": "make it night"}]),
    )
    (picture,) = desk.answer(body).images
    assert desk.measured(picture).size == Size(688, 384)
