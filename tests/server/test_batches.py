from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from limner.server.background import BackgroundServer
from limner.server.settings import ServeSettings
from server.asking import KEY, Answer, Asker, words
from server.test_files import png, upload

CREATE = "/v1beta/models/sandbox-1:batchGenerateContent"
OTHER = {"x-goog-api-key": "another-key"}
SMALL = {"imageConfig": {"imageSize": "512"}}


def inline(*prompts: str, **batch: Any) -> dict[str, Any]:
    requests = [
        {"request": words(prompt, **SMALL), "metadata": {"key": f"k{number}"}} for number, prompt in enumerate(prompts)
    ]
    return {"batch": {"displayName": "d", "inputConfig": {"requests": {"requests": requests}}, **batch}}


def ended(asker: Asker, name: str) -> Any:
    """The batch once it is done; each look is a request of its own, so no clock is needed to wait."""
    for _ in range(2_000):
        operation = asker.get(f"/v1beta/{name}").document
        if operation.get("done"):
            return operation
    raise AssertionError("the batch did not end")


def test_inline_requests_are_answered_in_their_order(asker: Asker) -> None:
    created = asker.post(CREATE, inline("a plain red background", "a fox [[finish:IMAGE_SAFETY]]", "a fox [[503]]"))
    operation = created.document
    assert operation["metadata"]["state"] in ("BATCH_STATE_PENDING", "BATCH_STATE_RUNNING")
    assert operation["metadata"]["displayName"] == "d"
    assert operation["metadata"]["batchStats"]["requestCount"] == "3"
    done = ended(asker, operation["name"])
    assert done["metadata"]["state"] == "BATCH_STATE_SUCCEEDED"
    assert done["metadata"]["batchStats"] == {
        "requestCount": "3",
        "successfulRequestCount": "2",
        "failedRequestCount": "1",
        "pendingRequestCount": "0",
    }
    first, second, third = done["metadata"]["output"]["inlinedResponses"]["inlinedResponses"]
    data = first["response"]["candidates"][0]["content"]["parts"][-1]["inlineData"]["data"]
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        assert image.size == (512, 512)
    assert second["response"]["candidates"][0]["finishReason"] == "IMAGE_SAFETY"
    assert (third["error"]["code"], third["metadata"]) == (14, {"key": "k2"})
    assert done["response"]["inlinedResponses"] == done["metadata"]["output"]["inlinedResponses"]


def test_pictures_travel_into_a_batch_and_out_of_it(asker: Asker) -> None:
    body = inline("make it night")
    part = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(png()).decode()}}
    request = body["batch"]["inputConfig"]["requests"]["requests"][0]["request"]
    request["contents"][0]["parts"].append(part)
    done = ended(asker, asker.post(CREATE, body).document["name"])
    (answer,) = done["metadata"]["output"]["inlinedResponses"]["inlinedResponses"]
    assert answer["response"]["candidates"][0]["content"]["parts"][0]["text"] == "Time: night."


def lines(*prompts: str) -> bytes:
    rows = [{"key": f"k{number}", "request": words(prompt, **SMALL)} for number, prompt in enumerate(prompts)]
    return b"\n".join(json.dumps(row).encode() for row in rows) + b"\n\n"


