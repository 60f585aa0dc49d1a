"""Looks, variants, token counts and prompts written anew, from the library to the wire."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from limner import CallError, Client
from limner.app import Ask
from limner.app.enhance import Enhanced, enhance
from limner.errors import InvalidRequestError
from limner.server.background import BackgroundServer
from loopback import PNG_1X1, reply, serving


@pytest.fixture
def client(environment: dict[str, str]) -> Iterator[Client]:
    with Client(connection="sandbox", environment=environment) as client:
        yield client


def relayed(tmp_path: Path, url: str) -> Client:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(f'[connections.relay]\nbase_url = "{url}"\nkey_env = "RELAY_KEY"\n')
    return Client(connection="relay", environment={"LIMNER_HOME": str(home), "RELAY_KEY": "k-1234567890"})


def test_each_look_makes_a_picture_of_its_own(client: Client, tmp_path: Path) -> None:
    result = client.generate(
        "a red fox", vary=["watercolor,charcoal"], styles=["golden-hour"], resolution="512", out=f"{tmp_path}/out/"
    )
    prompts = [client.app.store.journal.find(call.call_id) for call in result.calls]
    assert [record.prompt for record in prompts if record is not None] == [
        "A watercolor painting of a red fox. The scene is lit by soft golden hour light.",
        "A charcoal drawing of a red fox. The scene is lit by soft golden hour light.",
    ]
    assert [image.path.name for image in result.images] == [
        "a-watercolor-painting-of-a-red-fox-the-scene-is.png",
        "a-charcoal-drawing-of-a-red-fox-the-scene-is-lit.png",
    ]


def test_looks_and_counts_multiply_up_to_a_bound(client: Client) -> None:
    plan = client.app.plan(Ask(prompt="a fox", vary=("movement",), count=3))
    assert (len(plan.requests), plan.quote.count) == (12, 12)
    with pytest.raises(InvalidRequestError, match="120 pictures cannot be asked for"):
        client.app.plan(Ask(prompt="a fox", vary=("movement",), count=30))


def test_imagen_gets_fragments_and_gemini_sentences(client: Client) -> None:
    plan = client.app.plan(Ask(prompt="a fox", styles=("35mm",), model="imagen-4.0-generate-001", connection="sandbox"))
    assert plan.requests[0].prompt == "a fox, 35mm"


def test_tokens_are_counted_by_the_provider(tmp_path: Path) -> None:
    with BackgroundServer(tmp_path / "server") as server, relayed(tmp_path, server.url) as client:
        counted = client.app.count_tokens(Ask(prompt="a red fox in snow", images=(PNG_1X1,), connection="relay"))
        assert counted.why_estimated is None
        assert counted.tokens == sum(counted.by_modality.values())
        assert counted.by_modality["IMAGE"] > 0
        assert client.app.store.journal.list_calls(limit=9) == []


def test_an_estimate_says_that_it_is_one_and_why(client: Client, tmp_path: Path) -> None:
    assert client.app.count_tokens(Ask(prompt="x" * 40)).to_json() == {
        "tokens": 10,
        "exact": False,
        "byModality": {},
        "whyEstimated": "the sandbox is no real model",
    }
    with serving(reply({"error": {"message": "no"}}, status=404)) as relay, relayed(tmp_path, relay.url) as other:
        assert (
            other.app.count_tokens(Ask(prompt="x" * 40, connection="relay")).why_estimated
            == "the provider answered with HTTP 404"
        )
    with relayed(tmp_path, "http://127.0.0.1:9") as other:
        assert "no connection" in str(other.app.count_tokens(Ask(prompt="x" * 40, connection="relay")).why_estimated)


def test_a_prompt_is_written_anew_and_nothing_is_lost_of_it(client: Client) -> None:
    found = enhance(client.app, 'a red fox with the sign "OPEN"')
    assert found.new.startswith('a red fox with the sign "OPEN", ')
    assert "".join(text for kind, text in found.pieces() if kind != "removed") == found.new
    assert "".join(text for kind, text in found.pieces() if kind != "added") == found.old
    (record,) = client.app.store.journal.list_calls(limit=9)
    assert (record.outcome, record.kind) == ("text_only", "generate")


def test_its_price_is_that_of_words(tmp_path: Path) -> None:
    said = {
        "candidates": [{"content": {"parts": [{"text": "```\nA red fox, at dawn.\n```"}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120},
    }
    with serving(reply(said)) as relay, relayed(tmp_path, relay.url) as client:
        plan = client.app.plan(Ask(prompt="x", image=False, connection="relay"))
        assert plan.quote.expected_usd is not None
        assert plan.quote.expected_usd < Decimal("0.01")
        found = enhance(client.app, "a red fox", connection="relay")
        assert found.new == "A red fox, at dawn."
        assert found.cost == Decimal("0.000300")
        assert relay.requests[0].document["generationConfig"]["responseModalities"] == ["TEXT"]


def test_an_answer_without_words_is_an_error(tmp_path: Path) -> None:
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}}
    with serving(reply(blocked)) as relay, relayed(tmp_path, relay.url) as client, pytest.raises(CallError):
        enhance(client.app, "a red fox", connection="relay")


def test_what_changed_is_told_word_by_word() -> None:
    pieces = list(Enhanced(old="a red fox", new="a red fox, asleep", model="m", cost=None).pieces())
    assert pieces == [("kept", "a red fox"), ("added", ", asleep")]
