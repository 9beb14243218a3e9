import base64
import io

import numpy as np
import pytest
from PIL import Image

from occam.charts import boundary, palette, slopes
from occam.charts.arrow import decode
from occam.charts.chart import Style
from tests.charts.synthetic import CASES, frames, header


def data(chart):
    return {name: decode(stream) for name, stream in chart.datasets.items()}


def pixels(url):
    return np.array(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB"))


def test_two_classes_are_blue_and_orange_around_the_line():
    head = header()
    shown = data(boundary.draw("two", head, frames(head), 4))
    picture = pixels(shown["map"]["url"][0])
    blue, orange = palette.two_classes("light")[[0, -1]].astype(int)
    assert np.abs(picture[32, 0] - blue).max() < 12
    assert np.abs(picture[32, -1] - orange).max() < 12
    x, y = np.array(shown["border"]["x"]), np.array(shown["border"]["y"])
    np.testing.assert_allclose(x + 0.3 * y, 0.1, atol=2e-3)  # values are kept as float16


def test_points_carry_class_and_place():
    head = header()
    shown = data(boundary.draw("points", head, frames(head), 0))
    np.testing.assert_allclose(shown["train"]["u"], head.train[:, 0])
    assert shown["train"]["class"] == [f"kind {int(y)}" for y in head.y_train]


def test_few_hundred_test_points_are_drawn_and_it_is_said():
    head = header(m=1000)
    chart = boundary.draw("many", head, frames(head), 0)
    assert len(data(chart)["test"]["u"]) == 300
    assert "300 of 1000 test samples" in chart.alt
    hidden = boundary.draw("many", head, frames(head), 0, test=False)
    assert "test" not in hidden.datasets
    assert "test samples" not in hidden.alt


def test_the_sentence_gives_the_share_of_each_class():
    head = header()
    alt = boundary.draw("shares", head, frames(head), 2).alt
    assert "of the drawn box the network gives kind 1 5" in alt


def test_more_classes_show_winner_and_confidence():
    head = header(**CASES["three classes"])
    recorded = frames(head)
    shown = data(boundary.draw("three", head, recorded, 4))
    assert len(np.unique(pixels(shown["map"]["url"][0]).reshape(-1, 3), axis=0)) > 20
    assert len(set(shown["border"]["line"])) >= 1


def test_a_regression_has_round_iso_lines_inside_its_targets():
    assert boundary.iso_levels(-1.0, 1.0) == pytest.approx([-1.0, -0.5, 0.0, 0.5, 1.0])
    assert boundary.iso_levels(0.0, 0.013) == pytest.approx([0.0, 0.002, 0.004, 0.006, 0.008, 0.01, 0.012])
    for span in (0.01, 0.7, 3.0, 99.0, 1e6):
        assert 2 <= len(boundary.iso_levels(0.1 * span, 1.1 * span)) <= 8


def test_equal_targets_still_span_a_range():
    head = header(task="regression", n=1, m=1)
    object.__setattr__(head, "y_test", head.y_train)
    low, high = boundary.target_range(head)
    assert high - low == 1


def test_a_curve_shows_the_output_and_two_classes_their_probability():
    head = header(**CASES["curve"])
    recorded = frames(head)
    curve = data(boundary.draw("curve", head, recorded, 3))["curve"]
    np.testing.assert_allclose(curve["f"], recorded[3].values.astype(float), rtol=1e-6)
    head = header(**CASES["curve of two classes"])
    curve = data(boundary.draw("curve 2", head, frames(head), 3))["curve"]
    assert 0 <= min(curve["f"]) < max(curve["f"]) <= 1


def test_a_curve_of_more_classes_is_a_line_a_winner():
    head = header(**CASES["curve of three classes"])
    recorded = frames(head)
    shown = data(boundary.draw("curve 3", head, recorded, 4))
    assert recorded[4].winners is not None
    changes = int((np.diff(recorded[4].winners.astype(int)) != 0).sum())
    assert len(set(shown["curve"]["line"])) == changes + 1
    assert set(shown["train"]["y"]) == {0.0}  # below the curve


def test_sigmoid_does_not_overflow():
    assert boundary.sigmoid(np.array([-6e4, 0.0, 6e4], np.float32)).tolist() == [0.0, 0.5, 1.0]


def test_long_or_equal_names_of_classes_stay_apart():
    head = header(task="multiclass", classes=3)
    object.__setattr__(head, "classes", ("the very same beginning, a", "the very same beginning, b", "c"))
    names = boundary.View.of(head).classes
    assert len(set(names)) == 3
    assert max(map(len, names)) < 24


def test_slopes_use_one_scale_for_all_runs():
    head = header()
    recorded = frames(head)
    picture = pixels(data(slopes.draw("slopes", head, recorded, 0))["map"]["url"][0])
    # Slope 1 + |u| is 1 near u = 0: the middle of 10⁻³ … 10³.
    middle = palette.slopes("light")[127:132].astype(int)
    assert np.abs(picture[0, 28] - middle).max(axis=1).min() < 4


def test_the_sentence_on_slopes_says_where_it_is_steep():
    head = header()
    alt = slopes.draw("steep", head, frames(head), 0).alt
    assert (
        alt == "Step 0: the squared slope has median 2.14 in the drawn box and is largest, 3.5, at u = 2.5 and v = −2."
    )


def test_the_table_holds_the_grid():
    head = header()
    recorded = frames(head)
    table = boundary.table(head, recorded, 3)
    assert list(table.columns) == ["step", "u", "v", "f", "output_input_grad_sq"]
    assert len(table) == 64 * 64
    row = table.iloc[64 * 10 + 5]
    assert row["f"] == recorded[3].values[10, 5]
    assert row["u"] == pytest.approx(-2 + 5 * 4.5 / 63)


def test_maps_side_by_side_leave_the_same_room_for_their_keys():
    for case in CASES.values():
        head = header(**case)
        recorded = frames(head)
        pair = [module.draw(str(case), head, recorded, 0, style=Style("dark")) for module in (boundary, slopes)]
        assert pair[0].spec["padding"] == pair[1].spec["padding"]
        assert pair[0].spec["height"] == pair[1].spec["height"]
