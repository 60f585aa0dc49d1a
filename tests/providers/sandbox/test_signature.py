from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.providers.sandbox.prompt.parse import parse
from limner.providers.sandbox.protocol.signature import (
    MAX_SIGNATURE_BYTES,
    SignatureRefusedError,
    Signed,
    Signer,
    is_dummy,
)
from providers.sandbox.asking import KEY, tampered

SCENE = parse("a red fox in the snow", seed=7)
SIGNER = Signer(KEY)


def test_what_was_signed_is_read_back() -> None:
    signed = Signed(scene=SCENE, pixels="00ff")
    assert SIGNER.read(SIGNER.sign(signed)) == signed


def test_a_signature_is_base64_of_a_mac_and_compact_json() -> None:
    blob = base64.b64decode(SIGNER.sign(Signed(scene=SCENE)), validate=True)
    assert json.loads(blob[32:]) == {"v": 1, "scene": SCENE.to_json()}
    assert b'": ' not in blob[32:]


def test_the_same_scene_has_the_same_signature() -> None:
    assert SIGNER.sign(Signed(scene=SCENE)) == Signer(KEY).sign(Signed(scene=SCENE))


@pytest.mark.parametrize(
    "change", [lambda text: text.rstrip("="), lambda text: text.replace("+", "-").replace("/", "_")]
)
def test_a_client_may_write_the_base64_in_its_own_way(change: object) -> None:
    assert callable(change)
    signature = SIGNER.sign(Signed(scene=SCENE), at_least_bytes=2048 + 1)
    assert SIGNER.read(change(signature)).scene == SCENE


def test_a_lifted_signature_is_read_from_its_bytes() -> None:
    assert SIGNER.read(base64.b64decode(SIGNER.sign(Signed(scene=SCENE)))).scene == SCENE


@pytest.mark.parametrize(
    "forged",
    [
        tampered(SIGNER.sign(Signed(scene=SCENE))),
        Signer(b"another key of some length").sign(Signed(scene=SCENE)),
        base64.b64encode(bytes(32) + b'{"v":1,"scene":null}').decode(),
        "not base64 at all!",
        "",
        "AAAA",
        "é" * 64,
    ],
)
def test_what_was_not_signed_here_is_refused(forged: str) -> None:
    with pytest.raises(SignatureRefusedError):
        SIGNER.read(forged)


def test_a_signature_beyond_the_limit_is_refused_unread() -> None:
    with pytest.raises(SignatureRefusedError, match="262144"):
        SIGNER.read(SIGNER.sign(Signed(scene=SCENE), at_least_bytes=MAX_SIGNATURE_BYTES + 1))


def test_a_padded_signature_is_as_long_as_asked_and_says_the_same() -> None:
    signature = SIGNER.sign(Signed(scene=SCENE), at_least_bytes=MAX_SIGNATURE_BYTES)
    assert len(base64.b64decode(signature)) == MAX_SIGNATURE_BYTES
    assert SIGNER.read(signature).scene == SCENE


def test_a_true_signature_of_a_scene_from_another_version_says_nothing() -> None:
    class Later(Signer):
        def sign_text(self, payload: bytes) -> str:
            return base64.b64encode(self._mac(payload) + payload).decode()

    later = Later(KEY)
    assert SIGNER.read(later.sign_text(b'{"v":2,"scene":{}}')) == Signed()
    assert SIGNER.read(later.sign_text(b'{"v":1,"scene":{"v":99,"prompt":"x"}}')) == Signed()


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes, not 5"):
        Signer(b"short")


@pytest.mark.parametrize(
    "dummy",
    [
        "context_engineering_is_the_way_to_go",
        "skip_thought_signature_validator",
        base64.urlsafe_b64encode(b"skip_thought_signature_validator").decode(),
        base64.b64encode(b"context_engineering_is_the_way_to_go").decode().rstrip("="),
        b"skip_thought_signature_validator",
        base64.b64encode(base64.urlsafe_b64decode("context_engineering_is_the_way_to_go")).decode(),
    ],
)
def test_the_documented_dummies_pass_in_every_spelling(dummy: str | bytes) -> None:
    assert is_dummy(dummy)


@given(st.text() | st.binary())
def test_nothing_else_is_a_dummy_or_a_signature(junk: str | bytes) -> None:
    assert not is_dummy(junk)
    with pytest.raises(SignatureRefusedError):
        SIGNER.read(junk)
