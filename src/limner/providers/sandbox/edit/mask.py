"""Where things are in a picture, without a model: the main subject, the sky, a colour, connected pieces.

Masks are planes [height, width], 0 to 1, at the size of the picture.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.paint.pixels import Floats
from limner.providers.sandbox.styles import segments

_WORK_PX = 256


def subject(image: Image.Image) -> Floats:
    """The main subject: alpha where the picture has any, else a guess from colour, place and outline.

    Never empty: a picture without a subject gives a soft oval in the middle. About 90 ms.
    """
    alpha = own_alpha(image)
    if alpha is not None:
        return alpha
    small = _working_copy(image)
    values = pixels.to_floats(small.filter(ImageFilter.GaussianBlur(0.8)))
    rough = _salient(values)
    refined = _recolored(values, rough)
    solid = _main_pieces(_closed(refined), values)
    if solid.mean() < 0.004 or solid.mean() > 0.85:
        solid = _middle_oval(small.size)
    found = _full_size(solid.astype(np.float32), image)
    return found if float(found.max()) > 0.5 else np.ones_like(found)


def own_alpha(image: Image.Image) -> Floats | None:
    """The picture's own transparency, where it has some that separates things; else None."""
    if "A" not in image.getbands():
        return None
    alpha = pixels.from_mask(image.getchannel("A"))
    return alpha if float((alpha < 0.5).mean()) > 0.01 and float(alpha.max()) > 0.5 else None


def _working_copy(image: Image.Image) -> Image.Image:
    width, height = image.size
    scale = min(1.0, _WORK_PX / max(width, height))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    return image.convert("RGB").resize(size, Image.Resampling.BOX)


def _perceptual(values: Floats) -> Floats:
    """Lightness and two opponent colours [..., 3], scaled so that a step means about the same in each."""
    red, green, blue = values[..., 0], values[..., 1], values[..., 2]
    luma = 0.30 * red + 0.59 * green + 0.11 * blue
    return np.stack([luma, (red - green) * 0.85, (0.5 * (red + green) - blue) * 0.7], -1)


def _salient(values: Floats) -> Floats:
    """How little the border explains each pixel [h, w], about 0 to 1, leaning to the middle."""
    height, width = values.shape[:2]
    features = _perceptual(values)
    labels, columns, rows = segments.superpixels(features, across=22, stiffness=0.10)
    count = columns * rows
    centers = segments.means(features, labels, count)
    far = _border_distance(labels, centers, count)
    geodesic = far[labels]
    geodesic = geodesic / max(1e-4, float(np.percentile(geodesic, 98)))
    surface = _surface_residual(features)
    surface = np.clip(surface / max(0.06, float(np.percentile(surface, 97))), 0, 1)
    x, y = pixels.grid(width, height)
    central = np.exp(-(((x - 0.5) / 0.36) ** 2 + ((y - 0.54) / 0.40) ** 2))
    return np.clip(0.62 * np.clip(geodesic, 0, 1) + 0.38 * surface, 0, 1) * (0.35 + 0.65 * central)


def _border_distance(labels: Floats, centers: Floats, count: int) -> Floats:
    """The cheapest walk of colour steps from the frame to every piece [count] (geodesic saliency, Wei 2012).

    Pieces on the bottom edge start with a toll: people and tables are cut off there.
    """
    pairs = segments.neighbours(labels, count)
    steps = np.linalg.norm(centers[pairs[:, 0]] - centers[pairs[:, 1]], axis=1)
    floor = float(np.percentile(steps, 30)) if len(steps) else 0.0
    costs = np.maximum(0.0, steps - floor)
    roads: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    for (a, b), cost in zip(pairs.tolist(), costs.tolist(), strict=True):
        roads[a].append((b, cost))
        roads[b].append((a, cost))
    far = np.full(count, np.inf)
    heap: list[tuple[float, int]] = []
    for label, toll in _border_tolls(labels, centers).items():
        far[label] = toll
        heapq.heappush(heap, (toll, label))
    while heap:
        cost, label = heapq.heappop(heap)
        if cost > far[label]:
            continue
        for other, step in roads[label]:
            if cost + step < far[other]:
                far[other] = cost + step
                heapq.heappush(heap, (cost + step, other))
    return np.where(np.isfinite(far), far, 0.0)


