from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner._json import JsonObject, JsonValue
from limner.errors import InvalidRequestError
from limner.workflow.legacy import import_output

OLD = {"type": "image/png", "dataUrl": "data:image/png;base64,AA==", "source": "imagen", "promptUsed": "A cat"}
IMAGE: JsonObject = {
    "dataUrl": "data:image/png;base64,AA==",
    "storageUrl": None,
    "promptUsed": "A cat",
    "seed": None,
    "mimeType": "image/png",
}
Values = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["images", "dataUrl", "type", "a"]), inner),
)


def test_an_image_of_the_older_shape_becomes_an_output() -> None:
    assert import_output(OLD) == {
        "provider": "imagen",
        "images": [IMAGE],
        "accompanyingText": "",
        "blocks": [{"type": "image", "index": 0}],
        "selectedIndex": 0,
    }


def test_a_list_becomes_one_output_with_its_images_in_order() -> None:
    result = import_output([OLD, OLD | {"promptUsed": "A dog"}])
    assert [image["promptUsed"] for image in result["images"]] == ["A cat", "A dog"]
    assert result["blocks"] == [{"type": "image", "index": 0}, {"type": "image", "index": 1}]


def test_an_output_of_today_is_kept_as_it_is() -> None:
    today = {
        "provider": "gemini",
        "images": [IMAGE | {"id": "img_1", "width": 4}, IMAGE],
        "accompanyingText": "Here",
        "blocks": [{"type": "text", "text": "Here"}],
        "selectedIndex": 1,
        "model": "m",
    }
    assert import_output(today) == today


def test_outputs_of_today_in_a_list_are_put_together() -> None:
    one = {"provider": "gemini", "images": [OLD], "accompanyingText": "One"}
    result = import_output([one, one | {"accompanyingText": "Two"}])
    assert result["accompanyingText"] == "One\nTwo"
    assert [block.get("text", block.get("index")) for block in result["blocks"]] == ["One", 0, "Two", 1]


@pytest.mark.parametrize(
    ("image", "key", "value"),
    [
        (OLD | {"seed": 42}, "seed", "42"),
        (OLD | {"type": "image"}, "mimeType", "image/png"),
        (OLD | {"type": "image/webp"}, "mimeType", "image/webp"),
        (OLD | {"mimeType": "image/jpeg"}, "mimeType", "image/jpeg"),
        ({"storageUrl": "https://x/a"}, "mimeType", None),
        ({"storageUrl": "https://x/a"}, "promptUsed", ""),
        (OLD | {"alt": "a cat"}, "alt", "a cat"),
    ],
)
def test_fields_of_an_image_are_read_in_either_spelling(image: JsonObject, key: str, value: JsonValue) -> None:
    assert import_output(image)["images"][0][key] == value


@pytest.mark.parametrize("index", [None, -1, 1, True, "0"])
def test_an_index_that_selects_nothing_selects_the_first(index: JsonValue) -> None:
    assert import_output({"images": [OLD], "selectedIndex": index})["selectedIndex"] == 0


@pytest.mark.parametrize("document", [None, "x", 5, [], {}, {"images": []}, {"images": [5]}, [OLD, 5], {"images": {}}])
def test_anything_else_is_refused(document: JsonValue) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        import_output(document)
    assert caught.value.code == "invalid.output"


@given(Values)
def test_whatever_is_given_becomes_an_output_or_is_refused(document: JsonValue) -> None:
    try:
        result = import_output(document)
    except InvalidRequestError:
        return
    assert result["images"]
