from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from limner.providers.sandbox.edit import mask
from limner.providers.sandbox.paint.pixels import Floats
from limner.providers.sandbox.styles import segments
from providers.sandbox.photos import floats, landscape, portrait, product


def covered(plane: Floats, box: tuple[float, float, float, float]) -> float:
    height, width = plane.shape
    left, top, right, bottom = box
    return float(plane[int(top * height) : int(bottom * height), int(left * width) : int(right * width)].mean())


def test_the_ball_of_a_studio_shot_is_found_without_its_shadow() -> None:
    found = mask.subject(product())
    assert covered(found, (0.42, 0.42, 0.58, 0.62)) > 0.97
    assert covered(found, (0.0, 0.0, 1.0, 0.25)) < 0.01
    assert covered(found, (0.62, 0.76, 0.72, 0.79)) < 0.3


def test_the_car_in_a_field_is_found() -> None:
    found = mask.subject(landscape())
    assert covered(found, (0.38, 0.73, 0.64, 0.79)) > 0.95
    assert covered(found, (0.0, 0.0, 1.0, 0.5)) < 0.02
    assert covered(found, (0.0, 0.6, 0.25, 1.0)) < 0.05


def test_the_head_of_a_portrait_is_found() -> None:
    found = mask.subject(portrait())
    assert covered(found, (0.42, 0.35, 0.58, 0.6)) > 0.97
    assert covered(found, (0.0, 0.0, 0.2, 0.5)) < 0.05


@pytest.mark.parametrize("size", [(64, 64), (8, 300), (300, 8), (1, 1)])
def test_a_picture_of_nothing_still_has_a_subject(size: tuple[int, int]) -> None:
    found = mask.subject(Image.new("RGB", size, (90, 120, 150)))
    assert found.shape == (size[1], size[0])
    assert found.max() > 0.5


def test_the_pictures_own_transparency_is_the_subject() -> None:
    image = product(64).convert("RGBA")
    alpha = Image.new("L", (64, 64))
    alpha.paste(255, (0, 0, 20, 64))
    image.putalpha(alpha)
    found = mask.subject(image)
    assert found[:, :20].min() == 1
    assert found[:, 20:].max() == 0


def test_the_sky_of_a_landscape_ends_at_the_hills() -> None:
    found = mask.sky(landscape())
    assert found is not None
    assert covered(found, (0, 0, 1, 0.38)) > 0.95
    assert covered(found, (0, 0.56, 1, 1)) < 0.02


def test_a_studio_wall_is_no_sky() -> None:
    assert mask.sky(product()) is None


def test_a_named_colour_is_found_where_it_is() -> None:
    found = mask.of_color(landscape(), (222, 45, 45))
    assert found is not None
    assert covered(found, (0.36, 0.76, 0.39, 0.78)) > 0.9
    assert covered(found, (0, 0, 1, 0.55)) < 0.02


def test_a_colour_that_is_not_there_is_not_found() -> None:
    assert mask.of_color(landscape(), (255, 122, 172)) is None


def test_the_main_part_leaves_out_what_stands_apart() -> None:
    plane = np.zeros((100, 200), np.float32)
    plane[20:80, 20:90] = 1
    plane[40:60, 150:170] = 1
    part = mask.main_part(plane)
    assert part[30:70, 30:80].min() == 1
    assert part[:, 140:].max() == 0


def test_connected_parts_are_counted_and_sorted_by_size() -> None:
    plane = np.array([[1, 1, 0, 0, 1], [1, 0, 0, 0, 1], [1, 1, 1, 0, 0], [0, 0, 0, 0, 0], [0, 1, 1, 1, 0]], bool)
    pieces = mask.connected(plane)
    assert [piece.area for piece in pieces] == [6, 3, 2]
    assert [piece.touches_frame for piece in pieces] == [True, True, True]


def test_a_u_shape_is_one_part() -> None:
    plane = np.array([[1, 0, 1], [1, 0, 1], [1, 1, 1]], bool)
    assert [piece.area for piece in mask.connected(plane)] == [7]


def test_small_holes_are_filled_and_bays_are_not() -> None:
    plane = np.ones((40, 40), bool)
    plane[20, 20] = False
    plane[0:4, 10] = False
    filled = mask.fill_holes(plane)
    assert filled[20, 20]
    assert not filled[0, 10]


def test_bounds_are_fractions_of_the_picture() -> None:
    plane = np.zeros((100, 200), np.float32)
    plane[25:75, 50:150] = 1
    assert mask.bounds(plane) == mask.Box(left=0.25, top=0.25, right=0.75, bottom=0.75)


def test_bounds_of_nothing_are_the_whole_picture() -> None:
    assert mask.bounds(np.zeros((5, 5), np.float32)) == mask.Box(left=0, top=0, right=1, bottom=1)


def test_superpixels_follow_an_edge() -> None:
    values = np.zeros((60, 60, 3), np.float32)
    values[:, 33:] = 1
    labels, columns, rows = segments.superpixels(values, across=6)
    assert labels.max() < columns * rows
    assert set(labels[:, :33].ravel()).isdisjoint(labels[:, 33:].ravel())


def test_hues_are_places_on_the_colour_circle() -> None:
    colors = np.array([[[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0.5]]], np.float32)
    assert mask.hue(colors)[0].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 0], abs=1e-6)


def test_masks_are_deterministic() -> None:
    photo = portrait(128)
    assert np.array_equal(mask.subject(photo), mask.subject(photo))
    assert floats(photo).shape == (128, 128, 3)
