import numpy as np
import pytest

from occam.charts import layers
from occam.charts.arrow import decode
from tests.charts.synthetic import frames, header


def bars(chart):
    return decode(chart.datasets["bars"])


def test_bars_are_the_recorded_quantiles():
    head = header()
    chart = layers.draw("bars", head, frames(head), 1)
    shown = bars(chart)
    assert len(shown["median"]) == 2 * 4
    assert shown["layer"][:2] == ["layer 1", "layer 1"]
    assert shown["norm"][:2] == ["operator norm", "Frobenius norm"]
    np.testing.assert_allclose(
        [shown[q][0] for q in ("min", "q25", "median", "q75", "max")], [0.001, 0.01, 0.03, 0.1, 0.6]
    )
    assert shown["degenerate"][0] == "3 of 40 degenerate"
    assert shown["degenerate"][2] == ""


@pytest.mark.parametrize(("norms", "name"), [("operator", "operator norm"), ("frobenius", "Frobenius norm")])
def test_one_norm_alone(norms, name):
    head = header()
    assert set(bars(layers.draw("one", head, frames(head), 1, norms=norms))["norm"]) == {name}


def test_the_bound_is_drawn_at_one():
    head = header()
    assert decode(layers.draw("bound", head, frames(head), 1).datasets["bound"]) == {
        "ratio": [1.0],
        "word": ["the bound"],
    }


def test_a_ratio_of_zero_is_drawn_at_the_floor():
    head = header()
    recorded = frames(head)
    recorded[1].bounds[2, :, 0] = 0
    assert bars(layers.draw("zero", head, recorded, 1, norms="operator"))["min"][2] == pytest.approx(layers.FLOOR)


def test_the_sentence_names_the_loosest_and_the_tightest_layer():
    head = header()
    recorded = frames(head)
    recorded[2].bounds[1, 0, 2], recorded[2].bounds[3, 0, 2] = 0.002, 0.09
    assert layers.draw("words", head, recorded, 2).alt == (
        "Step 40, operator norm: median layer bound ratios run from 0.002 (layer 2) to 0.09 (layer 4), and the largest "
        "of any sample is 0.6 of the bound; 3 of 160 layer ratios are degenerate."
    )


def test_one_degenerate_layer_leaves_the_others():
    head = header()
    recorded = frames(head)
    recorded[2].bounds[1, :, :5] = np.nan
    recorded[2].bounds[1, :, 5] = 40
    chart = layers.draw("part", head, recorded, 2)
    assert bars(chart)["median"][2] is None
    assert bars(chart)["degenerate"][2] == "40 of 40 degenerate"
    assert decode(chart.datasets["words"])["note"] == [""]


def test_history_follows_the_median_of_each_layer():
    head = header()
    recorded = frames(head)
    recorded[3].bounds[0, 0, 2] = 0.5
    chart = layers.draw_history("history", head, recorded, 3)
    past = decode(chart.datasets["past"])
    assert past["m1"][3] == 0.5
    assert past["step"] == [0, 20, 40, 60]
    assert decode(chart.datasets["future"])["step"] == [60, 80]
    labels = decode(chart.datasets["labels"])
    assert labels["text"][0] == "1"
    assert labels["side"] == [0, 1, 0, 1, 0]
    assert labels["ratio"][-1] == pytest.approx(0.01)


def test_the_table_is_bounds_csv():
    head = header()
    table = layers.table(head, frames(head), 0)
    assert list(table.columns) == ["step", "layer", "norm", "min", "q25", "median", "q75", "max", "degenerate"]
    assert len(table) == 5 * 4 * 2
    assert table["layer"].unique().tolist() == [1, 2, 3, 4]
