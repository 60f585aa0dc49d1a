from __future__ import annotations

import pytest

from studio.visiting import Visited, Visitor


def test_a_stranger_is_shown_how_to_get_in(studio: Visited) -> None:
    reply = Visitor(url=studio.studio.url).get("/library")
    assert reply.status == 401
    assert reply.says("Open the address that limner studio printed")


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_nobody_elses_page_is_heard(visitor: Visitor, headers: dict[str, str]) -> None:
    assert visitor.get("/library", headers).status == 403


def test_a_form_without_the_sessions_word_changes_nothing(visitor: Visitor) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert visitor.ask("POST", "/create", b"prompt=a+fox", headers).status in (403, 404)


def test_every_answer_forbids_what_a_page_need_not_do(visitor: Visitor) -> None:
    for address in ("/nothing", "/static/none.js", "/health"):
        headers = visitor.get(address).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_what_is_not_there_is_said_to_be_missing(visitor: Visitor) -> None:
    reply = visitor.get("/nothing")
    assert (reply.status, reply.says("There is no page at this address.")) == (404, True)
