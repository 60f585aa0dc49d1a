from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.core.blob import BlobRef
from limner.core.capabilities import Capabilities, check, request_bytes
from limner.core.parts import FilePart, ImagePart, OtherPart, TextPart, Turn
from limner.core.request import GenerateRequest
from limner.core.size import AspectRatio, Resolution, Size
from limner.errors import InvalidRequestError, UnsupportedError

TEN = tuple(map(AspectRatio.parse, ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")))
WIDE = AspectRatio(16, 9)
NARROW = Capabilities(
    ratios=TEN,
    resolutions=(Resolution.R1K, Resolution.R2K),
    default_resolution=Resolution.R1K,
    pixels=((WIDE, Resolution.R1K, Size(1376, 768)), (WIDE, Resolution.R2K, Size(2752, 1536))),
    input_mime_types=("image/png", "image/jpeg"),
    max_reference_images=3,
)
FOX = GenerateRequest(model="m", prompt="a red fox")


def picture(size: int = 1000, mime_type: str = "image/png") -> ImagePart:
    return ImagePart(blob=BlobRef(sha256="0" * 64, size=size), mime_type=mime_type)


def refused(request: GenerateRequest, capabilities: Capabilities = NARROW) -> InvalidRequestError:
    with pytest.raises(InvalidRequestError) as caught:
        check(request, capabilities, model_name="gemini-2.5-flash-image")
    return caught.value


def warned(request: GenerateRequest, capabilities: Capabilities = NARROW) -> tuple[str, ...]:
    return check(request, capabilities, model_name="m")


def test_a_request_that_fits_is_let_through_without_a_word() -> None:
    fitting = replace(FOX, aspect_ratio=WIDE, resolution=Resolution.R2K, images=(picture(),), seed=None)
    assert warned(fitting) == ()


def test_a_ratio_the_model_lacks_is_refused_with_those_it_has_and_the_nearest() -> None:
    error = refused(replace(FOX, aspect_ratio=AspectRatio(1, 8)))
    assert isinstance(error, UnsupportedError)
    assert error.code == "unsupported.aspect_ratio"
    assert error.message == (
        "Model 'gemini-2.5-flash-image' does not accept aspect ratio '1:8'.\n"
        "Accepted: 1:1, 2:3, 3:2, 3:4, 4:3, 4:5, 5:4, 9:16, 16:9, 21:9. Nearest: 9:16."
    )
    assert error.hint == "Try: --aspect 9:16"
    assert error.billed == "no"


WRITER = replace(NARROW, makes_images=False, temperature=False)
WORDS = replace(FOX, image=False)


def test_a_picture_of_a_model_that_only_writes_is_refused_with_one_that_draws() -> None:
    with pytest.raises(UnsupportedError) as caught:
        check(FOX, WRITER, model_name="w", instead="d")
    assert caught.value.code == "unsupported.output"
    assert caught.value.message.endswith("it makes no pictures.\nNearest model that makes them: d.")
    assert caught.value.hint == "Try: --model d"
    assert refused(FOX, WRITER).hint == "`limner models` says what each model makes"


def test_words_of_a_model_that_only_draws_are_refused() -> None:
    error = refused(WORDS, replace(NARROW, makes_text=False))
    assert (error.code, "pictures alone" in error.message) == ("unsupported.output", True)


def test_words_of_a_model_that_writes_are_let_through() -> None:
    assert warned(replace(WORDS, schema={"type": "string"}), WRITER) == ()


@pytest.mark.parametrize("temperature", [-0.1, 2.1, float("nan"), float("inf")])
def test_a_temperature_outside_of_its_range_is_refused(temperature: float) -> None:
    assert refused(replace(WORDS, temperature=temperature)).code == "invalid.temperature"


def test_a_schema_beside_a_picture_is_refused() -> None:
    assert refused(replace(FOX, schema={})).code == "invalid.schema"


def test_what_a_model_does_not_take_is_said_before_it_is_left_out() -> None:
    asked = replace(WORDS, temperature=0.7, schema={"type": "string"})
    assert warned(asked, replace(WRITER, structured_output=False)) == (
        "Model 'm' takes no temperature: 0.7 is not sent.",
        "Model 'm' takes no JSON Schema: it is not sent, and only the prompt asks for JSON.",
    )


def test_a_model_without_ratios_says_that_it_takes_none() -> None:
    error = refused(replace(FOX, aspect_ratio=WIDE), replace(NARROW, ratios=()))
    assert error.code == "unsupported.aspect_ratio"
    assert error.message == "Model 'gemini-2.5-flash-image' does not accept an aspect ratio, so not '16:9' either."


def test_a_resolution_the_model_lacks_is_refused_with_the_nearest() -> None:
    error = refused(replace(FOX, resolution=Resolution.R4K))
    assert error.code == "unsupported.resolution"
    assert error.message == (
        "Model 'gemini-2.5-flash-image' does not accept resolution '4K'.\nAccepted: 1K, 2K. Nearest: 2K."
    )
    assert error.hint == "Try: --size 2K"


def test_512_is_nearest_to_1k() -> None:
    assert refused(replace(FOX, resolution=Resolution.R512)).hint == "Try: --size 1K"


def test_a_model_without_resolutions_says_that_it_takes_none() -> None:
    error = refused(replace(FOX, resolution=Resolution.R1K), replace(NARROW, resolutions=()))
    assert error.code == "unsupported.resolution"


def test_too_many_input_pictures_are_refused_saying_how_many_to_leave_out() -> None:
    error = refused(replace(FOX, images=(picture(),) * 5))
    assert error.code == "unsupported.reference_count"
    assert error.message == "Model 'gemini-2.5-flash-image' does not accept 5 input pictures.\nAccepted: up to 3."
    assert error.hint == "Try: leave out 2, or put several into one picture side by side"


def test_as_many_input_pictures_as_allowed_are_let_through() -> None:
    assert warned(replace(FOX, images=(picture(),) * 3)) == ()


def test_a_model_that_cannot_edit_refuses_any_input_picture() -> None:
    error = refused(replace(FOX, images=(picture(),)), replace(NARROW, max_reference_images=0))
    assert error.code == "unsupported.reference_count"
    assert error.message == "Model 'gemini-2.5-flash-image' does not accept input pictures, and 1 were given."


def test_more_input_pictures_than_advised_bring_a_warning() -> None:
    advised = replace(NARROW, max_reference_images=None, advised_reference_images=3)
    assert warned(replace(FOX, images=(picture(),) * 4), advised) == (
        "Model 'm' is advised for up to 3 input pictures; 4 are sent.",
    )


def test_an_input_type_the_model_lacks_is_refused_naming_the_picture() -> None:
    error = refused(replace(FOX, images=(picture(), picture(mime_type="image/gif"))))
    assert error.code == "unsupported.mime_type"
    assert error.message == (
        "Model 'gemini-2.5-flash-image' does not accept 'image/gif' (input picture 2).\n"
        "Accepted: image/png, image/jpeg."
    )


def test_a_type_in_capitals_or_not_declared_is_let_through() -> None:
    images = (picture(mime_type="IMAGE/PNG"), picture(mime_type=""), FilePart(uri="gs://bucket/cat"))
    assert warned(replace(FOX, images=images)) == ()


@pytest.mark.parametrize("prompt", ["", "   ", "\n\t"])
def test_an_empty_prompt_is_no_request(prompt: str) -> None:
    error = refused(replace(FOX, prompt=prompt))
    assert error.code == "invalid.prompt"
    assert not isinstance(error, UnsupportedError)


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_seed_out_of_range_is_no_request(seed: int) -> None:
    error = refused(replace(FOX, seed=seed))
    assert error.code == "invalid.seed"
    assert "Accepted: 0 to 2147483647." in error.message


@pytest.mark.parametrize("seed", [0, 2**31 - 1])
def test_the_smallest_and_the_largest_seed_are_let_through(seed: int) -> None:
    assert warned(replace(FOX, seed=seed)) == ()


def test_a_seed_that_is_only_a_wish_is_said_to_be_one() -> None:
    assert warned(replace(FOX, seed=7), replace(NARROW, seed="best_effort")) == (
        "Model 'm' treats a seed as a wish: the same seed may give another picture.",
    )


def test_a_seed_that_will_be_dropped_is_named() -> None:
    assert warned(replace(FOX, seed=7), replace(NARROW, seed="none")) == ("Model 'm' takes no seed: 7 is not sent.",)


def test_drafts_of_a_model_that_does_not_think_are_not_promised() -> None:
    assert warned(replace(FOX, include_thoughts=True), replace(NARROW, thinks=False)) == (
        "Model 'm' does not think: there will be no drafts.",
    )


def test_words_that_cannot_be_left_out_are_announced() -> None:
    assert warned(replace(FOX, text=False), replace(NARROW, image_only_allowed=False)) == (
        "Model 'm' always answers with words as well as a picture.",
    )


def test_a_model_without_memory_refuses_earlier_turns() -> None:
    turn = Turn(role="user", parts=(TextPart(text="a fox"),))
    error = refused(replace(FOX, history=(turn,)), replace(NARROW, conversation=False))
    assert error.code == "unsupported.conversation"


def test_a_system_instruction_is_refused_where_there_is_no_place_for_it() -> None:
    error = refused(replace(FOX, system_instruction="be brief"), replace(NARROW, system_instruction=False))
    assert error.code == "unsupported.system_instruction"


def test_pictures_that_make_more_than_100_mb_of_json_are_refused() -> None:
    error = refused(replace(FOX, images=(picture(size=40_000_000), picture(size=40_000_000))))
    assert error.code == "unsupported.request_size"
    assert error.message == (
        "The request is too large for model 'gemini-2.5-flash-image': about 106.7 MB of JSON, "
        "pictures counted as base64.\nAccepted: up to 100 MB."
    )


def test_pictures_of_74_mb_still_fit_into_100_mb_of_json() -> None:
    assert warned(replace(FOX, images=(picture(size=74_000_000),))) == ()


def test_pictures_of_earlier_turns_count_as_well() -> None:
    turns = (Turn(role="model", parts=(picture(size=60_000_000), OtherPart(document={"a": 1}))),)
    error = refused(replace(FOX, history=turns, images=(picture(size=20_000_000),)))
    assert error.code == "unsupported.request_size"


def test_a_picture_sent_by_address_counts_as_its_address() -> None:
    assert request_bytes(replace(FOX, images=(FilePart(uri="gs://b/c"),))) == 9 + 64 + 8


def test_every_three_bytes_of_a_picture_count_four() -> None:
    assert request_bytes(replace(FOX, images=(picture(size=1000),))) == 9 + 64 + 1336


def test_a_model_nobody_knows_is_asked_anything() -> None:
    wild = replace(
        FOX, aspect_ratio=AspectRatio(7, 3), resolution=Resolution.R4K, images=(picture(mime_type="x/y"),) * 99, seed=1
    )
    assert warned(wild, Capabilities()) == ()


def test_the_expected_size_follows_ratio_and_resolution() -> None:
    assert NARROW.expected_size(WIDE, Resolution.R2K) == Size(2752, 1536)


def test_without_a_resolution_the_default_one_is_expected() -> None:
    assert NARROW.expected_size(WIDE) == Size(1376, 768)


def test_without_a_ratio_no_size_is_expected() -> None:
    assert NARROW.expected_size(None, Resolution.R1K) is None


@given(st.builds(AspectRatio, st.integers(1, 64), st.integers(1, 64)))
def test_the_ratio_named_in_the_hint_is_one_that_is_accepted(ratio: AspectRatio) -> None:
    if ratio not in TEN:
        hint = refused(replace(FOX, aspect_ratio=ratio)).hint or ""
        assert warned(replace(FOX, aspect_ratio=AspectRatio.parse(hint.removeprefix("Try: --aspect ")))) == ()
