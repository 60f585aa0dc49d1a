"""Google's own Python library, unmodified, against `limner serve`."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from PIL import Image

from contract.serving import MODEL, REVIVED

pytestmark = pytest.mark.contract

SMALL = types.GenerateContentConfig(image_config=types.ImageConfig(image_size="512"))
QUICK = "sandbox-1-fast"


@pytest.fixture
def google(server: str) -> Iterator[genai.Client]:
    """Google's client, pointed here and nothing else."""
    client = genai.Client(api_key="any-key", http_options=types.HttpOptions(base_url=server))
    yield client
    client.close()


@pytest.fixture
def vertex(server: str) -> Iterator[genai.Client]:
    """The same in Vertex AI's express mode."""
    client = genai.Client(enterprise=True, api_key="any-key", http_options=types.HttpOptions(base_url=server))
    yield client
    client.close()


def picture_of(response: types.GenerateContentResponse) -> Image.Image:
    """The one picture in an answer, decoded."""
    (part,) = [part for part in response.parts or [] if part.inline_data is not None]
    assert part.inline_data is not None
    assert part.inline_data.data is not None
    return Image.open(io.BytesIO(part.inline_data.data))


def mixed(*contents: Any) -> Any:
    """Words, pictures and files in one list, as the library takes and its types do not."""
    return list(contents)


def words_of(response: types.GenerateContentResponse) -> str:
    return "".join(part.text or "" for part in response.parts or [])


def photo(width: int = 120, height: int = 90) -> Image.Image:
    return Image.effect_noise((width, height), 90).convert("RGB")


def file_of(image: Image.Image, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


BOOK = {
    "type": "object",
    "required": ["title", "pages"],
    "properties": {"title": {"type": "string"}, "pages": {"type": "array", "items": {"type": "string"}}},
}


@pytest.mark.parametrize("model", ["gemini-3.5-flash", MODEL])
@pytest.mark.parametrize("kind", ["response_json_schema", "response_schema"])
def test_json_comes_as_a_schema_asks(google: genai.Client, model: str, kind: str) -> None:
    form: dict[str, Any] = {kind: BOOK}
    config = types.GenerateContentConfig(response_mime_type="application/json", response_modalities=["TEXT"], **form)
    prompt = "A book of exactly 4 pages about a fox."
    response = google.models.generate_content(model=model, contents=prompt, config=config)
    assert isinstance(response.parsed, dict)
    assert len(response.parsed["pages"]) == 4
    pieces = google.models.generate_content_stream(model=model, contents=prompt, config=config)
    assert json.loads("".join(piece.text or "" for piece in pieces)) == response.parsed


def test_text_becomes_a_picture(google: genai.Client) -> None:
    response = google.models.generate_content(model=MODEL, contents="a red fox in snow")
    image = picture_of(response)
    assert (image.format, image.size) == ("JPEG", (1024, 1024))
    assert response.model_version == "sandbox-1"
    assert response.response_id
    assert response.usage_metadata is not None
    details = response.usage_metadata.candidates_tokens_details or []
    assert {detail.modality: detail.token_count for detail in details}[types.MediaModality.IMAGE] == 1120
    assert response.candidates is not None
    assert response.candidates[0].finish_reason is types.FinishReason.STOP


@pytest.mark.parametrize(
    ("ratio", "size", "pixels"), [("16:9", "1K", (1376, 768)), ("1:8", "1K", (384, 3072)), ("4:5", "2K", (1856, 2304))]
)
def test_ratio_and_size_come_true_in_the_pixels(
    google: genai.Client, ratio: str, size: str, pixels: tuple[int, int]
) -> None:
    config = types.GenerateContentConfig(
        response_modalities=["IMAGE"], image_config=types.ImageConfig(aspect_ratio=ratio, image_size=size)
    )
    response = google.models.generate_content(model=MODEL, contents="a plain red background", config=config)
    assert picture_of(response).size == pixels
    assert words_of(response) == ""


def test_every_setting_of_the_library_is_understood(google: genai.Client) -> None:
    config = types.GenerateContentConfig(
        system_instruction="be terse",
        temperature=0.7,
        top_p=0.9,
        top_k=32,
        candidate_count=1,
        max_output_tokens=4096,
        stop_sequences=["END"],
        seed=7,
        response_modalities=["TEXT", "IMAGE"],
        media_resolution=types.MediaResolution.MEDIA_RESOLUTION_HIGH,
        thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_level=types.ThinkingLevel.HIGH),
        safety_settings=[
            types.SafetySetting(
                category=types.HarmCategory.HARM_CATEGORY_HARASSMENT,
                threshold=types.HarmBlockThreshold.BLOCK_ONLY_HIGH,
            )
        ],
        tools=[types.Tool(google_search=types.GoogleSearch())],
        image_config=types.ImageConfig(aspect_ratio="1:1"),
    )
    response = google.models.generate_content(model=MODEL, contents="a fox", config=config)
    assert [bool(part.thought) for part in response.parts or []] == [True, True, False, False]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_pictures_go_in_as_pillow_and_as_bytes(google: genai.Client, kind: str) -> None:
    as_bytes = types.Part.from_bytes(data=file_of(photo(), kind), mime_type=f"image/{kind.lower()}")
    pillow = Image.open(io.BytesIO(file_of(photo(), kind)))
    for given in (as_bytes, pillow):
        response = google.models.generate_content(
            model="sandbox-1", contents=mixed("make it night", given), config=SMALL
        )
        assert words_of(response) == "Time: night."


