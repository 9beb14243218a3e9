"""The scatter: which runs are points, and that none of the others is forgotten; its fixed spec; the small maps."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from occam.charts import palette, scatter, scatter_maps, scatter_points
from occam.charts.arrow import decode
from occam.charts.chart import Style
from occam.charts.scatter import Axis, Key, Plot
from occam.charts.scatter_maps import Small
from occam.charts.scatter_points import GAP, points
from occam.glossary import METRICS
from occam.spec import KNOBS
from occam.training.frames import Recording
from tests.charts.synthetic import CASES, frames, header

VARIED = {"training.step_size": (0.1, 0.2), "training.batch_size": (8, None)}
PLOT = Plot(Axis("geometric_complexity", "log"), Axis("test_loss", "log"), Key("γ", ("0.1", "0.2")))


def table(n: int = 8) -> pd.DataFrame:
    """n runs, the first of which diverged before the level, the second of which never reached it."""
    columns: dict[str, Any] = {path: [KNOBS[path].default] * n for path in KNOBS}
    columns |= {name: np.linspace(1.0, 2.0, n) for name in METRICS}
    columns["training.step_size"] = [(0.1, 0.2)[i % 2] for i in range(n)]
    columns["training.batch_size"] = pd.array([(8, None)[i // 2 % 2] for i in range(n)], dtype="Int64")
    columns["reached"] = [i > 1 for i in range(n)]
    columns["status"] = ["diverged" if i == 0 else "finished" for i in range(n)]
    columns["train_loss"] = np.ones(n)
    return pd.DataFrame({"key": [f"run {i}" for i in range(n)], **columns})


def drawn(data: pd.DataFrame, **options):
    return points(data, VARIED, "geometric_complexity", "test_loss", **options)


def test_no_run_is_dropped_in_silence():
    data = table()
    data.loc[2, "test_loss"] = np.nan
    data.loc[3, "test_loss"] = 0.0
    found = drawn(data, log=(True, True), colour="training.step_size")
    counted = (found.runs, found.unreached, found.diverged, found.undefined, found.outside)
    assert counted == (8, 2, 1, 1, 1)
    assert len(found.all) == 4 and found.all["run"].tolist() == [4, 5, 6, 7]
    assert found.all["level"].tolist() == ["0.1", "0.2", "0.1", "0.2"]
    assert found.all["label"].iloc[-1] == "γ 0.2, B full"


def test_facets_share_the_ends_of_their_axes():
    found = drawn(table(), facet="training.batch_size")
    assert [panel.title for panel in found.panels] == ["Batch size B = 8", "Batch size B = full"]
    assert sorted(run for panel in found.panels for run in panel.all["run"]) == [2, 3, 4, 5, 6, 7]
    charts = [scatter.draw(PLOT, found, panel, Style()) for panel in found.panels]
    assert charts[0].datasets["ends"] == charts[1].datasets["ends"] and charts[0].spec == charts[1].spec


def test_a_gap_may_be_negative_on_a_linear_axis_only():
    data = table()
    data["train_loss"] = 1.5
    assert points(data, VARIED, "sharpness", GAP).outside == 0
    assert points(data, VARIED, "sharpness", GAP, log=(False, True)).outside == 2


def test_thinning_leaves_the_counts_whole(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scatter_points, "MOST_POINTS", 3)
    found = drawn(table())
    assert found.thinned == 3 and len(found.all) == 6 and len(found.panels[0].drawn) == 3


@pytest.mark.parametrize(("rows", "why"), [(0, "empty"), (2, "unreached")])
def test_a_chart_without_points_says_why(rows: int, why: str):
    note = {"empty": "No run yet", "unreached": "None reached"}
    found = drawn(table(8).iloc[:rows], note=note)
    chart = scatter.draw(PLOT, found, found.panels[0], Style())
    assert decode(chart.datasets["words"])["note"] == [note[why]] and chart.alt.startswith("No run to draw")


def test_the_spec_stays_while_runs_come_and_every_dataset_is_used():
    specs = set()
    for n in (2, 3, 8):
        found = drawn(table(n), colour="training.step_size")
        chart = scatter.draw(PLOT, found, found.panels[0], Style(), chosen=n - 1)
        specs.add(json.dumps(chart.spec))
    assert len(specs) == 1
    assert {layer["data"]["name"] for layer in chart.spec["layer"]} == set(chart.datasets)
    assert decode(chart.datasets["chosen"])["ring"] == [0]
    assert [param["name"] for param in chart.spec["params"]] == [scatter.PICK, scatter.BRUSH]
    assert chart.spec["usermeta"]["embedOptions"]["renderer"] == "svg"
    assert "2 runs never reached" in chart.alt


def test_what_a_link_brushed_is_drawn():
    plot = Plot(PLOT.x, PLOT.y, PLOT.key, many=True)
    found = drawn(table())
    chart = scatter.draw(plot, found, found.panels[0], Style(), linked=((1.0, 2.0), (3.0, 4.0)))
    assert decode(chart.datasets["linked"]) == {"x": [1.0], "x2": [2.0], "y": [3.0], "y2": [4.0], "box": [0]}
    assert chart.spec["usermeta"]["embedOptions"]["renderer"] == "canvas"


def test_every_level_has_a_colour_and_a_shape_of_its_own():
    for ordered, count in ((True, 9), (False, 6), (True, 1)):
        levels = tuple(str(i) for i in range(count))
        pairs = zip(scatter.colours(Key("", levels, ordered), Style()), palette.class_shapes(count), strict=True)
        assert len(set(pairs)) == count


@pytest.mark.parametrize("case", CASES)
def test_small_maps_of_every_kind_of_run(case: str):
    head = header(**CASES[case])
    small = [Small(i, f"{case} {i}", f"γ {i}", Recording(head, frames(head, 1))) for i in range(14)]
    chart = scatter_maps.draw(small, Style(), chosen=2)
    cells = decode(chart.datasets["cells"])
    assert cells["run"] == list(range(scatter_maps.MOST)) and cells["mark"][2] == "chosen"
    assert {layer["data"]["name"] for layer in chart.spec["layer"]} == set(chart.datasets)
    dots = decode(chart.datasets["dots"])
    assert dots["x"] and min(dots["x"]) >= 0 and max(dots["x"]) <= scatter_maps.COLUMNS
    assert scatter_maps.draw([], Style()).alt == "No run is drawn."
