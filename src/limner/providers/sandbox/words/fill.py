"""One JSON value that fits a schema, with words about a brief."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from limner._json import JsonObject, JsonValue
from limner.providers.sandbox.words.brief import singular, words_of
from limner.providers.sandbox.words.fields import Spot, bound, text_for
from limner.providers.sandbox.words.schema import SchemaReader, kind_of
from limner.providers.sandbox.words.sentences import Writer, capitalized, pick

MAX_DEPTH = 24
MAX_ITEMS = 500
MAX_LENGTH = 10_000
MAX_VALUES = 2_000
"""Beyond this many values only what a schema demands is written, and beyond twice as many nothing."""

_OPTIONAL_DEPTH = 8
_USUAL_ITEMS = 3
_NUMBERS = frozenset(("index", "number", "page", "order", "position", "id", "step", "rank"))


class TooComplexError(ValueError):
    """A schema that only a document without a sensible bound would fit."""


def filled(schema: JsonObject, writer: Writer) -> JsonValue:
    """A value that fits `schema`. Raises `TooComplexError` where one would be too deep, too long or too large."""
    return _Filler(reader=SchemaReader(schema), writer=writer).value(schema, Spot())


@dataclass(slots=True)
class _Filler:
    reader: SchemaReader
    writer: Writer
    written: int = field(default=0)
    has_list: bool = field(default=False)

    def value(self, schema: JsonValue, spot: Spot) -> JsonValue:
        self.written += 1
        if spot.depth > MAX_DEPTH or self.written > 2 * MAX_VALUES:
            raise TooComplexError("the schema demands a document that is too deep or too large")
        found, refs = self.reader.resolved(schema, spot.refs)
        spot = replace(spot, refs=refs)
        if "const" in found:
            return found["const"]
        options = found.get("enum")
        if isinstance(options, list) and options:
            return options[(self.writer.seed + spot.number - 1) % len(options)]
        match kind_of(found):
            case "object":
                return self._object(found, spot)
            case "array":
                return self._array(found, spot)
            case "integer" | "number" as kind:
                return self._number(found, spot, whole=kind == "integer")
            case "boolean":
                return pick((True, False), self.writer.seed, spot.name, spot.number)
            case "null":
                return None
        return self._text(found, spot)

    def _text(self, schema: JsonObject, spot: Spot) -> str:
        if (bound(schema, "minLength") or 0) > MAX_LENGTH:
            raise TooComplexError(f"a text of more than {MAX_LENGTH} characters is demanded")
        return text_for(schema, spot, self.writer)

    def _object(self, schema: JsonObject, spot: Spot) -> JsonObject:
        return {
            name: self.value(inner, replace(spot, name=name, depth=spot.depth + 1))
            for name, inner in self._fields(schema, spot)
        }

    def _fields(self, schema: JsonObject, spot: Spot) -> Iterator[tuple[str, JsonValue]]:
        """The fields to write, in the order that is asked for or else in that of the schema."""
        properties = schema.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        required = [name for name in _list(schema, "required") if isinstance(name, str)]
        ordered = [name for name in _list(schema, "propertyOrdering") if name in properties]
        for name in dict.fromkeys((*ordered, *properties, *required)):
            inner = properties.get(name, schema.get("additionalProperties"))
            if name in required or self._is_wanted(inner, spot):
                yield name, inner

    def _is_wanted(self, schema: JsonValue, spot: Spot) -> bool:
        """Whether a field that may be left out is written."""
        is_modest = spot.depth < _OPTIONAL_DEPTH and self.written < MAX_VALUES
        return is_modest and schema is not False and not self.reader.recurs(schema, spot.refs)

    def _array(self, schema: JsonObject, spot: Spot) -> list[JsonValue]:
        first = _list(schema, "prefixItems")
        items = schema.get("items", {})
        count = self._count(schema, spot, recurring=self.reader.recurs(items, spot.refs))
        if items is False:
            count = min(count, len(first))
        label = capitalized(singular(words_of(spot.name)[-1])) if words_of(spot.name) else ""
        inside = replace(spot, label=label, count=count, depth=spot.depth + 1)
        each = (first[index] if index < len(first) else items for index in range(count))
        return [self.value(inner, replace(inside, number=index)) for index, inner in enumerate(each, 1)]

    def _count(self, schema: JsonObject, spot: Spot, *, recurring: bool) -> int:
        lowest, highest = bound(schema, "minItems") or 0, bound(schema, "maxItems")
        if lowest > MAX_ITEMS:
            raise TooComplexError(f"a list of more than {MAX_ITEMS} items is demanded")
        wanted = self.writer.brief.count_of(spot.name)
        if wanted is None and not self.has_list:
            wanted = self.writer.brief.exact
        self.has_list = True
        if recurring or self.written >= MAX_VALUES:
            wanted = lowest
        elif wanted is None:
            wanted = max(_USUAL_ITEMS, len(_list(schema, "prefixItems")))
        return max(lowest, min(wanted, MAX_ITEMS if highest is None else highest, MAX_ITEMS))

    def _number(self, schema: JsonObject, spot: Spot, *, whole: bool) -> int | float:
        names = {singular(word) for word in words_of(spot.name)}
        counted = self.writer.brief.number_of(spot.name)
        if spot.label and names & _NUMBERS:
            wanted = spot.number
        else:
            wanted = pick(range(1, 11), self.writer.seed, spot.name, spot.number) if counted is None else counted
        step = _limit(schema, "multipleOf")
        lowest, highest = _limits(schema)
        if whole:
            return _whole_within(wanted, lowest, highest, step)
        return _within(wanted, lowest, highest)


def _list(schema: JsonObject, name: str) -> list[JsonValue]:
    found = schema.get(name)
    return found if isinstance(found, list) else []


def _limit(schema: JsonObject, name: str) -> float | None:
    value = schema.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


@dataclass(frozen=True, slots=True)
class _Edge:
    """One end of a range; `open` where the number itself is outside."""

    at: float
    open: bool


def _limits(schema: JsonObject) -> tuple[_Edge | None, _Edge | None]:
    """The narrower of each pair of limits."""
    low = [(_limit(schema, "minimum"), False), (_limit(schema, "exclusiveMinimum"), True)]
    high = [(_limit(schema, "maximum"), False), (_limit(schema, "exclusiveMaximum"), True)]
    lows = [_Edge(at, is_open) for at, is_open in low if at is not None]
    highs = [_Edge(at, is_open) for at, is_open in high if at is not None]
    return (
        max(lows, key=lambda edge: (edge.at, edge.open), default=None),
        min(highs, key=lambda edge: (edge.at, not edge.open), default=None),
    )


def _whole_within(wanted: int, low: _Edge | None, high: _Edge | None, step: float | None) -> int:
    if high is not None:
        wanted = min(wanted, math.ceil(high.at) - 1 if high.open else math.floor(high.at))
    if low is not None:
        wanted = max(wanted, math.floor(low.at) + 1 if low.open else math.ceil(low.at))
    if step is not None and step >= 1 and float(step).is_integer():
        below = wanted - wanted % int(step)
        is_below_allowed = low is None or below > low.at or (below == low.at and not low.open)
        return below if is_below_allowed else below + int(step)
    return wanted


def _within(wanted: int, low: _Edge | None, high: _Edge | None) -> int | float:
    """The number wanted if it lies inside, else one that does: the middle, or one beside the only limit."""
    if _is_inside(wanted, low, high):
        return wanted
    if low is not None and high is not None:
        middle = low.at / 2 + high.at / 2
        rounded = round(middle, 2)
        return rounded if _is_inside(rounded, low, high) else middle
    if low is not None:
        return low.at + 1 if low.open else low.at
    return high.at - 1 if high is not None and high.open else high.at if high is not None else wanted


def _is_inside(value: float, low: _Edge | None, high: _Edge | None) -> bool:
    above = low is None or value > low.at or (value == low.at and not low.open)
    return above and (high is None or value < high.at or (value == high.at and not high.open))
