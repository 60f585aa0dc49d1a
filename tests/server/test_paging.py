from __future__ import annotations

import pytest

from server.asking import Asker


def test_models_come_in_pages_until_there_are_no_more(asker: Asker) -> None:
    names, token, pages = [], "", 0
    while True:
        page = asker.get(f"/v1beta/models?pageSize=3{f'&pageToken={token}' if token else ''}").document
        names += [model["name"] for model in page["models"]]
        pages += 1
        token = page.get("nextPageToken", "")
        if not token:
            break
    assert names[:3] == ["models/sandbox-1", "models/sandbox-1-fast", "models/gemini-nano-banana-2.1"]
    assert len(names) == len(set(names)) > 5
    assert pages == -(-len(names) // 3)


def test_a_page_has_as_many_models_as_asked_for(asker: Asker) -> None:
    counts = [len(asker.get(f"/v1/models?pageSize={size}").document["models"]) for size in ("1", "5", "1000")]
    assert counts[:2] == [1, 5]
    assert counts[2] > 7


@pytest.mark.parametrize("size", ["0", "", "100000"])
def test_without_a_number_a_page_has_them_all(asker: Asker, size: str) -> None:
    found, every = (asker.get(f"/v1/models?pageSize={each}").document["models"] for each in (size, "1000"))
    assert found == every


@pytest.mark.parametrize("query", ["pageSize=many", "pageSize=-1", "pageSize=1e3"])
def test_a_page_size_that_is_no_number_is_refused(asker: Asker, query: str) -> None:
    assert "page_size" in asker.get(f"/v1/models?{query}").error["message"]


@pytest.mark.parametrize("token", ["x", "ZnJvbTo", "ZnJvbTotMQ", "%00", "ZnJvbTo5OTk5OTk5OTk5OTk5"])
def test_a_page_token_that_was_never_given_is_refused(asker: Asker, token: str) -> None:
    answer = asker.get(f"/v1/models?pageToken={token}")
    assert answer.error["message"] == "The page token is not one that this server gave."


def test_the_models_of_vertex_are_other_documents(asker: Asker) -> None:
    found = asker.get("/v1beta1/publishers/google/models").document["publisherModels"]
    names = [model["name"] for model in found]
    assert "publishers/google/models/gemini-nano-banana-2.1" in names
    assert "publishers/google/models/imagen-3.0-capability-001" in names


@pytest.mark.parametrize("name", ["gemini-3-pro-image-preview", "imagen-4.0-generate-001", "imagen-3.0-capability-001"])
def test_a_model_that_is_not_there_is_404(asker: Asker, name: str) -> None:
    assert asker.get(f"/v1/models/{name}").error["status"] == "NOT_FOUND"
