from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from limner._json import JsonObject
from studio.visiting import Reply, Visited, Visitor

pytestmark = pytest.mark.slow

SMALL = {"connection": "sandbox", "ratio": "1:1", "size": "512"}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)


def once(page: Reply) -> str:
    found = re.search(r'name="once" value="([0-9a-z]{16})"', page.text)
    assert found is not None
    return found[1]


def last_wish(studio: Visited) -> JsonObject:
    return studio.app.store.wishes.since(0, limit=1)[0].ask


def test_an_address_fills_the_composer_and_starts_nothing(studio: Visited, visitor: Visitor) -> None:
    before = len(studio.app.store.wishes.since(0, limit=99))
    page = visitor.get(f"/create?prompt={quote('a <b>red</b> fox')}&ratio=16:9&connection=sandbox&n=3")
    assert "a &lt;b&gt;red&lt;/b&gt; fox</textarea>" in page.text
    assert 'value="16:9" checked' in page.text
    assert "Generate · free" in page.text
    assert len(studio.app.store.wishes.since(0, limit=99)) == before


def test_a_wish_is_made_and_shown_with_what_it_cost(studio: Visited, visitor: Visitor) -> None:
    page = visitor.post("/create", {**SMALL, "prompt": "a red fox", "n": "2"})
    assert page.status == 200
    wish = studio.app.store.wishes.since(0, limit=1)[0]
    assert studio.ended(wish.id).state == "done"
    shown = visitor.get("/create")
    assert shown.says("a red fox")
    assert len(re.findall(r'alt="a red fox"', shown.text)) == 2
    assert shown.says("free")


def test_a_form_that_is_sent_twice_makes_one_wish(studio: Visited, visitor: Visitor) -> None:
    fields = {**SMALL, "prompt": "a blue owl", "once": once(visitor.get("/create"))}
    visitor.post("/create", fields)
    visitor.post("/create", fields)
    assert [wish.ask["prompt"] for wish in studio.app.store.wishes.since(0, limit=9)].count("a blue owl") == 1


def test_what_cannot_be_made_is_said_and_the_draft_stays(visitor: Visitor) -> None:
    page = visitor.post("/create", {"connection": "google", "prompt": "a castle", "model": "gemini-9-flash"})
    assert page.status == 422
    assert "a castle</textarea>" in page.text
    assert page.says("not in the catalog")


def test_a_price_is_quoted_for_what_is_being_written(visitor: Visitor) -> None:
    fields = {"connection": "google", "prompt": "a fox", "size": "2K", "n": "2"}
    page = visitor.post("/create/quote", fields)
    assert re.search(r"Generate · about \$0\.\d+", page.text)
    assert visitor.post("/create/quote", {**SMALL, "prompt": "a fox"}).says("Generate · free")


def test_what_is_likely_to_go_wrong_is_told(visitor: Visitor) -> None:
    page = visitor.post("/create/quote", {**SMALL, "prompt": "this image without any trees"})
    assert page.says("No picture is attached.")


def test_an_uploaded_picture_goes_with_the_draft_and_then_with_the_wish(studio: Visited, visitor: Visitor) -> None:
    page = visitor.post("/create", {**SMALL, "prompt": "add a hat", "do": "check"}, [("files", "me.png", PNG)])
    reference = re.search(r'name="reference" value="([^"]+)"', page.text)
    assert reference is not None
    visitor.post("/create", {**SMALL, "prompt": "add a hat", "reference": reference[1], "role": "edit"})
    asked = last_wish(studio)
    assert [(image["role"], image["mimeType"]) for image in asked["images"]] == [("edit", "image/png")]
    assert studio.ended(studio.app.store.wishes.since(0, limit=1)[0].id).state == "done"


def test_a_file_that_is_no_picture_is_refused_in_words(visitor: Visitor) -> None:
    page = visitor.post("/create", {**SMALL, "prompt": "a fox", "do": "check"}, [("files", "me.png", b"hello")])
    assert (page.status, page.says("is not a picture")) == (422, True)


def test_references_are_moved_and_removed_without_scripts(visitor: Visitor) -> None:
    one, two = "a" * 64 + ":1:image/png", "b" * 64 + ":2:image/png"
    fields = {**SMALL, "prompt": "x", "reference": [one, two], "role": ["", "style"]}
    moved = visitor.post("/create", {**fields, "do": "left:1"})
    assert re.findall(r'name="reference" value="(.)', moved.text) == ["b", "a"]
    removed = visitor.post("/create", {**fields, "do": "remove:0"})
    assert re.findall(r'name="reference" value="(.)', removed.text) == ["b"]


@pytest.mark.parametrize(
    ("card", "why", "money", "action"),
    [
        ("[[text-only]]", "The model answered with text only.", "Not billed.", "Ask for an image"),
        ("[[blocked]]", "The provider refused.", "billed", "Change the prompt"),
        ("[[quota-zero]]", "This key has no quota for pictures.", "Not billed.", "Use another connection"),
        ("[[500]]", "The provider is overloaded or had a fault of its own.", "Not billed.", "Again"),
    ],
)
def test_a_failure_says_why_what_it_cost_and_what_to_do(
    studio: Visited, visitor: Visitor, card: str, why: str, money: str, action: str
) -> None:
    studio.wished(prompt=f"a castle {card}")
    page = visitor.get("/create")
    assert page.says(why)
    assert page.says(money)
    assert page.says(action)


def test_a_wish_is_made_again(studio: Visited, visitor: Visitor) -> None:
    wish = studio.wished(prompt="a green frog")
    visitor.post(f"/create/{wish.id}/again")
    newest = studio.app.store.wishes.since(0, limit=1)[0]
    assert newest.id != wish.id
    assert newest.ask["prompt"] == "a green frog"
    studio.ended(newest.id)
