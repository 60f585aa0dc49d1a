"""Google Cloud Storage and Firebase, against a server of our own that checks every token and signature."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from limner.errors import ConfigError
from limner.targets.cloud import PART_BYTES
from limner.targets.opening import open_target
from limner.targets.settings import read_target
from limner.targets.target import Target, TargetError
from loopback import PNG_1X1
from targets.fetching import fetch
from targets.gcs_server import BUCKET, PRIVATE_PEM, Gcs, account_file, token_of

pytestmark = pytest.mark.slow

FIELD = "firebaseStorageDownloadTokens"
HOST = "http://storage.googleapis.com"
AT_GOOGLE: dict[str, Any] = {"endpoint": HOST, "insecure_http": True}


def opened(gcs: Gcs, kind: str = "gcs", **fields: Any) -> Target:
    """The target, by way of a proxy: a signature counts for Google's own host name only."""
    table = {"kind": kind, "bucket": BUCKET, "key_env": "WORK_ACCOUNT", **AT_GOOGLE, "proxy": gcs.url, **fields}
    return open_target(read_target("firebase", table), {"WORK_ACCOUNT": account_file()}.get)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    path.write_bytes(PNG_1X1)
    return path


def gcs_fetch(gcs: Gcs, url: str) -> tuple[int, bytes, Mapping[str, str]]:
    return fetch(url, proxy=gcs.url)


def told(problem: TargetError) -> str:
    text = f"{problem} {problem.hint}"
    assert PRIVATE_PEM.splitlines()[1] not in text
    assert "Bearer" not in text
    return text


@pytest.mark.parametrize("kind", ["gcs", "firebase"])
@pytest.mark.parametrize("key", ["run/hero.png", "läufe/日本 bild~1_a-b.png"])
def test_a_signed_link_gives_the_picture_to_anybody(gcs: Gcs, picture: Path, kind: str, key: str) -> None:
    url = opened(gcs, kind, expires_s=600).put(key, picture, "image/png")
    status, body, headers = gcs_fetch(gcs, url)
    assert (status, body, headers["content-type"]) == (200, PNG_1X1, "image/png")
    assert dict(parse_qsl(urlsplit(url).query))["X-Goog-Expires"] == "600"
    assert gcs.objects[key].headers["cache-control"] == "private, max-age=31536000, immutable"
    assert gcs.objects[key].metadata == {}
    assert "x-goog-acl" not in gcs.objects[key].headers


def test_a_link_for_another_picture_is_not_let_in(gcs: Gcs, picture: Path) -> None:
    target = opened(gcs)
    url = target.put("a.png", picture, "image/png")
    target.put("b.png", picture, "image/png")
    assert gcs_fetch(gcs, url.replace("/a.png?", "/b.png?"))[0] == 403


def test_public_links_of_a_bucket_are_plain(gcs: Gcs, picture: Path) -> None:
    url = opened(gcs, public=True, prefix="team").put("a ü.png", picture, "image/png")
    assert url == f"{HOST}/{BUCKET}/team/a%20%C3%BC.png"
    assert gcs.objects["team/a ü.png"].headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(("kind", "public"), [("gcs", False), ("firebase", True)])
def test_a_large_file_goes_in_parts_and_comes_back_whole(gcs: Gcs, tmp_path: Path, kind: str, public: bool) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(os.urandom(3 * PART_BYTES + 7))
    target = opened(gcs, kind, public=public)
    url = target.put("large.png", large, "image/png")
    target.close()
    status, body, headers = gcs_fetch(gcs, url)
    assert (status, headers["content-type"]) == (200, "image/png")
    assert hashlib.sha256(body).digest() == hashlib.sha256(large.read_bytes()).digest()


def test_no_other_address_is_asked_for_a_token(gcs: Gcs, picture: Path) -> None:
    opened(gcs).put("a.png", picture, "image/png")
    assert gcs.asked == [f"PUT /{BUCKET}/a.png"]


