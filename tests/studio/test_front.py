from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from limner.studio.screens import ROUTES
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


def test_every_address_needs_a_session(studio: Visited) -> None:
    stranger = Visitor(url=studio.studio.url)
    for route in ROUTES:
        address = re.sub(r"{\w+}", "x", route.address)
        assert stranger.ask(route.method, address, b"", {}).status == 401, address


def test_no_odd_name_or_query_is_a_fault(studio: Visited, visitor: Visitor) -> None:
    odd = ("x", "%00", "..", "%2e%2e%2f", "9" * 400, "%F0%9F%98%80", "'", "a;b", "-1")
    queries = ("", "?page=-1&sort=x&ratio=0:0", "?ref=x:y&ref=%00&n=99999&style=none", "?mode=&pos=999&panel=%27")
    for route in ROUTES:
        if route.method == "GET":
            for name in odd:
                for query in queries:
                    reply = visitor.get(re.sub(r"{\w+}", name, route.address) + query)
                    assert reply.status < 500, (route.address, name, query)
    assert [event for event in studio.events if event["event"] == "fault"] == []


def test_every_change_needs_the_sessions_word(visitor: Visitor) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for route in ROUTES:
        if route.method == "POST":
            address = re.sub(r"{\w+}", "x", route.address)
            assert visitor.ask("POST", address, b"csrf=wrong", headers).status == 403, address


def test_what_is_no_picture_is_saved_and_never_shown(studio: Visited, visitor: Visitor) -> None:
    blob = studio.app.store.blobs.put(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    reply = visitor.get(f"/assets/{blob.sha256}?size={blob.size}")
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"].startswith("attachment")
    assert visitor.get(f"/assets/{blob.sha256}/thumb-384?size={blob.size}").status == 400


def test_the_cookie_is_for_this_site_and_no_script(studio: Visited) -> None:
    reply = Visitor(url=studio.studio.url).get(studio.studio.opening_url.removeprefix(studio.studio.url), follow=False)
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "token" not in reply.headers["location"]


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_no_form_leads_away_from_here(visitor: Visitor, away: str) -> None:
    fields = urlencode({"csrf": visitor.word(), "back": away}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    reply = visitor.ask("POST", "/create/none/cancel", fields, headers, follow=False)
    assert (reply.status, reply.headers["location"]) == (303, "/")
