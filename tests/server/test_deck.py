from __future__ import annotations

import pytest

from limner.providers.sandbox.protocol.cards import CardRefusedError
from limner.server.deck import Deck, Laid
from server.asking import GENERATE, KEY, MODEL, Asker


def test_cards_are_drawn_in_the_order_they_were_laid_and_as_often_as_was_said() -> None:
    deck = Deck()
    deck.lay(Laid(cards="429:1", times=2))
    deck.lay(Laid(cards="empty"))
    assert [deck.draw("m") for _ in range(4)] == ["429:1", "429:1", "empty", None]


def test_cards_for_one_model_wait_for_it() -> None:
    deck = Deck()
    deck.lay(Laid(cards="empty", model="a"))
    assert (deck.draw("b"), deck.draw("a"), deck.draw("a")) == (None, "empty", None)


@pytest.mark.parametrize("cards", ["", "429:soon", "no-such-card", ",".join(["empty"] * 9)])
def test_what_is_no_card_is_not_laid(cards: str) -> None:
    deck = Deck()
    with pytest.raises(CardRefusedError):
        deck.lay(Laid(cards=cards))
    assert deck.lying() == ()


def test_cards_are_laid_listed_played_and_cleared_over_http(asker: Asker) -> None:
    laid = asker.post("/limner/cards", {"cards": "429:26", "times": 2, "model": MODEL}).document
    assert laid == {"cards": [{"cards": "429:26", "times": 2, "model": MODEL}]}
    assert asker.generate("a fox").status == 429
    assert asker.get("/limner/cards").document["cards"][0]["times"] == 1
    asker.ask("DELETE", "/limner/cards")
    assert asker.get("/limner/cards").document == {"cards": []}
    assert asker.generate("a fox [[text-only]]").status == 200


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Say which cards, such as 429:26."),
        ({"cards": "empty", "times": 0}, "times must be 1 to 1000."),
        ({"cards": "empti"}, "Unknown test card [[empti]]. Nearest: [[empty]]"),
    ],
)
def test_a_wrong_wish_for_cards_is_refused_in_words(asker: Asker, body: dict[str, object], message: str) -> None:
    assert asker.post("/limner/cards", body).error["message"].startswith(message)


@pytest.mark.parametrize(
    ("headers", "target"),
    [
        ({**KEY, "x-limner-card": "quota-zero"}, GENERATE),
        ({"x-goog-api-key": "[[quota-zero]]"}, GENERATE),
        ({"x-goog-api-key": "[[quota-zero]]"}, "/v1beta/models"),
    ],
)
def test_a_header_or_a_key_plays_a_card(asker: Asker, headers: dict[str, str], target: str) -> None:
    body = {"contents": [{"parts": [{"text": "a fox"}]}]} if target == GENERATE else None
    answer = asker.ask("POST" if body else "GET", target, body, headers=headers)
    assert answer.status == 429
    (failure, *_) = answer.error["details"]
    assert failure["violations"][0]["quotaValue"] == "0"
