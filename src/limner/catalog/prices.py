"""The price before a call and the cost after it, in US dollars. Unknown is `None`, never zero."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from limner._json import JsonObject, dumps
from limner.catalog.model import Model, Price
from limner.core.parts import FilePart, ImagePart, TextPart
from limner.core.request import GenerateRequest
from limner.core.result import Usage
from limner.core.size import Resolution

CHARACTERS_PER_TOKEN = 4
"""Rule of thumb in Google's token guide for English; other scripts need more, hence `INPUT_MARGIN`."""

INPUT_MARGIN = 4
"""By how much the upper estimate multiplies the expected input: one token a character, tiled pictures."""

EXPECTED_TEXT_TOKENS = 200
"""What an answer in words alone of a model that draws is expected to have. Our assumption."""

EXPECTED_WRITING_TOKENS = 1000
"""What a model that only writes is expected to answer, and any model asked for JSON. Our assumption."""

UPPER_WRITING_TOKENS = 8192
"""Output tokens of such an answer in the upper estimate, thinking included. Our assumption: the bound that providers
name, 65,536, would reserve dollars for answers of a cent."""

UPPER_TEXT_TOKENS = 1024
UPPER_THINKING_TOKENS = 4096
"""Output tokens beside the picture in the upper estimate. Our assumption; the provider names no bound but its limit."""

Basis = Literal["tokens", "images", "unknown"]
"""What a cost was computed from: counted tokens, the printed price of a picture, or nothing."""

