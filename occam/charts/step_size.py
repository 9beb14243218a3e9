"""Charts of the page on the step size beside the landscape: ends, Q, orders of error, swap, edge, momentum, batches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from occam.charts import flows, xy
from occam.charts.chart import Chart, Style, shared
from occam.charts.flows import FLOWS, Line
from occam.charts.words import number
from occam.charts.xy import Axis, Content, Plot, Series
from occam.studies.kinds.step_size import BatchPoint, EdgePoint, EndPoint, MomentumPoint, SwapSeed, VarianceSplit
from occam.studies.kinds.step_size_verdicts import EPOCH, FIXED_TIME, ONE_STEP, batch_fits, fits
from occam.theory.tracks import Fit, OrderPoint
from occam.theory.two_parameter import Paths, TwoParameter

NAMES = ("descent", "gradient", "modified", "second_order")
OUTSIDE = 5.0  # times the flows' largest |Q|: what lies beyond is not drawn
SIDE = 86  # pixels of plot of the two charts beside the landscape
SWAP = {
    "small": Line("small γ", "#0072b2", "#56b4e9", (10, 4), "square"),
    "swapped": Line("small γ + λ", "#d55e00", "#e69f00", (1, 0), "triangle-up"),
    "control": Line("small γ again, from small γ", "#6b7280", "#9aa3af", (2, 2), "cross"),
}
LAMBDA = {"sharpness": Line("sharpness λ_max(∇²L)", "#0072b2", "#56b4e9", (1, 0))}
LOSS = {"loss": Line("training loss L", "#d55e00", "#e69f00", (5, 3))}
SPLIT = {
    "measured": Line("mean over random batches", "#0072b2", "#56b4e9", (1, 0)),
    "expected": Line("‖∇L‖² + (n − B)/((n − 1)B) · Γ", "#d55e00", "#e69f00", (5, 3), "triangle-up"),
}
MOMENTUM = {
    "measured": Line("measured weight of ‖∇L‖²", "#0072b2", "#56b4e9", (1, 0)),
    "expected": Line("(1 + β)/(1 − β)", "#d55e00", "#e69f00", (5, 3), "triangle-up"),
}


def end_series(points: Sequence[EndPoint]) -> Series:
    """Sharpness at the end against γ, by path."""
    gammas = np.array([point.step_size for point in points])
    return {name: (gammas, np.array([point.sharpness[name] for point in points])) for name in NAMES}


def draw_ends(key: str, points: Sequence[EndPoint], paths: Paths, target: float, style: Style) -> Chart:
    """Sharpness where each path ends, against γ; rules at this γ, at γλ_max = 1 and at the flattest minimum."""
    flattest = float(TwoParameter(1.0, target).sharpness(TwoParameter(1.0, target).flattest())[0])
    down = [(paths.step_size, "this γ")]
    if paths.stability > 0:
        down.append((paths.step_size / paths.stability, "γλ = 1"))
    now = ", ".join(f"{FLOWS[name].label} {number(paths.end_sharpness[name])}" for name in NAMES)
    content = Content(
        end_series(points),
        {name: number(end) if np.isfinite(end := paths.end_sharpness[name]) else "–" for name in NAMES},
        dots={name: (np.array([paths.step_size]), np.array([paths.end_sharpness[name]])) for name in NAMES},
        across=[(flattest, "flattest minimum")],
        down=down,
        note="" if points or paths.stability > 0 else "No curvature at this start",
    )
    plot = Plot(tuple(flows.of(NAMES).items()), Axis("step size γ", "log"), Axis(""), SIDE, 4, rules=True)
    sentence = f"Sharpness at the end for γ = {number(paths.step_size)}: {now}; flattest minimum {number(flattest)}."
    made = ("ends", key, len(points), paths.step_size, style)
    return shared(made, lambda: xy.draw("Sharpness at the end against step size", plot, content, sentence, style))


def imbalance_series(paths: Paths) -> Series:
    """Q against physical time, by path."""
    return {name: (paths.tracks[name].times, paths.imbalance[name]) for name in NAMES}


def draw_imbalance(key: str, paths: Paths, style: Style) -> Chart:
    """Q = a² − b² along each path, on an axis of √time: what moves does so early."""
    series = imbalance_series(paths)
    ends = {name: float(values[np.isfinite(values)][-1]) for name, (_, values) in series.items()}
    smooth = {name: points for name, points in series.items() if name != "descent"}
    # A diverging descent is followed as far as the flows can still be told apart; its last number is in the key.
    reach = OUTSIDE * max(1.0, *(float(np.nanmax(np.abs(values))) for _, values in smooth.values()))
    times, values = series["descent"]
    content = Content(
        smooth,
        {name: number(end) for name, end in ends.items()},
        dots={"descent": (times, np.where(np.abs(values) <= reach, values, np.nan))},
    )
    plot = Plot(tuple(flows.of(NAMES).items()), Axis("physical time, √ scale", "sqrt"), Axis(""), SIDE, 4)
    sentence = "Q = a² − b² at the end: " + ", ".join(f"{FLOWS[n].label} {number(q)}" for n, q in ends.items()) + "."
    made = ("imbalance", key, style)
    return shared(made, lambda: xy.draw("Imbalance along each path", plot, content, sentence, style))


def order_series(points: Sequence[OrderPoint], kind: str) -> Series:
    """Error against γ, by flow."""
    gammas = np.array([point.step_size for point in points])
    names = [name for name in ONE_STEP if points and name in getattr(points[0], kind)]
    return {name: (gammas, np.array([getattr(point, kind)[name] for point in points])) for name in names}


def draw_orders(key: str, points: Sequence[OrderPoint], kind: str, style: Style) -> Chart:
    """Distance of descent to each flow against γ; the key says the fitted slope and the expected one."""
    expected = ONE_STEP if kind == "one_step" else FIXED_TIME
    title = "Error after one step" if kind == "one_step" else "Error at a fixed time"
    floor = [(points[0].floor, "integration error below")] if points else []
    return _orders(
        ("orders", key, len(points), kind, style),
        title,
        order_series(points, kind),
        fits(points, kind),
        expected,
        floor,
        style,
    )


def batch_series(points: Sequence[BatchPoint], sampling: str) -> Series:
    """Distance of the mean epoch against γ, by flow."""
    chosen = [getattr(point, sampling) for point in points]
    gammas = np.array([point.step_size for point in chosen])
    return {
        name: (gammas, np.array([point.errors[name] for point in chosen]))
        for name in (EPOCH[sampling] if chosen else ())
    }


def draw_batches(key: str, points: Sequence[BatchPoint], sampling: str, style: Style) -> Chart:
    """Distance of the mean epoch to each flow against γ."""
    title = "Mean over all orders" if sampling == "reshuffle" else "Mean over all draws with replacement"
    made = ("batches", key, len(points), sampling, style)
    found = batch_fits(points, sampling)
    return _orders(made, title, batch_series(points, sampling), found, EPOCH[sampling], [], style)


def _orders(
    made: tuple, title: str, series: Series, found: dict[str, Fit], expected: dict[str, int], across: list, style: Style
) -> Chart:
    lines = flows.of(list(expected))
    # The fitted lines; the points themselves are dots on them.
    curves = {
        name: (np.array([fit.low, fit.high]), 10**fit.intercept * np.array([fit.low, fit.high]) ** fit.slope)
        for name, fit in found.items()
        if np.isfinite(fit.slope)
    }
    texts = {
        name: f"{line.label}: {_slope(found.get(name))} (expected {expected[name]})" for name, line in lines.items()
    }
    content = Content(curves, texts, dots=series, across=across, note="" if series else "The first γ is being computed")
    plot = Plot(
        tuple(lines.items()), Axis("step size γ", "log"), Axis("‖θ_GD − θ_flow‖₂, log scale", "log"), 270, rules=True
    )
    sentence = f"{title} against γ, {max((len(x) for x, _ in series.values()), default=0)} step sizes: " + (
        "; ".join(texts.values()) + "."
    )
    return shared(made, lambda: xy.draw(title, plot, content, sentence, style))


def _slope(fit: Fit | None) -> str:
    return "slope –" if fit is None or not np.isfinite(fit.slope) else f"slope {fit.slope:.2f}"


def split_series(points: Sequence[VarianceSplit]) -> Series:
    """E‖∇L_B‖² against B, measured and expected."""
    sizes = np.array([float(point.batch_size) for point in points])
    return {name: (sizes, np.array([getattr(point, name) for point in points])) for name in SPLIT}


def draw_split(key: str, points: Sequence[VarianceSplit], style: Style) -> Chart:
    """The mean squared gradient of a batch against its size."""
    series = split_series(points)
    content = Content({"expected": series["expected"]}, {}, dots={"measured": series["measured"]})
    plot = Plot(tuple(SPLIT.items()), Axis("batch size B", "log"), Axis("E‖∇L_B‖²"), 170)
    off = max((abs(p.measured - p.expected) / p.deviation for p in points if p.deviation > 0), default=0.0)
    sentence = f"E‖∇L_B‖² for {len(points)} batch sizes: measured and expected differ by {number(off)} standard errors."
    made = ("split", key, len(points), style)
    return shared(made, lambda: xy.draw("Variance split", plot, content, sentence, style))


def momentum_series(points: Sequence[MomentumPoint]) -> Series:
    """The weight over ε/4 against β, measured and expected."""
    betas = np.array([point.momentum for point in points])
    return {name: (betas, np.array([getattr(point, name) for point in points])) for name in MOMENTUM}


def draw_momentum(key: str, points: Sequence[MomentumPoint], style: Style) -> Chart:
    """The factor that momentum gives the implicit weight."""
    series = momentum_series(points)
    content = Content({"expected": series["expected"]}, {}, dots={"measured": series["measured"]})
    plot = Plot(tuple(MOMENTUM.items()), Axis("momentum β"), Axis("over ε/4, ε = γ/(1 − β)"), 170)
    said = ", ".join(f"β = {number(p.momentum)}: {number(p.measured)} for {number(p.expected)}" for p in points)
    sentence = f"Measured for expected factor of momentum: {said or 'not measured yet'}."
    made = ("momentum", key, len(points), style)
    return shared(made, lambda: xy.draw("Factor of momentum", plot, content, sentence, style))


def swap_series(seeds: Sequence[SwapSeed], space: str) -> Series:
    """Median over seeds of each arm's distance against physical time."""
    if not seeds:
        return {}
    stacked = np.array([getattr(seed, space) for seed in seeds])
    fine = np.isfinite(stacked).any(0)
    middle = np.full(fine.shape, np.nan)
    middle[fine] = np.nanmedian(np.where(np.isfinite(stacked), stacked, np.nan)[:, fine], axis=0)
    return {name: (seeds[0].times, row) for name, row in zip(SWAP, middle, strict=True)}


