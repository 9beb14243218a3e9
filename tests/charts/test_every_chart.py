"""What holds for every chart and every kind of run: a fixed spec, small Arrow tables, a sentence, never nothing."""

import functools
import json

import altair as alt
import numpy as np
import pytest

from occam.charts import boundary, complexity, gradients, layers, losses, pressure, slopes, stability, units
from occam.charts.arrow import decode
from occam.charts.chart import Style
from tests.charts.synthetic import CASES, frames, header, undefined

CHARTS = {
    "boundary": boundary.draw,
    "boundary without test samples": functools.partial(boundary.draw, test=False),
    "slopes": slopes.draw,
    "losses": losses.draw,
    "losses, linear": functools.partial(losses.draw, scale="linear"),
    "errors": functools.partial(losses.draw, quantity="error"),
    "complexity": complexity.draw,
    "gradients": gradients.draw,
    "layers": layers.draw,
    "layers, operator": functools.partial(layers.draw, norms="operator"),
    "layer history": layers.draw_history,
    "gauge": stability.draw,
    "stability": stability.draw_history,
    "pressure": pressure.draw,
    "pressure, stacked": functools.partial(pressure.draw, form="stack"),
}
TABLES = (boundary, slopes, losses, complexity, gradients, layers, stability, pressure)
every_chart = pytest.mark.parametrize("draw", CHARTS.values(), ids=CHARTS)
every_case = pytest.mark.parametrize("case", CASES)
some_cases = pytest.mark.parametrize("case", ["binary", "curve", "digits"])


@functools.cache
def run(case="binary", count=5):
    """Header and frames, not to be changed."""
    head = header(**CASES[case])
    return head, frames(head, count)


def layers_of(spec):
    """The layers of a spec as (mark, name of the dataset, fields)."""
    for layer in spec["layer"]:
        fields = {channel["field"] for channel in layer["encoding"].values() if "field" in channel}
        yield layer["mark"], layer["data"]["name"], fields


@every_case
@every_chart
def test_the_spec_stays_the_same_while_frames_arrive(draw, case):
    head, recorded = run(case)
    seen = [draw(case, head, recorded[: i + 1], i) for i in range(len(recorded))]
    seen += [draw(case, head, recorded, 1), draw(case + " gone", head, [*recorded[:2], undefined(recorded[2])], 2)]
    assert len({json.dumps(chart.spec) for chart in seen}) == 1
    assert len({tuple(chart.datasets) for chart in seen}) == 1
    assert len({chart.name for chart in seen}) == 1


@some_cases
@every_chart
def test_every_dataset_of_the_spec_is_sent_and_no_other(draw, case):
    head, recorded = run(case)
    chart = draw(case, head, recorded, 2)
    assert {data for _, data, _ in layers_of(chart.spec)} == set(chart.datasets)
    assert len(set(chart.datasets.values())) == len(chart.datasets)
    for _, data, fields in layers_of(chart.spec):
        assert fields <= set(decode(chart.datasets[data]))


@some_cases
@every_chart
def test_one_sentence_says_what_is_seen(draw, case):
    head, recorded = run(case)
    chart = draw(case, head, recorded, 2)
    assert chart.alt.endswith(".")
    assert "40" in chart.alt
    assert "\n" not in chart.alt
    if "undefined" not in chart.alt:  # a regression has no error
        assert decode(chart.datasets["words"])["note"] == [""]
    assert decode(chart.datasets["words"])["alt"] == [chart.alt]


@some_cases
@every_chart
def test_a_diverged_frame_is_explained(draw, case):
    head, recorded = run(case)
    chart = draw(case + " diverged", head, [undefined(frame) for frame in recorded], 2)
    assert "nan" not in chart.alt
    if draw is not stability.draw:  # the gauge says it in its own words
        assert decode(chart.datasets["words"])["note"] != [""]
    assert any(word in chart.alt for word in ("not finite", "undefined", "degenerate"))


@some_cases
@every_chart
def test_one_frame_is_enough(draw, case):
    head, recorded = run(case)
    chart = draw(case + " alone", head, recorded[:1], 0)
    assert "step 0" in chart.alt.lower()


