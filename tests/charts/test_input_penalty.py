"""Charts of the input penalty's page: drawn from few, from all and from undefined results; one spec for all of them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np
import pytest

from occam.charts import input_penalty as charts
from occam.charts.arrow import decode
from occam.charts.chart import Chart, Style
from occam.studies.kinds.input_penalty import ARMS, Angle, Attacked, Distance, Margins, Order, Pull, SeedPair

X = np.array([0.1, 0.2, 0.4])
NAN = np.full(3, np.nan)
RESULTS = {
    "orders": [Order(kind, X, X**2, 2.0, X**2, 2.0) for kind in charts.ORDERS],
    "distances": [Distance(pair, X, X, 1.0, 10) for pair in charts.DISTANCES],
    "pgd": [Attacked(name, "pgd", "l2", X, X, 1 - X, 30) for name in ARMS],
    "margins": [Margins(name, np.array([-1.0, 0.5, math.inf]), X, 1.0, 2.0) for name in ARMS],
    "angles": [Angle(step, 0.1 * step, 1.0, 1.0, 0.5) for step in range(3)],
    "pulls": [Pull(name, np.arange(3), X, X) for name in charts.PULLS],
    "seeds": [SeedPair(seed, np.full((2, 3, 5), 0.5 + seed), np.ones(3), 0.3) for seed in range(3)],
}
UNDEFINED = {
    "orders": [Order(kind, X, np.zeros(3), math.nan, NAN, math.nan) for kind in charts.ORDERS],
    "distances": [Distance("none", X, NAN, math.nan, 10)],
    "pgd": [Attacked("none", "pgd", "linf", X, NAN, 1 - X, 30)],
    "margins": [Margins("none", np.empty(0), np.empty(0), 0.0, 0.0)],
    "angles": [Angle(0, math.nan, 0.0, 0.0, math.nan)],
    "pulls": [Pull("none", np.arange(3), np.zeros(3), X)],
    "seeds": [SeedPair(0, np.full((2, 3, 5), np.nan), NAN, math.nan)],
}
Draw = Callable[[str, list, Style], Chart]
DRAW: dict[str, Draw] = {
    "orders": charts.draw_orders,
    "distances": charts.draw_distances,
    "pgd": lambda key, found, style: charts.draw_attacks(key, found, "pgd", style),
    "margins": charts.draw_margins,
    "angles": charts.draw_angles,
    "pulls": charts.draw_pulls,
    "seeds": lambda key, found, style: charts.draw_seeds(key, found, "geometric_complexity", "time", style),
}


@pytest.mark.parametrize("style", [Style(), Style("dark", True)], ids=["light", "dark, large"])
@pytest.mark.parametrize("name", DRAW)
def test_a_chart_says_in_words_what_it_shows_and_keeps_its_spec(name: str, style: Style):
    draw, found = DRAW[name], RESULTS[name]
    seen = [draw(f"{name}.{count}.{style}", found[:count], style) for count in (1, len(found))]
    assert len({json.dumps(chart.spec) for chart in seen}) == 1
    for chart in seen:
        assert chart.alt.endswith(".") and chart.name
        assert decode(chart.datasets["words"])["alt"] == [chart.alt]
        assert decode(chart.datasets["curves"])["x"] or decode(chart.datasets["dots"])["x"]


@pytest.mark.parametrize("name", DRAW)
def test_nothing_and_undefined_results_are_drawn(name: str):
    for found in ([], UNDEFINED[name]):
        assert DRAW[name](f"{name}.undefined.{len(found)}", found, Style()).alt


@pytest.mark.parametrize("name", ["orders", "margins", "angles", "seeds"])
def test_an_empty_chart_says_why(name: str):
    chart = DRAW[name](f"{name}.why", UNDEFINED[name], Style())
    assert decode(chart.datasets["words"])["note"] != [""]


def test_a_regression_is_judged_by_its_loss():
    found = [Attacked(name, "fgsm", "l2", X, 2 * X, NAN, 30) for name in ARMS]
    assert charts.attack_series(found, "fgsm")["noise"][1] == pytest.approx(2 * X)
    assert charts.draw_attacks("regression", found, "fgsm", Style()).name == "Loss under attack"


def test_margins_count_samples_that_meet_no_boundary():
    x, share = charts.margin_series(RESULTS["margins"])["none"]
    assert x.tolist() == [-1.0, 0.5] and share == pytest.approx([1 / 3, 2 / 3])
