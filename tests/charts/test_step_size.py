"""Charts of the page on the step size: datasets that fit their spec, numbers that are there, a sentence."""

import dataclasses
import json
import math

import numpy as np
import pytest

from occam.charts import flows, step_size, step_size_landscape
from occam.charts.arrow import decode
from occam.charts.chart import Chart, Style
from occam.studies.kinds.step_size import BatchPoint, EdgePoint, EndPoint, MomentumPoint, SwapSeed, VarianceSplit
from occam.theory.tracks import EpochPoint, OrderPoint, Track
from occam.theory.two_parameter import Paths, TwoParameter, imbalance

STYLE = Style()
NAMES = step_size.NAMES
ERRORS = {"gradient": 2, "modified": 3, "second_order": 4, "wrong_weight": 2}


def made_up(ending: str = "complete") -> Paths:
    times = np.linspace(0, 1, 11)
    points = np.linspace([2.0, 3.0], [0.3, 2.0], 11)
    tracks = {name: Track(times, points + 0.01 * i, "complete", 1.0) for i, name in enumerate(NAMES)}
    if ending != "complete":
        cut = points.copy()
        cut[4:] = np.nan
        tracks["descent"] = Track(times, cut, "diverged", 0.4)
    sharp = {name: float(TwoParameter().sharpness(track.end)) for name, track in tracks.items()}
    return Paths(0.1, 0.7, tracks, {name: imbalance(track.points) for name, track in tracks.items()}, sharp)


def order_points(count: int) -> list[OrderPoint]:
    gammas = [0.1 / 2**k for k in range(count)]
    return [
        OrderPoint(
            g, g, 1, 1.0, {n: g**p for n, p in ERRORS.items()}, {n: g ** (p - 1) for n, p in ERRORS.items()}, 0.0, {}
        )
        for g in gammas
    ]


def batch_points(count: int) -> list[BatchPoint]:
    errors = {"gradient": 2, "full_batch": 2, "per_batch": 3}
    each = [EpochPoint(g, g, 2, {n: g**p for n, p in errors.items()}, 0.0) for g in (0.1 / 2**k for k in range(count))]
    return [BatchPoint(point, point) for point in each]


def seeds(count: int) -> list[SwapSeed]:
    times, grid = np.array([1.0, 2.0]), np.array([[1.0, 2.0], [0.1, 0.2], [0.0, 0.0]])
    lost = np.full((3, 2), np.nan)
    return [SwapSeed(i, times, grid if i else lost, grid, (0.1, 0.2), (), None, ()) for i in range(count)]


EDGE = [EdgePoint(0, 0.5, 1.0), EdgePoint(10, 0.4, np.nan), EdgePoint(20, 0.0, 3.0)]
ENDS = [
    EndPoint(0.01, 0.1, dict.fromkeys(NAMES, 2.0)),
    EndPoint(0.1, 1.0, {**dict.fromkeys(NAMES, 2.0), "descent": np.nan}),
]
CHARTS = {
    "landscape": lambda k: step_size_landscape.draw(k, made_up(), 0.6, 0.5),
    "landscape, end": lambda k: step_size_landscape.draw(k, made_up(), 0.6, 1.0, window="end"),
    "landscape, diverged": lambda k: step_size_landscape.draw(k, made_up("diverged"), 0.6, 1.0),
    "landscape, no target": lambda k: step_size_landscape.draw(k, made_up(), 0.0, 1.0),
    "ends": lambda k: step_size.draw_ends(k, ENDS, made_up(), 0.6, STYLE),
    "no ends": lambda k: step_size.draw_ends(k, [], made_up("diverged"), 0.6, STYLE),
    "imbalance": lambda k: step_size.draw_imbalance(k, made_up(), STYLE),
    "one step": lambda k: step_size.draw_orders(k, order_points(4), "one_step", STYLE),
    "no orders": lambda k: step_size.draw_orders(k, [], "fixed_time", STYLE),
    "batches": lambda k: step_size.draw_batches(k, batch_points(3), "reshuffle", STYLE),
    "no batches": lambda k: step_size.draw_batches(k, [], "replacement", STYLE),
    "split": lambda k: step_size.draw_split(k, [VarianceSplit(1, 2.0, 0.1, 2.1, 400)], STYLE),
    "momentum": lambda k: step_size.draw_momentum(k, [MomentumPoint(0.5, 2.9, 3.0, 0.1)], STYLE),
    "swap": lambda k: step_size.draw_swap(k, seeds(3), "parameters", STYLE),
    "swap, one lost": lambda k: step_size.draw_swap(k, seeds(1), "parameters", STYLE),
    "no swap": lambda k: step_size.draw_swap(k, [], "functions", STYLE),
    "edge": lambda k: step_size.draw_edge(k, EDGE, 0.1, STYLE),
    "no edge": lambda k: step_size.draw_edge(k, [], 0.1, STYLE),
    "loss": lambda k: step_size.draw_loss(k, EDGE, STYLE),
}


