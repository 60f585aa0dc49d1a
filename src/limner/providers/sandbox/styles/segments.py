"""Superpixels: a picture cut into a few hundred pieces that follow its outlines."""

from __future__ import annotations

import numpy as np

from limner.providers.sandbox.paint.pixels import Floats

_ROUNDS = 4


def superpixels(
    values: Floats, *, across: int, stiffness: float = 0.12, rng: np.random.Generator | None = None
) -> tuple[Floats, int, int]:
    """Labels [h, w] of a grid of about `across` pieces on the longer side, with the grid's columns and rows.

    Local k-means on colour and place (SLIC, Achanta 2012): each pixel chooses among the nine nearest pieces.
    `stiffness` weighs place against colour; higher makes rounder pieces. `rng` scatters the
    first centres, which hides the grid. Label = row x columns + column.
    """
    height, width = values.shape[:2]
    step = max(width, height) / max(2, across)
    columns, rows = max(1, round(width / step)), max(1, round(height / step))
    home = _home_cells(width, height, columns, rows)
    x = np.broadcast_to(np.arange(width, dtype=np.float32)[None, :] / step * stiffness, (height, width))
    y = np.broadcast_to(np.arange(height, dtype=np.float32)[:, None] / step * stiffness, (height, width))
    features = np.dstack([values, x, y]).astype(np.float32)
    labels = home.copy()
    if rng is not None:
        labels = _nearest(features, _scattered(features, columns, rows, rng), home, columns, rows)
    for _ in range(_ROUNDS):
        labels = _nearest(features, means(features, labels, columns * rows), home, columns, rows)
    return labels, columns, rows


def _home_cells(width: int, height: int, columns: int, rows: int) -> Floats:
    column = np.arange(width) * columns // width
    row = np.arange(height) * rows // height
    return (row[:, None] * columns + column[None, :]).astype(np.intp)


def _scattered(features: Floats, columns: int, rows: int, rng: np.random.Generator) -> Floats:
    """One first centre per cell, at a random place in it; every second row is moved by half a cell."""
    height, width = features.shape[:2]
    across = (np.arange(columns)[None, :] + rng.uniform(0.05, 0.6, (rows, columns))) / columns
    across += (np.arange(rows) % 2)[:, None] * (0.4 / columns)
    down = (np.arange(rows)[:, None] + rng.uniform(0.1, 0.9, (rows, columns))) / rows
    x = np.clip((across * width).astype(np.intp), 0, width - 1)
    y = np.clip((down * height).astype(np.intp), 0, height - 1)
    return np.asarray(features[y, x].reshape(rows * columns, -1))


def _nearest(features: Floats, centers: Floats, home: Floats, columns: int, rows: int) -> Floats:
    best = np.full(home.shape, np.inf, np.float32)
    chosen = home.copy()
    home_row, home_column = home // columns, home % columns
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            row = np.clip(home_row + down, 0, rows - 1)
            column = np.clip(home_column + right, 0, columns - 1)
            label = row * columns + column
            gap = features - centers[label]
            distance = np.einsum("hwc,hwc->hw", gap, gap)
            closer = distance < best
            best = np.where(closer, distance, best)
            chosen = np.where(closer, label, chosen)
    return chosen


def means(features: Floats, labels: Floats, count: int) -> Floats:
    """The mean of [h, w, c] over each label, [count, c]; zero where a label has no pixel."""
    flat = labels.ravel()
    sizes = np.maximum(np.bincount(flat, minlength=count), 1)
    channels = [np.bincount(flat, features[..., i].ravel(), minlength=count) / sizes for i in range(features.shape[2])]
    return np.stack(channels, -1).astype(np.float32)


def neighbours(labels: Floats, count: int) -> Floats:
    """Unordered pairs [n, 2] of labels that touch."""
    right = np.stack([labels[:, :-1].ravel(), labels[:, 1:].ravel()], -1)
    down = np.stack([labels[:-1].ravel(), labels[1:].ravel()], -1)
    pairs = np.sort(np.concatenate([right, down]), axis=1)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    codes = np.unique(pairs[:, 0].astype(np.int64) * count + pairs[:, 1])
    return np.stack([codes // count, codes % count], -1)


def borders(labels: Floats) -> Floats:
    """True [h, w] where a pixel differs from the one on its right or below."""
    edge = np.zeros(labels.shape, bool)
    edge[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    edge[:-1] |= labels[:-1] != labels[1:]
    return edge
