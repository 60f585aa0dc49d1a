from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from limner import CallError, Client
from limner._json import JsonValue
from limner.app import chat_history
from limner.app.chat import Chat
from limner.app.chat_history import Target, carry, exchanges
from limner.core.event import Event
from limner.core.outcome import OutcomeKind
from limner.core.parts import ImagePart, TextPart, Turn
from limner.errors import ConfigError, InvalidRequestError, UnsupportedError
from limner.server.background import BackgroundServer
from limner.wire.gemini.turns import answered_turn, foreign_turn
from loopback import PNG_1X1
from loopback import reply as http_reply
from loopback import serving as loopback

MODEL = "gemini-3.1-flash-image"
"""Demands its signatures, and draws the small pictures that keep the tests short."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackgroundServer]:
    with BackgroundServer(tmp_path_factory.mktemp("server") / "home") as running:
        yield running


def opened(server: BackgroundServer, home: Path) -> Client:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(
        f'[connections.strict]\nbase_url = "{server.url}"\nkey_env = "STRICT_KEY"\n', encoding="utf-8"
    )
    variables = {"LIMNER_HOME": str(home), "STRICT_KEY": "k-1234567890"}
    return Client(connection="strict", model=MODEL, environment=variables)


@pytest.fixture
def client(server: BackgroundServer, tmp_path: Path) -> Iterator[Client]:
    server.clear()
    with opened(server, tmp_path / "home") as client:
        yield client


def begun(client: Client, after: str | None = None) -> Chat:
    return client.chat(resolution="512", after=after)


INSTRUCTIONS = ("make it night", "add a moon", "remove the moon", "make it snow", "turn it into a watercolour")


@pytest.mark.slow
def test_no_signature_is_lost_over_twenty_turns_and_three_branches(client: Client) -> None:
    chat = begun(client)
    chat.send("a red fox in a meadow")
    for number in range(8):
        chat.send(INSTRUCTIONS[number % 5], stream=number % 2 == 0, drafts=number % 3 == 0)
    for name in ("night", "winter"):
        chat.switch("main")
        chat.undo()
        chat.branch(name)
        for number in range(6):
            chat.send(INSTRUCTIONS[(number + 2) % 5], stream=number % 2 == 1)
    chat.switch("main")
    chat.send("add a hare")
    assert len(chat.turns) == 8  # nine, two of them taken back, one more
    assert set(chat.branches) == {"main", "night", "winter"}
    calls = client.app.store.journal.list_calls(limit=99)
    assert (len(calls), {call.outcome for call in calls}) == (22, {"image"})
    parts = [part for turn in carried_turns(chat, client) if turn.role == "model" for part in turn.parts]
    assert all(part.signature for part in parts if isinstance(part, ImagePart))


def carried_turns(chat: Chat, client: Client) -> tuple[Turn, ...]:
    model = client.app.catalog.get(MODEL)
    target = Target(connection="strict", model_id=MODEL, model=model)
    return carry(exchanges(client.app.store.journal, client.app.store.uploads, chat.record.head), target).turns


def test_the_server_would_notice_a_lost_signature(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = begun(client)
    chat.send("a red fox in a meadow")
    kept = answered_turn

    def forgetful(documents: list[JsonValue]) -> Turn | None:
        turn = kept(documents)
        assert turn is not None
        return foreign_turn(turn, demands_signatures=False)

    monkeypatch.setattr(chat_history, "answered_turn", forgetful)
    with pytest.raises(CallError, match="missing a thought_signature") as caught:
        chat.send("make it night")
    assert caught.value.code == "outcome.refused_request"


def test_the_history_goes_out_exactly_as_it_came(client: Client) -> None:
    chat = begun(client)
    first = chat.send("a red fox in a meadow")
    chat.send("make it night")
    request = client.app.store.journal.request(chat.record.head or "")
    assert first.calls[0].reply is not None
    assert request["contents"][1] == first.calls[0].reply[0]["candidates"][0]["content"] | {"role": "model"}
    assert [content["role"] for content in request["contents"]] == ["user", "model", "user"]


def test_a_conversation_goes_on_after_a_restart(client: Client, server: BackgroundServer, tmp_path: Path) -> None:
    chat = begun(client)
    chat.send("a red fox in a meadow", out=tmp_path / "out/")
    client.close()
    with opened(server, tmp_path / "home") as later:
        again = later.chat(id=chat.id[:12])
        assert [turn.said for turn in again.turns] == ["a red fox in a meadow"]
        assert again.send("make it night").ok
        assert again.record.title == "a red fox in a meadow"


def test_a_picture_made_before_can_be_gone_on_from(client: Client) -> None:
    picture = client.generate("a red fox in a meadow", resolution="512").images[0]
    chat = begun(client, after=picture.call_id)
    assert chat.send("make it night").ok
    assert [turn.said for turn in chat.turns] == ["a red fox in a meadow", "make it night"]
    record = client.app.store.journal.find(chat.record.head or "")
    assert record is not None
    assert (record.parent_id, record.kind) == (picture.call_id, "edit")


def test_a_failed_call_leaves_the_conversation_where_it_stood_and_is_said_again(
    client: Client, server: BackgroundServer
) -> None:
    chat = begun(client)
    chat.send("a red fox in a meadow")
    head = chat.record.head
    server.play("finish:IMAGE_SAFETY")
    with pytest.raises(CallError):
        chat.send("make it night", images=[PNG_1X1])
    assert chat.record.head == head
    assert chat.retry().ok
    assert [turn.said for turn in chat.turns] == ["a red fox in a meadow", "make it night"]
    assert [len(turn.given) for turn in chat.turns] == [0, 1]


def test_a_good_answer_is_asked_for_again_beside_the_first(client: Client) -> None:
    chat = begun(client)
    first = chat.send("a red fox in a meadow")
    second = chat.retry()
    assert first.images[0].sha256 != second.images[0].sha256 or first.calls[0].call_id != second.calls[0].call_id
    assert len(chat.turns) == 1
    assert len(client.app.store.journal.children(None, chat_id=chat.id)) == 2


def test_undo_deletes_nothing_and_ends_at_the_beginning(client: Client) -> None:
    chat = begun(client)
    chat.send("a red fox in a meadow")
    last = chat.record.head or ""
    assert (chat.undo(), chat.turns, chat.undo()) == (True, [], False)
    chat.switch(last[:13])
    assert (chat.branch_name, len(chat.turns)) == ("branch-2", 1)


@pytest.mark.parametrize("name", ["main", "a b", "", "x" * 41, "../x"])
def test_a_branch_has_a_name_of_its_own(client: Client, name: str) -> None:
    chat = begun(client)
    if name:
        with pytest.raises(InvalidRequestError) as caught:
            chat.branch(name)
        assert caught.value.code == "invalid.branch"
    with pytest.raises(InvalidRequestError, match="There is no branch"):
        chat.switch("nowhere" + name)


def test_another_model_gets_no_signatures_and_that_is_said(client: Client) -> None:
    chat = begun(client)
    chat.send("a red fox in a meadow")
    notices = chat.use(model="gemini-nano-banana-2.1")
    assert any("signatures of gemini-3.1-flash-image on strict are left behind" in notice for notice in notices)
    assert any("does not take the size '512'" in notice for notice in notices)
    result = chat.send("make it night")
    assert result.ok
    assert any("left behind" in warning for warning in result.warnings)
    request = client.app.store.journal.request(chat.record.head or "")
    signatures = {part.get("thoughtSignature") for part in request["contents"][1]["parts"]}
    assert signatures <= {None, "context_engineering_is_the_way_to_go"}
    assert chat.send("add a moon").ok, "its own signature goes back, beside the stand-in"


def test_what_does_not_exist_is_refused_and_changes_nothing(client: Client) -> None:
    chat = begun(client)
    with pytest.raises(ConfigError, match="There is no connection 'nowhere'"):
        chat.use(connection="nowhere")
    with pytest.raises(UnsupportedError):
        chat.use(model="imagen-4.0-ultra-x", connection="google")
    with pytest.raises(InvalidRequestError, match="There is no conversation 'zzzz'"):
        client.chat(id="zzzz")
    with pytest.raises(InvalidRequestError, match="There is no call 'zzzz'"):
        client.chat(after="zzzz")
    assert (chat.record.settings["model"], chat.record.settings["connection"]) == (MODEL, "strict")


def test_an_answer_in_words_alone_is_an_answer(client: Client, server: BackgroundServer) -> None:
    chat = begun(client)
    server.play("text-only")
    result = chat.send("what could I draw?")
    assert (result.outcome.kind, bool(chat.turns[0].answer)) == (OutcomeKind.TEXT_ONLY, True)
    assert chat.send("a red fox, then").ok


def test_two_windows_on_one_conversation_keep_both_answers(
    client: Client, server: BackgroundServer, tmp_path: Path
) -> None:
    chat = begun(client)
    chat.send("a red fox in a meadow")
    with opened(server, tmp_path / "home") as elsewhere:
        other = elsewhere.chat(id=chat.id)

        def meanwhile(event: Event) -> None:
            if event.phase == "sent":
                other.send("make it night")

        result = chat.send("make it snow", on_event=meanwhile)
    assert any("went on elsewhere" in warning for warning in result.warnings)
    assert (chat.branch_name, [turn.said for turn in chat.turns][1:]) == ("branch-2", ["make it snow"])
    chat.switch("main")
    assert [turn.said for turn in chat.turns] == ["a red fox in a meadow", "make it night"]


def test_a_stream_tells_words_and_drafts_before_the_picture(client: Client) -> None:
    events: list[Event] = []
    result = begun(client).send("a red fox in a meadow", stream=True, drafts=True, on_event=events.append)
    told = [event.part for event in events if event.part is not None]
    phases = [event.phase for event in events]
    assert phases.index("part") < phases.index("done")
    assert any(isinstance(part, TextPart) for part in told)
    pictures = [part for part in told if isinstance(part, ImagePart)]
    assert [part.thought for part in pictures][-1] is False
    assert any(part.thought for part in pictures)
    assert pictures[-1].blob == result.images[0].blob


def test_what_a_conversation_cost_counts_its_failures_and_branches(client: Client, server: BackgroundServer) -> None:
    chat = begun(client)
    first = chat.send("a red fox in a meadow")
    chat.branch("other")
    second = chat.send("make it night")
    assert first.cost is not None
    assert second.cost is not None
    assert chat.cost == first.cost + second.cost > 0


def test_a_model_without_conversation_gets_the_last_picture_only(client: Client) -> None:
    chat = begun(client)
    result = chat.send("a red fox in a meadow")
    imagen = client.app.catalog.get("imagen-4.0-generate-001")
    assert not imagen.capabilities.conversation
    drawing = replace(imagen, capabilities=replace(imagen.capabilities, max_reference_images=1, input_mime_types=None))
    history = exchanges(client.app.store.journal, client.app.store.uploads, chat.record.head)
    carried = carry(history, Target(connection="strict", model_id=drawing.id, model=drawing))
    assert (carried.turns, [part.blob for part in carried.images]) == ((), [result.images[0].blob])
    assert "the last picture goes along" in carried.notices[0]


def test_a_relay_in_another_casing_gets_its_turn_back_as_it_wrote_it(tmp_path: Path) -> None:
    answer = {
        "candidates": [
            {
                "content": {
                    "role": "model",
                    "parts": [
                        {"text": "Here.", "part_metadata": {"a": 1}},
                        {
                            "inline_data": {"mime_type": "image/png", "data": "iVBORw0KGgo="},
                            "thought_signature": "abc=",
                        },
                        {"text": ""},
                        {"text": "hm", "thought": True},
                    ],
                },
                "finish_reason": "STOP",
            }
        ]
    }
    answer["candidates"][0]["content"]["parts"][1]["inline_data"]["data"] = base64.b64encode(PNG_1X1).decode()  # type: ignore[index]
    with loopback(http_reply(answer)) as relay:
        home = tmp_path / "relay"
        home.mkdir()
        (home / "config.toml").write_text(
            f'[connections.r]\nbase_url = "{relay.url}"\nkey_env = "STRICT_KEY"\n', encoding="utf-8"
        )
        with Client(connection="r", environment={"LIMNER_HOME": str(home), "STRICT_KEY": "k-1234567890"}) as client:
            chat = client.chat()
            chat.send("one")
            chat.send("two")
    sent = relay.requests[1].document["contents"][1]
    assert sent["parts"] == answer["candidates"][0]["content"]["parts"][:2]  # type: ignore[index]