def fields(layer: dict) -> set[str]:
    return {channel["field"] for channel in layer["encoding"].values() if "field" in channel}


@pytest.mark.parametrize("name", CHARTS)
def test_every_layer_finds_its_data_and_every_chart_has_a_sentence(name: str) -> None:
    chart: Chart = CHARTS[name](name)
    fed = [layer for layer in chart.spec["layer"] if "sequence" not in layer["data"]]
    assert {layer["data"]["name"] for layer in fed} == set(chart.datasets)
    for layer in fed:
        assert fields(layer) <= set(decode(chart.datasets[layer["data"]["name"]]))
    assert chart.alt.endswith(".") and "nan" not in chart.alt
    assert chart.nbytes < 60_000


def test_time_changes_only_the_data() -> None:
    early, late = (step_size_landscape.draw("time", made_up(), 0.6, until) for until in (0.0, 1.0))
    assert json.dumps(early.spec) == json.dumps(late.spec)
    assert len(decode(early.datasets["steps"])["x"]) == 1
    assert len(decode(late.datasets["steps"])["x"]) == 11
    assert len(decode(late.datasets["paths"])["x"]) == 33


def test_the_window_holds_every_path_and_the_nearest_flat_minimum() -> None:
    whole = step_size_landscape.box(made_up(), TwoParameter(), "whole")
    assert whole.low[0] < 0.3 and whole.low[1] < 0.6**0.5 and whole.high[1] > 3.0
    end = step_size_landscape.box(made_up(), TwoParameter(), "end")
    assert end.high[0] - end.low[0] < 0.5


def test_the_key_tells_the_fitted_slope_beside_the_expected() -> None:
    key = decode(step_size.draw_orders("slopes", order_points(4), "one_step", STYLE).datasets["key"])
    assert key["modified"] == ["modified flow, γ/4: slope 3.00 (expected 3)"]
    assert "slope –" in decode(step_size.draw_orders("none", [], "one_step", STYLE).datasets["key"])["gradient"][0]


def test_flows_differ_in_colour_dash_and_mark() -> None:
    for theme in ("light", "dark"):
        shown = [flows.FLOWS[name] for name in (*NAMES, "wrong_weight")]
        assert len({line.colour(theme) for line in shown}) == 5
    assert len({line.dash for line in shown}) == len({line.shape for line in shown}) == 5


def test_tables_hold_the_numbers() -> None:
    table = step_size_landscape.table(made_up())
    assert len(table) == 44 and table["Q"].iloc[0] == -5.0
    assert step_size.swap_series(seeds(2), "parameters")["small"][1].tolist() == [1.0, 2.0]


@pytest.mark.parametrize("ends", [(-8.0, 8.0), (-0.3, 3.7), (1.96, 2.04)])
def test_a_new_start_is_chosen_among_round_places_inside_the_knobs_range(ends: tuple[float, float]) -> None:
    low, high = ends
    places = step_size_landscape._places(step_size_landscape.Box((low, low), (high, high))).to_dict(validate=False)
    count = places["data"]["sequence"]["stop"]
    assert 50 < count <= (step_size_landscape.PLACES + 1) ** 2
    for place in (0, count - 1):
        for formula in places["transform"]:
            at = eval(formula["calculate"].replace("datum.place", str(place)), {"floor": math.floor})
            assert max(low, -4.0) - 1e-9 <= at <= min(high, 4.0) + 1e-9
            assert at * 1000 == pytest.approx(round(at * 1000))


def test_a_diverged_descent_leaves_the_flows_readable() -> None:
    paths = made_up("diverged")
    far = paths.imbalance["descent"].copy()
    far[3] = 4e8
    paths = dataclasses.replace(
        paths,
        imbalance={**paths.imbalance, "descent": far},
        end_sharpness={**paths.end_sharpness, "descent": math.nan},
    )
    dots = decode(step_size.draw_imbalance("diverged", paths, STYLE).datasets["dots"])
    assert max(map(abs, dots["y"])) < 100
    key = decode(step_size.draw_ends("diverged", [], paths, 0.6, STYLE).datasets["key"])
    assert "–" in str(key) and "undefined" not in str(key)