def test_a_public_link_of_firebase_holds_a_token_of_its_own(gcs: Gcs, picture: Path) -> None:
    target = opened(gcs, "firebase", public=True, prefix="team")
    url = target.put("run/hero ü.png", picture, "image/png")
    target.close()
    assert url.startswith(f"{HOST}/v0/b/{BUCKET}/o/team%2Frun%2Fhero%20%C3%BC.png?alt=media&token=")
    assert uuid.UUID(token_of(url)).version == 4
    assert gcs.objects["team/run/hero ü.png"].metadata == {FIELD: token_of(url)}
    status, body, headers = gcs_fetch(gcs, url)
    assert (status, body, headers["content-type"]) == (200, PNG_1X1, "image/png")
    assert gcs_fetch(gcs, url.replace(token_of(url), str(uuid.UUID(int=0))))[0] == 403


def test_every_picture_has_another_token(gcs: Gcs, picture: Path) -> None:
    target = opened(gcs, "firebase", public=True)
    tokens = {token_of(target.put(f"{number}.png", picture, "image/png")) for number in range(4)}
    target.close()
    assert len(tokens) == 4


def test_putting_twice_gives_the_same_link(gcs: Gcs, picture: Path) -> None:
    target = opened(gcs, "firebase", public=True)
    first = target.put("a.png", picture, "image/png")
    second = target.put("a.png", picture, "image/png")
    target.close()
    assert first == second
    assert gcs_fetch(gcs, first)[0] == 200


def test_of_several_tokens_the_first_is_kept(gcs: Gcs, picture: Path) -> None:
    target = opened(gcs, "firebase", public=True)
    target.put("a.png", picture, "image/png")
    gcs.objects["a.png"].metadata[FIELD] = "first-token,second-token"
    assert token_of(target.put("a.png", picture, "image/png")) == "first-token"
    target.close()


def test_without_an_endpoint_links_lead_to_firebase(picture: Path) -> None:
    from limner.targets.firebase import DOWNLOAD_HOST, FirebaseTarget

    table = {"kind": "firebase", "bucket": BUCKET, "public": True, "key_env": "WORK_ACCOUNT"}
    target = open_target(read_target("firebase", table), {"WORK_ACCOUNT": account_file()}.get)
    assert isinstance(target, FirebaseTarget)
    assert target.link("a b/ü.png", "t") == f"{DOWNLOAD_HOST}/v0/b/{BUCKET}/o/a%20b%2F%C3%BC.png?alt=media&token=t"
    target.close()


@pytest.mark.parametrize(("kind", "public"), [("gcs", False), ("gcs", True), ("firebase", False), ("firebase", True)])
def test_a_check_leaves_nothing_behind(gcs: Gcs, kind: str, public: bool) -> None:
    target = opened(gcs, kind, public=public)
    target.check()
    target.close()
    assert gcs.objects == {}
    assert len(gcs.asked) >= 2


def test_a_check_of_public_firebase_writes_metadata_too(gcs: Gcs) -> None:
    target = opened(gcs, "firebase", public=True)
    target.check()
    target.close()
    assert [line.split()[0] for line in gcs.asked] == ["PUT", "GET", "PATCH", "DELETE"]


def test_a_bucket_that_is_not_there_is_told(gcs: Gcs, picture: Path) -> None:
    with pytest.raises(TargetError, match="NoSuchBucket") as caught:
        opened(gcs, bucket="nobody-has-this").put("a.png", picture, "image/png")
    assert "there is a bucket 'nobody-has-this'" in told(caught.value)
    assert caught.value.temporary is False


def test_another_key_than_the_account_has_is_not_let_in(gcs: Gcs, picture: Path) -> None:
    table = {"kind": "gcs", "bucket": BUCKET, "key_env": "WORK_ACCOUNT", **AT_GOOGLE, "proxy": gcs.url}
    stranger = account_file(client_email="stranger@elsewhere.example")
    target = open_target(read_target("firebase", table), {"WORK_ACCOUNT": stranger}.get)
    with pytest.raises(TargetError, match="AuthenticationRequired") as caught:
        target.put("a.png", picture, "image/png")
    assert "Check WORK_ACCOUNT, and that it may write" in told(caught.value)
    assert caught.value.temporary is False


