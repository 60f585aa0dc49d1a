from __future__ import annotations

import pytest

from studio.visiting import Visited, Visitor

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def fox(studio: Visited) -> str:
    return studio.wished(prompt="a red fox in a meadow", seed=5).call_ids[0]


def made(studio: Visited) -> str:
    """The name of the picture that the newest wish made."""
    return studio.ended(studio.app.store.wishes.since(0, limit=1)[0].id).call_ids[0]


def test_a_picture_tells_all_that_is_known_of_it(visitor: Visitor, fox: str) -> None:
    page = visitor.get(f"/i/{fox}")
    for words in ("a red fox in a meadow", "sandbox-1", "512 × 512", "PNG", "free", "Seed"):
        assert page.says(words), words


def test_a_change_is_a_child_and_the_picture_stays(studio: Visited, visitor: Visitor, fox: str) -> None:
    visitor.post(f"/i/{fox}/redo", {"notes": "make it night", "basis": "edit", "how": "change"})
    child = made(studio)
    record = studio.app.store.journal.find(child)
    assert record is not None
    assert (record.kind, record.prompt) == ("edit", "make it night")
    tree = visitor.get(f"/i/{child}?panel=lineage")
    assert tree.links("/i/")[:2].count(f"/i/{fox}") == 1
    assert tree.says("this one")
    assert visitor.get(f"/i/{fox}").says("version 2")


def test_the_same_prompt_again_sends_no_picture(studio: Visited, visitor: Visitor, fox: str) -> None:
    visitor.post(f"/i/{fox}/redo", {"how": "same"})
    record = studio.app.store.journal.find(made(studio))
    assert record is not None
    assert (record.kind, record.prompt) == ("generate", "a red fox in a meadow")


def test_a_change_without_words_is_asked_for(studio: Visited, visitor: Visitor, fox: str) -> None:
    before = len(studio.app.store.wishes.since(0, limit=99))
    assert visitor.post(f"/i/{fox}/redo", {"how": "change"}).says("Say first what should change.")
    assert len(studio.app.store.wishes.since(0, limit=99)) == before


def test_the_request_can_be_taken_elsewhere(visitor: Visitor, fox: str) -> None:
    page = visitor.get(f"/i/{fox}?panel=request")
    assert page.says("limner generate 'a red fox in a meadow' --aspect 1:1")
    assert page.says("result = limner.generate(")
    assert page.says("$GEMINI_API_KEY")


def test_words_for_who_cannot_see_it_are_kept_and_used(visitor: Visitor, fox: str) -> None:
    page = visitor.post(f"/i/{fox}/describe", {"words": 'A fox, "red"'})
    assert 'alt="A fox, &#34;red&#34;"' in page.text


def test_two_pictures_are_compared_in_words(studio: Visited, visitor: Visitor, fox: str) -> None:
    other = studio.wished(prompt="a blue owl").call_ids[0]
    for mode in ("slider", "side", "toggle", "difference", "none"):
        page = visitor.get(f"/i/{fox}/compare/{other}?mode={mode}&pos=30")
        assert page.status == 200
        assert page.says("of the picture changed")
        assert page.says("a blue owl")


@pytest.mark.parametrize("name", ["none", "..", "x.9", "0" * 16, "%00", "a%2Fb", "1m8f8bxddqgg8jj2.99999999999"])
def test_a_picture_that_is_not_there_is_said_to_be_missing(visitor: Visitor, name: str) -> None:
    assert visitor.get(f"/i/{name}").status == 404
