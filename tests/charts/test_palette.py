"""Colours for every reader: distances under simulated colour vision deficiency, and contrast on the page."""

import itertools

import numpy as np
import pytest

from occam.charts import palette

# Machado, Oliveira & Fernandes 2009, severity 1.0, on linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "red-blind": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "green-blind": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "blue-blind": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
THEMES = ("light", "dark")


def linear(srgb):
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def seen(colours, sight):
    light = np.clip(linear(palette.rgb(*colours)) @ np.array(SIGHT[sight]).T, 0, 1)
    return palette.lab(np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055))


def closest(colours, sight):
    return min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen(colours, sight), 2))


def contrast(a, b):
    lights = sorted(linear(palette.rgb(a, b)) @ [0.2126, 0.7152, 0.0722])
    return (lights[1] + 0.05) / (lights[0] + 0.05)


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", THEMES)
def test_two_classes_are_far_apart_for_every_reader(theme, sight):
    assert closest(palette.class_colours(theme, 2), sight) > 60
    ramp = palette.hexes(palette.two_classes(theme))
    assert closest([ramp[0], ramp[-1]], sight) > 30


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("classes", [3, 4, 10])
def test_classes_stay_apart_for_every_reader(theme, classes, sight):
    assert closest(palette.class_colours(theme, classes), sight) > 15


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", THEMES)
def test_lines_on_one_axis_stay_apart_for_every_reader(theme, sight):
    assert closest(palette.line_colours(theme), sight) > 20


@pytest.mark.parametrize("theme", THEMES)
def test_text_lines_and_points_stand_out_from_the_page(theme):
    ink = palette.INK[theme]
    assert contrast(ink.text, ink.page) > 7
    assert contrast(ink.muted, ink.page) > 4.5
    assert all(contrast(colour, ink.page) > 4.5 for colour in palette.line_colours(theme))
    assert all(contrast(colour, ink.page) >= 3 for colour in palette.CLASSES[theme])


@pytest.mark.parametrize("theme", THEMES)
def test_a_point_is_seen_on_the_map_of_its_own_class(theme):
    ramp = palette.hexes(palette.two_classes(theme))
    assert contrast(palette.INK[theme].first, ramp[0]) > 2
    assert contrast(palette.INK[theme].second, ramp[-1]) > 2


def test_classes_differ_in_shape_as_well_as_colour():
    assert len(set(palette.class_shapes(10))) == 10
    pairs = list(zip(palette.class_colours("light", 40), palette.class_shapes(40), strict=True))
    assert len(set(pairs)) == 40


def test_lines_differ_in_dash_as_well_as_colour():
    assert len({tuple(dash) for dash in palette.DASHES}) == len(palette.line_colours("light"))


@pytest.mark.parametrize(("theme", "sign"), [("light", -1), ("dark", 1)])
def test_slopes_are_told_by_lightness_alone(theme, sign):
    lightness = palette.lab(palette.slopes(theme) / 255)[:, 0]
    assert (sign * np.diff(lightness) > -0.5).all()
    assert abs(lightness[-1] - lightness[0]) > 80


@pytest.mark.parametrize("theme", THEMES)
def test_the_middle_of_two_classes_is_the_page(theme):
    middle = palette.lab(palette.two_classes(theme)[127:129] / 255).mean(axis=0)
    assert np.linalg.norm(middle - palette.lab(palette.rgb(palette.INK[theme].page))[0]) < 2


@pytest.mark.parametrize("classes", [1, 3, 10, 100, 128])
def test_tints_of_classes_fit_into_a_palette(classes):
    tints, levels = palette.class_tints("light", classes)
    assert len(tints) == classes * levels <= 256


def test_lab_there_and_back():
    colours = np.random.default_rng(0).uniform(0, 1, (50, 3))
    np.testing.assert_allclose(palette.unlab(palette.lab(colours)), colours, atol=1e-4)
    np.testing.assert_allclose(palette.lab(np.ones(3)), [100, 0, 0], atol=0.02)


def test_layers_have_a_colour_each():
    assert [len(set(palette.layer_colours("light", count))) for count in (1, 2, 9)] == [1, 2, 9]
