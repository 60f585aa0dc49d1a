from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.redaction import known_secrets, looks_like_key, redact


@pytest.mark.parametrize(
    "key",
    [
        "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
        "AQ.Ab8RN6Kp1234567890_abcdefg",
        "ya29.a0AfH6SMBx1234567890",
        "sk-proj-4f9a8b7c6d5e4f3a2b1c",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "4f9A8b7C6d5E4f3A2b1C",
        "https://api.example.com/?key=abc",
        "https://me:pw@api.example.com",
        "Bearer abcdefgh12345678",
    ],
)
def test_what_has_the_shape_of_a_key_is_recognised(key: str) -> None:
    assert looks_like_key(key)


@pytest.mark.parametrize(
    "text",
    [
        "gemini-3.1-flash-image-preview",
        "01kahz7q3m4rt5vw",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "https://generativelanguage.googleapis.com/v1beta",
        "a skateboarding task-force",
        "COMETAPI_KEY",
        "x-goog-api-key",
        "counterrevolutionaries",
    ],
)
def test_names_models_hashes_and_words_are_no_keys(text: str) -> None:
    assert not looks_like_key(text)


def test_a_private_key_block_is_hidden_even_when_it_is_cut_off() -> None:
    assert redact("before -----BEGIN PRIVATE KEY-----\nMIIEvQ\nabc") == "before ***"


def test_only_the_secret_part_of_a_url_is_hidden() -> None:
    assert (
        redact("GET https://a.example/v1?key=abc&alt=sse failed") == "GET https://a.example/v1?key=***&alt=sse failed"
    )
    assert redact("https://me:pw@a.example/x") == "https://***@a.example/x"


def test_a_known_secret_of_any_shape_is_hidden() -> None:
    assert redact("the word hunter-two-x is out", ["hunter-two-x"]) == "the word *** is out"


def test_short_values_are_not_searched_for() -> None:
    assert redact("a test of tests", ["test"]) == "a test of tests"


def test_secrets_are_known_by_the_names_of_their_variables() -> None:
    assert known_secrets({"COMET_KEY": " abcdefgh ", "MY_TOKEN": "ijklmnop", "HOME": "me-myself"}) == (
        "abcdefgh",
        "ijklmnop",
    )


def test_a_path_to_a_secret_and_a_short_value_are_no_secrets() -> None:
    assert known_secrets({"GNOME_KEYRING_CONTROL": "/run/user/1000/keyring", "KEYMAP": "us"}) == ()


@given(st.text(alphabet="aAZ09.-_ ?=&:/@key\n", max_size=80))
def test_hiding_twice_changes_nothing_more(text: str) -> None:
    assert redact(redact(text)) == redact(text)