def draw_swap(key: str, seeds: Sequence[SwapSeed], space: str, style: Style) -> Chart:
    """Median distance to the large step over physical time; dots are single seeds."""
    series = swap_series(seeds, space)
    dots = {}
    for i, name in enumerate(SWAP):
        xs = np.concatenate([seed.times for seed in seeds]) if seeds else np.empty(0)
        dots[name] = (xs, np.concatenate([getattr(seed, space)[i] for seed in seeds]) if seeds else np.empty(0))
    title = "Distance of weights" if space == "parameters" else "Distance of functions"
    unit = "‖θ − θ_large‖₂" if space == "parameters" else "root mean square of f − f_large on test samples"
    last = {name: f"{SWAP[name].label}: {number(float(row[-1]))}" for name, (_, row) in series.items()}
    content = Content(series, last, dots=dots, note="" if seeds else "The first seed is being trained")
    plot = Plot(tuple(SWAP.items()), Axis("physical time γ · steps"), Axis(unit, zero=True), 190)
    sentence = f"{title} to the run with the large step, median of {len(seeds)} seeds, at the end: "
    sentence += ("; ".join(last.values()) or "not measured yet") + "."
    made = ("swap", key, len(seeds), space, style)
    return shared(made, lambda: xy.draw(title, plot, content, sentence, style))


