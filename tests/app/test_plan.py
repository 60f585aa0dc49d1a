from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from limner import _clock
from limner.app import App, Ask
from limner.errors import ConfigError, LimnerError

RELAY = """
[connections.relay]
preset = "new-api"
base_url = "https://relay.example/api"
key_env = "RELAY_KEY"
"""


@pytest.fixture
def app(environment: dict[str, str]) -> Iterator[App]:
    with App.open(environment) as app:
        yield app


@pytest.fixture
def google(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setattr(_clock, "today", lambda: date(2026, 11, 20))
    home = Path(environment["LIMNER_HOME"])
    home.mkdir()
    (home / "config.toml").write_text(RELAY, encoding="utf-8")
    with App.open({**environment, "GEMINI_API_KEY": "AIza-not-a-real-one"}) as app:
        yield app


def refusal(app: App, **ask: object) -> LimnerError:
    with pytest.raises(LimnerError) as caught:
        app.plan(Ask(**{"prompt": "a fox", **ask}))  # type: ignore[arg-type]
    return caught.value


def test_without_a_key_the_sandbox_draws(app: App) -> None:
    plan = app.plan(Ask(prompt="a fox"))
    assert (plan.connection.name, plan.model_id, plan.quote.expected_usd) == ("sandbox", "sandbox-1", Decimal(0))


def test_with_a_key_google_draws_with_the_recommended_model(google: App) -> None:
    plan = google.plan(Ask(prompt="a fox"))
    assert (plan.connection.name, plan.model_id) == ("google", "gemini-nano-banana-2.1")
    assert plan.urls == (
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-nano-banana-2.1:generateContent",
    )
    assert str(plan.quote.expected_usd).startswith("0.0336")


def test_the_sandbox_model_is_the_sandbox_even_with_a_key(google: App) -> None:
    assert google.plan(Ask(prompt="a fox", model="sandbox-1")).connection.name == "sandbox"


def test_a_real_model_without_a_key_is_refused_with_two_ways_on(app: App) -> None:
    problem = refusal(app, model="gemini-nano-banana-2.1")
    assert isinstance(problem, ConfigError)
    assert "GEMINI_API_KEY" in (problem.hint or "")
    assert "--connection sandbox" in (problem.hint or "")


def test_a_retired_model_is_replaced_and_that_is_said(google: App) -> None:
    plan = google.plan(Ask(prompt="a fox", model="gemini-2.5-flash-image-preview"))
    assert plan.model_id == "gemini-nano-banana-2.1"
    assert "2026-01-15" in plan.warnings[0]


def test_a_misspelt_model_is_refused_with_near_names(google: App) -> None:
    problem = refusal(google, model="gemini-nano-bananna-2.1")
    assert (problem.code, "gemini-nano-banana-2.1" in problem.message) == ("unsupported.model", True)


def test_a_new_model_is_sent_if_one_insists(google: App) -> None:
    plan = google.plan(Ask(prompt="a fox", model="gemini-9-image", unlisted=True))
    assert (plan.model_id, plan.quote.expected_usd) == ("gemini-9-image", None)


def test_a_relay_gets_the_model_id_as_it_is(google: App) -> None:
    plan = google.plan(Ask(prompt="a fox", connection="relay", model="google/gemini-2.5-flash-image"))
    assert plan.model_id == "google/gemini-2.5-flash-image"
    assert plan.quote.expected_usd == plan.quote.lines[0].usd + plan.quote.lines[1].usd
    assert plan.urls[0].endswith("/api/v1beta/models/google/gemini-2.5-flash-image:generateContent")


@pytest.mark.parametrize(
    ("ask", "code", "word"),
    [
        ({"prompt": " \n"}, "invalid.prompt", "empty"),
        ({"aspect_ratio": "17:1"}, "unsupported.aspect_ratio", "Nearest: 8:1"),
        ({"aspect_ratio": "wide"}, "invalid.aspect_ratio", "'wide' is not an aspect ratio"),
        ({"resolution": "8K"}, "invalid.resolution", "512, 1K, 2K, 4K"),
        ({"count": 0}, "invalid.count", "0 pictures"),
        ({"count": 101}, "invalid.count", "101 pictures"),
        ({"seed": -1}, "invalid.seed", "-1"),
        ({"connection": "sandbx"}, "config.connection", "sandbox"),
        ({"images": ("nowhere.png",)}, "invalid.image", "nowhere.png"),
    ],
)
def test_what_is_wrong_is_refused_before_anything_is_sent(
    app: App, ask: dict[str, object], code: str, word: str
) -> None:
    problem = refusal(app, **ask)
    assert word in problem.message
    assert (problem.exit_code, problem.billed) == (2, "no")
    assert problem.code == code or code == "config.connection"


def test_a_size_the_model_lacks_is_refused_with_the_nearest(google: App) -> None:
    problem = refusal(google, model="gemini-nano-banana-2.1", resolution="512")
    assert (problem.code, problem.hint) == ("unsupported.resolution", "Try: --size 1K")


def test_each_picture_of_several_has_its_own_seed(app: App) -> None:
    plan = app.plan(Ask(prompt="a fox", count=3, seed=2**31 - 2))
    assert [request.seed for request in plan.requests] == [2147483646, 2147483647, 0]


def test_broken_characters_in_a_prompt_are_mended(app: App) -> None:
    assert app.plan(Ask(prompt="a\ud800b")).requests[0].prompt == "a\ufffdb"


def test_planning_sends_nothing_and_records_nothing(app: App) -> None:
    app.plan(Ask(prompt="a fox"))
    assert app.store.journal.list_calls(limit=9) == []