def test_several_pictures_are_brought_together(google: genai.Client) -> None:
    response = google.models.generate_content(
        model="sandbox-1", contents=mixed(photo(), photo(90, 120), photo(64, 64), "combine these"), config=SMALL
    )
    assert picture_of(response).size[0] > 0


def test_a_chat_of_three_turns_keeps_its_signatures(google: genai.Client) -> None:
    chat = google.chats.create(model=MODEL)
    chat.send_message("a blue car on a beach")
    assert words_of(chat.send_message("make the car yellow")) == "Recolored: car to yellow."
    assert words_of(chat.send_message("add a llama")) == "Added: llama."
    assert len(chat.get_history()) == 6


def test_a_streamed_chat_keeps_its_signatures_too(google: genai.Client) -> None:
    chat = google.chats.create(model=MODEL)
    list(chat.send_message_stream("a blue car on a beach"))
    chunks = list(chat.send_message_stream("make the car yellow"))
    assert "".join(chunk.text or "" for chunk in chunks) == "Recolored: car to yellow."


@pytest.mark.parametrize("harm", ["drop", "alter"])
def test_a_history_without_its_signatures_is_refused(google: genai.Client, harm: str) -> None:
    chat = google.chats.create(model=MODEL)
    chat.send_message("a blue car")
    history = chat.get_history()
    for part in history[1].parts or []:
        assert part.thought_signature is not None
        changed = bytes([part.thought_signature[0] ^ 1]) + part.thought_signature[1:]
        part.thought_signature = None if harm == "drop" else changed
    contents: Any = [*history, types.UserContent("make it yellow")]
    with pytest.raises(errors.ClientError, match="missing a thought_signature") as refused:
        google.models.generate_content(model=MODEL, contents=contents)
    assert refused.value.code == 400


def test_a_stream_brings_words_a_picture_and_an_end(google: genai.Client) -> None:
    chunks = list(google.models.generate_content_stream(model=MODEL, contents="a house on a hill"))
    kinds = [part.inline_data is not None for chunk in chunks for part in chunk.parts or []]
    assert kinds == [False, True, False]
    assert chunks[-1].usage_metadata is not None
    assert chunks[-1].candidates is not None
    assert chunks[-1].candidates[0].finish_reason is types.FinishReason.STOP


def test_everything_works_without_blocking_too(server: str) -> None:
    async def scene() -> tuple[int, str, int, list[str]]:
        client = genai.Client(api_key="any-key", http_options=types.HttpOptions(base_url=server))
        async with client.aio as google:
            one = google.models.generate_content(model=QUICK, contents="a red fox", config=SMALL)
            two = google.models.generate_content(model=QUICK, contents="a blue car", config=SMALL)
            pictures = [picture_of(response).size for response in await asyncio.gather(one, two)]
            stream = await google.models.generate_content_stream(model=QUICK, contents="a fox", config=SMALL)
            chunks = [chunk async for chunk in stream]
            tokens = await google.models.count_tokens(model=MODEL, contents="four words of text")
            names = [model.name or "" async for model in await google.models.list(config={"page_size": 3})]
            return len(pictures), chunks[-1].model_version or "", tokens.total_tokens or 0, names

    count, version, tokens, names = asyncio.run(scene())
    assert (count, version, tokens) == (2, "sandbox-1-fast", 5)
    assert f"models/{MODEL}" in names


