from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.core.blob import BlobRef
from limner.wire.reference import Encoding, Reference, escape, unescape

BLOB = BlobRef(sha256="ab" * 32, size=70)
OTHER = BlobRef(sha256="cd" * 32, size=52)

BLOBS = st.builds(BlobRef, sha256=st.text("0123456789abcdef", min_size=64, max_size=64), size=st.integers(0, 10**12))
PREFIXES = st.sampled_from(["", "data:image/png;base64,", "DATA:image/svg+xml;charset=utf-8;BASE64,", "data:;base64,"])
REFERENCES = st.one_of(
    st.builds(
        Reference,
        blob=BLOBS,
        encoding=st.sampled_from(["base64", "base64url"]),
        padded=st.booleans(),
        prefix=PREFIXES,
    ),
    st.builds(Reference, blob=BLOBS, encoding=st.just("text"), decoded=st.one_of(st.none(), BLOBS)),
)


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        (Reference(blob=BLOB, encoding="base64"), f"blob:{'ab' * 32}?size=70&as=base64"),
        (Reference(blob=BLOB, encoding="base64url", padded=False), f"blob:{'ab' * 32}?size=70&as=base64url&pad=0"),
        (
            Reference(blob=BLOB, encoding="base64", prefix="data:image/png;base64,"),
            f"blob:{'ab' * 32}?size=70&as=base64&prefix=data%3Aimage%2Fpng%3Bbase64%2C",
        ),
        (Reference(blob=BLOB, encoding="text"), f"blob:{'ab' * 32}?size=70&as=text"),
        (
            Reference(blob=BLOB, encoding="text", decoded=OTHER),
            f"blob:{'ab' * 32}?size=70&as=text&decoded={'cd' * 32}:52",
        ),
    ],
)
def test_a_reference_is_spelled_as_documented(reference: Reference, text: str) -> None:
    assert str(reference) == text


@given(REFERENCES)
def test_every_reference_is_read_back(reference: Reference) -> None:
    assert Reference.parse(str(reference)) == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        "blob:",
        "blob:=",
        f"blob:{'ab' * 32}",
        f"blob:{'ab' * 32}?size=70",
        f"blob:{'AB' * 32}?size=70&as=base64",
        f"blob:{'ab' * 32}?size=070&as=base64",
        f"blob:{'ab' * 32}?size=٧٠&as=base64",
        f"blob:{'ab' * 32}?size=-1&as=base64",
        f"blob:{'ab' * 32}?size=70&as=base64\n",
        f" blob:{'ab' * 32}?size=70&as=base64",
        f"blob:{'ab' * 32}?size=70&as=base32",
        f"blob:{'ab' * 32}?size=70&as=base64&pad=1",
        f"blob:{'ab' * 32}?size=70&as=text&pad=0",
        f"blob:{'ab' * 32}?size=70&as=base64&prefix=data:image/png;base64,",
        f"blob:{'ab' * 32}?size=70&as=base64&prefix=%22",
        f"blob:{'ab' * 32}?size=70&as=base64&prefix=%3Cscript%3E",
        f"blob:{'ab' * 32}?size=70&as=base64&decoded={'cd' * 32}:52",
        f"blob:{'ab' * 32}?size=70&as=text&decoded={'cd' * 32}",
    ],
)
def test_what_is_spelled_differently_is_no_reference(text: str) -> None:
    assert Reference.parse(text) is None


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert Reference.parse(f"blob:{text}") is None or text[:64] == text[:64].lower()


def test_the_picture_of_base64_is_its_blob() -> None:
    assert Reference(blob=BLOB, encoding="base64url").picture_blob() == BLOB


def test_the_picture_of_irregular_base64_is_what_was_decoded() -> None:
    assert Reference(blob=BLOB, encoding="text", decoded=OTHER).picture_blob() == OTHER


def test_a_text_has_no_picture() -> None:
    assert Reference(blob=BLOB, encoding="text").picture_blob() is None


@pytest.mark.parametrize(
    ("encoding", "padded", "prefix", "decoded"),
    [
        ("text", False, "", None),
        ("text", True, "data:image/png;base64,", None),
        ("base64", True, "", OTHER),
        ("base64", True, "data:image/png", None),
        ("base64", True, 'data:image/"png;base64,', None),
        ("base64", True, f"data:{'x' * 300};base64,", None),
    ],
)
def test_a_reference_that_could_not_be_read_back_cannot_be_made(
    encoding: Encoding, padded: bool, prefix: str, decoded: BlobRef | None
) -> None:
    with pytest.raises(ValueError, match=r"reference|data URL"):
        Reference(blob=BLOB, encoding=encoding, padded=padded, prefix=prefix, decoded=decoded)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a fox", "a fox"),
        ("", ""),
        ("blob", "blob"),
        ("Blob:x", "Blob:x"),
        ("blob:x", "blob:=blob:x"),
        ("blob:=x", "blob:=blob:=x"),
    ],
)
def test_only_text_that_looks_like_a_reference_is_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped
    assert unescape(escaped) == text


@given(REFERENCES)
def test_an_escaped_reference_is_none(reference: Reference) -> None:
    assert Reference.parse(escape(str(reference))) is None
