from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest

from limner.catalog.catalog import Catalog, load, unknown_model
from limner.catalog.check import problems
from limner.catalog.model import Life
from limner.catalog.read import CatalogData, parse
from limner.core.capabilities import Capabilities
from limner.errors import UnsupportedError

TODAY = date(2026, 11, 20)


def test_the_catalog_agrees_with_itself() -> None:
    assert problems(load()) == ()


def test_the_catalog_says_on_which_day_it_was_checked() -> None:
    assert load().as_of == date(2026, 11, 20)


def test_the_catalog_is_read_once() -> None:
    assert load() is load()


@pytest.mark.parametrize(
    "name",
    [
        "gemini-3-pro-image",
        "models/gemini-3-pro-image",
        "google/gemini-3-pro-image",
        "publishers/google/models/gemini-3-pro-image",
        " gemini-3-pro-image ",
    ],
)
def test_a_model_is_found_with_a_path_before_its_id(name: str) -> None:
    model = load().find(name)
    assert model is not None
    assert model.id == "gemini-3-pro-image"


def test_an_alias_finds_its_model() -> None:
    assert load().get("nano-banana-pro-preview").id == "gemini-3-pro-image-preview"


def test_an_unknown_name_finds_nothing() -> None:
    assert load().find("gemini-9-image") is None


def test_an_unknown_name_is_refused_with_similar_ones_and_the_command_that_lists_all() -> None:
    with pytest.raises(UnsupportedError) as caught:
        load().get("gemini-3-pro-imge")
    assert caught.value.code == "unsupported.model"
    assert caught.value.message.startswith(
        "Model 'gemini-3-pro-imge' is not in the catalog.\nNearest: gemini-3-pro-image, "
    )
    assert caught.value.hint == "Try: limner models"


def test_a_name_like_nothing_is_refused_without_a_guess() -> None:
    with pytest.raises(UnsupportedError, match=r"^Model 'zzz' is not in the catalog\.$"):
        load().get("zzz")


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [("gemini", "gemini-nano-banana-2.1"), ("imagen", "imagen-4.0-generate-001"), ("sandbox", "sandbox-1")],
)
def test_each_protocol_has_its_default_model(protocol: str, expected: str) -> None:
    assert load().default_for(protocol).id == expected  # type: ignore[arg-type] # parametrized text


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gemini-nano-banana-2.1", "stable"),
        ("gemini-3-pro-image", "stable"),
        ("gemini-3.1-flash-image", "ending"),
        ("gemini-2.5-flash-image", "ending"),
        ("gemini-2.5-flash-image-preview", "gone"),
        ("imagen-4.0-generate-001", "gone"),
        ("imagen-4.0-upscale-preview", "preview"),
        ("sandbox-1", "stable"),
    ],
)
def test_the_state_of_each_kind_of_model_today(model: str, expected: str) -> None:
    assert load().get(model).life.state(TODAY) == expected


def test_a_model_is_gone_from_its_shutdown_day_on_and_not_before() -> None:
    life = Life(certainty="announced", source="s", shutdown=date(2026, 8, 17))
    assert life.state(date(2026, 8, 16)) == "ending"
    assert life.state(date(2026, 8, 17)) == "gone"


def test_a_doubtful_shutdown_day_that_has_passed_does_not_make_a_model_gone() -> None:
    life = Life(certainty="unconfirmed", source="s", shutdown=date(2026, 10, 29))
    assert life.state(date(2027, 1, 1)) == "ending"


def test_conflicting_days_make_a_model_gone_on_the_latest_of_them() -> None:
    life = load().get("gemini-2.5-flash-image").life
    assert life.state(date(2027, 3, 14)) == "ending"
    assert life.state(date(2027, 3, 15)) == "gone"


def test_a_model_is_deprecated_from_the_day_it_was_declared_so() -> None:
    life = Life(certainty="announced", source="s", deprecated=date(2026, 10, 6))
    assert life.state(date(2026, 10, 5)) == "stable"
    assert life.state(date(2026, 10, 6)) == "deprecated"


def test_a_living_model_is_used_without_a_word() -> None:
    model, notice = load().resolve("gemini-3-pro-image", TODAY)
    assert model.id == "gemini-3-pro-image"
    assert notice is None


def test_a_model_that_is_gone_is_replaced_with_the_day_and_how_sure_it_is() -> None:
    model, notice = load().resolve("gemini-2.5-flash-image-preview", TODAY)
    assert model.id == "gemini-nano-banana-2.1"
    assert notice == (
        "Model 'gemini-2.5-flash-image-preview' was shut down on 2026-01-15 "
        "(announced: Gemini API deprecations page, late September 2026; changelog). "
        "'gemini-nano-banana-2.1' is used instead."
    )


