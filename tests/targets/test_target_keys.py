from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.errors import StorageError
from limner.targets.target import MAX_KEY_BYTES, TargetError, full_key, object_key, quoted, reading

HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def test_a_key_says_run_stage_and_content() -> None:
    assert object_key("shop/banners", "01hx2", "hero", HASH, "png") == f"shop/banners/01hx2/hero/{HASH}.png"


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        (None, ""),
        ("", ""),
        ("/", ""),
        ("/abs//", "abs/"),
        ("../../etc", "etc/"),
        ("a\\..\\b", "a/b/"),
        (".hidden", "hidden/"),
        ("Winter 2026 & more?", "Winter-2026---more-/"),
        ("bilder/öl/日本", "bilder/öl/日本/"),
        ("u\u0308ber", "über/"),
        ("a%2e%2e#b", "a-2e-2e-b/"),
    ],
)
def test_a_prefix_never_leads_anywhere_else(prefix: str | None, expected: str) -> None:
    assert object_key(prefix, "r", "s", HASH, ".jpeg") == f"{expected}r/s/{HASH}.jpeg"


def test_names_with_slashes_and_dots_stay_one_part() -> None:
    assert object_key(None, "../r", "a/b", HASH, "p/n") == f"-r/a-b/{HASH}.p-n"


def test_names_of_nothing_are_a_dash() -> None:
    assert object_key(None, "...", "", "", "") == "-/-/-"


@given(st.text(max_size=200), st.text(max_size=100), st.text(max_size=100), st.text(max_size=12))
def test_every_key_that_is_made_is_one_that_is_taken(prefix: str, run: str, stage: str, extension: str) -> None:
    key = object_key(prefix, run, stage, HASH, extension)
    assert full_key("pictures", None, key) == key
    assert len(key.encode()) <= MAX_KEY_BYTES
    assert not any(part.startswith(".") or not part for part in key.split("/"))


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/a",
        "a/",
        "a//b",
        "..",
        "a/../b",
        "./a",
        ".a",
        "a\\b",
        "a#b",
        "a?b",
        "a%b",
        "a+b",
        "a\nb",
        "a\0",
        "\ud800",
        "x" * 256,
        "/".join(["x" * 250] * 5),
    ],
)
def test_a_key_that_could_be_misread_is_refused(key: str) -> None:
    with pytest.raises(TargetError) as caught:
        full_key("pictures", None, key)
    assert (caught.value.code, caught.value.temporary) == ("storage.target", False)


def test_the_prefix_of_the_settings_stands_first() -> None:
    assert full_key("pictures", "/team a/", "r/s.png") == "team-a/r/s.png"


def test_a_key_is_quoted_as_services_quote_it() -> None:
    assert quoted("a b/ü~.png") == "a%20b/%C3%BC~.png"


def test_a_target_error_is_a_storage_error_that_says_whether_to_try_again() -> None:
    problem = TargetError("No.", temporary=True, hint="Wait.")
    assert isinstance(problem, StorageError)
    assert (problem.temporary, problem.code, problem.exit_code) == (True, "storage.target", 50)


def test_a_source_that_is_gone_is_told_as_such(tmp_path: Path) -> None:
    with (
        pytest.raises(TargetError, match="cannot be read: No such file") as caught,
        reading("pictures", tmp_path / "x"),
    ):
        pass
    assert caught.value.temporary is False