@every_chart
def test_the_spec_is_valid_vega_lite(draw):
    case = "curve" if draw in (boundary.draw, slopes.draw) else "binary"
    head, recorded = run(case)
    alt.LayerChart.from_dict(draw(case, head, recorded, 2).spec, validate=True)


@pytest.mark.parametrize("style", [Style(), Style("dark", presentation=True)], ids=["page", "projector"])
@every_chart
def test_a_chart_fits_its_container_in_every_style(draw, style):
    head, recorded = run()
    chart = draw("styles", head, recorded, 2, style=style)
    assert chart.spec["width"] == "container"
    assert chart.spec["autosize"] == {"type": "fit-x", "contains": "padding"}
    # Otherwise Streamlit would choose by the number of marks, and the view would re-mount when it changes its mind.
    assert chart.spec["usermeta"]["embedOptions"]["renderer"] == "svg"
    assert chart.spec["config"]["mark"]["aria"] is False
    assert chart.spec["config"]["axis"]["labelFontSize"] == (19 if style.presentation else 13)


@every_chart
def test_a_frame_is_drawn_once_for_all_viewers(draw):
    head, recorded = run()
    assert draw("shared", head, recorded, 2) is draw("shared", head, recorded, 2)
    assert draw("shared", head, recorded, 2) is not draw("shared", head, recorded, 3)
    assert draw("shared", head, recorded, 2) is not draw("other", head, recorded, 2)


@some_cases
@every_chart
def test_a_frame_is_small(draw, case):
    head, recorded = run(case)
    assert draw(case, head, recorded, 2).nbytes < 40_000


@some_cases
@pytest.mark.parametrize("chart", TABLES)
def test_the_data_behind_a_chart_are_a_table(chart, case):
    head, recorded = run(case)
    table = chart.table(head, recorded, 2)
    assert "step" in table.columns
    assert len(table) >= len(recorded)
    assert table.to_csv(index=False).count("\n") == len(table) + 1


@every_chart
def test_text_is_as_large_as_the_style_says(draw):
    head, recorded = run()
    sizes = [
        mark["fontSize"]
        for mark, _, _ in layers_of(draw("large", head, recorded, 2, style=Style(presentation=True)).spec)
        if mark["type"] == "text"
    ]
    assert min(sizes) >= 18


def test_streamlit_is_given_a_fixed_alternative_and_the_datasets():
    head, recorded = run()
    shown = [boundary.draw("show", head, recorded, i).show for i in (1, 2)]
    assert shown[0]["alt"] == shown[1]["alt"]
    assert shown[0]["width"] == "stretch"
    assert all(isinstance(stream, bytes) for stream in shown[0]["spec"]["datasets"].values())
    specs = [{k: v for k, v in show["spec"].items() if k != "datasets"} for show in shown]
    assert specs[0] == specs[1]
    assert "datasets" not in boundary.draw("show", head, recorded, 1).spec


def test_a_long_recording_is_thinned_and_keeps_its_spikes():
    head = header(inputs=1)
    recorded = frames(head, 3000)
    recorded[1501].metrics["train_loss"] = 1e6
    past = decode(losses.draw("long", head, recorded, 2999).datasets["past"])
    assert len(past["step"]) <= 4 * 200 + 2
    assert past["step"] == sorted(past["step"])
    assert (past["step"][0], past["step"][-1]) == (0, 2999 * 20)
    assert max(past["train_loss"]) == 1e6
    assert past["step"][int(np.argmax(past["train_loss"]))] == 1501 * 20


def test_no_value_of_zero_reaches_a_log_axis():
    head = header()
    recorded = frames(head)
    recorded[2].metrics["param_penalty"] = 0.0
    chart = pressure.draw("zero", head, recorded, 2)
    assert decode(chart.datasets["past"])["param_penalty"][2] is None
    assert decode(chart.datasets["now"])["param_penalty"] == [None]
    assert decode(chart.datasets["now"])["param_penalty_short"][0].endswith("= 0")


def test_units_share_these_rules():
    head = header()
    rng = np.random.default_rng(0)
    first, second = ([rng.standard_normal((w, 64, 64)) for w in (8, 40)] for _ in range(2))
    charts = [units.draw("u", head, first, 0), units.draw("u", head, second, 1)]
    assert json.dumps(charts[0].spec) == json.dumps(charts[1].spec)
    assert charts[0] is units.draw("u", head, first, 0)