def test_a_model_that_was_not_gone_yet_was_not_replaced() -> None:
    model, notice = load().resolve("gemini-2.5-flash-image-preview", date(2026, 1, 14))
    assert model.id == "gemini-2.5-flash-image-preview"
    assert notice is not None
    assert "is to be shut down on 2026-01-15" in notice


def test_an_alias_of_a_model_that_is_gone_is_replaced_too() -> None:
    assert load().resolve("models/nano-banana-pro-preview", TODAY)[0].id == "gemini-3-pro-image"


def test_a_model_that_may_have_ended_is_kept_with_a_notice() -> None:
    model, notice = load().resolve("gemini-3.1-flash-image", TODAY)
    assert model.id == "gemini-3.1-flash-image"
    assert notice is not None
    assert notice.startswith("Model 'gemini-3.1-flash-image' may have been shut down on 2026-10-29 (unconfirmed: ")
    assert notice.endswith("'gemini-nano-banana-2.1' replaces it.")


def test_conflicting_days_are_both_named() -> None:
    notice = load().resolve("gemini-2.5-flash-image", TODAY)[1]
    assert notice is not None
    assert "shut down on a day from 2026-10-02 to 2027-03-15 (conflicting: " in notice


def test_a_model_may_live_longer_on_vertex() -> None:
    assert load().resolve("gemini-3.1-flash-image-preview", date(2026, 7, 1))[0].id == "gemini-nano-banana-2.1"
    kept, _ = load().resolve("gemini-3.1-flash-image-preview", date(2026, 7, 1), service="vertex")
    assert kept.id == "gemini-3.1-flash-image-preview"


def test_replacements_are_followed_to_a_living_model() -> None:
    first = replace(unknown_model("first"), life=_ended(replacement="second"))
    second = replace(unknown_model("second"), life=_ended(replacement="third"))
    chain = Catalog(
        CatalogData(as_of=TODAY, defaults={"gemini": "third"}, models=(first, second, unknown_model("third")))
    )
    assert chain.resolve("first", TODAY)[0].id == "third"


def test_a_model_that_nothing_replaces_is_kept_and_said_to_be_gone() -> None:
    alone = replace(unknown_model("alone"), life=_ended(replacement=None))
    model, notice = Catalog(CatalogData(as_of=TODAY, defaults={}, models=(alone,))).resolve("alone", TODAY)
    assert model.id == "alone"
    assert notice == "Model 'alone' was shut down on 2026-01-01 (announced: s). Nothing is known to replace it."


def test_an_unknown_model_stays_usable_without_limits_and_without_a_price() -> None:
    model, notice = load().resolve("relay/some-new-image-model", TODAY)
    assert model.id == "relay/some-new-image-model"
    assert model.capabilities == Capabilities()
    assert model.price is None
    assert not model.known
    assert notice == (
        "Model 'relay/some-new-image-model' is not in the catalog: nothing is checked, no price is known."
    )


@pytest.mark.parametrize(
    ("name", "protocol"),
    [("imagen-9", "imagen"), ("models/imagen-9", "imagen"), ("sandbox-9", "sandbox"), ("flux-2", "gemini")],
)
def test_the_protocol_of_an_unknown_model_is_guessed_from_its_name(name: str, protocol: str) -> None:
    assert unknown_model(name).protocol == protocol


def test_a_profile_is_changed_by_the_model_that_names_it() -> None:
    text = """
as_of = 2026-11-20
defaults = { gemini = "a" }
ratios = { two = ["1:1", "16:9"] }
mime_types = { few = ["image/png"] }
[pixels.small]
columns = ["1K"]
"1:1" = ["10x10"]
"16:9" = ["16x9"]
[profiles.p]
ratios = "two"
resolutions = ["1K"]
pixels = "small"
mime_types = "few"
seed = "exact"
[[models]]
id = "a"
nickname = "A"
protocol = "gemini"
profile = "p"
capabilities = { seed = "none" }
life = { certainty = "announced", source = "s" }
"""
    (model,) = parse(text).models
    assert model.capabilities.seed == "none"
    assert model.capabilities.input_mime_types == ("image/png",)
    assert model.price is None


def test_a_misspelled_field_of_the_file_is_an_error() -> None:
    with pytest.raises(TypeError, match="certanty"):
        parse(
            """
as_of = 2026-11-20
defaults = {}
ratios = {}
mime_types = {}
pixels = {}
profiles = { p = {} }
[[models]]
id = "a"
nickname = "A"
protocol = "gemini"
profile = "p"
life = { certanty = "announced", source = "s" }
"""
        )


def test_reading_the_catalog_loads_nothing_heavy() -> None:
    code = (
        "import sys; from limner.catalog.catalog import load; load();"
        "print([name for name in ('PIL', 'numpy', 'rich', 'asyncio', 'difflib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def _ended(*, replacement: str | None) -> Life:
    return Life(certainty="announced", source="s", shutdown=date(2026, 1, 1), replacement=replacement)
