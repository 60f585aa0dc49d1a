from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.server.target import Target, target_of


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/v1beta/models/m:generateContent", Target(path="/models/m:generateContent", version="v1beta")),
        ("/models/m:generateContent", Target(path="/models/m:generateContent")),
        ("/relay/v1/models", Target(path="/models", version="v1", prefix="/relay")),
        ("/a/b/models/gemini-2.5%2Dflash", Target(path="/models/gemini-2.5-flash", prefix="/a/b")),
        ("/upload/v1alpha/files", Target(path="/files", version="v1alpha", upload=True)),
        ("/relay/upload/files", Target(path="/files", prefix="/relay", upload=True)),
        (
            "/v1beta1/projects/p/locations/global/publishers/google/models/m:predict",
            Target(path="/models/m:predict", version="v1beta1", service="vertex"),
        ),
        (
            "/v1beta1/publishers/google/models",
            Target(path="/models", version="v1beta1", service="vertex"),
        ),
        (
            "/gw/publishers/google/models/m:generateContent",
            Target(path="/models/m:generateContent", prefix="/gw", service="vertex"),
        ),
        (
            "/v1/projects/p/locations/l/batchPredictionJobs",
            Target(path="/batchPredictionJobs", version="v1", service="vertex"),
        ),
        ("/healthz", Target(path="/healthz")),
        ("/limner/cards", Target(path="/limner/cards")),
    ],
)
def test_a_path_is_the_same_address_in_every_spelling(path: str, target: Target) -> None:
    assert target_of(path) == target


@pytest.mark.parametrize(
    "path",
    [
        "",
        "models",
        "http://127.0.0.1/v1/models",
        "/v1/../models",
        "/v1/%2e%2e/models",
        "/v1/./models",
        "/v1/models\\x",
        "/v1/models/%ff",
        "/" + "m" * 2_000,
    ],
)
def test_a_path_that_is_relative_too_long_or_not_text_is_no_address(path: str) -> None:
    assert target_of(path) is None


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60))
def test_no_path_is_too_odd_to_be_read(path: str) -> None:
    found = target_of("/" + path)
    assert found is None or found.path.startswith("/")
