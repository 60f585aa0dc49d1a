"""Test cards: words in a prompt, such as `[[429:26]]`, that make the sandbox misbehave as the real wire does."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import Literal

from limner.core.outcome import OutcomeKind

Stage = Literal["transport", "error", "answer", "picture", "words", "document", "framing"]
"""Where a card acts: on the way, instead of an answer or of a picture, on what is drawn or written, on its JSON, or
around it."""

HEADER = "x-limner-card"
"""The request header that plays cards without touching the prompt: `429:26` or `slow:1, snake`."""

MAX_CARDS = 8

_CARD = re.compile(r"\[\[\s{0,9}([A-Za-z0-9_-]{1,40})\s{0,9}(?::\s{0,9}([^\[\]]{0,80}))?\]\]")
_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,59}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """What may follow the colon: `reason` in capitals, or a number from `lowest` to `highest`."""

    name: str
    default: str
    lowest: float = 0.0
    highest: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One card of the table. `examples` are arguments with the outcome Limner's client reports for each."""

    name: str
    stage: Stage
    effect: str
    examples: tuple[tuple[str | None, OutcomeKind], ...]
    argument: Argument | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card as played, its argument filled in."""

    name: str
    argument: str = ""

    @property
    def number(self) -> float:
        """The argument as a number; only for cards whose argument is one."""
        return float(self.argument)

    @property
    def spec(self) -> Spec:
        """Its line of the table."""
        return CARDS[self.name]


class CardRefusedError(ValueError):
    """A card that does not exist, or an argument that it does not take."""


_SECONDS = Argument(name="seconds", default="5")
_FRACTION = Argument(name="fraction", default="0.5", lowest=0.0, highest=1.0)


def _spec(
    name: str,
    stage: Stage,
    effect: str,
    outcome: OutcomeKind = OutcomeKind.IMAGE,
    argument: Argument | None = None,
    examples: tuple[tuple[str | None, OutcomeKind], ...] = (),
) -> Spec:
    shown = examples or ((None if argument is None else argument.default, outcome),)
    return Spec(name=name, stage=stage, effect=effect, examples=shown, argument=argument)


_REFUSALS = (
    _spec("400", "error", "400 INVALID_ARGUMENT", OutcomeKind.REFUSED_REQUEST),
    _spec("bad-key", "error", "400 with reason API_KEY_INVALID, Google's answer to a wrong key", OutcomeKind.AUTH),
    _spec("no-key", "error", "403, Google's answer where no key is sent", OutcomeKind.AUTH),
    _spec("403", "error", "403 PERMISSION_DENIED: the key was reported as leaked", OutcomeKind.AUTH),
    _spec("region", "error", "400 FAILED_PRECONDITION: not offered at this location", OutcomeKind.REGION),
    _spec("gone", "error", "404, Google's answer for a model that was shut down", OutcomeKind.MODEL_GONE),
    _spec("413", "error", "413 as an HTML page of the front end", OutcomeKind.REFUSED_REQUEST),
    _spec(
        "429",
        "error",
        "429 RESOURCE_EXHAUSTED with a RetryInfo of that many seconds",
        OutcomeKind.RATE_LIMITED,
        Argument(name="seconds", default="26"),
    ),
    _spec(
        "429-header",
        "error",
        "429 without details, the wait in a Retry-After header",
        OutcomeKind.RATE_LIMITED,
        Argument(name="seconds", default="3"),
    ),
    _spec("quota-day", "error", "429: the quota of the day is spent", OutcomeKind.NO_QUOTA),
    _spec("quota-zero", "error", "429 with a quota of 0, as for a key without billing", OutcomeKind.NO_QUOTA),
    _spec("500", "error", "500 INTERNAL", OutcomeKind.UNAVAILABLE),
    _spec("502", "error", "502 as an HTML page of a gateway", OutcomeKind.UNAVAILABLE),
    _spec(
        "503",
        "error",
        "503 UNAVAILABLE; with a number, that many times for this prompt in this process, then the picture",
        OutcomeKind.UNAVAILABLE,
        Argument(name="times", default="0", highest=1000),
        ((None, OutcomeKind.UNAVAILABLE), ("2", OutcomeKind.UNAVAILABLE)),
    ),
    _spec("504", "error", "504 DEADLINE_EXCEEDED", OutcomeKind.TIMEOUT),
    _spec("200-error", "error", "an error body with HTTP 200, a relay's habit", OutcomeKind.UNAVAILABLE),
    _spec("html", "error", "a web page with HTTP 200", OutcomeKind.PROTOCOL),
    _spec(
        "openai-error",
        "error",
        "an error in OpenAI's shape with that status, a relay's habit",
        OutcomeKind.AUTH,
        Argument(name="status", default="401", lowest=400, highest=599),
    ),
)

_FINISHES: tuple[tuple[str | None, OutcomeKind], ...] = (
    *(
        (reason, OutcomeKind.BLOCKED)
        for reason in (
            *("IMAGE_SAFETY", "SAFETY", "PROHIBITED_CONTENT", "IMAGE_PROHIBITED_CONTENT", "RECITATION"),
            *("IMAGE_RECITATION", "BLOCKLIST", "SPII", "LANGUAGE", "MODEL_ARMOR", "ESCALATION", "PUP_LIMITED_DISABLED"),
        )
    ),
    *(
        (reason, OutcomeKind.EMPTY)
        for reason in (
            *("STOP", "NO_IMAGE", "IMAGE_OTHER", "OTHER", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"),
            *("TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE", "CONTINUATION", "FINISH_REASON_UNSPECIFIED"),
            "A_REASON_OF_TOMORROW",
        )
    ),
    ("MAX_TOKENS", OutcomeKind.TRUNCATED),
    ("MISSING_THOUGHT_SIGNATURE", OutcomeKind.REFUSED_REQUEST),
)

_BLOCKS = (
    *("SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK"),
    *("BLOCKED_REASON_UNSPECIFIED", "A_REASON_OF_TOMORROW"),
)

_ANSWERS = (
    _spec(
        "blocked",
        "answer",
        "the prompt is blocked: no candidates, a promptFeedback with that reason",
        argument=Argument(name="reason", default="SAFETY"),
        examples=tuple((reason, OutcomeKind.BLOCKED) for reason in _BLOCKS),
    ),
    _spec(
        "finish",
        "answer",
        "a candidate without content that ended for that reason",
        argument=Argument(name="reason", default="IMAGE_SAFETY"),
        examples=_FINISHES,
    ),
    _spec("text-only", "answer", "words instead of a picture", OutcomeKind.TEXT_ONLY),
    _spec("empty", "answer", "`{}`", OutcomeKind.EMPTY),
    _spec("empty-candidates", "answer", "an empty list of candidates", OutcomeKind.EMPTY),
    _spec("no-parts", "answer", "a candidate without parts that ended with STOP", OutcomeKind.EMPTY),
    _spec("no-image", "answer", "finish reason NO_IMAGE", OutcomeKind.EMPTY),
    _spec("empty-data", "answer", "an inlineData part whose data is empty", OutcomeKind.EMPTY),
    _spec("max-tokens", "answer", "the words, then cut by MAX_TOKENS before the picture", OutcomeKind.TRUNCATED),
)

_PICTURES = (
    _spec("drafts", "picture", "two drafts marked as thoughts, then the picture"),
    _spec("draft-only", "picture", "a draft marked as a thought, and no picture", OutcomeKind.DRAFT_ONLY),
    _spec("two-pictures", "picture", "two finished pictures in one answer"),
    _spec("story", "picture", "words and pictures in turn, as an illustrated recipe has them"),
    _spec("wrong-size", "picture", "half the width and height that were asked for"),
    _spec("wrong-ratio", "picture", "another shape than was asked for"),
    _spec("wrong-mime", "picture", "a JPEG that is called image/png"),
    _spec("no-mime", "picture", "a picture without a mimeType"),
    _spec(
        "big-signature",
        "picture",
        "a thought signature of that many kilobytes, accepted when it comes back",
        argument=Argument(name="kilobytes", default="96", lowest=1, highest=250),
    ),
)

_WORDS = (
    _spec("json-fence", "words", "the JSON in a code fence of Markdown", OutcomeKind.TEXT_ONLY),
    _spec(
        "json-broken",
        "words",
        "the JSON cut in the middle; with a number, that many times for prompts with this first line in this process",
        OutcomeKind.TEXT_ONLY,
        Argument(name="times", default="0", highest=1000),
        ((None, OutcomeKind.TEXT_ONLY), ("1", OutcomeKind.TEXT_ONLY)),
    ),
)

_DOCUMENTS = (
    _spec("snake", "document", "every field in snake_case"),
    _spec("mixed-case", "document", "finish_reason and usage_metadata, and mime_type inside inlineData"),
    _spec("base64url", "document", "the picture in URL-safe base64"),
    _spec("unpadded", "document", "base64 without `=` at its end"),
    _spec("whitespace", "document", "base64 broken into lines of 76 characters"),
    _spec(
        "bad-base64", "document", "no words, and a picture whose base64 is broken in the middle", OutcomeKind.PROTOCOL
    ),
    _spec("markdown", "document", "the picture as a data URL inside a text, a relay's habit"),
)

_FRAMINGS = (
    _spec("array", "framing", "a JSON array of partial answers"),
    _spec("sse", "framing", "server-sent events as Google writes them, even where none were asked for"),
    _spec("sse-relay", "framing", "server-sent events as relays write them: comments, no space, `[DONE]`"),
)

_TRANSPORTS = (
    _spec("slow", "transport", "nothing for that many seconds, then the answer", argument=_SECONDS),
    _spec(
        "drip",
        "transport",
        "the body in small pieces over that many seconds",
        argument=Argument(name="seconds", default="2"),
    ),
    _spec(
        "timeout",
        "transport",
        "no answer at all; 0 means for as long as the client waits",
        OutcomeKind.TIMEOUT,
        Argument(name="seconds", default="0"),
    ),
    _spec(
        "reset",
        "transport",
        "the connection is reset after that share of the body",
        OutcomeKind.TRUNCATED,
        _FRACTION,
    ),
    _spec(
        "truncate",
        "transport",
        "the body ends after that share, without an error",
        OutcomeKind.TRUNCATED,
        replace(_FRACTION, default="0.7"),
    ),
    _spec("cut-after-picture", "transport", "the connection is reset right after the picture's last byte"),
    _spec("disconnect", "transport", "the connection closes after the request, before any answer", OutcomeKind.NETWORK),
    _spec("refused-connection", "transport", "no connection: nothing is sent", OutcomeKind.NETWORK),
)

CARDS: dict[str, Spec] = {
    spec.name: spec for spec in (*_ANSWERS, *_PICTURES, *_WORDS, *_REFUSALS, *_TRANSPORTS, *_DOCUMENTS, *_FRAMINGS)
}
"""Every card by name."""


def read_cards(prompt: str) -> tuple[str, tuple[Card, ...]]:
    """The prompt without its cards, and the cards in order. Raises `CardRefusedError`."""
    cards = tuple(_card(match[1], match[2]) for match in _CARD.finditer(prompt))
    if not cards:
        return prompt, ()
    lines = (" ".join(line.split()) for line in _CARD.sub(" ", prompt).split("\n"))
    return "\n".join(lines).strip(), _not_too_many(cards)


def read_header(text: str) -> tuple[Card, ...]:
    """The cards of the header: `slow:1, snake`, with or without double brackets. Raises `CardRefusedError`."""
    names = [name.strip().removeprefix("[[").removesuffix("]]") for name in text.split(",") if name.strip()]
    return _not_too_many(tuple(_card(*_split(name)) for name in names))


def _split(text: str) -> tuple[str, str | None]:
    name, colon, argument = text.partition(":")
    return name.strip(), argument if colon else None


def _not_too_many(cards: tuple[Card, ...]) -> tuple[Card, ...]:
    if len(cards) > MAX_CARDS:
        raise CardRefusedError(f"{len(cards)} test cards are too many at once; accepted: up to {MAX_CARDS}.")
    return cards


def _card(name: str, argument: str | None) -> Card:
    spec = CARDS.get(name.lower())
    if spec is None:
        raise CardRefusedError(_unknown(name))
    given = (argument or "").strip()
    if spec.argument is None:
        if given:
            raise CardRefusedError(f"Test card [[{spec.name}]] takes no argument, so not {given!r}.")
        return Card(name=spec.name)
    card = Card(name=spec.name, argument=given or spec.argument.default)
    _check_argument(card, spec.argument)
    return card


def _check_argument(card: Card, argument: Argument) -> None:
    if argument.name == "reason":
        if not _REASON.fullmatch(card.argument):
            raise CardRefusedError(
                f"Test card [[{card.name}]] takes a reason in capitals, not {card.argument!r}; "
                f"such as [[{card.name}:{argument.default}]]."
            )
        return
    try:
        number = float(card.argument)
    except ValueError:
        number = float("nan")
    if not argument.lowest <= number <= argument.highest:
        raise CardRefusedError(
            f"Test card [[{card.name}]] takes {argument.name} from {argument.lowest:g} to {argument.highest:g}, "
            f"not {card.argument!r}; such as [[{card.name}:{argument.default}]]."
        )


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), CARDS, n=3, cutoff=0.5)
    tail = f" Nearest: {', '.join(f'[[{each}]]' for each in near)}." if near else ""
    return f"Unknown test card [[{name}]].{tail} The list is in docs/test-cards.md."
