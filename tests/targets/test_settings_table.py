from __future__ import annotations

from typing import Any

import pytest

from limner.errors import ConfigError
from limner.targets.settings import read_target

CANARY = "AKIA0SECRET1CANARY2345"


def refused(**fields: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read_target("pictures", fields)
    assert caught.value.code == "config.target"
    assert "'pictures'" in caught.value.message
    assert CANARY not in caught.value.message + (caught.value.hint or "")
    return caught.value


def test_a_folder_needs_a_path_only() -> None:
    target = read_target("pictures", {"kind": "folder", "path": "~/Pictures"})
    assert (target.kind, target.path, target.prefix, target.base_url) == ("folder", "~/Pictures", None, None)


def test_an_s3_bucket_has_amazon_as_its_address_and_the_usual_variables() -> None:
    target = read_target("pictures", {"kind": "s3", "bucket": "my-pics", "region": "eu-central-1"})
    assert target.endpoint == "https://s3.eu-central-1.amazonaws.com"
    assert target.key_env == ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    assert (target.public, target.expires_s) == (False, 604_800)


def test_an_s3_bucket_elsewhere_needs_no_region() -> None:
    target = read_target("pictures", {"kind": "s3", "bucket": "my-pics", "endpoint": "http://127.0.0.1:9000/"})
    assert (target.endpoint, target.region) == ("http://127.0.0.1:9000", "us-east-1")


def test_every_setting_of_s3_is_read() -> None:
    fields = {
        "kind": "s3",
        "bucket": "my-pics",
        "region": "auto",
        "endpoint": "http://nas.example.com:9000",
        "insecure_http": True,
        "proxy": "http://127.0.0.1:3128",
        "prefix": "limner/ö",
        "public": True,
        "expires_s": 60,
        "key_env": ["WORK_ID", "WORK_SECRET"],
        "base_url": "https://cdn.example.com/pics/",
    }
    target = read_target("pictures", fields)
    assert (target.region, target.endpoint, target.proxy) == (
        "auto",
        "http://nas.example.com:9000",
        "http://127.0.0.1:3128",
    )
    assert (target.prefix, target.public, target.expires_s) == ("limner/ö", True, 60)
    assert (target.key_env, target.base_url) == (("WORK_ID", "WORK_SECRET"), "https://cdn.example.com/pics")


@pytest.mark.parametrize("kind", ["gcs", "firebase"])
def test_google_takes_one_variable_or_a_file(kind: str) -> None:
    plain = read_target("pictures", {"kind": kind, "bucket": "work-1234.appspot.com"})
    assert (plain.endpoint, plain.key_env) == ("https://storage.googleapis.com", ("GOOGLE_APPLICATION_CREDENTIALS",))
    fields = {"kind": kind, "bucket": "my_pics", "credentials": "/etc/limner/work.json", "key_env": "WORK_ACCOUNT"}
    chosen = read_target("pictures", fields)
    assert (chosen.credentials, chosen.key_env) == ("/etc/limner/work.json", ("WORK_ACCOUNT",))


S3: dict[str, Any] = {"kind": "s3", "bucket": "my-pics", "region": "eu-west-1"}
FOLDER: dict[str, Any] = {"kind": "folder", "path": "/srv/pics"}
GCS: dict[str, Any] = {"kind": "gcs", "bucket": "my-pics"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "the kind is missing"),
        ({"kind": 3}, "kind must be a text"),
        ({"kind": "s3s"}, "Did you mean 's3'?"),
        ({"kind": "folder"}, "path is missing"),
        ({"kind": "folder", "path": "pics"}, "path must be absolute, 'pics' is not"),
        (FOLDER | {"bucket": "b"}, 'bucket has no meaning for the kind "folder"'),
        (FOLDER | {"public": True}, 'public has no meaning for the kind "folder"'),
        (FOLDER | {"pathh": "x"}, "unknown setting 'pathh'. Did you mean 'path'?"),
        (FOLDER | {"prefix": ""}, "prefix must be a text"),
        (FOLDER | {"prefix": "x" * 201}, "prefix is longer than 200"),
        (FOLDER | {"base_url": "ftp://files.example.com"}, "base_url must begin with https://"),
        (FOLDER | {"base_url": "https://me:pw@files.example.com"}, "base_url has a name, a password or a question"),
        ({"kind": "s3", "region": "eu-west-1"}, "bucket is missing"),
        ({"kind": "s3", "bucket": "my-pics"}, "region is missing"),
        (S3 | {"bucket": "s3://my-pics"}, "'s3://my-pics' is not the name of a bucket"),
        (S3 | {"bucket": "a..b"}, "is not the name of a bucket"),
        (S3 | {"region": "Frankfurt am Main"}, "is not the name of a region"),
        (S3 | {"secret_access_key": CANARY}, "unknown setting 'secret_access_key'"),
        (S3 | {"credentials": "/a.json"}, 'It belongs to the kind "gcs" or "firebase".'),
        (S3 | {"public": "yes"}, "public must be true or false"),
        (S3 | {"expires_s": 0}, "expires_s must be 1 to 604800 seconds"),
        (S3 | {"expires_s": 604_801}, "expires_s must be 1 to 604800 seconds"),
        (S3 | {"expires_s": True}, "expires_s must be 1 to 604800 seconds"),
        (S3 | {"expires_s": 1.5}, "expires_s must be 1 to 604800 seconds"),
        (S3 | {"key_env": [CANARY, CANARY]}, "key_env must name variables"),
        (S3 | {"key_env": 7}, "key_env must name variables"),
        (S3 | {"key_env": ["ONLY_ONE"]}, "two variables, or three with a session token, not 1"),
        (GCS | {"key_env": ["A", "B"]}, "one variable, not 2"),
        (GCS | {"credentials": "work.json"}, "credentials must be absolute"),
        (GCS | {"region": "eu"}, 'region has no meaning for the kind "gcs"'),
        (
            S3 | {"base_url": "https://cdn.example.com"},
            "base_url makes plain links, and those of this target are signed",
        ),
        (S3 | {"endpoint": "http://nas.example.com"}, "endpoint is not encrypted"),
        (S3 | {"endpoint": "https://nas.example.com/s3"}, "endpoint must be an address without a path"),
        (S3 | {"endpoint": "https://nas.example.com:many"}, "endpoint is not an address"),
        (S3 | {"endpoint": "https://näs.example.com"}, "endpoint has characters that no address has"),
        (S3 | {"endpoint": "http://169.254.169.254", "insecure_http": True}, "where clouds give out credentials"),
        (S3 | {"endpoint": "http://[fe80::1]", "insecure_http": True}, "where clouds give out credentials"),
        (S3 | {"endpoint": "http://metadata.google.internal", "insecure_http": True}, "give out credentials"),
        (S3 | {"proxy": f"http://me:{CANARY}@proxy"}, "proxy has a name, a password or a question"),
        ({"kind": "firebase", "bucket": "my-pics", "base_url": "https://a.example"}, "base_url has no meaning"),
    ],
)
def test_what_is_wrong_is_told_with_what_would_be_right(fields: dict[str, Any], words: str) -> None:
    problem = refused(**fields)
    assert words in f"{problem.message} {problem.hint}"


def test_a_key_in_the_place_of_a_kind_is_not_repeated() -> None:
    assert "not shown" in refused(kind=CANARY).message


def test_the_hint_of_an_unknown_setting_says_where_keys_belong() -> None:
    assert "key_env names the variables" in (refused(**S3, access_key_id=CANARY).hint or "")
