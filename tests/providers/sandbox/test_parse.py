"""Prompts as people write them, and what the sandbox reads in each."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.providers.sandbox.prompt.parse import MAX_PROMPT_WORDS, normalised, parse
from limner.providers.sandbox.prompt.scene import Scene, Subject

UNDERSTOOD = (
    (
        ("A photo of a park in the spring next to a lake, the sun sets across the lake, golden hour, red wildflowers"),
        "places=meadow+water; time=golden; season=spring; camera=photo; flowers=red",
    ),
    (
        (
            "Hi, can you create a 3d rendered image of a pig with wings and a top hat flying over a "
            "happy futuristic scifi city with lots of greenery?"
        ),
        (
            "places=city; camera=render; mood=future; greenery=True; flying=True; subjects=main "
            "pig+wear wing+wear top-hat"
        ),
    ),
    (
        "A robot holding a red skateboard",
        "subjects=main robot+hold red skateboard",
    ),
    (
        (
            'A poster with the text "Summerland" in bold font as a title, underneath this text is the'
            ' slogan "Summer never felt so good"'
        ),
        "kind=poster; texts=Summerland+Summer never felt so good; places=beach",
    ),
    (
        "一张中国风的海报，上面写着“夏日”和 Api.Go",
        "kind=poster; texts=夏日+Api.Go; places=shanshui",
    ),
    (
        "a red fox in snow",
        "season=winter; subjects=main fox",
    ),
    (
        "an impressionist oil painting of a wind farm",
        "places=meadow; landmarks=windfarm; styles=impressionist",
    ),
    (
        ("a technical pencil drawing of an angular sporty electric sedan with skyscrapers in the background"),
        "places=city; styles=pencil; subjects=main automobile",
    ),
    (
        ("a minimalist logo for a health care company on a solid color background. Include the text Journey."),
        "kind=logo; texts=Journey.; studio=True; subjects=main red-heart",
    ),
    (
        "4K HDR photo of a quilted forest",
        "places=forest; camera=photo",
    ),
    (
        "foggy mountains",
        "places=mountains; weather=fog",
    ),
    (
        "three dogs and a red ball on a beach, watercolor",
        "places=beach; styles=watercolor; subjects=main 3 dog+beside red ball",
    ),
    (
        "a blue car on a street in the city at night",
        "places=street+city; landmarks=road; time=night; subjects=main blue automobile",
    ),
    (
        "a cup of coffee on a wooden table, macro, bokeh",
        "places=table; camera=macro+bokeh; subjects=main hot-beverage",
    ),
    (
        "a black and white film noir portrait of a woman",
        "styles=noir; camera=portrait; subjects=main woman-standing",
    ),
    (
        "pixel art castle in winter",
        "season=winter; styles=pixel; subjects=main castle",
    ),
    (
        "neon sign of a parrot",
        "styles=neon; subjects=main parrot",
    ),
    (
        "an isometric origami dragon",
        "styles=origami+isometric; subjects=main dragon",
    ),
    (
        "a bouquet of sunflowers in a vase, still life, renaissance",
        "styles=renaissance; camera=stilllife; subjects=main 5 sunflower+ride amphora",
    ),
    (
        "the moon over a suspension bridge",
        "landmarks=bridge+moon; time=night",
    ),
    (
        "a photorealistic astronaut riding a horse in space",
        "places=space; camera=photo; subjects=main astronaut+ride horse",
    ),
    (
        "llama wearing sunglasses, studio portrait, pink background",
        "camera=portrait; background=pink; studio=True; subjects=main llama+wear sunglasses",
    ),
    (
        "a cat sleeping on a couch",
        "subjects=main cat+ride sofa",
    ),
    (
        "two children flying a kite on a hill, sunny day",
        "places=meadow; subjects=main 2 boy+extra kite",
    ),
    (
        "a sailboat on the ocean at sunset",
        "places=water; time=sunset; subjects=main sailboat",
    ),
    (
        "an old lighthouse in a storm",
        "landmarks=lighthouse; weather=storm",
    ),
    (
        "coffee beans",
        "subjects=main coffee-beans",
    ),
    (
        "a wolf howling at the moon in the mountains",
        "places=mountains; landmarks=moon; time=night; subjects=main wolf",
    ),
    (
        "a red apple and a green pear on a table",
        "places=table; subjects=main red red-apple+beside green pear",
    ),
    (
        "birthday cake with candles, close-up",
        "camera=closeup; subjects=main birthday-cake+extra 3 candle",
    ),
    (
        "underwater scene with a turtle and tropical fish",
        "places=underwater; subjects=main turtle+beside tropical-fish",
    ),
    (
        "a desert with cactus and a camel at dawn",
        "places=desert; time=dawn; subjects=main cactus+beside two-hump-camel",
    ),
    (
        "a panda eating bamboo in a jungle",
        "places=jungle; subjects=main panda",
    ),
    (
        "a woman walking in the rain with a yellow umbrella in Paris",
        "places=city; weather=rain; subjects=main woman-standing+hold yellow umbrella",
    ),
    (
        "a rocket launching, anime style",
        "styles=anime; subjects=main rocket",
    ),
    (
        "a cozy living room with a fireplace",
        "places=room",
    ),
    (
        "Taj Mahal at sunrise, aerial view",
        "time=dawn; camera=aerial; undrawn=taj+mahal",
    ),
    (
        "a yellow taxi in New York, vintage photo",
        "places=city; styles=vintage; camera=photo; subjects=main yellow taxi",
    ),
    (
        "a house in autumn forest by a river",
        "places=forest; landmarks=river; season=autumn; subjects=main house",
    ),
    (
        "a unicorn under a rainbow",
        "landmarks=rainbow; subjects=main unicorn",
    ),
    (
        "a violin on a chair",
        "undrawn=violin; subjects=main chair",
    ),
    (
        "product photo of a handbag on a marble table",
        "places=table; camera=photo; subjects=main handbag",
    ),
    (
        "a snowman in front of a cabin at night",
        "time=night; season=winter; subjects=main snowman+beside house",
    ),
    (
        "a dinosaur in a volcano landscape",
        "subjects=main sauropod+beside volcano",
    ),
    (
        "flock of birds over a waterfall",
        "landmarks=waterfall; subjects=main 6 bird",
    ),
    (
        "an elephant and a mouse, children's book illustration",
        "camera=illustration; subjects=main elephant+beside mouse",
    ),
    (
        "a tiger in the jungle, low poly",
        "places=jungle; styles=lowpoly; subjects=main tiger",
    ),
    (
        "a logo for a coffee shop called Bean There",
        "kind=logo; texts=Bean There; subjects=main hot-beverage",
    ),
    (
        "poster for a jazz night, art deco",
        "kind=poster; time=night; styles=artdeco; subjects=main trumpet",
    ),
    (
        "three hot air balloons over green hills",
        "places=meadow; subjects=main 3 hot-air-balloon",
    ),
    (
        "fireworks over the city skyline",
        "places=city; landmarks=fireworks; time=night",
    ),
    (
        "a hamburger with fries, food photography",
        "camera=photo; subjects=main hamburger+extra french-fries",
    ),
    (
        "a knight fighting a dragon, fantasy",
        "mood=fantasy; subjects=main person-fencing+extra dragon",
    ),
    (
        "a train crossing a bridge in the mountains",
        "places=mountains; landmarks=bridge; subjects=main locomotive",
    ),
    (
        "a white cat with a red scarf",
        "subjects=main white cat+wear red scarf",
    ),
    (
        "a bicycle leaning on a wall, black and white",
        "styles=bw; subjects=main bicycle",
    ),
    (
        'Make a birthday card that says "Happy 40th"',
        "kind=poster; texts=Happy 40th; subjects=main birthday-cake",
    ),
    (
        "a dog without a hat",
        "subjects=main dog",
    ),
    (
        "an orange and two lemons",
        "subjects=main tangerine+beside 2 lemon",
    ),
    (
        "a gold statue of a dragon made of gold",
        "material=gold; subjects=main gold dragon",
    ),
    (
        "A bowl of noodles on a table",
        "places=table; subjects=main steaming-bowl",
    ),
    (
        "a black cat under a full moon, Halloween",
        "landmarks=moon; time=night; mood=dark; subjects=main black-cat",
    ),
    (
        "two red balloons",
        "subjects=main 2 red balloon",
    ),
    (
        "请画一只猫和一条鱼",
        "subjects=main cat+beside fish",
    ),
    (
        "a field of tulips",
        "places=meadow; flowers=mixed",
    ),
    (
        "a man in a top hat riding a bicycle through London",
        "places=city; subjects=main man-standing+wear top-hat+ride bicycle",
    ),
    (
        "the sun sets behind a lonely tree",
        "time=sunset; subjects=main deciduous-tree",
    ),
    (
        "a violin and a theremin",
        "undrawn=violin+theremin",
    ),
    (
        "duotone picture in blue and orange",
        "styles=duotone; colors=blue+orange",
    ),
    (
        "a penguin wearing sunglasses on a beach, fisheye lens",
        "places=beach; camera=fisheye; subjects=main penguin+wear sunglasses",
    ),
    (
        "a purple elephant in a garden, clay render",
        "places=meadow; camera=render; subjects=main purple elephant",
    ),
)


def compact(scene: Scene) -> str:
    """Everything in a scene that is not its default, on one line."""
    data = scene.to_json()
    del data["v"], data["prompt"]
    subjects = [" ".join(_words(subject)) for subject in scene.subjects]
    data |= {"subjects": subjects} if subjects else {}
    return "; ".join(f"{key}={'+'.join(map(str, v)) if isinstance(v, list) else v}" for key, v in data.items())


def _words(subject: Subject) -> list[str]:
    count = [str(subject.count)] if subject.count != 1 else []
    return [subject.role.value, *count, *([subject.color] if subject.color else []), subject.glyph]


@pytest.mark.parametrize(("prompt", "expected"), UNDERSTOOD, ids=[prompt[:40] for prompt, _ in UNDERSTOOD])
def test_an_everyday_prompt_is_understood(prompt: str, expected: str) -> None:
    assert compact(parse(prompt)) == expected


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        ('a sign that says "OPEN"', ("OPEN",)),
        ("a shop sign reading 'Fresh Bread'", ("Fresh Bread",)),
        ("a banner titled Spring Sale", ("Spring Sale",)),
        ("a poster with «Bonjour» on it", ("Bonjour",)),
        ("海报「你好」", ("你好",)),
        ("the dog's ball and the cat's toy", ()),
    ],
)
def test_words_to_be_set_in_letters_are_found_in_every_kind_of_quotes(prompt: str, texts: tuple[str, ...]) -> None:
    assert parse(prompt).texts == texts


@pytest.mark.parametrize(
    "prompt", ["the sun sets over hills", "pop art of a cat", "impressionist wind farm", "text underneath the title"]
)
def test_words_of_style_and_light_are_never_drawn_as_things(prompt: str) -> None:
    assert [subject.glyph for subject in parse(prompt).subjects if subject.glyph != "cat"] == []


def test_a_color_binds_to_the_next_thing_only() -> None:
    assert [subject.color for subject in parse("a red car and a dog").subjects] == ["red", None]


def test_what_is_excluded_is_not_drawn() -> None:
    assert [subject.glyph for subject in parse("a cat without a dog").subjects] == ["cat"]


def test_a_sample_of_a_seed_is_the_first_sample_of_a_later_seed() -> None:
    assert parse("a dog", seed=5, sample=3).stream == parse("a dog", seed=8, sample=0).stream


def test_another_seed_is_another_stream() -> None:
    assert parse("a dog", seed=1).stream != parse("a dog", seed=2).stream


def test_control_characters_and_lone_surrogates_are_read_as_spaces() -> None:
    assert normalised("a\x00dog\ud800and\x1b[31mcat") == "a dog and [31mcat"


def test_only_the_first_four_hundred_words_are_read() -> None:
    scene = parse("very " * MAX_PROMPT_WORDS + "big dog")
    assert scene.subjects == ()


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=5_000))
def test_any_text_makes_a_scene_that_survives_json(prompt: str) -> None:
    scene = parse(prompt)
    assert Scene.from_json(scene.to_json()) == scene


def test_a_vase_with_roses_is_roses_in_a_vase() -> None:
    assert compact(parse("a blue vase with red roses")) == "subjects=main 3 red rose+ride blue amphora"
