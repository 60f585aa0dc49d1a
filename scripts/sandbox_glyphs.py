"""Icons of the sandbox model: Fluent Emoji Flat as packed curves, and which words find them.

`glyphs.bin` holds one raw-deflate stream per icon. Unpacked: layers of (red, green, blue, opacity, contour count);
each contour is (rule, command count), start point, commands. Rule 1 cuts a hole, 0 adds. A command byte is 0 for a
line (one point) or 1 for a cubic (three points). Points are steps from the one before, in 1/32 of an icon's 32 units,
as zigzag varints. `glyphs.json` has names, offsets into the file, groups, and the words.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from sandbox_own_icons import own_icons

GRID = 32
SYMBOL_GROUPS = (8, 9)
SKIPPED = re.compile(r"(^|-)(light|medium|medium-light|medium-dark|dark)$|flag-|^keycap|-button|^input-")
UNSUPPORTED = re.compile(r"Gradient|filter|transform=\"(?!rotate)|<mask")
MUST_HAVE = ("pig", "robot", "skateboard", "top-hat", "automobile", "llama", "sunglasses", "castle", "dragon")

Point = tuple[float, float]
Command = tuple[Point, ...]
Contour = tuple[int, Point, list[Command]]
Layer = tuple[str, float, list[Contour]]


def build_glyphs(node_modules: Path, target: Path) -> str:
    """Write `glyphs.bin` and `glyphs.json` to `target`; exits when an everyday icon is missing."""
    source = node_modules / "@iconify-json/fluent-emoji-flat"
    icons = json.loads((source / "icons.json").read_text(encoding="utf-8"))["icons"]
    kept = {name: icon["body"] for name, icon in icons.items() if not SKIPPED.search(name)}
    bodies = {name: body for name, body in kept.items() if not UNSUPPORTED.search(body)}
    drawn = own_icons()
    packed = {name: pack(layers_of(body)) for name, body in sorted({**bodies, **drawn}.items())}
    missing = [name for name in MUST_HAVE if name not in packed]
    if missing:
        sys.exit(f"these icons are missing: {missing}")
    write_icons(packed, target, word_tables(node_modules, source, packed))
    size_bytes = sum(len(data) for data in packed.values())
    return f"{len(packed)} icons, {size_bytes / 1e6:.2f} MB; left out: {sorted(set(kept) - set(bodies))}"


def write_icons(packed: dict[str, bytes], target: Path, words: dict[str, object]) -> None:
    """The icons behind each other, and the index that finds them."""
    offsets = [0]
    for data in packed.values():
        offsets.append(offsets[-1] + len(data))
    (target / "glyphs.bin").write_bytes(b"".join(packed.values()))
    index = {"names": list(packed), "offsets": offsets, **words}
    text = json.dumps(index, separators=(",", ":"), ensure_ascii=False)
    (target / "glyphs.json").write_text(text + "\n", encoding="utf-8")


def layers_of(body: str) -> Iterator[Layer]:
    """The filled shapes of one SVG body, back to front. Clips are left out: they are the icon's own frame."""
    for match in re.finditer(r"<(path|circle|ellipse|rect)\b([^>]*)/?>", inlined(body)):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', match[2]))
        stroke = attributes.get("stroke")
        if stroke and match[1] == "path":
            yield color_of(stroke), 1.0, stroked(attributes["d"], float(attributes.get("stroke-width", 1)))
        elif attributes.get("fill") != "none":
            turned = rotated(contours_of(path_of(match[1], attributes)), attributes.get("transform", ""))
            contours = oriented(turned, attributes.get("fill-rule"))
            opacity = float(attributes.get("opacity", attributes.get("fill-opacity", 1)))
            yield color_of(attributes.get("fill", "#000000")), opacity, contours


def inlined(body: str) -> str:
    """The body with each `use` replaced by the shape it names, and without definitions."""
    shapes = {match[1]: match[0] for match in re.finditer(r'<path id="(\w+)"[^>]*>', body)}
    drawn = re.sub(r"<defs>.*?</defs>|<clipPath.*?</clipPath>", "", body)
    return re.sub(r'<use href="#(\w+)"/>', lambda match: shapes.get(match[1], ""), drawn)


