from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from occam.charts.chart import Style
from occam.charts.lesson import draw_history, draw_seeds, history, near, pile, seeds_table
from tests.charts import synthetic


def rows(stream: bytes) -> dict[str, list]:
    return pa.ipc.open_stream(stream).read_all().to_pydict()


def test_a_pile_holds_every_dot_and_none_on_top_of_another() -> None:
    values = [1.0, 1.0, 1.001, 2.0, 4.0, 4.0]
    x, height = pile(values, log=True)
    assert sorted(values) == x.tolist()
    slots = list(zip(np.round(x, 1).tolist(), height.tolist(), strict=True))
    assert len(set(slots)) == len(slots) and height.min() == 1


@pytest.mark.parametrize("values", [[], [3.0], [2.0, 2.0]])
def test_few_or_equal_dots_are_piled(values: list[float]) -> None:
    assert len(pile(values, log=False)[0]) == len(values)


@pytest.mark.parametrize("own", [0.5, math.nan])
@pytest.mark.parametrize("others", [[0.4, 0.6, 1.2], [-1.0, 2.0], []])
def test_ones_own_run_stands_among_the_seeds(own: float, others: list[float]) -> None:
    chart = draw_seeds(others, own, 1.0, "Share", Style())
    assert len(rows(chart.datasets["seeds"])["x"]) == len(others)
    assert rows(chart.datasets["own"])["x"] == ([own] if math.isfinite(own) else [])
    assert f"{sum(value < 1 for value in others)} of {len(others)} other seeds" in chart.alt


def test_the_history_has_a_line_an_arm_against_what_is_asked() -> None:
    header = synthetic.header()
    frames = {"a": synthetic.frames(header, 3), "b": []}
    series = history(frames, {"a": 0.5, "b": 0.1}, "sharpness", "physical_time")
    assert series["a"][0].tolist() == [0.0, 10.0, 20.0] and len(series["b"][0]) == 0
    chart = draw_history(series, {"a": "A", "b": "B"}, "sharpness", "physical_time", Style())
    assert set(rows(chart.datasets["curves"])["name"]) == {"a"} and "A: " in chart.alt and "B" not in chart.alt
    empty = draw_history({}, {"a": "A"}, "sharpness", "train_loss", Style())
    assert rows(empty.datasets["curves"])["x"] == []


def test_a_far_dot_is_drawn_at_the_edge() -> None:
    values = [1.0, 1.1, 1.2, 1.3, 1.4, 900.0]
    cut = near(values, log=True)
    assert cut[:5] == pytest.approx(values[:5]) and 1.4 < cut[5] < 3
    assert near([1.0, 900.0], log=True) == [1.0, 900.0]


def test_the_seeds_are_a_table() -> None:
    table = seeds_table(6000, ("less", None), (0.5, None))
    assert list(table["seed"]) == [6000, 6001] and list(table.columns) == ["seed", "outcome", "effect"]
