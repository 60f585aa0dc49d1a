from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.providers.sandbox.edit.ops import (
    Add,
    Background,
    Blur,
    Combine,
    Crop,
    Extend,
    Flip,
    Frame,
    Invert,
    Level,
    Move,
    Op,
    Recolor,
    Remove,
    Replace,
    Rotate,
    Scale,
    Season,
    Sharpen,
    Style,
    Text,
    Time,
    Tint,
    Unknown,
    Weather,
)
from limner.providers.sandbox.edit.plan import plan
from limner.providers.sandbox.prompt.scene import Role, Scene, Subject


def beside(glyph: str, word: str | None = None, *, count: int = 1, color: str | None = None) -> Subject:
    return Subject(glyph=glyph, word=word or glyph, role=Role.BESIDE, count=count, color=color)


def worn(glyph: str, word: str | None = None) -> Subject:
    return Subject(glyph=glyph, word=word or glyph, role=Role.WEAR)


CAR = {"target": "car", "glyph": "automobile"}
TABLE: dict[str, tuple[Op, ...]] = {
    "Now change the color to yellow": (Recolor(color="yellow"),),
    "make the car red": (Recolor(color="red", **CAR),),
    "change the red car to blue": (Recolor(color="blue", was="red", **CAR),),
    "paint the wall green": (Recolor(color="green", target="wall"),),
    "make the sky pink": (Recolor(color="pink", target="sky"),),
    "make the flowers blue instead of red": (Recolor(color="blue", target="flowers", was="red"),),
    "change her hair to blonde": (Recolor(color="gold", target="hair"),),
    "make everything blue": (Recolor(color="blue", target="everything"),),
    "Can you add a llama next to the pig?": (Add(subject=beside("llama"), spot="beside", near="pig"),),
    "add two cats on the left": (Add(subject=beside("cat", "cats", count=2), spot="left"),),
    "add a rainbow in the sky": (Add(subject=beside("rainbow"), spot="sky"),),
    "add a cat and a red balloon": (
        Add(subject=beside("cat")),
        Add(subject=beside("balloon", color="red")),
    ),
    "give it sunglasses": (Add(subject=worn("sunglasses")),),
    "give him a top hat": (Add(subject=worn("top-hat", "top hat")),),
    "put a hat on the dog": (Add(subject=worn("top-hat", "hat"), near="dog"),),
    "remove the llama": (Remove(target="llama", glyph="llama"),),
    "delete the person in the background": (Remove(target="person", glyph="person-standing"),),
    "take the man out of the picture": (Remove(target="man", glyph="man-standing"),),
    "remove the red balloon": (Remove(target="balloon", glyph="balloon", was="red"),),
    "remove everything except the car": (Background(),),
    "isolate it on a white background": (Background(color="white"),),
    "make the llama wear a scarf": (Add(subject=worn("scarf"), near="llama"),),
    "add a full moon": (Add(subject=beside("full-moon", "moon")),),
    "make her dress green": (Recolor(color="green", target="clothes"),),
    "rotate left": (Rotate(degrees=-90.0),),
    "increase the brightness by 20%": (Level(quality="brightness", factor=1.2),),
    "把背景换成海滩": (Background(place="beach", words="把背景换成海滩"),),
    "get rid of the car and the llama": (Remove(**CAR), Remove(target="llama", glyph="llama")),
    "replace the cat with a dog": (Replace(subject=Subject(glyph="dog", word="dog"), target="cat", glyph="cat"),),
    "turn the cat into a tiger": (Replace(subject=Subject(glyph="tiger", word="tiger"), target="cat", glyph="cat"),),
    "a dog instead of the cat": (Replace(subject=Subject(glyph="dog", word="dog"), target="cat", glyph="cat"),),
    "remove the background": (Background(),),
    "make the background transparent": (Background(),),
    "change the background to white": (Background(color="white"),),
    "put it on a beach": (Background(place="beach", words="a beach"),),
    "change the background to a snowy mountain": (Background(place="mountains", words="a snowy mountain"),),
    "place the robot in a city at night": (Background(place="city", words="a city at night"),),
    "blur the background": (Blur(part="background"),),
    "desaturate the background": (Level(quality="saturation", factor=0.45, part="background"),),
    "make it night": (Time(time="night"),),
    "turn the day into night": (Time(time="night"),),
    "make it sunset": (Time(time="sunset"),),
    "make it foggy at dawn": (Time(time="dawn"), Weather(weather="fog")),
    "turn this into winter": (Season(season="winter"),),
    "autumn leaves please": (Season(season="autumn"),),
    "make it rainy": (Weather(weather="rain"),),
    "let it snow": (Weather(weather="snowfall"),),
    "make it sunny": (Weather(weather="clear"),),
    "remove the fog": (Weather(weather="clear"),),
    "turn it into a pencil sketch": (Style(style="pencil"),),
    "convert to a watercolor": (Style(style="watercolor"),),
    "make it an oil painting": (Style(style="painting"),),
    "make it look like van gogh painted it": (Style(style="impressionist"),),
    "pixel art": (Style(style="pixel"),),
    "black and white": (Style(style="bw"),),
    "use a stained glass style": (Style(style="stained"),),
    "make it cinematic": (Style(style="cinematic"),),
    "a duotone in red and blue": (Style(style="duotone", colors=("red", "blue")),),
    'add the text "SALE"': (Text(texts=("SALE",)),),
    'write "Hello" at the bottom in red': (Text(texts=("Hello",), place="bottom", color="red"),),
    'add a sign that says "OPEN"': (Text(texts=("OPEN",), sign=True),),
    'change the text from "A" to "B"': (Text(texts=("B",)),),
    "remove the text": (Text(texts=()),),
    "extend to 16:9": (Extend(ratio=16 / 9),),
    "zoom out": (Extend(),),
    "make it square": (Extend(ratio=1.0),),
    "crop closer": (Crop(keep=0.68),),
    "crop to 4:5": (Crop(ratio=0.8),),
    "mirror it": (Flip(),),
    "flip vertically": (Flip(axis="vertical"),),
    "rotate it 90 degrees": (Rotate(degrees=90.0),),
    "rotate 45 degrees counterclockwise": (Rotate(degrees=-45.0),),
    "brighter": (Level(quality="brightness", factor=1.35),),
    "make it a bit warmer": (Level(quality="warmth", factor=1.183),),
    "less saturation": (Level(quality="saturation", factor=0.625),),
    "more contrast": (Level(quality="contrast", factor=1.4),),
    "make the dog bigger": (Scale(factor=1.4, target="dog", glyph="dog"),),
    "move the car to the left": (Move(spot="left"),),
    "add a border": (Frame(),),
    "invert the colors": (Invert(),),
    "improve the quality": (Sharpen(),),
    "put the second image on the first": (Combine(),),
    "make the car red and add a llama": (Recolor(color="red", **CAR), Add(subject=beside("llama"))),
    "make the car red and the background blue": (Recolor(color="red", **CAR), Background(color="blue")),
    "make it night, then mirror it": (Time(time="night"), Flip()),
    "asdf qwer": (Unknown(words="asdf qwer"), Tint()),
    "": (Tint(),),
}


@pytest.mark.parametrize("instruction", TABLE)
def test_everyday_instructions_are_read_as(instruction: str) -> None:
    assert plan(instruction, None) == TABLE[instruction]


def test_what_is_not_understood_is_kept_beside_what_is() -> None:
    assert plan("mirror it and make him smile", None) == (Flip(), Unknown(words="make him smile"))


def test_the_words_of_a_scene_name_its_own_subjects() -> None:
    scene = Scene(prompt="", subjects=(Subject(glyph="automobile", word="sedan"),))
    assert plan("make the sedan red", scene) == (Recolor(color="red", target="sedan", glyph="automobile"),)


def test_polite_words_change_nothing() -> None:
    assert plan("Hi! Could you please just make it night? Thanks", None) == (Time(time="night"),)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_no_text_breaks_the_plan_or_leaves_it_empty(instruction: str) -> None:
    assert plan(instruction, None)
