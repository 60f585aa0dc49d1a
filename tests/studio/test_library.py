from __future__ import annotations

import io
import zipfile

import pytest

from limner.studio.screens.library import fresh
from limner.studio.visit import Visit
from studio.visiting import Visited, Visitor

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def names(studio: Visited) -> list[str]:
    """Three pictures: two foxes and a wide castle."""
    wishes = [studio.wished(prompt=prompt) for prompt in ("a red fox", "a blue fox")]
    wishes.append(studio.wished(prompt="a <i>castle</i>", ratio="16:9"))
    return [wish.call_ids[0] for wish in wishes]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [2, 1, 0]),
        ("q=fox", [1, 0]),
        ("q=fox+blue", [1]),
        ("ratio=16:9", [2]),
        ("op=edit", []),
        ("model=sandbox-1", [2, 1, 0]),
        ("sort=oldest", [0, 1, 2]),
        ("since=2999-01-01", []),
        ("q=%22%27*", []),
        ("since=yesterday&ratio=wide&page=99&sort=none", [2, 1, 0]),
    ],
)
def test_filters_stand_in_the_address(visitor: Visitor, names: list[str], query: str, found: list[int]) -> None:
    page = visitor.get(f"/library?{query}")
    assert page.status == 200
    assert page.links("/i/") == [f"/i/{names[number]}" for number in found]


def test_what_was_typed_is_never_markup(visitor: Visitor, names: list[str]) -> None:
    page = visitor.get("/library?q=%3Ci%3Ecastle")
    assert "<i>castle" not in page.text
    assert "&lt;i&gt;castle" in page.text


def test_nothing_found_names_the_filters_and_the_way_back(visitor: Visitor, names: list[str]) -> None:
    page = visitor.get("/library?q=zebra&star=yes")
    assert page.says("No picture matches “zebra” + starred")
    assert page.says("Clear filters")


def test_ticked_pictures_get_stars_and_are_found_by_them(visitor: Visitor, names: list[str]) -> None:
    visitor.post("/library", {"pick": names[:1], "do": "star", "back": "/library"})
    assert visitor.get("/library?star=yes").links("/i/") == [f"/i/{names[0]}"]
    visitor.post(f"/i/{names[0]}/star", {"starred": "no"})
    assert visitor.get("/library?star=yes").links("/i/") == []


def test_two_ticked_pictures_are_compared(visitor: Visitor, names: list[str]) -> None:
    page = visitor.post("/library", {"pick": names[:2], "do": "compare"})
    assert page.address == f"/i/{names[0]}/compare/{names[1]}"
    assert visitor.post("/library", {"pick": names, "do": "compare"}).says("Tick exactly two pictures")


def test_ticked_pictures_come_as_one_file(visitor: Visitor, names: list[str]) -> None:
    reply = visitor.post("/library", {"pick": names, "do": "zip"})
    with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
        assert sorted(archive.namelist()) == ["a-blue-fox.png", "a-i-castle-i.png", "a-red-fox.png"]
        assert archive.testzip() is None


def test_what_goes_to_the_trash_comes_back_with_undo(studio: Visited, visitor: Visitor, names: list[str]) -> None:
    page = visitor.post("/library", {"pick": names[1:2], "do": "trash", "back": "/library"})
    assert page.says("1 picture moved to the trash.")
    assert f"/i/{names[1]}" not in page.links("/i/")
    (undo,) = set(part.split('"')[0] for part in page.text.split('action="')[1:] if part.startswith("/library/trash/r"))
    back = visitor.post(undo.replace("&amp;", "&"))
    assert back.says("1 answer taken back")
    assert f"/i/{names[1]}" in back.links("/i/")


def test_new_pictures_are_told_and_the_page_stays(studio: Visited, visitor: Visitor, names: list[str]) -> None:
    newest = visitor.get("/library").text.split('id="part-fresh-')[1].split('"')[0]
    studio.wished(prompt="a late bird")
    part = fresh(Visit(context=studio.studio.context), newest)
    assert part.values == {"count": 1}
