import numpy as np
import pytest

from occam.charts import palette, units
from occam.charts.arrow import decode
from tests.charts.synthetic import header
from tests.charts.test_boundary import pixels


def maps(*widths, shape=(64, 64)):
    rng = np.random.default_rng(1)
    return [rng.uniform(-1, 1, (width, *shape)) for width in widths]


def test_every_unit_has_a_picture_and_a_name():
    shown = decode(units.draw("all", header(), maps(5, 3), 0).datasets["units"])
    assert len(set(shown["url"])) == 8
    assert shown["unit"][0] == "layer 1, unit 1"
    assert shown["unit"][-1] == "layer 2, unit 3"


def test_a_wide_layer_is_cut_and_it_is_said():
    chart = units.draw("wide", header(), maps(40), 0)
    assert len(decode(chart.datasets["units"])["url"]) == units.MOST
    assert decode(chart.datasets["titles"])["text"] == ["Layer 1: 24 of 40 units"]
    assert "24 of 40 units" in chart.alt


def test_pictures_do_not_overlap():
    shown = decode(units.draw("grid", header(), maps(20, 9), 0).datasets["units"])
    corners = list(zip(shown["x"], shown["y"], strict=True))
    assert len(set(corners)) == len(corners)
    assert max(shown["x2"]) < units.COLUMNS


def test_colour_is_the_response_on_one_scale_a_layer():
    first = np.zeros((2, 64, 64))
    first[0], first[1] = 2.0, -1.0
    shown = decode(units.draw("scale", header(), [first], 0).datasets["units"])
    ramp = palette.two_classes("light")
    np.testing.assert_array_equal(pixels(shown["url"][0])[0, 0], ramp[-1])
    np.testing.assert_array_equal(pixels(shown["url"][1])[0, 0], ramp[64])


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_a_dead_or_undefined_unit_is_the_middle_of_the_scale(value):
    shown = decode(units.draw(f"dead {value}", header(), [np.full((1, 64, 64), value)], 0).datasets["units"])
    np.testing.assert_array_equal(pixels(shown["url"][0])[0, 0], palette.two_classes("light")[128])


def test_units_over_one_input_are_strips():
    shown = decode(units.draw("strip", header(inputs=1), maps(4, shape=(256,)), 0).datasets["units"])
    assert pixels(shown["url"][0]).shape == (16, 256, 3)


def test_a_linear_model_says_that_it_has_none():
    chart = units.draw("none", header(), [], 0)
    assert chart.alt == "A linear model has no hidden units."
    assert decode(chart.datasets["words"])["note"] == ["No hidden layers: a linear model"]


def test_the_table_has_a_row_a_unit():
    table = units.table(header(), maps(5, 3), 0)
    assert list(table.columns) == ["layer", "unit", "min", "mean", "max"]
    assert len(table) == 8
