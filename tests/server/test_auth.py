from __future__ import annotations

from collections.abc import Callable

import pytest

from limner.core.secret import Secret
from limner.server.auth import MAX_WRONG_TOKENS
from server.asking import GENERATE, Asker

TOKEN = "a-token-of-some-length"
PROMPT = "a fox [[text-only]]"

FORMS = [
    ({"x-goog-api-key": TOKEN}, ""),
    ({"Authorization": f"Bearer {TOKEN}"}, ""),
    ({"Authorization": f"bearer {TOKEN}"}, ""),
    ({"Authorization": TOKEN}, ""),
    ({}, f"?key={TOKEN}"),
    ({}, f"?access_token={TOKEN}"),
]


@pytest.mark.parametrize(("headers", "query"), FORMS)
def test_a_key_is_taken_in_every_form(serve: Callable[..., Asker], headers: dict[str, str], query: str) -> None:
    asker = serve(token=Secret(TOKEN))
    assert asker.generate(PROMPT, target=GENERATE + query, headers=headers).status == 200


@pytest.mark.parametrize(("headers", "query"), FORMS)
def test_any_key_is_good_where_no_token_is_set(lasting: Asker, headers: dict[str, str], query: str) -> None:
    changed = {name: value.replace(TOKEN, "x") for name, value in headers.items()}
    assert lasting.generate(PROMPT, target=GENERATE + query.replace(TOKEN, "x"), headers=changed).status == 200


@pytest.mark.parametrize(
    ("headers", "query"),
    [({}, ""), ({"x-goog-api-key": ""}, ""), ({"Authorization": "Bearer "}, ""), ({}, "?key="), ({}, "?kei=x")],
)
def test_without_a_key_the_answer_is_googles_403(lasting: Asker, headers: dict[str, str], query: str) -> None:
    error = lasting.generate(PROMPT, target=GENERATE + query, headers=headers).error
    assert error["status"] == "PERMISSION_DENIED"
    assert error["message"].startswith("Method doesn't allow unregistered callers")


def test_with_a_wrong_key_the_answer_is_googles_400(serve: Callable[..., Asker]) -> None:
    asker = serve(token=Secret(TOKEN))
    error = asker.generate(PROMPT, headers={"x-goog-api-key": "another-token-of-length"}).error
    assert (error["status"], error["message"]) == (
        "INVALID_ARGUMENT",
        "API key not valid. Please pass a valid API key.",
    )
    assert error["details"][0]["reason"] == "API_KEY_INVALID"


def test_who_guesses_tokens_is_told_to_wait(serve: Callable[..., Asker]) -> None:
    asker = serve(token=Secret(TOKEN))
    wrong = {"x-goog-api-key": "a-guess"}
    statuses = [asker.get("/v1/models", headers=wrong).status for _ in range(MAX_WRONG_TOKENS + 1)]
    assert statuses == [400] * MAX_WRONG_TOKENS + [429]
    assert asker.get("/v1/models", headers={"x-goog-api-key": TOKEN}).status == 200


@pytest.mark.parametrize(
    "query",
    [
        "?key={key}",
        "?alt=sse&key={key}",
        "?key={key}&key={key}",
        "?%6bey={key}",
        "?KEY={key}&key=x",
        "?access_token={key}",
        "?key=x&api_key={key}",
        "?key={key}&x=%0akey%3d{key}",
    ],
)
def test_a_key_in_the_address_never_reaches_the_log(asker: Asker, query: str) -> None:
    key = "AIzaSyCanary0123456789canary0123456789c"
    for method, target in (("POST", GENERATE), ("GET", "/v1/models"), ("GET", "/v1/nowhere"), ("PUT", "/v1/models")):
        asker.ask(method, target + query.format(key=key), headers={})
    assert key not in str(asker.server.wait_for_requests(4))


def test_the_owner_in_the_log_does_not_tell_the_key(asker: Asker) -> None:
    asker.get("/v1/models", headers={"x-goog-api-key": "first"})
    asker.get("/v1/models", headers={"Authorization": "Bearer first"})
    asker.get("/v1/models", headers={"x-goog-api-key": "second"})
    first, again, other = (event["caller"] for event in asker.server.wait_for_requests(3))
    assert first == again != other
    assert "first" not in first
