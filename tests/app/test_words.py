"""Asking for words and JSON through the same plan and run as pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest

from limner import _clock
from limner._json import JsonObject
from limner.app import App, Ask
from limner.core.outcome import OutcomeKind
from limner.errors import LimnerError

SCHEMA: JsonObject = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["pages"],
    "properties": {"pages": {"type": "array", "items": {"type": "string"}, "minItems": 2}},
}
WRITER = "gemini-3.5-flash"
STORY = "A book of exactly 4 pages.\nHero: Tilda the hedgehog"


@pytest.fixture(autouse=True)
def day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day on which the models of these tests live."""
    monkeypatch.setattr(_clock, "today", lambda: date(2026, 11, 20))


@pytest.fixture
def app(environment: dict[str, str]) -> Iterator[App]:
    with App.open(environment) as app:
        yield app


@pytest.fixture
def google(environment: dict[str, str]) -> Iterator[App]:
    with App.open({**environment, "GEMINI_API_KEY": "AIza-not-a-real-one"}) as app:
        yield app


def refusal(app: App, ask: Ask) -> LimnerError:
    with pytest.raises(LimnerError) as caught:
        app.plan(ask)
    return caught.value


@pytest.mark.parametrize("model", [WRITER, "sandbox-1", "gemini-3-pro-image"])
@pytest.mark.parametrize("stream", [False, True])
def test_json_comes_from_the_sandbox_under_every_name(app: App, model: str, stream: bool) -> None:
    ask = Ask(prompt=STORY, model=model, connection="sandbox", image=False, schema=SCHEMA, seed=3, stream=stream)
    result = app.run(app.plan(ask))
    assert result.outcome.kind is OutcomeKind.TEXT_ONLY
    assert len(json.loads(result.text)["pages"]) == 4
    (record,) = app.store.journal.list_calls(limit=9)
    assert (record.outcome, record.model) == ("text_only", model)


def test_words_come_without_a_schema(app: App) -> None:
    result = app.run(app.plan(Ask(prompt=STORY, model=WRITER, connection="sandbox", image=False)))
    assert result.text.startswith("This is a story about Tilda the hedgehog.")


def test_a_picture_of_a_model_that_only_writes_is_refused_before_it_is_sent(app: App) -> None:
    problem = refusal(app, Ask(prompt="a fox", model=WRITER, connection="sandbox"))
    assert problem.code == "unsupported.output"
    assert problem.hint == "Try: --model gemini-3.1-flash-lite-image"
    assert app.store.journal.list_calls(limit=9) == []


def test_words_of_imagen_are_refused(app: App) -> None:
    ask = Ask(prompt="a fox", model="imagen-4.0-generate-001", connection="sandbox", image=False)
    assert refusal(app, ask).code == "unsupported.output"


def test_google_is_sent_the_schema_it_supports(google: App) -> None:
    plan = google.plan(Ask(prompt=STORY, model=WRITER, image=False, schema=SCHEMA, temperature=0.7))
    assert plan.documents[0]["generationConfig"] == {
        "responseModalities": ["TEXT"],
        "temperature": 0.7,
        "responseMimeType": "application/json",
        "responseJsonSchema": {name: value for name, value in SCHEMA.items() if name != "$schema"},
    }
    assert any("deprecated" in warning for warning in plan.warnings)
    assert str(plan.quote.expected_usd).startswith("0.009")


def test_a_temperature_that_the_model_ignores_is_left_out_with_a_word(google: App) -> None:
    plan = google.plan(Ask(prompt=STORY, model="gemini-3.8-flash", image=False, temperature=0.7))
    assert "temperature" not in plan.documents[0]["generationConfig"]
    assert plan.warnings == ("Model 'gemini-3.8-flash' takes no temperature: 0.7 is not sent.",)


def test_a_schema_that_the_model_refuses_is_left_out_with_a_word(google: App) -> None:
    plan = google.plan(Ask(prompt=STORY, model="gemini-2.5-flash-image", image=False, schema=SCHEMA))
    assert "responseMimeType" not in plan.documents[0]["generationConfig"]
    assert any("takes no JSON Schema" in warning for warning in plan.warnings)


def test_pictures_stand_before_the_words_where_that_is_asked(app: App) -> None:
    picture = app.run(app.plan(Ask(prompt="a plain red background", resolution="512", seed=1))).images[0].read()
    for first, kinds in ((True, ["inlineData", "text"]), (False, ["text", "inlineData"])):
        plan = app.plan(Ask(prompt="make it blue", images=(picture,), images_first=first))
        assert [next(iter(part)) for part in plan.documents[0]["contents"][-1]["parts"]] == kinds


def test_a_call_has_a_timeout_of_its_own(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(_clock, "sleep", lambda seconds, cancelled=None: waited.append(seconds))
    assert app.plan(Ask(prompt="a fox", timeout_s=5)).timeout_s == 5
    assert app.plan(Ask(prompt="a fox")).timeout_s is None
    slow = app.run(app.plan(Ask(prompt="a fox [[timeout]]", timeout_s=7)))
    assert (slow.outcome.kind, waited) == (OutcomeKind.TIMEOUT, [7])


@pytest.mark.parametrize("seconds", [0, 0.5, 3601, float("nan")])
def test_a_timeout_out_of_range_is_refused(app: App, seconds: float) -> None:
    assert refusal(app, Ask(prompt="a fox", timeout_s=seconds)).code == "invalid.timeout"


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (Ask(prompt="a fox", schema=SCHEMA), "invalid.schema"),
        (Ask(prompt="a fox", temperature=3.0), "invalid.temperature"),
    ],
)
def test_what_cannot_be_sent_is_refused_before(app: App, ask: Ask, code: str) -> None:
    assert refusal(app, ask).code == code
