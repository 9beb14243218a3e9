"""Charts of the studies of one dimension: measures against γλ_max over seeds, the linear control, the stable chain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from occam.charts import xy
from occam.charts.chart import Chart, Style, shared
from occam.charts.flows import Line
from occam.charts.words import number
from occam.charts.xy import Axis, Content, Plot, Series
from occam.studies.kinds.one_dimension import DRAWN, CurveArms, Ground, LinearPoint, SeedArm, StableEnd
from occam.studies.kinds.one_dimension_verdicts import Measure, paired
from occam.theory.curve import polyline

ARMS = {
    "seeds": Line("a seed", "#6b7280", "#9aa3af", (1, 0)),
    "median": Line("median of seeds", "#0072b2", "#56b4e9", (1, 0), "diamond"),
}
TITLES: dict[Measure, str] = {
    "excess": "excess over the polyline",
    "arc": "arc length",
    "energy": "Dirichlet energy E",
    "sharpness": "λ_max at the end, log scale",
}
EDGE = ((1.0, "1"), (2.0, "2"))
FUNCTIONS = {
    "small": Line("smallest γ", "#0072b2", "#56b4e9", (1, 0)),
    "large": Line("largest γ", "#d55e00", "#e69f00", (6, 3)),
    "polyline": Line("polyline through the samples", "#6b7280", "#9aa3af", (2, 3)),
    "samples": Line("training samples", "#1d2733", "#e7ebf0", (1, 0)),
}
LINEAR_DASHES = ((1, 0), (8, 3), (5, 3), (2, 2), (8, 3, 2, 3), (4, 2, 1, 2))
LINEAR_COLOURS = (
    *(("#0072b2", "#56b4e9"), ("#d55e00", "#e69f00"), ("#009e73", "#009e73")),
    *(("#9b4f80", "#cc79a7"), ("#6b7280", "#9aa3af"), ("#1d2733", "#f0e442")),
)
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
CHAIN = {
    "limit": Line("2n/γ", "#1d2733", "#e7ebf0", (2, 3), "cross"),
    "sharpness": Line("n·λ_max", "#d55e00", "#e69f00", (6, 3), "triangle-up"),
    "trace": Line("tr ∇²L = mean ‖∇_θf‖²", "#9b4f80", "#cc79a7", (10, 3, 2, 3), "diamond"),
    "transferred": Line("mean T‖∇ₓf‖²", "#0072b2", "#56b4e9", (1, 0), "circle"),
}


def arms_of(results: Sequence[object]) -> list[SeedArm]:
    """The runs among the results."""
    return [one for one in results if isinstance(one, SeedArm)]


def arm_series(arms: Sequence[SeedArm], spec: CurveArms, measure: Measure) -> Series:
    """The measure against γλ_max at the start, of every run that reached the loss or time, and the medians."""
    reached = [one for one in arms if one.status == "reached"]
    each = (np.array([one.stability for one in reached]), np.array([getattr(one, measure) for one in reached]))
    medians = [
        float(np.median([getattr(one, measure) for one in reached if one.arm == arm] or [np.nan]))
        for arm in range(len(spec.stabilities))
    ]
    return {"seeds": each, "median": (np.array(spec.stabilities), np.array(medians))}


def draw_arms(key: str, arms: Sequence[SeedArm], spec: CurveArms, measure: Measure, style: Style, height: int) -> Chart:
    """One measure against γλ_max at the start, with the levels 1 and 2."""
    series = arm_series(arms, spec, measure)
    seen = paired(arms, measure, len(spec.stabilities) - 1)
    title = f"{TITLES[measure]} against γλ_max at the start"
    content = Content(
        {"median": series["median"]},
        {"seeds": f"{len({one.seed for one in arms})} seeds", "median": "median"},
        dots=series,
        down=EDGE,
        note="" if len(series["seeds"][0]) else "No run has got there yet",
    )
    sentence = f"{title}: it falls in {seen.falls} of {seen.moved} seeds from the smallest to the largest γ."
    scale = Axis(TITLES[measure], "log") if measure == "sharpness" else Axis(TITLES[measure], zero=True)
    plot = Plot(tuple(ARMS.items()), Axis("γλ_max at the start", "log"), scale, height, 2, rules=True)
    made = ("arms", key, len(arms), measure, height, style)
    return shared(made, lambda: xy.draw(title, plot, content, sentence, style))


def draw_functions(key: str, results: Sequence[object], spec: CurveArms, seed: int, style: Style, height: int) -> Chart:
    """The functions that one seed learns with the smallest and the largest γ that got there."""
    ground = next((one for one in results if isinstance(one, Ground)), None)
    own = sorted((one for one in arms_of(results) if one.seed == seed and one.status == "reached"), key=lambda o: o.arm)
    curves: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    dots: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    x_axis, y_axis, texts = Axis("x"), Axis("output f, target y"), {}
    if ground is not None:
        points = np.linspace(ground.low, ground.high, DRAWN)
        curves["polyline"] = polyline(ground.x, ground.y)
        dots["samples"] = (ground.x, ground.y)
        room = 0.3 * (float(np.ptp(ground.y)) or 1.0)
        x_axis = Axis("x", domain=(ground.low, ground.high))
        y_axis = Axis("output f, target y", domain=(float(ground.y.min()) - room, float(ground.y.max()) + room))
        for name, one in zip(("small", "large"), (own[:1] + own[-1:]) if len(own) > 1 else own, strict=False):
            curves[name] = (points, one.values.astype(float))
            texts[name] = f"γλ = {number(one.stability)}"
    plot = Plot(tuple(FUNCTIONS.items()), x_axis, y_axis, height, 2)
    note = "" if own else "No run of this seed has got there"
    content = Content(curves, texts | {"polyline": "polyline", "samples": "samples"}, dots=dots, note=note)
    sentence = f"What seed {seed} learns: {', '.join(texts.values()) or 'nothing yet'}."
    made = ("functions", key, len(results), seed, height, style)
    return shared(made, lambda: xy.draw("Learned functions", plot, content, sentence, style))


def arms_table(arms: Sequence[SeedArm]) -> pd.DataFrame:
    """One row a run: all its numbers."""
    return pd.DataFrame([{name: value for name, value in vars(one).items() if name != "values"} for one in arms])


def functions_table(results: Sequence[object]) -> pd.DataFrame:
    """A row a point x, a column a run that got there: the function it has learned."""
    ground = next((one for one in results if isinstance(one, Ground)), None)
    if ground is None:
        return pd.DataFrame({"x": []})
    x = np.linspace(ground.low, ground.high, DRAWN)
    learned = [one for one in arms_of(results) if one.status == "reached"]
    names = [f"seed {one.seed}, gamma lambda_max {one.stability:.4g}" for one in learned]
    columns = {name: one.values.astype(float) for name, one in zip(names, learned, strict=True)}
    return pd.DataFrame({"x": x} | columns)


def _linear_lines(point: LinearPoint) -> dict[str, Line]:
    lines = {}
    for i, (batch, stability) in enumerate(zip(point.batch_sizes, point.stability, strict=True)):
        label = f"γλ = {number(float(stability))}" + (f", batch {batch}" if batch else "")
        lines[f"arm{i}"] = Line(label, *LINEAR_COLOURS[i], LINEAR_DASHES[i], SHAPES[i])
    return lines


def linear_series(points: Sequence[LinearPoint], what: str) -> Series:
    """ "energy" over that of the least-norm interpolant, or "loss", against the step (from 1 on), by arm."""
    if not points:
        return {}
    steps = np.array([float(point.step) for point in points])
    rows = np.array([point.energies / point.limit_energy if what == "energy" else point.losses for point in points])
    return {f"arm{i}": (steps, rows[:, i]) for i in range(rows.shape[1])}


def draw_linear(key: str, points: Sequence[LinearPoint], what: str, style: Style) -> Chart:
    """The arms of the linear control against the step."""
    title = "Energy of the linear control" if what == "energy" else "Training loss of the linear control"
    lines = _linear_lines(points[0]) if points else {"none": CHAIN["limit"]}
    y = Axis("E / E of the least-norm interpolant", zero=True) if what == "energy" else Axis("L, log scale", "log")
    content = Content(
        linear_series(points, what),
        {},
        across=[(1.0, "least norm")] if what == "energy" else [],
        note="" if points else "The control is being computed",
    )
    last = {name: values[-1] for name, (_, values) in linear_series(points, what).items()}
    told = "; ".join(f"{lines[name].label}: {number(float(value))}" for name, value in last.items())
    plot = Plot(tuple(lines.items()), Axis("step, log scale", "log"), y, 260, 2, rules=True)
    made = ("linear", key, len(points), what, style)
    return shared(made, lambda: xy.draw(title, plot, content, f"{title} at the last step: {told}.", style))


def stable_series(ends: Sequence[StableEnd]) -> Series:
    """Every term of the chain against γ, of the runs that reached the loss."""
    reached = sorted((end for end in ends if end.status == "reached"), key=lambda end: end.step_size)
    gammas = np.array([end.step_size for end in reached])
    terms = {
        "limit": [end.limit for end in reached],
        "sharpness": [end.samples * end.sharpness for end in reached],
        "trace": [end.trace for end in reached],
        "transferred": [end.transferred for end in reached],
    }
    return {name: (gammas, np.array(values)) for name, values in terms.items()}


def draw_stable(key: str, ends: Sequence[StableEnd], style: Style) -> Chart:
    """The four terms of the chain against γ, log-log; 2n/γ as a line, the others as marks."""
    series = stable_series(ends)
    note = "" if len(series["limit"][0]) else "No run has reached its loss yet"
    content = Content({"limit": series["limit"]}, {}, dots=series, note=note)
    plot = Plot(tuple(CHAIN.items()), Axis("step size γ, log scale", "log"), Axis("log scale", "log"), 300, 2)
    sentence = f"The chain at {len(series['limit'][0])} stable minima: transferred slope, trace, n·λ_max, 2n/γ."
    made = ("stable", key, len(ends), style)
    return shared(made, lambda: xy.draw("The chain at stable minima", plot, content, sentence, style))


def stable_table(ends: Sequence[StableEnd]) -> pd.DataFrame:
    """One row a run: all terms."""
    return pd.DataFrame([vars(end) for end in ends])
