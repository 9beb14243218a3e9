"""The curve whose samples can be moved: one spec whatever is picked, moved or learned; round places to click at."""

from __future__ import annotations

import math

import altair as alt
import numpy as np
import pytest

from occam.charts import one_dimension, places
from occam.charts import one_dimension_points as points
from occam.charts.arrow import decode
from occam.charts.chart import Style
from occam.datasets import load
from occam.training.run import train
from tests.specs import tiny

SPEC = tiny(data__dataset="sine", data__n_train=9, data__moved="2:0.5:0.25,4:-1:0", record_every=2)
RUN = train(SPEC, device="cpu")
STYLES = (Style(), Style("dark", presentation=True))


@pytest.mark.parametrize("style", STYLES)
def test_frames_and_picks_change_data_alone(style: Style):
    charts = [
        points.draw("moved", RUN.header, frame, style, 200, picked) for frame in RUN.frames for picked in (None, 2, 8)
    ]
    alt.LayerChart.from_dict(charts[0].spec, validate=True)
    assert all(chart.spec is charts[0].spec or chart.spec == charts[0].spec for chart in charts)
    assert {tuple(chart.datasets) for chart in charts} == {tuple(charts[0].datasets)}
    for chart in charts:
        assert len(set(chart.datasets.values())) == len(chart.datasets), "equal data would mount one of them anew"


def test_moved_samples_are_joined_to_where_they_were_drawn():
    chart = points.draw("moved", RUN.header, RUN.frames[-1], Style(), 200, 4)
    links, ring = (decode(chart.datasets[name]) for name in ("moved", "picked"))
    drawn = load(SPEC.data.model_copy(update={"moved": None}))
    assert np.allclose(links["x"], drawn.x_train[[2, 4], 0]) and np.allclose(links["y"], drawn.y_train[[2, 4]])
    assert np.allclose(links["to_x"], [0.5, -1]) and np.allclose(links["to_y"], [0.25, 0])
    assert ring["x"][0] == -1 and ring["y"][0] == 0
    assert "2 of its samples moved by hand. Point 5 is picked: x = -1, y = 0." in chart.alt
    gone = points.draw("moved", RUN.header, RUN.frames[-1], Style(), 200, 9)
    assert len(decode(gone.datasets["picked"])["x"]) == 0 and "picked" not in gone.alt


def test_a_click_takes_a_round_place_inside_the_axes():
    plot = one_dimension.plot_of(RUN.header)
    assert plot.x.domain is not None and plot.y.domain is not None
    gaps = points.gaps(plot)
    grid = places.grid(plot.x.domain, plot.y.domain, gaps).to_dict(validate=False)
    count = grid["data"]["sequence"]["stop"]
    assert points.COLUMNS * points.ROWS / 4 <= count <= (points.COLUMNS + 1) * (points.ROWS + 1)
    for place in (0, count // 2, count - 1):
        for formula, (low, high), gap in zip(grid["transform"], (plot.x.domain, plot.y.domain), gaps, strict=True):
            at = eval(formula["calculate"].replace("datum.place", str(place)), {"floor": math.floor})
            assert low - 1e-9 <= at <= high + 1e-9 and at / gap == pytest.approx(round(at / gap))


def test_a_click_within_a_gap_of_a_sample_means_it():
    across, up = points.gaps(one_dimension.plot_of(RUN.header))
    assert points.aimed(RUN.header, 0.5 + 0.9 * across, 0.25) == (2, True)
    assert points.aimed(RUN.header, 0.5, 0.25 + 0.9 * up) == (2, True)
    assert points.aimed(RUN.header, -1.0, 9.0)[1] is False