_MILLION = Decimal(1_000_000)
_CENT_FRACTION = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item of a bill: `count` tokens or pictures for `usd` dollars in total."""

    item: str
    count: int
    usd: Decimal

    def to_json(self) -> JsonObject:
        """The line as JSON; dollars as text with 6 decimals."""
        return {"item": self.item, "count": self.count, "usd": usd_text(self.usd)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What `count` calls will cost: expected, and an upper estimate that thinking and long prompts rarely exceed.

    Both are `None` if the price is unknown, and `why_unknown` says why. `lines` make up the expected sum.
    """

    count: int
    expected_usd: Decimal | None
    upper_usd: Decimal | None
    lines: tuple[Line, ...] = ()
    why_unknown: str | None = None

    def to_json(self) -> JsonObject:
        """The quote as JSON; dollars as text with 6 decimals, or null."""
        return {
            "count": self.count,
            "expectedUsd": usd_text(self.expected_usd),
            "upperUsd": usd_text(self.upper_usd),
            "lines": [line.to_json() for line in self.lines],
            "whyUnknown": self.why_unknown,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one call cost. `usd` is `None` if it is unknown, and `why_unknown` says why."""

    usd: Decimal | None
    basis: Basis
    lines: tuple[Line, ...] = ()
    why_unknown: str | None = None

    def to_json(self) -> JsonObject:
        """The cost as JSON; dollars as text with 6 decimals, or null."""
        return {
            "usd": usd_text(self.usd),
            "basis": self.basis,
            "lines": [line.to_json() for line in self.lines],
            "whyUnknown": self.why_unknown,
        }


def usd_text(usd: Decimal | None) -> str | None:
    """Dollars with 6 decimals, `0.067200`; `None` stays `None`."""
    return None if usd is None else str(usd.quantize(_CENT_FRACTION, ROUND_HALF_UP))


def quote(model: Model, request: GenerateRequest, count: int = 1, *, batch: bool = False) -> Quote:
    """What asking `count` times for `request` will cost, one picture each time."""
    price = model.price
    if price is None:
        return _no_quote(count, f"no price is known for model {model.id!r}")
    if not request.image:
        return _quote_of_words(model, price, request, count, batch=batch)
    resolution = request.resolution or model.capabilities.default_resolution
    picture = _picture_usd(price, resolution)
    factor = price.batch_factor if batch else Decimal(1)
    if picture is None or factor is None:
        missing = f"at {resolution}" if picture is None else "in a batch"
        return _no_quote(count, f"no price is known for a picture of model {model.id!r} {missing}")
    lines = tuple(_quote_lines(price, request, picture, times=count * factor, count=count))
    expected = sum((line.usd for line in lines), Decimal(0))
    upper = expected + count * factor * _upper_extra(model, price, request, resolution)
    return Quote(count=count, expected_usd=expected, upper_usd=upper, lines=lines)


def cost(
    model: Model, usage: Usage | None, *, images: int, resolution: Resolution | None = None, batch: bool = False
) -> Cost:
    """What one call cost, from the tokens the provider counted, or from `images` where it counted none.

    Output that the provider did not split is split by the documented tokens of `images` finished pictures.
    Unknown too where nothing was counted and no picture came: that call may or may not have been billed.
    """
    price = model.price
    if price is None:
        return _no_cost(f"no price is known for model {model.id!r}")
    factor = _factor(price, usage, batch=batch)
    if factor is None:
        return _no_cost("no price is known for this service tier or batch")
    asked = resolution or model.capabilities.default_resolution
    if price.image_output_per_million is None and model.capabilities.makes_images:
        return _cost_of_images(model, price, images, asked, factor)
    if usage is not None and _output_counted(usage):
        return _cost_of_tokens(price, usage, images, asked, factor)
    if images:
        return _cost_of_images(model, price, images, asked, factor)
    if usage is not None and usage.input_tokens:
        return _cost_of_tokens(price, usage, images, asked, factor)
    return _no_cost("the provider counted nothing and sent no picture")


def _no_quote(count: int, why: str) -> Quote:
    return Quote(count=count, expected_usd=None, upper_usd=None, why_unknown=why)


def _no_cost(why: str) -> Cost:
    return Cost(usd=None, basis="unknown", why_unknown=why)


def _output_counted(usage: Usage) -> bool:
    return usage.output_tokens + usage.output_image_tokens + usage.thought_tokens > 0


def _tokens_usd(tokens: int, per_million: Decimal) -> Decimal:
    return tokens * per_million / _MILLION


def _picture_usd(price: Price, resolution: Resolution | None) -> Decimal | None:
    tokens = price.tokens_for(resolution)
    if tokens is not None and price.image_output_per_million is not None:
        return _tokens_usd(tokens, price.image_output_per_million)
    return price.usd_for(resolution)


def _quote_lines(
    price: Price, request: GenerateRequest, picture: Decimal, *, times: Decimal, count: int
) -> Iterator[Line]:
    yield Line(item="pictures", count=count, usd=picture * times)
    yield from _input_lines(price, request, times=times, count=count)


def _input_lines(price: Price, request: GenerateRequest, *, times: Decimal, count: int) -> Iterator[Line]:
    if price.input_per_million is not None:
        tokens = _counted_input(price, request)
        yield Line(item="input tokens", count=tokens * count, usd=_tokens_usd(tokens, price.input_per_million) * times)


def _quote_of_words(model: Model, price: Price, request: GenerateRequest, count: int, *, batch: bool) -> Quote:
    """What answers in words alone will cost."""
    rate, factor = price.text_output_per_million, price.batch_factor if batch else Decimal(1)
    if rate is None or factor is None:
        missing = "in words" if rate is None else "in a batch"
        return _no_quote(count, f"no price is known for an answer of model {model.id!r} {missing}")
    expected_tokens, upper_tokens = _word_tokens(model, request)
    times = count * factor
    words = Line(item="text tokens", count=expected_tokens * count, usd=_tokens_usd(expected_tokens, rate) * times)
    lines = (words, *_input_lines(price, request, times=times, count=count))
    expected = sum((line.usd for line in lines), Decimal(0))
    extra = _tokens_usd(upper_tokens - expected_tokens, rate)
    if price.input_per_million is not None:
        extra += _tokens_usd((INPUT_MARGIN - 1) * _counted_input(price, request), price.input_per_million)
    return Quote(count=count, expected_usd=expected, upper_usd=expected + extra * times, lines=lines)


def _word_tokens(model: Model, request: GenerateRequest) -> tuple[int, int]:
    """Output tokens of an answer in words: expected, and in the upper estimate. A limit asked for bounds both."""
    writes = request.schema is not None or not model.capabilities.makes_images
    expected = EXPECTED_WRITING_TOKENS if writes else EXPECTED_TEXT_TOKENS
    upper = UPPER_WRITING_TOKENS
    asked = dict(request.parameters).get("maxOutputTokens")
    for limit in (model.capabilities.output_token_limit, asked):
        if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0:
            expected, upper = min(expected, limit), min(upper, limit)
    return expected, upper


def input_tokens(model: Model, request: GenerateRequest) -> int:
    """About how many tokens `request` has: a quarter of its characters, and the model's usual count of a picture."""
    return _counted_input(model.price or Price(source="none"), request)


def _counted_input(price: Price, request: GenerateRequest) -> int:
    turns = [part for turn in request.history for part in turn.parts]
    characters = len(request.prompt) + len(request.system_instruction or "")
    characters += 0 if request.schema is None else len(dumps(request.schema))
    characters += sum(len(part.text) for part in turns if isinstance(part, TextPart))
    pictures = len(request.images) + sum(isinstance(part, ImagePart | FilePart) for part in turns)
    return math.ceil(characters / CHARACTERS_PER_TOKEN) + pictures * (price.input_image_tokens or 0)


def _upper_extra(model: Model, price: Price, request: GenerateRequest, resolution: Resolution | None) -> Decimal:
    extra = Decimal(0)
    if price.input_per_million is not None:
        extra += _tokens_usd((INPUT_MARGIN - 1) * _counted_input(price, request), price.input_per_million)
    if price.text_output_per_million is not None:
        tokens = UPPER_THINKING_TOKENS if model.capabilities.thinks else UPPER_TEXT_TOKENS
        limit = model.capabilities.output_token_limit
        if limit is not None:
            tokens = min(tokens, limit - (price.tokens_for(resolution) or 0))
        extra += _tokens_usd(tokens, price.text_output_per_million)
    return extra


def _factor(price: Price, usage: Usage | None, *, batch: bool) -> Decimal | None:
    tier = (usage.service_tier or "" if usage is not None else "").lower()
    if "priority" in tier:
        return None if price.image_output_per_million or price.text_output_per_million else Decimal(1)
    return price.batch_factor if batch or "flex" in tier else Decimal(1)


def _cost_of_tokens(price: Price, usage: Usage, images: int, resolution: Resolution | None, factor: Decimal) -> Cost:
    image_tokens = usage.output_image_tokens or _assumed_image_tokens(price, usage, images, resolution)
    text_tokens = max(usage.output_tokens - image_tokens, 0) + usage.thought_tokens
    items = (
        ("picture tokens", image_tokens, price.image_output_per_million),
        ("text and thinking tokens", text_tokens, price.text_output_per_million),
        ("input tokens", usage.input_tokens + usage.tool_tokens, price.input_per_million),
    )
    if any(tokens and rate is None for _, tokens, rate in items):
        return _no_cost("one of the token prices is unknown")
    lines = tuple(
        Line(item=item, count=tokens, usd=_tokens_usd(tokens, rate) * factor)
        for item, tokens, rate in items
        if tokens and rate is not None
    )
    return Cost(usd=sum((line.usd for line in lines), Decimal(0)), basis="tokens", lines=lines)


def _assumed_image_tokens(price: Price, usage: Usage, images: int, resolution: Resolution | None) -> int:
    documented = price.tokens_for(resolution)
    tokens = usage.output_tokens if documented is None else documented * images
    return min(tokens, usage.output_tokens) if images else 0


def _cost_of_images(model: Model, price: Price, images: int, resolution: Resolution | None, factor: Decimal) -> Cost:
    each = _picture_usd(price, resolution)
    if each is None:
        return _no_cost(f"no price is known for a picture of model {model.id!r} at {resolution}")
    line = Line(item="pictures", count=images, usd=each * images * factor)
    return Cost(usd=line.usd, basis="images", lines=(line,))
