from __future__ import annotations

import numpy as np
import pytest

from limner.providers.sandbox.edit.ops import (
    Add,
    Background,
    Extend,
    Flip,
    Op,
    Recolor,
    Remove,
    Replace,
    Season,
    Style,
    Text,
    Time,
    Weather,
)
from limner.providers.sandbox.edit.scene import apply, can_hold, unmet
from limner.providers.sandbox.paint.draw import draw
from limner.providers.sandbox.prompt.parse import parse
from limner.providers.sandbox.prompt.scene import Role, Scene, Subject

CAR = Subject(glyph="automobile", word="car", color="blue")
HAT = Subject(glyph="top-hat", word="hat", role=Role.WEAR)
LLAMA = Subject(glyph="llama", word="llama", role=Role.BESIDE)
SCENE = Scene(prompt="a blue car in a city", places=("city",), subjects=(CAR,))


def after(op: Op, scene: Scene = SCENE) -> Scene:
    changed, width, height = apply(scene, (op,), 200, 100)
    assert (width, height) == (200, 100)
    return changed


def test_recolouring_it_means_the_main_subject() -> None:
    assert after(Recolor(color="yellow")).subjects[0].color == "yellow"


def test_a_subject_is_found_by_its_icon_by_its_word_and_by_its_colour() -> None:
    two = Scene(
        prompt="", subjects=(CAR, Subject(glyph="automobile", word="car", color="red", role=Role.BESIDE), LLAMA)
    )
    assert after(Recolor(color="pink", target="vehicle", glyph="llama"), two).subjects[2].color == "pink"
    assert after(Recolor(color="pink", target="llamas"), two).subjects[2].color == "pink"
    assert after(Recolor(color="pink", glyph="automobile", target="car", was="red"), two).subjects[1].color == "pink"


def test_what_is_added_stands_beside_and_what_can_be_worn_is_worn() -> None:
    assert after(Add(subject=LLAMA)).subjects == (CAR, LLAMA)
    assert after(Add(subject=HAT)).subjects == (CAR, HAT)


def test_more_of_the_same_is_counted() -> None:
    llamas = after(Add(subject=LLAMA), after(Add(subject=LLAMA)))
    assert [subject.count for subject in llamas.subjects] == [1, 2]


def test_the_first_thing_in_an_empty_scene_is_the_main_one() -> None:
    empty = Scene(prompt="a beach", places=("beach",))
    assert after(Add(subject=LLAMA), empty).subjects[0].role is Role.MAIN


def test_removing_the_main_subject_takes_what_it_wears_and_promotes_the_next() -> None:
    scene = Scene(prompt="", subjects=(CAR, HAT, LLAMA))
    left = after(Remove(target="car", glyph="automobile"), scene).subjects
    assert [(one.glyph, one.role) for one in left] == [("llama", Role.MAIN)]


def test_a_replacement_keeps_part_and_number() -> None:
    scene = Scene(prompt="", subjects=(CAR, Subject(glyph="llama", word="llama", role=Role.BESIDE, count=3)))
    pig = Subject(glyph="pig", word="pig")
    new = after(Replace(subject=pig, target="llama", glyph="llama"), scene).subjects[1]
    assert (new.glyph, new.role, new.count) == ("pig", Role.BESIDE, 3)


def test_another_place_brings_its_time_and_season_along() -> None:
    scene = after(Background(place="mountains", words="a snowy mountain at night"))
    assert (scene.places, scene.time, scene.season) == (("mountains",), "night", "winter")


def test_a_plain_background_empties_the_place() -> None:
    scene = after(Background(color="pink"))
    assert (scene.places, scene.background, scene.studio) == ((), "pink", True)


@pytest.mark.parametrize(
    ("op", "field", "value"),
    [
        (Time(time="night"), "time", "night"),
        (Season(season="winter"), "season", "winter"),
        (Weather(weather="rain"), "weather", "rain"),
        (Weather(weather="clear"), "weather", None),
        (Style(style="pencil"), "styles", ("pencil",)),
        (Text(texts=("SALE",)), "texts", ("SALE",)),
        (Text(texts=()), "texts", ()),
    ],
)
def test_one_field_changes_and_the_rest_stays(op: Op, field: str, value: object) -> None:
    before = SCENE.to_json()
    changed = after(op)
    assert getattr(changed, field) == value
    assert {k: v for k, v in changed.to_json().items() if k != field} == {k: v for k, v in before.items() if k != field}


def test_extending_widens_the_shorter_side() -> None:
    assert apply(SCENE, (Extend(ratio=16 / 9),), 900, 900)[1:] == (1600, 900)
    assert apply(SCENE, (Extend(ratio=0.5),), 900, 900)[1:] == (900, 1800)


def test_what_only_pixels_can_do_is_refused() -> None:
    assert not can_hold(SCENE, Flip())
    assert not can_hold(SCENE, Background())
    assert not can_hold(SCENE, Recolor(color="pink", target="sky"))
    assert not can_hold(SCENE, Text(texts=("A",), place="bottom"))


def test_what_is_not_there_is_said() -> None:
    assert unmet(SCENE, Remove(target="violin", glyph="violin")) == "there is no violin in this picture"
    assert unmet(SCENE, Recolor(color="red", target="llama", glyph="llama")) == "there is no llama in this picture"
    assert unmet(SCENE, Text(texts=())) == "there is no lettering in this picture"
    assert unmet(SCENE, Recolor(color="red")) is None


def test_recolouring_leaves_the_pixels_around_the_subject_still() -> None:
    scene = parse("a blue car on a street in the city", seed=3)
    changed, _, _ = apply(scene, (Recolor(color="yellow"),), 192, 192)
    gap = np.abs(np.asarray(draw(scene, 192, 192), np.int16) - np.asarray(draw(changed, 192, 192), np.int16))
    assert gap.max() > 60
    assert gap[:60].max() == 0
    assert (gap.max(axis=-1) > 0).mean() < 0.4


def test_edited_scenes_survive_json() -> None:
    scene = parse("a pig in a meadow", seed=1)
    ops = (Recolor(color="pink"), Add(subject=HAT), Time(time="night"), Background(place="beach", words="a beach"))
    changed, _, _ = apply(scene, ops, 100, 100)
    assert Scene.from_json(changed.to_json()) == changed