def sharpness_series(points: Sequence[EdgePoint]) -> Series:
    """λ_max against step."""
    steps = np.array([float(point.step) for point in points])
    return {"sharpness": (steps, np.array([point.sharpness for point in points]))}


def draw_edge(key: str, points: Sequence[EdgePoint], step_size: float, style: Style) -> Chart:
    """Sharpness against step, with 2/γ and 1/γ."""
    series = sharpness_series(points)
    across = [(2 / step_size, f"2/γ = {number(2 / step_size)}"), (1 / step_size, "1/γ: the expansion holds below")]
    last = points[-1].sharpness if points else np.nan
    texts = {"sharpness": f"sharpness λ_max(∇²L) = {number(last)}, γλ_max = {number(step_size * last)}"}
    note = "" if points else "Training starts"
    content = Content(series, texts, across=across, note=note)
    plot = Plot(tuple(LAMBDA.items()), Axis("step"), Axis("λ_max", zero=True), 240, rules=True)
    sentence = f"Sharpness over {len(points)} records, last {number(last)}, against 2/γ = {number(2 / step_size)}."
    made = ("edge", key, len(points), style)
    return shared(made, lambda: xy.draw("Sharpness through training", plot, content, sentence, style))


def loss_series(points: Sequence[EdgePoint]) -> Series:
    """Training loss against step."""
    return {"loss": (np.array([float(point.step) for point in points]), np.array([point.loss for point in points]))}


def draw_loss(key: str, points: Sequence[EdgePoint], style: Style) -> Chart:
    """Training loss against step, on a log axis."""
    last = number(points[-1].loss) if points else "not measured yet"
    content = Content(loss_series(points), {"loss": f"training loss L = {last}"})
    plot = Plot(tuple(LOSS.items()), Axis("step"), Axis("mean over samples, log scale", "log"), 240)
    sentence = f"Training loss over {len(points)} records, last {last}."
    made = ("edge loss", key, len(points), style)
    return shared(made, lambda: xy.draw("Training loss", plot, content, sentence, style))