def test_tokens_are_counted(google: genai.Client) -> None:
    counted = google.models.count_tokens(model=MODEL, contents=mixed("a red fox", photo()))
    assert counted.total_tokens == 1123


def test_models_are_listed_in_pages_and_described(google: genai.Client) -> None:
    names = [model.name for model in google.models.list(config={"page_size": 2})]
    assert len(names) == len(set(names))
    assert f"models/{MODEL}" in names
    assert "models/gemini-3-pro-image-preview" not in names
    model = google.models.get(model=MODEL)
    assert (model.display_name, model.input_token_limit, model.output_token_limit) == ("Nano Banana 2.1", 131072, 32768)
    assert model.supported_actions == ["generateContent", "countTokens", "batchGenerateContent"]


def test_a_model_that_is_gone_answers_only_if_it_was_revived(google: genai.Client) -> None:
    with pytest.raises(errors.ClientError, match="is not found for API version v1beta") as refused:
        google.models.generate_content(model="gemini-3-pro-image-preview", contents="a fox")
    assert (refused.value.code, refused.value.status) == (404, "NOT_FOUND")
    assert google.models.generate_content(model=REVIVED[0], contents="a fox [[text-only]]").text


def test_a_file_is_uploaded_used_listed_and_deleted(google: genai.Client, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(file_of(photo()))
    file = google.files.upload(file=path, config=types.UploadFileConfig(display_name="a photo"))
    assert (file.display_name, file.mime_type, file.size_bytes) == ("a photo", "image/png", path.stat().st_size)
    assert file.state is types.FileState.ACTIVE
    assert file.name is not None
    response = google.models.generate_content(model="sandbox-1", contents=mixed(file, "make it night"), config=SMALL)
    assert words_of(response) == "Time: night."
    assert google.files.get(name=file.name).uri == file.uri
    assert file.name in [each.name for each in google.files.list(config={"page_size": 1})]
    google.files.delete(name=file.name)
    with pytest.raises(errors.ClientError, match="or it may not exist") as refused:
        google.files.get(name=file.name)
    assert refused.value.code == 403


def test_a_large_file_comes_in_pieces(google: genai.Client) -> None:
    data = bytes(range(256)) * 40_000
    file = google.files.upload(
        file=io.BytesIO(data), config=types.UploadFileConfig(mime_type="image/png", name="a-large-file")
    )
    assert (file.name, file.size_bytes) == ("files/a-large-file", len(data))
    google.files.delete(name="a-large-file")


def ended(google: genai.Client, name: str | None) -> types.BatchJob:
    """The batch once it is done; each look is a request, so no clock is needed to wait."""
    assert name is not None
    for _ in range(2_000):
        job = google.batches.get(name=name)
        if job.done:
            return job
    raise AssertionError("the batch did not end")


def test_a_batch_of_inline_requests(google: genai.Client) -> None:
    requests = [
        types.InlinedRequest(contents=prompt, config=SMALL, metadata={"key": key})
        for key, prompt in (("k1", "a plain red background"), ("k2", "a fox [[503]]"))
    ]
    created = google.batches.create(
        model="sandbox-1", src=requests, config=types.CreateBatchJobConfig(display_name="two")
    )
    assert created.display_name == "two"
    job = ended(google, created.name)
    assert job.state is types.JobState.JOB_STATE_SUCCEEDED
    assert job.dest is not None
    first, second = job.dest.inlined_responses or []
    assert first.response is not None
    assert picture_of(first.response).size == (512, 512)
    assert second.error is not None
    assert second.error.code == 14
    assert created.name in [each.name for each in google.batches.list(config={"page_size": 5})]
    assert created.name is not None
    google.batches.delete(name=created.name)


def test_a_batch_from_a_file_and_its_answers_in_a_file(google: genai.Client) -> None:
    line = {"key": "k1", "request": {"contents": [{"parts": [{"text": "a plain red background [[text-only]]"}]}]}}
    file = google.files.upload(
        file=io.BytesIO(json.dumps(line).encode()), config=types.UploadFileConfig(mime_type="application/jsonl")
    )
    assert file.name is not None
    job = ended(google, google.batches.create(model="sandbox-1", src=file.name).name)
    assert job.dest is not None
    assert job.dest.file_name is not None
    answers = [json.loads(text) for text in google.files.download(file=job.dest.file_name).splitlines()]
    assert answers[0]["key"] == "k1"
    assert answers[0]["response"]["candidates"][0]["finishReason"] == "STOP"


def test_a_batch_can_be_cancelled(google: genai.Client) -> None:
    created = google.batches.create(
        model="sandbox-1",
        src=[types.InlinedRequest(contents="a fox [[slow:600]]")],
    )
    assert created.name is not None
    google.batches.cancel(name=created.name)
    assert google.batches.get(name=created.name).state is types.JobState.JOB_STATE_CANCELLED


def test_interactions_continue_one_another(google: genai.Client) -> None:
    interactions: Any = google.interactions
    shape = {"type": "image", "aspect_ratio": "16:9", "image_size": "1K"}
    first = interactions.create(model=MODEL, input="a blue car on a beach", response_format=shape)
    assert first.status == "completed"
    assert first.output_image is not None
    assert first.output_image.mime_type == "image/jpeg"
    second = interactions.create(model=MODEL, input="make the car yellow", previous_interaction_id=first.id)
    assert second.output_text == "Recolored: car to yellow."
    assert interactions.get(first.id).status == "completed"
    interactions.delete(first.id)


def test_interactions_stream_their_events(google: genai.Client) -> None:
    interactions: Any = google.interactions
    events = list(interactions.create(model=MODEL, input="a fox", stream=True))
    kinds = [event.event_type for event in events]
    assert (kinds[0], kinds[-1]) == ("interaction.created", "interaction.completed")
    assert kinds.count("step.start") == kinds.count("step.stop") == 4


@pytest.mark.parametrize(
    ("card", "kind", "code", "status"),
    [
        ("400", errors.ClientError, 400, "INVALID_ARGUMENT"),
        ("bad-key", errors.ClientError, 400, "INVALID_ARGUMENT"),
        ("403", errors.ClientError, 403, "PERMISSION_DENIED"),
        ("region", errors.ClientError, 400, "FAILED_PRECONDITION"),
        ("429:26", errors.ClientError, 429, "RESOURCE_EXHAUSTED"),
        ("500", errors.ServerError, 500, "INTERNAL"),
        ("503", errors.ServerError, 503, "UNAVAILABLE"),
        ("504", errors.ServerError, 504, "DEADLINE_EXCEEDED"),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_errors_are_the_librarys_own(
    google: genai.Client, card: str, kind: type[errors.APIError], code: int, status: str, streamed: bool
) -> None:
    ask = google.models.generate_content_stream if streamed else google.models.generate_content
    with pytest.raises(kind) as refused:
        list(ask(model=MODEL, contents=f"a fox [[{card}]]"))
    assert (refused.value.code, refused.value.status) == (code, status)


def test_a_rate_limit_says_how_long_to_wait(google: genai.Client) -> None:
    with pytest.raises(errors.ClientError) as refused:
        google.models.generate_content(model=MODEL, contents="a fox [[429:26]]")
    details = refused.value.details["error"]["details"]
    assert next(each["retryDelay"] for each in details if each["@type"].endswith("RetryInfo")) == "26s"


def test_the_library_tries_again_and_gets_its_picture(google: genai.Client) -> None:
    retries = types.HttpRetryOptions(attempts=3, initial_delay=0.01, max_delay=0.02, jitter=0.01)
    config = types.GenerateContentConfig(http_options=types.HttpOptions(retry_options=retries))
    response = google.models.generate_content(model=MODEL, contents="a fox [[503:2]] [[text-only]]", config=config)
    assert response.text


@pytest.mark.parametrize("reason", ["IMAGE_SAFETY", "NO_IMAGE", "PROHIBITED_CONTENT", "IMAGE_RECITATION", "MAX_TOKENS"])
def test_finish_reasons_are_the_librarys_own(google: genai.Client, reason: str) -> None:
    response = google.models.generate_content(model=MODEL, contents=f"a fox [[finish:{reason}]]")
    assert response.candidates is not None
    assert response.candidates[0].finish_reason is types.FinishReason(reason)
    assert response.parts in (None, [])


def test_a_blocked_prompt_says_why(google: genai.Client) -> None:
    response = google.models.generate_content(model=MODEL, contents="a fox [[blocked:PROHIBITED_CONTENT]]")
    assert response.prompt_feedback is not None
    assert response.prompt_feedback.block_reason is types.BlockedReason.PROHIBITED_CONTENT


def test_fields_that_google_does_not_know_are_refused(google: genai.Client) -> None:
    config = types.GenerateContentConfig(http_options=types.HttpOptions(extra_body={"x_extra": 1}))
    with pytest.raises(errors.ClientError, match='Unknown name "x_extra": Cannot find field'):
        google.models.generate_content(model=MODEL, contents="a fox", config=config)


@pytest.mark.parametrize(("base", "version"), [("", "v1beta"), ("", "v1alpha"), ("/relay", "v1"), ("/relay", "")])
def test_any_version_and_prefix_will_do(server: str, base: str, version: str) -> None:
    options = types.HttpOptions(base_url=server + base, api_version=version)
    with genai.Client(api_key="any-key", http_options=options) as google:
        assert google.models.generate_content(model=MODEL, contents="a fox [[text-only]]").text
        file = google.files.upload(file=io.BytesIO(b"x"), config=types.UploadFileConfig(mime_type="image/png"))
        assert file.uri is not None
        assert file.uri.startswith(f"{server}{base}/{version or 'v1beta'}/files/")


def test_vertex_makes_pictures_with_its_own_settings(vertex: genai.Client) -> None:
    config = types.GenerateContentConfig(
        image_config=types.ImageConfig(
            aspect_ratio="1:1",
            person_generation="ALLOW_ALL",
            output_mime_type="image/png",
        )
    )
    response = vertex.models.generate_content(model=MODEL, contents="a plain red background", config=config)
    assert picture_of(response).format == "PNG"
    assert vertex.models.count_tokens(model=MODEL, contents="x").total_tokens == 1
    names = [model.name for model in vertex.models.list(config={"query_base": True})]
    assert f"publishers/google/models/{MODEL}" in names


@pytest.mark.filterwarnings("ignore:The generate_images method is deprecated")
def test_imagen_makes_pictures_on_vertex(vertex: genai.Client) -> None:
    config = types.GenerateImagesConfig(
        number_of_images=2,
        aspect_ratio="16:9",
        include_rai_reason=True,
        include_safety_attributes=True,
        output_mime_type="image/jpeg",
        output_compression_quality=80,
        add_watermark=False,
        seed=3,
    )
    response = vertex.models.generate_images(model="imagen-4.0-generate-001", prompt="a red fox", config=config)
    images = response.generated_images or []
    assert len(images) == 2
    assert images[0].image is not None
    assert Image.open(io.BytesIO(images[0].image.image_bytes or b"")).size == (1408, 768)
    assert images[0].safety_attributes is not None
    assert response.positive_prompt_safety_attributes is not None


@pytest.mark.filterwarnings("ignore:The (edit|upscale)_image method is deprecated")
def test_imagen_edits_and_upscales_on_vertex(vertex: genai.Client) -> None:
    raw = types.RawReferenceImage(
        reference_id=1, reference_image=types.Image(image_bytes=file_of(photo(400, 300)), mime_type="image/png")
    )
    mask = types.MaskReferenceImage(
        reference_id=2,
        config=types.MaskReferenceConfig(mask_mode=types.MaskReferenceMode.MASK_MODE_BACKGROUND, mask_dilation=0.01),
    )
    edited = vertex.models.edit_image(
        model="imagen-3.0-capability-001",
        prompt="a beach at sunset",
        reference_images=[raw, mask],
        config=types.EditImageConfig(edit_mode=types.EditMode.EDIT_MODE_BGSWAP, number_of_images=1),
    )
    (image,) = edited.generated_images or []
    assert image.image is not None
    assert Image.open(io.BytesIO(image.image.image_bytes or b"")).size == (400, 300)
    larger = vertex.models.upscale_image(model="imagen-4.0-upscale-preview", image=image.image, upscale_factor="x2")
    (image,) = larger.generated_images or []
    assert image.image is not None
    assert Image.open(io.BytesIO(image.image.image_bytes or b"")).size == (800, 600)


def test_vertex_paths_with_a_project_are_answered_too(server: str) -> None:
    class Token:
        token, expired, quota_project_id = "ya29.token", False, None

        def refresh(self, _request: object) -> None:
            """Nothing to do."""

    credentials: Any = Token()
    with genai.Client(
        enterprise=True,
        project="p",
        location="global",
        credentials=credentials,
        http_options=types.HttpOptions(base_url=server),
    ) as google:
        assert google.models.generate_content(model=MODEL, contents="a fox [[text-only]]").text
