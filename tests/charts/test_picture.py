import base64
import io

import numpy as np
import pytest
from PIL import Image

from occam.charts import palette, picture
from occam.training.frames import Plane

PLANE = Plane(np.array([-1.0, 0.0]), np.array([1.0, 4.0]), ("u", "v"), np.zeros(2), np.eye(2))


def open_url(url):
    head, body = url.split(",")
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(body)))


def test_a_picture_is_a_palette_png_with_high_v_on_top():
    levels = np.repeat(np.arange(64, dtype=np.uint8)[:, None], 64, axis=1)
    colours = palette.slopes("light")
    image = open_url(picture.png_url(levels, colours))
    assert image.mode == "P"
    assert image.size == (64, 64)
    pixels = np.array(image.convert("RGB"))
    np.testing.assert_array_equal(pixels[0, 0], colours[63])
    np.testing.assert_array_equal(pixels[-1, 0], colours[0])


def test_levels_are_clipped_and_nan_is_what_it_is_told():
    share = np.array([-1.0, 0.0, 0.5, 1.0, np.inf, -np.inf, np.nan])
    assert picture.to_levels(share, 3).tolist() == [0, 0, 1, 2, 2, 0, 1]
    assert picture.to_levels(share, 3, missing=0.0)[-1] == 0


def test_the_centres_of_the_outer_cells_lie_on_the_edge_of_the_box():
    columns = picture.map_columns(PLANE, "", 5)
    assert [float(columns[name][0]) for name in ("x", "x2", "y", "y2")] == [-1.25, 1.25, -0.5, 4.5]


def test_a_line_is_where_the_field_is_zero():
    u, v = np.meshgrid(picture.ticks(PLANE, 64, 0), picture.ticks(PLANE, 64, 1))
    line = picture.lines(PLANE, [u - 0.3 + 0.1 * v], [0.0])
    assert len(line["x"]) > 60
    assert set(line["line"].tolist()) == {0}
    np.testing.assert_allclose(line["x"] + 0.1 * line["y"], 0.3, atol=1e-12)
    assert line["order"].tolist() == list(range(len(line["x"])))


def test_each_level_and_piece_is_a_line_of_its_own():
    u = np.broadcast_to(picture.ticks(PLANE, 64, 0), (64, 64))
    lines = picture.lines(PLANE, [u], [-0.5, 0.5])
    assert set(lines["line"].tolist()) == {0, 1}


@pytest.mark.parametrize("field", [np.full((64, 64), np.nan), np.ones((64, 64))])
def test_no_line_where_there_is_none(field):
    assert all(len(column) == 0 for column in picture.lines(PLANE, [field], [0.0]).values())


def test_part_of_a_line_is_drawn_beside_what_is_undefined():
    u = np.broadcast_to(picture.ticks(PLANE, 64, 0), (64, 64)).copy()
    u[:20] = np.nan
    line = picture.lines(PLANE, [u], [0.1])
    assert len(line["x"]) > 30
    assert line["y"].min() > 1.0


def test_borders_between_classes_are_found_once_each():
    winners = np.repeat(np.array([0, 1, 2], np.uint8), 20)[None].repeat(60, axis=0)
    fields = picture.borders(winners)
    assert len(fields) == 2
    line = picture.lines(PLANE, fields, [0.5])
    edges = np.unique(np.round(line["x"], 6))
    step = 2 / 59
    np.testing.assert_allclose(edges, [-1 + 19.5 * step, -1 + 39.5 * step], atol=1e-6)


def test_one_class_has_no_border():
    assert picture.borders(np.zeros((64, 64), np.uint8)) == []
