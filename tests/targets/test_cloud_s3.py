"""Against a real server that speaks S3: moto's, in a process of its own."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import boto3  # type: ignore[import-untyped]  # it has no types
import pytest

from limner.targets.cloud import PART_BYTES
from limner.targets.opening import open_target
from limner.targets.settings import read_target
from limner.targets.target import Target, TargetError
from loopback import PNG_1X1, reply, serving
from targets.fetching import fetch

pytestmark = pytest.mark.slow

KEY_ID = "AKIAIOSFODNN7CANARY0"
SECRET = "canary/K7MDENG0bPxRfiCYzEXAMPLEKEY0canary"
VARIABLES = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
BUCKET = "limner-pictures"
DEAD = "http://127.0.0.1:9"


def client(url: str, service: str = "s3") -> Any:
    return boto3.client(
        service, endpoint_url=url, region_name="us-east-1", aws_access_key_id="admin", aws_secret_access_key="admin-key"
    )


@pytest.fixture
def bucket(s3_url: str) -> str:
    client(s3_url).create_bucket(Bucket=BUCKET)
    return s3_url


def opened(url: str, variables: dict[str, str] | None = None, **fields: Any) -> Target:
    table = {"kind": "s3", "bucket": BUCKET, "endpoint": url, **fields}
    return open_target(read_target("pictures", table), (VARIABLES if variables is None else variables).get)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    path.write_bytes(PNG_1X1)
    return path


def told(problem: TargetError) -> str:
    """All that a person may see of an error; no part of a credential may be in it."""
    chain: list[str] = []
    cause: BaseException | None = problem
    while cause is not None:
        chain += [str(cause), repr(cause)]
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    text = " ".join([*chain, problem.hint or ""])
    assert KEY_ID not in text
    assert SECRET not in text
    return text


@pytest.mark.parametrize("key", ["run/hero.png", "läufe/日本 bild~1_a-b.png", "e\u0301/x.png"])
def test_a_signed_link_gives_the_picture_to_anybody(bucket: str, picture: Path, key: str) -> None:
    url = opened(bucket, expires_s=600).put(key, picture, "image/png")
    status, body, headers = fetch(url)
    assert (status, body, headers["content-type"]) == (200, PNG_1X1, "image/png")
    assert headers["cache-control"] == "private, max-age=31536000, immutable"
    assert dict(parse_qsl(urlsplit(url).query))["X-Amz-Expires"] == "600"
    assert SECRET not in unquote(url)


@pytest.mark.parametrize("key", ["run/hero.png", "läufe/日本 bild~1_a-b.png"])
def test_the_signature_of_a_link_is_the_one_amazon_would_compute(bucket: str, picture: Path, key: str) -> None:
    url = urlsplit(opened(bucket).put(key, picture, "image/png"))
    pairs = dict(parse_qsl(url.query))
    signature = pairs.pop("X-Amz-Signature")
    assert signature == signed(f"/{BUCKET}/{key}", url.netloc, pairs)


def signed(path: str, host: str, pairs: dict[str, str]) -> str:
    """Version 4 of Amazon's signature for a GET of `path`, from its description."""
    query = urlencode(sorted(pairs.items()), quote_via=quote, safe="~")
    canonical = f"GET\n{quote(path, safe='/~')}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    scope = pairs["X-Amz-Credential"].partition("/")[2]
    text = f"AWS4-HMAC-SHA256\n{pairs['X-Amz-Date']}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{SECRET}".encode()
    for word in [*scope.split("/"), text]:
        key = hmac.digest(key, word.encode(), "sha256")
    return key.hex()


def test_public_links_are_plain(bucket: str, picture: Path) -> None:
    client(bucket).put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
    assert opened(bucket, public=True, prefix="team").put("a ü.png", picture, "image/png") == (
        f"{bucket}/{BUCKET}/team/a%20%C3%BC.png"
    )
    stored = client(bucket).get_object(Bucket=BUCKET, Key="team/a ü.png")
    assert stored["CacheControl"] == "public, max-age=31536000, immutable"
    cdn = opened(bucket, public=True, base_url="https://cdn.example.com/pics")
    assert cdn.put("a ü.png", picture, "image/png") == "https://cdn.example.com/pics/a%20%C3%BC.png"


