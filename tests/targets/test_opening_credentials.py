from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from limner.errors import ConfigError
from limner.targets.opening import open_target
from limner.targets.settings import read_target
from targets.gcs_server import account_file

S3: dict[str, Any] = {"kind": "s3", "bucket": "my-pics", "region": "eu-west-1"}
GCS: dict[str, Any] = {"kind": "gcs", "bucket": "my-pics"}
CANARY = "canary4SECRET4canary4SECRET4"


def refused(table: dict[str, Any], variables: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        open_target(read_target("pictures", table), variables.get)
    assert caught.value.code == "config.target"
    text = f"{caught.value.message} {caught.value.hint}"
    assert CANARY not in text
    return text


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"),
        ({"AWS_ACCESS_KEY_ID": CANARY}, "no credentials: AWS_SECRET_ACCESS_KEY is not set"),
        ({"AWS_ACCESS_KEY_ID": " ", "AWS_SECRET_ACCESS_KEY": CANARY}, "AWS_ACCESS_KEY_ID is not set"),
        ({"AWS_SESSION_TOKEN": CANARY}, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"),
    ],
)
def test_without_credentials_s3_is_refused_before_anything_is_asked(variables: dict[str, str], words: str) -> None:
    assert words in refused(S3, variables)


def test_the_variables_that_the_settings_name_are_the_ones_read() -> None:
    usual = {"AWS_ACCESS_KEY_ID": CANARY, "AWS_SECRET_ACCESS_KEY": CANARY}
    assert "WORK_ID and WORK_SECRET are not set" in refused(S3 | {"key_env": ["WORK_ID", "WORK_SECRET"]}, usual)
    target = open_target(
        read_target("pictures", S3 | {"key_env": ["WORK_ID", "WORK_SECRET"]}),
        {"WORK_ID": CANARY, "WORK_SECRET": CANARY}.get,
    )
    target.close()
    assert CANARY not in repr(target) + repr(vars(target)["_settings"])


@pytest.mark.parametrize("kind", ["gcs", "firebase"])
def test_without_credentials_google_is_refused_before_anything_is_asked(kind: str) -> None:
    words = refused({"kind": kind, "bucket": "my-pics"}, {})
    assert "no credentials: GOOGLE_APPLICATION_CREDENTIALS is not set" in words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{{{CANARY}", "the variable GOOGLE_APPLICATION_CREDENTIALS is not JSON"),
        (CANARY, "the variable GOOGLE_APPLICATION_CREDENTIALS cannot be read: No such file"),
        ("/nowhere.json", "'/nowhere.json' cannot be read: No such file"),
        (json.dumps({"type": "authorized_user", "refresh_token": CANARY}), "is not a service account"),
        (json.dumps({"type": "service_account", "private_key": CANARY}), "lacks client_email, private_key_id"),
        (account_file(private_key=7), "lacks private_key."),
    ],
)
def test_what_is_no_service_account_is_refused_without_repeating_it(text: str, words: str) -> None:
    assert words in refused(GCS, {"GOOGLE_APPLICATION_CREDENTIALS": text})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "is not text"),
        (b"x" * 70_000, "is too large"),
        (b"[1]", "is not a service account"),
        (CANARY.encode(), "is not JSON"),
    ],
)
def test_a_file_that_is_no_service_account_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "work.json"
    path.write_bytes(content)
    assert f"'{path}' {words}" in refused(GCS | {"credentials": str(path)}, {})


def test_the_libraries_are_loaded_only_where_a_cloud_is_wanted(tmp_path: Path) -> None:
    script = f"""
import sys
from limner.targets.opening import open_target
from limner.targets.settings import read_target
open_target(read_target("pictures", {{"kind": "folder", "path": {str(tmp_path)!r}}}), {{}}.get)
assert not {{"obstore", "google.auth", "limner._http"}} & set(sys.modules), sorted(sys.modules)
open_target(read_target("pictures", {S3!r}), {{"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}}.get)
assert "obstore" in sys.modules and "google.auth" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
