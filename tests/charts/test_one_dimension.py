"""The charts of one dimension: drawn from any state, dark and light, with a sentence that says the numbers."""

import dataclasses

import numpy as np
import pytest

from occam.charts import one_dimension as curve
from occam.charts import one_dimension_studies as charts
from occam.charts.arrow import decode
from occam.charts.chart import Chart, Style
from occam.spec import RunSpec
from occam.studies.kinds.one_dimension import CurveArms, Ground, LinearPoint, SeedArm, StableEnd, Status
from occam.training.run import train

RUN = train(
    RunSpec().replace(
        {
            "data.dataset": "sine",
            "data.n_train": 6,
            "data.n_test": 4,
            "model.depth": 1,
            "model.width": 3,
            "training.max_steps": 6,
            "record_every": 1,
        }
    ),
    device="cpu",
)
STYLES = (Style(), Style("dark", presentation=True))


def drawn(chart: Chart) -> dict[str, dict]:
    assert chart.alt.endswith(".") and "nan" not in chart.alt
    return {name: decode(stream) for name, stream in chart.datasets.items()}


@pytest.mark.parametrize("style", STYLES)
def test_the_curve_and_its_polyline(style: Style):
    data = drawn(curve.draw("run", RUN.header, RUN.frames[-1], style, 200))
    names = np.array(data["curves"]["name"])
    assert (names == "f").sum() == 513 + 6 and (names == "polyline").sum() == 6
    assert len(data["dots"]["x"]) == 6


def test_the_measures_obey_their_order_and_the_records():
    table = curve.history("run", RUN.header, RUN.frames)
    assert table["step"].tolist() == list(range(7))
    chord, arc, bound, excess = (table[name].to_numpy() for name in ("chord", "arc", "bound", "excess"))
    assert np.all(chord <= arc)
    assert np.all(arc <= bound) and np.all(excess >= -1e-12)
    recorded = [frame.metrics["dirichlet_energy"] for frame in RUN.frames]
    np.testing.assert_allclose(table["energy"], recorded, rtol=0.02)
    assert int(curve.table("run", RUN.header, RUN.frames[0])["sample"].to_numpy().sum()) == 6


def test_a_long_history_is_thinned_and_keeps_its_end():
    frames = [dataclasses.replace(RUN.frames[0], step=step) for step in range(200)]
    steps = curve.history("long", RUN.header, frames)["step"].tolist()
    assert len(steps) <= curve.MOST_MEASURED and steps[0] == 0 and steps[-1] == 199


@pytest.mark.parametrize("which", ["lengths", "falls"])
def test_lengths_over_training(which: str):
    data = drawn(curve.draw_history("run", RUN.header, RUN.frames, 3, STYLES[0], which))
    assert data["down"]["at"] == [3.0] and len(data["dots"]["x"]) == 3


def test_a_diverged_frame_is_an_explained_picture():
    frame = dataclasses.replace(RUN.frames[-1], step=99, params=np.full(10, np.nan))
    data = drawn(curve.draw("wild", RUN.header, frame, STYLES[0], 200))
    assert "diverged" in data["words"]["note"][0] and not data["curves"]["x"]


def arm(seed: int, place: int, status: Status = "reached") -> SeedArm:
    numbers = dict.fromkeys(("step_size", "start_sharpness", "sharpness", "loss", "arc", "polyline", "energy"), 1.0)
    values = np.zeros(161, np.float32)
    return SeedArm(
        seed=seed, arm=place, **numbers, stability=1.0 + place, status=status, step=1, excess=0.5, values=values
    )


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "arms", [[], [arm(0, 0, "diverged")], [arm(0, 0)], [arm(s, a) for s in (0, 1) for a in (0, 1)]]
)
def test_arms_in_any_state(style: Style, arms: list[SeedArm]):
    spec = CurveArms(stabilities=(1.0, 2.0), seeds=2, first_seed=0)
    for measure in charts.TITLES:
        data = drawn(charts.draw_arms(str(arms), arms, spec, measure, style, 100))
        reached = [one for one in arms if one.status == "reached"]
        assert data["dots"]["name"].count("seeds") == len(reached)
        assert bool(data["words"]["note"][0]) == (not reached)
    ground = Ground(-1.0, 1.0, np.array([0.0, 0.5]), np.array([1.0, 1.0]))
    for results in (arms, [ground, *arms]):
        drawn(charts.draw_functions(str(arms), results, spec, 0, style, 100))
    assert len(charts.arms_table(arms)) == len(arms)


def test_the_linear_control():
    ones = np.ones(6)
    points = [LinearPoint(s, ones, np.array([0, 0, 0, 0, 1, 2]), ones, ones, ones, ones * s, 2.0) for s in (0, 10, 20)]
    for what in ("energy", "loss"):
        data = drawn(charts.draw_linear("linear", points, what, STYLES[0]))
        assert len(data["curves"]["x"]) == 12, "step 0 has no place on a log axis"
        assert drawn(charts.draw_linear("none", [], what, STYLES[0]))["words"]["note"][0]


def test_the_chain():
    end = StableEnd(0, 0.5, 1.0, "reached", 9, 1e-9, 4, 1.0, 2.0, 2.0, 1.0, 4.0)
    data = drawn(charts.draw_stable("chain", [end, dataclasses.replace(end, status="short")], STYLES[1]))
    assert sorted(data["dots"]["y"]) == [1.0, 2.0, 4.0, 4.0]
    assert drawn(charts.draw_stable("none", [], STYLES[0]))["words"]["note"][0]
    assert len(charts.stable_table([end])) == 1
