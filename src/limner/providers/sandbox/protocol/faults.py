"""What happens to an answer on its way, as plain values; a transport or a server carries it out."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from limner.providers.sandbox.protocol.cards import Card

_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The body stops: after `share` of it (0 to 1), or after the first picture where that is `None`.

    It stops with a reset of the connection, or with an end that looks like one.
    """

    share: float | None
    ending: Literal["reset", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Everything that goes wrong between the model and its caller; all times in seconds.

    `refused`: no connection. `disconnected`: closed before an answer. `silent_s`: no answer for that long, then the
    caller gives up; 0 for as long as the caller waits. `delay_s` before the headers, `drip_s` over the body.
    """

    refused: bool = False
    disconnected: bool = False
    silent_s: float | None = None
    delay_s: float = 0.0
    drip_s: float = 0.0
    cut: Cut | None = None


NO_FAULTS = Faults()


def faults_of(cards: Iterable[Card]) -> Faults:
    """What the cards of the stage `transport` ask for; others are passed over."""
    faults = NO_FAULTS
    for card in cards:
        faults = _with(faults, card)
    return faults


def _with(faults: Faults, card: Card) -> Faults:
    match card.name:
        case "refused-connection":
            return replace(faults, refused=True)
        case "disconnect":
            return replace(faults, disconnected=True)
        case "timeout":
            return replace(faults, silent_s=card.number)
        case "slow":
            return replace(faults, delay_s=card.number)
        case "drip":
            return replace(faults, drip_s=card.number)
        case "reset":
            return replace(faults, cut=Cut(share=card.number, ending="reset"))
        case "truncate":
            return replace(faults, cut=Cut(share=card.number, ending="end"))
        case "cut-after-picture":
            return replace(faults, cut=Cut(share=None, ending="reset"))
    return faults


def cut_at(body: bytes, cut: Cut, picture: bytes | None) -> int:
    """How many bytes of `body` still arrive: never all, so that the body is always incomplete.

    After a picture means after the quotation mark that ends its base64; near the end where it is not found.
    """
    if cut.share is not None:
        return min(int(len(body) * cut.share), len(body) - 1)
    tail = base64.b64encode((picture or b"")[_tail_start(picture or b"") :]).rstrip(b"=")
    for written in (tail, tail.translate(_URL_SAFE)):
        found = body.find(written) if written else -1
        if found >= 0:
            return body.index(b'"', found) + 1
    return len(body) - 1


def _tail_start(picture: bytes) -> int:
    """Where the last 49 to 51 bytes begin, at a multiple of three, so that their base64 stands in the whole's."""
    return max(0, (len(picture) - 1) // 3 * 3 - 48)