def rotated(contours: list[Contour], transform: str) -> list[Contour]:
    """Contours turned by an SVG `rotate(degrees x y)`; unchanged without one."""
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", transform)]
    if not numbers:
        return contours
    angle, center_x, center_y = math.radians(numbers[0]), *(numbers[1:] or (0.0, 0.0))

    def turn(point: Point) -> Point:
        x, y = point[0] - center_x, point[1] - center_y
        cos, sin = math.cos(angle), math.sin(angle)
        return center_x + x * cos - y * sin, center_y + x * sin + y * cos

    return [
        (rule, turn(start), [tuple(turn(point) for point in command) for command in commands])
        for rule, start, commands in contours
    ]


def color_of(text: str) -> str:
    """Six hex digits of an SVG color."""
    digits = {"white": "ffffff", "black": "000000"}.get(text, text.lstrip("#"))
    return "".join(2 * digit for digit in digits) if len(digits) == 3 else digits


def path_of(tag: str, attributes: dict[str, str]) -> str:
    """The SVG path of a shape element."""

    def number(name: str) -> float:
        return float(attributes.get(name, 0))

    if tag == "path":
        return attributes["d"]
    if tag == "rect":
        return f"M{number('x')},{number('y')}h{number('width')}v{number('height')}h{-number('width')}Z"
    across, down = (number("r"), number("r")) if tag == "circle" else (number("rx"), number("ry"))
    x, y = number("cx"), number("cy")
    arc = f"A{across},{down} 0 1 0"
    return f"M{x - across},{y} {arc} {x + across},{y} {arc} {x - across},{y} Z"


def contours_of(path: str) -> list[Contour]:
    """Contours with absolute points, in icon units."""
    pen = RecordingPen()
    parse_path(path, pen)
    contours: list[Contour] = []
    last: Point = (0, 0)
    for operation, points in pen.value:
        if operation == "moveTo":
            contours.append((0, points[0], []))
        elif operation == "lineTo":
            contours[-1][2].append((points[0],))
        elif operation == "curveTo":
            contours[-1][2].append(tuple(points))
        elif operation == "qCurveTo":
            contours[-1][2].append(cubic_of(last, points[0], points[-1]))
        last = points[-1] if points else last
    return [contour for contour in contours if contour[2]]


def cubic_of(start: Point, control: Point, end: Point) -> Command:
    """A quadratic curve as a cubic."""
    first = (start[0] + 2 / 3 * (control[0] - start[0]), start[1] + 2 / 3 * (control[1] - start[1]))
    second = (end[0] + 2 / 3 * (control[0] - end[0]), end[1] + 2 / 3 * (control[1] - end[1]))
    return first, second, end


def oriented(contours: list[Contour], fill_rule: str | None) -> list[Contour]:
    """Holes marked by rule 1: by even-odd, or by turning against the largest contour."""
    if fill_rule == "evenodd":
        return [(1, start, commands) for _, start, commands in contours]
    ordered = sorted(contours, key=lambda contour: -abs(area(contour)))
    outward = bool(ordered) and area(ordered[0]) > 0
    return [(int((area(item) > 0) != outward), item[1], item[2]) for item in ordered]


def area(contour: Contour) -> float:
    """Twice the signed area of a contour's polygon."""
    points = [contour[1], *(command[-1] for command in contour[2])]
    control = [contour[1], *(point for command in contour[2] for point in command)]
    points = control if len(points) < 4 else points
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)


def stroked(path: str, width: float) -> list[Contour]:
    """A drawn line as filled discs and bars."""
    contours: list[Contour] = []
    for _, start, commands in contours_of(path):
        points = list(flattened(start, commands))
        contours += [disc(point, width / 2) for point in points]
        contours += [bar(a, b, width / 2) for a, b in itertools.pairwise(points) if a != b]
    return contours


def flattened(start: Point, commands: list[Command]) -> Iterator[Point]:
    """Points along a contour, close enough for thin lines."""
    yield start
    last = start
    for command in commands:
        if len(command) == 1:
            yield command[0]
        else:
            for step in range(1, 7):
                t, u = step / 6, 1 - step / 6
                weights = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
                corners = (last, *command)
                x = sum(weight * corner[0] for weight, corner in zip(weights, corners, strict=True))
                y = sum(weight * corner[1] for weight, corner in zip(weights, corners, strict=True))
                yield x, y
        last = command[-1]


def disc(center: Point, radius: float) -> Contour:
    """A polygon of twelve corners."""
    angles = [math.tau * step / 12 for step in range(12)]
    corners = [(center[0] + radius * math.cos(a), center[1] + radius * math.sin(a)) for a in angles]
    return 0, corners[0], [(corner,) for corner in corners[1:]]