def _border_tolls(labels: Floats, centers: Floats) -> dict[int, float]:
    """Frame pieces and what entering there costs: odd ones out on the frame are likely cut-off subjects."""
    sides = {label: 0.0 for label in np.unique(np.concatenate([labels[0], labels[:, 0], labels[:, -1]])).tolist()}
    known = centers[list(sides)]
    for label in np.unique(labels[-1]).tolist():
        if label not in sides:
            sides[label] = float(np.sort(np.linalg.norm(known - centers[label], axis=1))[:3].mean()) * 0.9
    return sides


def _surface_residual(features: Floats) -> Floats:
    """Distance [h, w] from a smooth surface fitted to the border, which explains walls, skies and vignettes."""
    height, width = features.shape[:2]
    x, y = pixels.grid(width, height)
    x, y = np.broadcast_to(x * 2 - 1, (height, width)), np.broadcast_to(y * 2 - 1, (height, width))
    terms = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], -1).astype(np.float64)
    rim = max(1, min(max(4, width // 16), min(width, height) // 4))
    known = np.zeros((height, width), bool)
    known[:rim] = known[:, :rim] = known[:, -rim:] = True
    known[-rim:] = False
    residual = np.zeros((height, width))
    for _ in range(3):
        coefficients = np.linalg.lstsq(terms[known], features[known].astype(np.float64), rcond=None)[0]
        residual = np.linalg.norm(features - terms @ coefficients, axis=-1)
        level = float(residual[known].mean() + 1.3 * residual[known].std())
        known = residual <= max(level, 0.01)
    return residual.astype(np.float32)


def _recolored(values: Floats, rough: Floats) -> Floats:
    """True [h, w] for pixels whose colour and place are likelier in the salient part than in the rest."""
    height, width = values.shape[:2]
    features = _perceptual(values)
    x, y = pixels.grid(width, height)
    places = np.dstack([np.broadcast_to(x, rough.shape), np.broadcast_to(y, rough.shape)]) * np.float32(0.16)
    points = np.dstack([features, places]).astype(np.float32)
    inside = rough > _otsu(rough)
    shadow = _cast_shadow(features, inside)
    for _ in range(3):
        near = pixels.box_mean(inside.astype(np.float32), 4)
        ours = _distance_to_palette(points, inside & ~shadow)
        theirs = _distance_to_palette(points, (near < 0.1) | shadow)
        score = np.log((theirs + 2e-4) / (ours + 2e-4)) + 1.5 * (rough - 0.42) + 0.9 * (near - 0.5)
        score = pixels.box_mean(score.astype(np.float32), 1)
        score[shadow] -= 1.2
        inside = score > 0
        if not inside.any():
            return rough > _otsu(rough)
    return inside


def _cast_shadow(features: Floats, inside: Floats) -> Floats:
    """True where a part taken for the subject is only a darker, edgeless copy of the ground around it."""
    outside = ~inside
    if outside.sum() < 50:
        return np.zeros(inside.shape, bool)
    weights = outside.astype(np.float32)
    spread = 24
    ground = pixels.box_mean(features * weights[..., None], spread)
    ground = ground / (pixels.box_mean(weights, spread)[..., None] + 1e-4)
    ratio = features[..., 0] / np.maximum(ground[..., 0], 0.03)
    scaled = ground[..., 1:] * ratio[..., None]
    same_hue = np.linalg.norm(features[..., 1:] - scaled, axis=-1) < 0.035
    flat = pixels.edge_strength(pixels.blur(features[..., 0], 1)) < 0.035
    return np.asarray(same_hue & flat & (ratio > 0.35) & (ratio < 0.99))


def _distance_to_palette(points: Floats, chosen: Floats, colors: int = 6) -> Floats:
    """Squared distance [h, w] to the nearest of a few typical points of the chosen pixels."""
    sample = points[chosen]
    if len(sample) < colors:
        return np.full(chosen.shape, 0.5, np.float32)
    sample = sample[:: max(1, len(sample) // 1500)]
    order = np.argsort(sample[:, 0], kind="stable")
    centers = sample[order[np.linspace(0, len(order) - 1, colors).astype(np.intp)]]
    for _ in range(4):
        gaps = ((sample[:, None] - centers[None]) ** 2).sum(-1)
        nearest = gaps.argmin(1)
        centers = np.stack(
            [sample[nearest == k].mean(0) if (nearest == k).any() else centers[k] for k in range(colors)]
        )
    best = np.full(chosen.shape, np.inf, np.float32)
    for center in centers:
        gap = points - center
        best = np.minimum(best, np.einsum("hwc,hwc->hw", gap, gap))
    return best


def _otsu(plane: Floats) -> float:
    """The threshold that splits the values into the two most different groups."""
    counts, edges = np.histogram(plane, 64, (0, 1))
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * middles)
    low = sums / np.maximum(below, 1)
    high = (sums[-1] - sums) / np.maximum(above, 1)
    return float(middles[int((below * above * (low - high) ** 2).argmax())])


def _closed(inside: Floats) -> Floats:
    """Small gaps closed, specks dropped, holes filled."""
    mask = Image.fromarray((inside * np.uint8(255)).astype(np.uint8))
    mask = mask.filter(ImageFilter.MedianFilter(3)).filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.MinFilter(5))
    return fill_holes(np.asarray(mask) > 127)


def fill_holes(inside: Floats) -> Floats:
    """True also where a False part does not reach the frame and is small against the whole."""
    pieces = connected(~inside)
    filled = inside.copy()
    for piece in pieces:
        if not piece.touches_frame and piece.area < 0.04 * inside.size:
            filled[piece.rows, piece.columns] = True
    return filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One connected part of a mask: its pixels as row and column numbers, area in pixels."""

    rows: Floats
    columns: Floats
    touches_frame: bool

    @property
    def area(self) -> int:
        """How many pixels it has."""
        return len(self.rows)


def connected(inside: Floats) -> list[Piece]:
    """The connected parts of a boolean plane, largest first; runs of each row are joined to those above."""
    height, width = inside.shape
    padded = np.zeros((height, width + 2), np.int8)
    padded[:, 1:-1] = inside
    steps = np.diff(padded, axis=1)
    run_rows, starts = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]
    labels = _joined_runs(run_rows.tolist(), starts.tolist(), ends.tolist())
    groups: dict[int, list[int]] = {}
    for run, label in enumerate(labels):
        groups.setdefault(label, []).append(run)
    pieces = [_piece(runs, run_rows, starts, ends, inside.shape) for runs in groups.values()]
    return sorted(pieces, key=lambda piece: -piece.area)


def _joined_runs(rows: Sequence[int], starts: Sequence[int], ends: Sequence[int]) -> list[int]:
    parent = list(range(len(rows)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    above = 0
    for run, row in enumerate(rows):
        while above < run and (rows[above] < row - 1 or (rows[above] == row - 1 and ends[above] <= starts[run])):
            above += 1
        other = above
        while other < run and rows[other] == row - 1 and starts[other] < ends[run]:
            parent[root(other)] = root(run)
            other += 1
    return [root(run) for run in range(len(rows))]


def _piece(runs: list[int], rows: Floats, starts: Floats, ends: Floats, shape: tuple[int, ...]) -> Piece:
    lengths = ends[runs] - starts[runs]
    piece_rows = np.repeat(rows[runs], lengths)
    columns = np.concatenate([np.arange(starts[run], ends[run]) for run in runs])
    touches = bool(
        piece_rows.min() == 0 or piece_rows.max() == shape[0] - 1 or columns.min() == 0 or columns.max() == shape[1] - 1
    )
    return Piece(rows=piece_rows, columns=columns, touches_frame=touches)


def _main_pieces(inside: Floats, values: Floats) -> Floats:
    """The most central large part, with others that weigh enough, or less and close by."""
    height, width = inside.shape
    kept = np.zeros(inside.shape, bool)
    pieces = connected(inside)[:12]
    weights = [_central_weight(piece, width, height) for piece in pieces]
    if not weights:
        return kept
    best = max(weights)
    main = pieces[weights.index(best)]
    for piece, weight in zip(pieces, weights, strict=True):
        if weight >= best * 0.2 or (weight >= best * 0.03 and _gap(main, piece) < 0.07 * width):
            kept[piece.rows, piece.columns] = True
    return fill_holes(kept)


def main_part(mask: Floats) -> Floats:
    """The largest connected part of a mask with what nearly touches it; the mask itself if it is in one piece."""
    height, width = mask.shape
    scale = min(1.0, _WORK_PX / max(width, height))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = np.asarray(pixels.to_mask(mask).resize(size, Image.Resampling.BOX)) > 127
    pieces = connected(small)
    if len(pieces) < 2:
        return mask
    kept = np.zeros(small.shape, np.float32)
    kept[pieces[0].rows, pieces[0].columns] = 1
    near = pixels.box_mean(kept, max(2, size[0] // 20)) > 0
    for piece in pieces[1:]:
        if near[piece.rows, piece.columns].any():
            kept[piece.rows, piece.columns] = 1
    wide = pixels.box_mean(kept, 2) > 0
    return np.asarray(mask * np.clip(pixels.resized(wide.astype(np.float32), width, height), 0, 1))


def _gap(one: Piece, other: Piece) -> float:
    """Pixels between the boxes of two pieces, 0 where they overlap."""
    across = max(other.columns.min() - one.columns.max(), one.columns.min() - other.columns.max(), 0)
    down = max(other.rows.min() - one.rows.max(), one.rows.min() - other.rows.max(), 0)
    return float(np.hypot(across, down))


def _central_weight(piece: Piece, width: int, height: int) -> float:
    x = float(piece.columns.mean()) / width - 0.5
    y = float(piece.rows.mean()) / height - 0.52
    return piece.area * float(np.exp(-((x / 0.34) ** 2 + (y / 0.36) ** 2)))


def _middle_oval(size: tuple[int, int]) -> Floats:
    x, y = pixels.grid(*size)
    return (((x - 0.5) / 0.28) ** 2 + ((y - 0.54) / 0.34) ** 2) < 1


def _full_size(solid: Floats, image: Image.Image) -> Floats:
    """The small mask laid along the full picture's own outlines (a guided filter, He 2010), feathered."""
    width, height = image.size
    scale = min(1.0, 448 / max(width, height))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    guide = pixels.gray(pixels.to_floats(image.convert("RGB").resize(size, Image.Resampling.BOX)))
    wanted = np.clip(pixels.resized(solid, *size), 0, 1)
    radius = max(2, size[0] // 100)
    stack = np.dstack([guide, wanted, guide * wanted, guide * guide])
    means = pixels.box_mean(stack, radius)
    mean_guide, mean_wanted = means[..., 0], means[..., 1]
    slope = (means[..., 2] - mean_guide * mean_wanted) / (means[..., 3] - mean_guide**2 + 4e-4)
    lines = pixels.box_mean(np.dstack([slope, mean_wanted - slope * mean_guide]), radius)
    guided = lines[..., 0] * guide + lines[..., 1]
    guided = pixels.mix(guided, wanted, 0.25)
    return pixels.smoothstep(0.30, 0.70, pixels.resized(guided, width, height))


def sky(image: Image.Image) -> Floats | None:
    """The open sky at the top, or None where there is none to be seen (indoors, studio shots)."""
    small = _working_copy(image)
    values = pixels.to_floats(small.filter(ImageFilter.GaussianBlur(1)))
    depth = _sky_depth(values)
    if depth is None:
        return None
    above = _sky_pixels(values, depth)
    return np.clip(_full_size(above.astype(np.float32), image), 0, 1)


def _sky_pixels(values: Floats, depth: Floats) -> Floats:
    """True [h, w] for sky, from a first depth per column: by colour, down from the top edge."""
    height, width = values.shape[:2]
    rows = np.arange(height)[:, None]
    first = rows < depth[None, :]
    points = np.dstack([_perceptual(values), np.broadcast_to(rows / height * 0.25, (height, width))])
    points = points.astype(np.float32)
    likelier = _distance_to_palette(points, first) < 1.2 * _distance_to_palette(points, rows > depth[None, :] + 3)
    likelier &= rows < np.percentile(depth, 95) * 1.04
    closed = _closed(likelier | (rows < depth[None, :] * 0.9))
    kept = np.zeros(closed.shape, bool)
    for piece in connected(closed):
        if piece.rows.min() <= 2 and piece.area > 0.01 * closed.size:
            kept[piece.rows, piece.columns] = True
    return kept


def _sky_depth(values: Floats) -> Floats | None:
    """Rows of sky in each column, or None; walks down each column until colour leaves the top's colours."""
    height, width = values.shape[:2]
    features = _perceptual(values)
    rough = pixels.edge_strength(pixels.gray(values))
    texture = pixels.box_mean((rough > 0.045).astype(np.float32), 2)
    running = np.cumsum(features, axis=0) / np.arange(1, height + 1)[:, None, None]
    step = np.linalg.norm(features[3:] - features[:-3], axis=-1)
    leaves = np.zeros((height, width), bool)
    leaves[3:] = step > 0.10
    leaves |= texture > 0.5
    leaves |= np.linalg.norm(features - running, axis=-1) > 0.34
    leaves[:3] = False
    depth = np.where(leaves.any(axis=0), leaves.argmax(axis=0), height).astype(np.float32)
    smooth = np.median(np.stack([np.roll(depth, k) for k in range(-4, 5)]), axis=0)
    depth = np.where(np.abs(depth - smooth) > 0.08 * height, smooth, depth)
    return depth if _is_sky(values, depth) else None


def _is_sky(values: Floats, depth: Floats) -> bool:
    height, width = values.shape[:2]
    open_columns = depth > 0.10 * height
    if open_columns.mean() < 0.35 or depth.mean() > 0.86 * height:
        return False
    to_floor = np.concatenate([depth[: max(2, width // 12)], depth[-max(2, width // 12) :]]) > 0.9 * height
    if to_floor.mean() > 0.4:
        return False
    above = np.arange(height)[:, None] < depth[None, :]
    color = values[above].mean(0)
    below = values[~above].mean(0) if (~above).any() else color
    greenish = color[1] > color[0] + 0.02 and color[1] > color[2] + 0.02
    return not greenish and bool(pixels.gray(color) > pixels.gray(below) - 0.05 or color[2] > color[0] + 0.05)


def of_color(image: Image.Image, color: pixels.Rgb) -> Floats | None:
    """Where the picture has about this colour, as soft mask; None where there is next to nothing of it."""
    small = _working_copy(image)
    values = pixels.to_floats(small.filter(ImageFilter.GaussianBlur(0.8)))
    wanted = pixels.unit_rgb(color)
    strength = float(wanted.max() - wanted.min())
    if strength < 0.15:
        near = np.linalg.norm(_perceptual(values) - _perceptual(wanted), axis=-1)
        inside = near < 0.16
    else:
        inside = _hue_gap(values, wanted) < 0.05
        inside &= pixels.colorfulness(values) > 0.22 * np.maximum(pixels.brightest(values), 0.25)
    kept = np.zeros(inside.shape, bool)
    pieces = connected(np.asarray(inside))
    for piece in pieces[:8]:
        if piece.area >= max(0.002 * inside.size, 0.15 * pieces[0].area):
            kept[piece.rows, piece.columns] = True
    if not kept.any():
        return None
    return _full_size(fill_holes(kept).astype(np.float32), image)


def _hue_gap(values: Floats, wanted: Floats) -> Floats:
    """Distance around the colour circle, 0 to 0.5."""
    gap = np.abs(hue(values) - hue(wanted[None, None])[0, 0])
    return np.asarray(np.minimum(gap, 1 - gap))


def hue(values: Floats) -> Floats:
    """Place on the colour circle [h, w], 0 to 1: 0 red, 1/3 green, 2/3 blue; gray gives 0."""
    red, green, blue = values[..., 0], values[..., 1], values[..., 2]
    high = pixels.brightest(values)
    spread = np.maximum(pixels.colorfulness(values), 1e-6)
    turn = np.where(
        high == red,
        ((green - blue) / spread) % 6,
        np.where(high == green, (blue - red) / spread + 2, (red - green) / spread + 4),
    )
    return np.where(spread > 2e-6, turn / 6, 0.0).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle as fractions of the picture: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float


def bounds(mask: Floats) -> Box:
    """The rectangle around the part above one half, without its outermost half percent; the whole if empty."""
    height, width = mask.shape
    columns, rows = (mask > 0.5).sum(axis=0), (mask > 0.5).sum(axis=1)
    if not columns.any():
        return Box(left=0, top=0, right=1, bottom=1)
    left, right = _middle_range(columns)
    top, bottom = _middle_range(rows)
    return Box(left=left / width, top=top / height, right=right / width, bottom=bottom / height)


def _middle_range(counts: Floats) -> tuple[int, int]:
    share = np.cumsum(counts) / counts.sum()
    low = int(np.searchsorted(share, 0.004))
    high = int(np.searchsorted(share, 0.996)) + 1
    return low, min(len(counts), high)