def test_a_file_of_requests_gives_a_file_of_answers(asker: Asker) -> None:
    file = upload(asker, lines("a plain red background", "a fox [[429:5]]"))
    created = asker.post(CREATE, {"batch": {"display_name": "d", "input_config": {"file_name": file["name"]}}})
    done = ended(asker, created.document["name"])
    name = done["metadata"]["output"]["responsesFile"]
    made = asker.get(f"/v1beta/{name}").document
    assert (made["source"], made["mimeType"]) == ("GENERATED", "application/jsonl")
    assert made["downloadUri"].endswith(f"{name}:download?alt=media")
    downloaded = asker.get(f"/v1beta/{name}:download?alt=media")
    first, second = map(json.loads, downloaded.body.splitlines())
    assert first["key"] == "k0"
    assert first["response"]["candidates"][0]["finishReason"] == "STOP"
    assert (second["key"], second["error"]["code"]) == ("k1", 8)
    assert asker.get(f"/v1beta/{name}:download?alt=media", headers=OTHER).status == 403


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file has no lines."),
        (b"{}\n", "Line 1 has no request."),
        (lines("a") + b"{", "Line 3 is no JSON: it ends in the middle."),
        (b"[1]\n", "Line 1: Invalid JSON payload received."),
        (b'{"key": "k", "reqest": {}}', "Unknown name \"reqest\" at 'line 1'"),
    ],
)
def test_a_file_that_is_no_list_of_requests_is_refused_with_its_line(
    asker: Asker, content: bytes, message: str
) -> None:
    file = upload(asker, content)
    answer = asker.post(CREATE, {"batch": {"inputConfig": {"fileName": file["name"]}}})
    assert answer.status == 400
    assert message in answer.error["message"]
    assert asker.get("/v1beta/batches").document == {"operations": []}


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 400, "Give either requests or a file_name."),
        ({"batch": {"inputConfig": {"fileName": "abc"}}}, 400, "'abc' is not a file's name"),
        ({"batch": {"inputConfig": {"fileName": "files/not-there"}}}, 403, "or it may not exist."),
        ({"batch": {"displayNam": "x"}}, 400, "Unknown name \"displayNam\" at 'batch'"),
        ({**inline("a"), "extra": 1}, 400, 'Unknown name "extra"'),
    ],
)
def test_a_wrong_batch_is_refused(asker: Asker, body: Any, status: int, message: str) -> None:
    answer = asker.post(CREATE, body)
    assert answer.status == status
    assert message in answer.error["message"]


def test_a_batch_of_a_model_that_is_not_there_is_404(asker: Asker) -> None:
    assert asker.post(CREATE.replace("sandbox-1", "gemini-3-pro-image-preview"), inline("a")).status == 404


def test_a_batch_belongs_to_its_key_and_can_be_listed_cancelled_and_deleted(asker: Asker) -> None:
    names = [asker.post(CREATE, inline("a fox [[text-only]]")).document["name"] for _ in range(3)]
    page = asker.get("/v1beta/batches?pageSize=2").document
    assert len(page["operations"]) == 2
    assert page["nextPageToken"]
    assert asker.get("/v1beta/batches", headers=OTHER).document == {"operations": []}
    assert asker.get(f"/v1beta/{names[0]}", headers=OTHER).status == 404
    assert asker.post(f"/v1beta/{names[0]}:cancel", headers=OTHER).status == 404
    assert asker.post(f"/v1beta/{names[0]}:cancel").document == {}
    assert asker.ask("DELETE", f"/v1beta/{names[0]}", {}).document == {}
    assert asker.get(f"/v1beta/{names[0]}").status == 404


def test_a_cancelled_batch_asks_nothing_more(asker: Asker) -> None:
    name = asker.post(CREATE, inline("a [[slow:600]]", "b")).document["name"]
    asker.post(f"/v1beta/{name}:cancel")
    operation = asker.get(f"/v1beta/{name}").document
    assert operation["metadata"]["state"] == "BATCH_STATE_CANCELLED"
    assert (operation["done"], operation["error"]["code"]) == (True, 1)


def test_a_batch_goes_on_in_the_next_process(tmp_path: Path) -> None:
    with BackgroundServer(tmp_path, ServeSettings()) as server:
        asker = Asker(server)
        stuck = inline("a fox [[text-only]]", "a [[slow:600]]")
        name = asker.post(CREATE, stuck).document["name"]
        for _ in range(2_000):
            stats = asker.get(f"/v1beta/{name}").document["metadata"]["batchStats"]
            if stats["successfulRequestCount"] == "1":
                break
        assert stats["pendingRequestCount"] == "1"
    with BackgroundServer(tmp_path, ServeSettings()) as server:
        operation = Asker(server).get(f"/v1beta/{name}").document
        assert operation["metadata"]["batchStats"]["successfulRequestCount"] == "1"
        assert operation["metadata"]["state"] == "BATCH_STATE_RUNNING"


def test_batches_and_requests_take_turns(serve: Callable[..., Asker]) -> None:
    asker = serve()
    asker.post(CREATE, inline(*["a fox [[text-only]]"] * 50))
    answer: Answer = asker.generate("a fox [[text-only]]", headers=KEY)
    assert answer.status == 200
