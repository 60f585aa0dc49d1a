from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from limner.core.secret import Secret
from limner.providers.masking import Mask


def masked(pieces: list[bytes], *secrets: str) -> bytes:
    mask = Mask([Secret(secret) for secret in secrets])
    return b"".join(mask.feed(piece) for piece in pieces) + mask.flush()


def test_a_secret_is_replaced_in_one_piece() -> None:
    assert masked([b'{"message":"bad key sk-12345 given"}'], "sk-12345") == b'{"message":"bad key *** given"}'


def test_a_secret_cut_at_any_place_is_replaced() -> None:
    text = b"key=sk-12345!"
    for cut in range(len(text)):
        assert masked([text[:cut], text[cut:]], "sk-12345") == b"key=***!"


def test_without_secrets_everything_passes_at_once() -> None:
    assert Mask([]).feed(b"anything") == b"anything"


def test_the_longer_of_two_nested_secrets_is_replaced_whole() -> None:
    assert masked([b"Bearer abcdef"], "abcdef", "Bearer abcdef") == b"***"


@given(st.lists(st.sampled_from([b"a", b"ab", b"b", b"aab", b"ba", b"c"]), max_size=30))
def test_cutting_never_changes_the_result(pieces: list[bytes]) -> None:
    assert masked(pieces, "aab") == b"".join(pieces).replace(b"aab", b"***")