def test_no_access_is_granted_with_an_upload(bucket: str, picture: Path) -> None:
    opened(bucket, public=True).put("acl.png", picture, "image/png")
    grants = client(bucket).get_object_acl(Bucket=BUCKET, Key="acl.png")["Grants"]
    assert [grant["Permission"] for grant in grants if grant["Grantee"].get("URI")] == []


def test_putting_twice_changes_nothing(bucket: str, picture: Path) -> None:
    target = opened(bucket, public=True, prefix="twice")
    assert target.put("a.png", picture, "image/png") == target.put("a.png", picture, "image/png")
    assert client(bucket).list_objects_v2(Bucket=BUCKET, Prefix="twice")["KeyCount"] == 1


def test_a_check_leaves_nothing_behind(bucket: str) -> None:
    target = opened(bucket, prefix="checked")
    target.check()
    target.close()
    assert client(bucket).list_objects_v2(Bucket=BUCKET, Prefix="checked")["KeyCount"] == 0


def test_a_large_file_goes_in_parts_and_comes_back_whole(bucket: str, tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(os.urandom(4 * PART_BYTES + 7))
    url = opened(bucket).put("large.png", large, "image/png")
    assert hashlib.sha256(fetch(url)[1]).digest() == hashlib.sha256(large.read_bytes()).digest()
    assert client(bucket).head_object(Bucket=BUCKET, Key="large.png")["ETag"].strip('"').endswith("-5")


MEASURE = """
import json, resource, sys
from pathlib import Path
from limner.targets.opening import open_target
from limner.targets.settings import read_target
table, small, large = json.loads(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
target = open_target(read_target("pictures", table), {"AWS_ACCESS_KEY_ID": "a" * 20, "AWS_SECRET_ACCESS_KEY": "b"}.get)
target.put("warm.png", small, "image/png")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
target.put("large.png", large, "image/png")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
def test_the_memory_of_an_upload_does_not_grow_with_the_file(bucket: str, tmp_path: Path) -> None:
    small, large = tmp_path / "small.png", tmp_path / "large.png"
    small.write_bytes(PNG_1X1)
    large.write_bytes(bytes(100 << 20))
    table = json.dumps({"kind": "s3", "bucket": BUCKET, "endpoint": bucket})
    command = [sys.executable, "-c", MEASURE, table, str(small), str(large)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert int(done.stdout) < 40 << 10  # KiB: a file of 100 MiB, a few parts of 5


def test_a_bucket_that_is_not_there_is_told(bucket: str, picture: Path) -> None:
    with pytest.raises(TargetError, match="NoSuchBucket: The specified bucket does not exist") as caught:
        opened(bucket, bucket="nobody-has-this").put("a.png", picture, "image/png")
    assert "there is a bucket 'nobody-has-this' at http://127.0.0.1" in told(caught.value)
    assert caught.value.temporary is False


def test_a_server_that_does_not_answer_is_worth_another_try(picture: Path) -> None:
    target = opened(DEAD)
    with pytest.raises(TargetError, match=r"the upload failed: no answer from http://127\.0\.0\.1:9") as caught:
        target.put("a.png", picture, "image/png")
    told(caught.value)
    assert caught.value.temporary is True
    with pytest.raises(TargetError, match="no answer") as checked:
        target.check()
    assert checked.value.temporary is True


def test_a_missing_source_is_not_taken_for_a_missing_bucket(bucket: str, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"gone\.png' cannot be read"):
        opened(bucket).put("a.png", tmp_path / "gone.png", "image/png")


@pytest.mark.parametrize("mime_type", ["", "png", "image/png\r\nx-amz-acl: public-read", "image/png; charset=x"])
def test_only_a_type_is_sent_as_the_type(bucket: str, picture: Path, mime_type: str) -> None:
    with pytest.raises(TargetError, match="is not a type"):
        opened(bucket).put("a.png", picture, mime_type)


@pytest.mark.parametrize(
    ("status", "temporary"),
    [(500, True), (503, True), (429, True), (408, True), (400, False), (403, False), (409, False)],
)
def test_a_refusal_says_whether_another_try_makes_sense(picture: Path, status: int, temporary: bool) -> None:
    said = f"<Error><Code>Odd</Code><Message>Not now, {SECRET}.</Message></Error>"
    with serving(reply(said, status=status, content_type="application/xml")) as server:
        with pytest.raises(TargetError, match="the upload failed: Odd: Not now") as caught:
            opened(server.url).put("a.png", picture, "image/png")
        told(caught.value)
    assert caught.value.temporary is temporary


@contextlib.contextmanager
def keys_matter(url: str) -> Iterator[dict[str, str]]:
    """From now on the server checks keys and signatures; gives those of a user who may do everything with S3."""
    iam = client(url, "iam")
    iam.create_user(UserName="limner")
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam.put_user_policy(UserName="limner", PolicyName="all", PolicyDocument=json.dumps(allowed))
    made = iam.create_access_key(UserName="limner")["AccessKey"]
    _reset_auth(url, "0")
    try:
        yield {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
    finally:
        _reset_auth(url, "inf")


def _reset_auth(url: str, count: str) -> None:
    request = urllib.request.Request(
        f"{url}/moto-api/reset-auth", data=count.encode(), headers={"Content-Type": "text/plain"}, method="POST"
    )
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).close()


def test_only_the_right_key_is_let_in(bucket: str, picture: Path) -> None:
    with keys_matter(bucket) as right:
        opened(bucket, right).put("ü/right key.png", picture, "image/png")
        opened(bucket, right).check()
        with pytest.raises(TargetError, match="SignatureDoesNotMatch") as wrong_secret:
            opened(bucket, right | {"AWS_SECRET_ACCESS_KEY": SECRET}).put("a.png", picture, "image/png")
        with pytest.raises(TargetError, match="InvalidAccessKeyId") as unknown:
            opened(bucket).put("a.png", picture, "image/png")
    for problem in (wrong_secret.value, unknown.value):
        assert "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in told(problem)
        assert problem.temporary is False


HOSTILE = {
    "AWS_ENDPOINT": DEAD,
    "AWS_ENDPOINT_URL": DEAD,
    "AWS_ENDPOINT_URL_S3": DEAD,
    "AWS_ACCESS_KEY_ID": "of-the-environment",
    "AWS_SECRET_ACCESS_KEY": "of-the-environment",
    "AWS_SESSION_TOKEN": "of-the-environment",
    "AWS_SKIP_SIGNATURE": "true",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
    "AWS_REGION": "of-the-environment",
    "AWS_REQUEST_PAYER": "requester",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere",
    "AWS_ROLE_ARN": "of-the-environment",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{DEAD}/credentials",
    "AWS_METADATA_ENDPOINT": DEAD,
    "HTTP_PROXY": DEAD,
    "http_proxy": DEAD,
    "ALL_PROXY": DEAD,
}


def test_the_environment_decides_nothing_that_the_settings_decide(
    picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)
    with serving(reply(b"", ETag='"1"')) as server:
        url = opened(server.url).put("a.png", picture, "image/png")
        [request] = server.requests
    assert request.target == f"/{BUCKET}/a.png"
    assert f"Credential={KEY_ID}/" in request.headers["authorization"]
    assert "of-the-environment" not in str(request.headers) + url
    assert "x-amz-request-payer" not in request.headers


def test_a_session_token_is_sent_along(picture: Path) -> None:
    with serving(reply(b"", ETag='"1"')) as server:
        opened(server.url, VARIABLES | {"AWS_SESSION_TOKEN": "for-a-while"}).put("a.png", picture, "image/png")
        assert server.requests[0].headers["x-amz-security-token"] == "for-a-while"


def test_a_proxy_of_the_settings_is_used(picture: Path) -> None:
    with serving(reply(b"", ETag='"1"')) as proxy:
        target = opened("http://storage.example.com", insecure_http=True, proxy=proxy.url)
        target.put("a.png", picture, "image/png")
        assert proxy.requests[0].target == f"http://storage.example.com/{BUCKET}/a.png"


def test_many_threads_may_share_a_target(bucket: str, picture: Path) -> None:
    target = opened(bucket, public=True, prefix="threads")
    with ThreadPoolExecutor(8) as pool:
        urls = list(pool.map(lambda number: target.put(f"{number}.png", picture, "image/png"), range(24)))
    assert len(set(urls)) == client(bucket).list_objects_v2(Bucket=BUCKET, Prefix="threads")["KeyCount"] == 24