def bar(a: Point, b: Point, radius: float) -> Contour:
    """A straight piece of a thick line."""
    length = math.dist(a, b)
    dx, dy = -(b[1] - a[1]) / length * radius, (b[0] - a[0]) / length * radius
    corners = [(a[0] + dx, a[1] + dy), (b[0] + dx, b[1] + dy), (b[0] - dx, b[1] - dy), (a[0] - dx, a[1] - dy)]
    return 0, corners[0], [(corner,) for corner in corners[1:]]


def pack(layers: Iterator[Layer]) -> bytes:
    """One icon as raw deflate; see the module docstring."""
    raw = bytearray()
    for fill, opacity, contours in layers:
        raw += bytes.fromhex(fill) + bytes([round(opacity * 255)])
        raw += varint(len(contours))
        for rule, start, commands in contours:
            raw += bytes([rule]) + varint(len(commands))
            x, y = step(raw, start, 0, 0)
            for command in commands:
                raw.append(0 if len(command) == 1 else 1)
                for point in command:
                    x, y = step(raw, point, x, y)
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeezer.compress(bytes(raw)) + squeezer.flush()


def step(raw: bytearray, point: Point, x: int, y: int) -> tuple[int, int]:
    """Append the way from (x, y) to the point; give the point on the grid."""
    new_x, new_y = round(point[0] * GRID), round(point[1] * GRID)
    raw += varint(zigzag(new_x - x)) + varint(zigzag(new_y - y))
    return new_x, new_y


def zigzag(number: int) -> int:
    """Small positive numbers for small numbers of either sign."""
    return number * 2 if number >= 0 else -number * 2 - 1


def varint(number: int) -> bytes:
    """Seven bits a byte, low first."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def word_tables(node_modules: Path, source: Path, names: dict[str, bytes]) -> dict[str, object]:
    """`groups` per icon, `heads` (last or only word of a label) and `tags` (weaker words): word to icon number."""
    data = json.loads((node_modules / "emojibase-data/en/data.json").read_text(encoding="utf-8"))
    lib = json.loads((node_modules / "emojilib/dist/emoji-en-US.json").read_text(encoding="utf-8"))
    chars = json.loads((source / "chars.json").read_text(encoding="utf-8"))
    known = {entry["hexcode"].lower(): entry for entry in data}
    known |= {code.replace("-fe0f", ""): entry for code, entry in list(known.items())}
    codes = {name: code for code, name in reversed(list(chars.items()))}
    groups: list[int] = []
    heads: dict[str, list[tuple[float, str]]] = {}
    tags: dict[str, list[tuple[float, str]]] = {}
    for name in names:
        code = codes.get(name, "")
        entry = known.get(code, {})
        group = entry.get("group", -1)
        groups.append(group)
        if group in SYMBOL_GROUPS:
            continue
        rank_label(name, heads, tags)
        letter = "".join(chr(int(part, 16)) for part in code.split("-")) if code else ""
        also = lib.get(letter, lib.get(letter + "\ufe0f", []))
        rank_tags(name, {*entry.get("tags", ()), *also}, tags)
    numbers = {name: number for number, name in enumerate(names)}
    return {"groups": groups, "heads": best(heads, numbers), "tags": best(tags, numbers)}


def rank_label(name: str, heads: dict[str, list[tuple[float, str]]], tags: dict[str, list[tuple[float, str]]]) -> None:
    """A label is found whole, by its last word, and more weakly by its other words."""
    label = name.split("-")
    heads.setdefault(" ".join(label), []).append((9.0, name))
    calm = 0.0 if "face" in label else 0.6
    heads.setdefault(label[-1], []).append((7.0 - len(label) + calm, name))
    for word in label[:-1]:
        tags.setdefault(word, []).append((5.0 - len(label) + calm, name))


def rank_tags(name: str, words: set[str], tags: dict[str, list[tuple[float, str]]]) -> None:
    """Keywords count for less the more of them an icon has."""
    for word in words:
        plain = word.lower().replace("_", " ").strip()
        if re.fullmatch(r"[a-z]{3,}", plain):
            calm = 0.0 if "face" in name else 0.6
            tags.setdefault(plain, []).append((1.2 - 0.02 * len(words) + calm, name))


def best(table: dict[str, list[tuple[float, str]]], numbers: dict[str, int]) -> dict[str, int]:
    """The highest ranked icon of each word; ties go to the shorter name, then to the alphabet."""
    return {
        word: numbers[min(ranked, key=lambda item: (-item[0], len(item[1]), item[1]))[1]]
        for word, ranked in sorted(table.items())
    }
