"""Curves of several runs: one line each over any clock, the reading of the record on screen, a fixed spec."""

import json

import numpy as np
import pytest

from occam.charts import compare, slopes
from occam.charts.arrow import decode
from tests.charts.synthetic import CASES, frames, header

HEAD = header()
FRAMES = frames(HEAD)


def traces(index: int, letters: str = "AB") -> list[compare.Trace]:
    return [
        compare.Trace(letter, letter, FRAMES, index, pace)
        for letter, pace in zip(letters, (0.1, 0.5, 1, 2), strict=False)
    ]


@pytest.mark.parametrize("clock", compare.ABSCISSA)
@pytest.mark.parametrize("metric", ["test_loss", "stability", "test_error"])
def test_the_spec_stays_while_the_playhead_moves(clock: str, metric: str):
    charts = [compare.draw(traces(i), clock, metric, float(i)) for i in range(3)]
    assert len({json.dumps(chart.spec) for chart in charts}) == 1
    assert {layer["data"]["name"] for layer in charts[0].spec["layer"]} == set(charts[0].datasets)


@pytest.mark.parametrize(("clock", "last"), [("step", [80, 80]), ("time", [8, 40])])
def test_every_run_has_its_own_time(clock: str, last: list[float]):
    data = decode(compare.draw(traces(4), clock, "test_loss", 1.0).datasets["dots"])
    assert list(data["name"]) == ["A", "B"] and np.allclose(data["x"], last)


def test_by_loss_the_abscissa_is_the_training_loss_and_falls():
    chart = compare.draw(traces(2, "ABCD"), "loss", "geometric_complexity", 0.5)
    data = decode(chart.datasets["curves"])
    assert np.allclose(data["x"][:5], [frame.metrics["train_loss"] for frame in FRAMES])
    assert "reverse" in json.dumps(chart.spec)


def test_the_words_hold_every_run():
    chart = compare.draw(traces(2), "step", "test_loss", 40)
    assert chart.alt.startswith("Test loss now: A ") and "at step 40" in chart.alt and ", B " in chart.alt
    assert "no record yet" in compare.draw([], "step", "test_loss", 0).alt


def test_the_table_has_a_row_for_every_run_and_record():
    table = compare.table(traces(0))
    assert len(table) == 10 and list(table["time"].iloc[[4, 9]]) == [8.0, 40.0]
    assert compare.table([]).empty


def test_slopes_of_one_input_reach_as_high_as_the_steepest_run():
    head = header(**CASES["curve"])
    charts = [slopes.draw("curve", head, frames(head), i, top=top) for i, top in ((1, 50.0), (2, 70.0))]
    assert [decode(chart.datasets["top"])["slope"][0] for chart in charts] == [50.0, 70.0]
    assert charts[0].spec == charts[1].spec and "top" in json.dumps(charts[0].spec)
    assert "top" not in slopes.draw("binary", HEAD, FRAMES, 1, top=50.0).datasets