@pytest.mark.parametrize(("status", "temporary"), [(503, True), (429, True), (403, False), (400, False)])
@pytest.mark.parametrize("before", [0, 2], ids=["reading", "writing"])
def test_a_refusal_of_the_metadata_says_whether_another_try_makes_sense(
    gcs: Gcs, picture: Path, status: int, temporary: bool, before: int
) -> None:
    target = opened(gcs, "firebase", public=True)
    gcs.refuse = [0] * before + [status]
    with pytest.raises(TargetError, match=f"the download token failed: HTTP status {status}") as caught:
        target.put("a.png", picture, "image/png")
    target.close()
    assert "Storage Object Admin" in told(caught.value)
    assert caught.value.temporary is temporary


def test_a_service_that_does_not_answer_is_worth_another_try(picture: Path) -> None:
    for kind, public in (("gcs", False), ("firebase", True)):
        target = opened(Gcs("http://127.0.0.1:9"), kind, public=public)
        with pytest.raises(TargetError, match=f"no answer from {HOST}") as caught:
            target.put("a.png", picture, "image/png")
        target.close()
        told(caught.value)
        assert caught.value.temporary is True


HOSTILE = {
    "GOOGLE_BASE_URL": "http://127.0.0.1:9",
    "GOOGLE_SKIP_SIGNATURE": "true",
    "GOOGLE_APPLICATION_CREDENTIALS": "/nowhere.json",
    "GOOGLE_SERVICE_ACCOUNT_KEY": "{}",
    "GCE_METADATA_HOST": "127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
}


def test_the_environment_decides_nothing_that_the_settings_decide(
    gcs: Gcs, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)
    assert gcs_fetch(gcs, opened(gcs).put("a.png", picture, "image/png"))[0] == 200


@pytest.mark.parametrize("name", ["GOOGLE_BEARER_TOKEN", "GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH"])
def test_a_variable_that_the_library_would_follow_is_refused(name: str) -> None:
    table = {"kind": "gcs", "bucket": BUCKET, "key_env": "WORK_ACCOUNT"}
    with pytest.raises(ConfigError, match=f"{name} is set, and would be used in place") as caught:
        open_target(read_target("firebase", table), {"WORK_ACCOUNT": account_file(), name: "/nowhere"}.get)
    assert caught.value.code == "config.target"


def test_what_the_library_says_against_the_settings_is_told(gcs: Gcs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", "/nowhere.json")  # behind the back of the lookup
    with pytest.raises(ConfigError, match="One of service account path or service account key") as caught:
        opened(gcs)
    assert caught.value.code == "config.target"


def test_a_private_key_that_is_none_is_refused_without_repeating_it(gcs: Gcs) -> None:
    table = {"kind": "gcs", "bucket": BUCKET, "key_env": "WORK_ACCOUNT", **AT_GOOGLE, "proxy": gcs.url}
    broken = account_file(private_key="-----BEGIN PRIVATE KEY-----\nCANARY4canary4CANARY4\n-----END PRIVATE KEY-----\n")
    with pytest.raises(ConfigError) as caught:
        open_target(read_target("firebase", table), {"WORK_ACCOUNT": broken}.get)
    assert "CANARY4" not in f"{caught.value} {caught.value.hint}"


def test_without_google_auth_public_links_of_firebase_are_refused_at_once(
    gcs: Gcs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "google.auth.crypt", None)
    with pytest.raises(ConfigError, match="need the package google-auth") as caught:
        opened(gcs, "firebase", public=True)
    assert "limner[vertex]" in (caught.value.hint or "")
    opened(gcs, "firebase").close()


def test_the_file_of_an_account_may_be_named_in_the_settings(gcs: Gcs, picture: Path, tmp_path: Path) -> None:
    (tmp_path / "work.json").write_text(account_file(), encoding="utf-8")
    table = {"kind": "gcs", "bucket": BUCKET, "credentials": str(tmp_path / "work.json"), **AT_GOOGLE}
    table["proxy"] = gcs.url
    target = open_target(read_target("firebase", table), lambda _: None)
    assert gcs_fetch(gcs, target.put("a.png", picture, "image/png"))[0] == 200
    assert json.loads(account_file())["gcs_base_url"] != gcs.url
