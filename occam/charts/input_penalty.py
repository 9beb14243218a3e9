"""Charts of the page on the input penalty: orders, distance of the arms, attacks, margins, angles, seeds.

The decision maps of the arms are `occam.charts.boundary` and `occam.charts.slopes`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from occam.charts import xy
from occam.charts.chart import Chart, Style, shared
from occam.charts.flows import Line
from occam.charts.words import number
from occam.charts.xy import Axis, Content, Plot, Series
from occam.studies.kinds.input_penalty import (
    COMPARISONS,
    MEASURES,
    PAIRED,
    Angle,
    Attacked,
    Distance,
    Margins,
    Order,
    Pull,
    SeedPair,
)

ARM_LINES = {
    "none": Line("no penalty", "#6b7280", "#9aa3af", (2, 2), "cross"),
    "penalty": Line("explicit ε", "#0072b2", "#56b4e9", (1, 0)),
    "adversarial": Line("adversarial", "#d55e00", "#e69f00", (8, 3), "triangle-up"),
    "noise": Line("noise", "#9b4f80", "#cc79a7", (8, 3, 2, 3), "diamond"),
}
ORDERS = {
    "gradient": Line("Δx = s∇ₓℓ", "#0072b2", "#56b4e9", (1, 0)),
    "unit": Line("Δx = s∇ₓℓ/‖∇ₓℓ‖", "#d55e00", "#e69f00", (8, 3), "triangle-up"),
    "sign": Line("Δx = s·sign(∇ₓℓ)", "#9b4f80", "#cc79a7", (5, 3), "diamond"),
    "noise": Line("noise, with Δₓf", "#1d2733", "#f0e442", (8, 3, 2, 3), "square"),
    "noise_rough": Line("noise, without Δₓf", "#6b7280", "#9aa3af", (2, 2), "cross"),
}
DISTANCES = {
    "none": Line("no penalty", "#6b7280", "#9aa3af", (2, 2), "cross"),
    "same": Line("Δx = ε∇ₓℓ", "#d55e00", "#e69f00", (8, 3), "triangle-up"),
    "double": Line("Δx = 2ε∇ₓℓ", "#0072b2", "#56b4e9", (1, 0)),
}
PULLS = {
    "none": Line("neither", "#6b7280", "#9aa3af", (2, 2), "cross"),
    "param": Line("λ on ‖∇_θL‖²", "#d55e00", "#e69f00", (8, 3), "triangle-up"),
    "input": Line("ε on mean ‖∇ₓℓ‖²", "#0072b2", "#56b4e9", (1, 0)),
}
ANGLE = {"cosine": Line("cosine", "#0072b2", "#56b4e9", (1, 0))}
HEIGHT = 270
SEED_MEASURES = {  # measure → title and scale of its axis
    "geometric_complexity": Axis("geometric complexity, mean over samples, no ½", "log"),
    "test_loss": Axis("test loss, mean over samples"),
    "robust_accuracy": Axis("accuracy under PGD, share of samples"),
}


def order_series(found: Sequence[Order]) -> Series:
    """|loss on perturbed inputs − expansion| against size, by kind of step."""
    return {order.kind: (order.sizes, order.remainder) for order in found}


def draw_orders(key: str, found: Sequence[Order], style: Style) -> Chart:
    """The remainders on log-log axes, fitted slopes in the key."""
    series, texts = order_series(found), {o.kind: f"{ORDERS[o.kind].label}: {_slope(o.slope)}" for o in found}
    rounding = bool(found) and not any(np.isfinite(order.slope) for order in found)
    note = "Nothing is left over but rounding:\nthe expansion is exact here" if rounding else ""
    content = Content(series, texts, dots=series, note=note)
    plot = Plot(
        tuple(ORDERS.items()), Axis("size s of the step", "log"), Axis("remainder of the mean loss", "log"), HEIGHT
    )
    sentence = "Fitted slopes of the remainder: " + _list(texts)
    return _shared(
        "orders", key, len(found), style, "Remainder against size of the perturbation", plot, content, sentence
    )


def distance_series(found: Sequence[Distance]) -> Series:
    """‖θ − θ_penalty‖ against ε, by arm."""
    return {distance.pair: (distance.penalties, distance.distances) for distance in found}


def draw_distances(key: str, found: Sequence[Distance], style: Style) -> Chart:
    """How far each arm's weights are from those of the explicit penalty."""
    series = distance_series(found)
    texts = {d.pair: f"{DISTANCES[d.pair].label}: {_slope(d.slope)}" for d in found}
    content = Content(series, texts, dots=series)
    plot = Plot(
        tuple(DISTANCES.items()), Axis("penalty ε", "log"), Axis("distance ‖θ − θ_ε‖₂ of the weights", "log"), HEIGHT
    )
    sentence = "Fitted slopes of the distance: " + _list(texts)
    return _shared("distances", key, len(found), style, "Distance to the explicit penalty", plot, content, sentence)


def attack_series(found: Sequence[Attacked], attack: str) -> Series:
    """Accuracy, or the mean loss where there are no classes, against radius, by arm."""
    curves = [curve for curve in found if curve.attack == attack]
    return {c.arm: (c.radii, c.loss if np.isnan(c.accuracy).all() else c.accuracy) for c in curves}


def draw_attacks(key: str, found: Sequence[Attacked], attack: str, style: Style) -> Chart:
    """What an attack leaves of each arm's accuracy, against its radius."""
    series = attack_series(found, attack)
    classes = not any(np.isnan(curve.accuracy).all() for curve in found)
    norm = {"l2": "L2", "linf": "L∞"}[found[0].norm] if found else ""
    texts = {name: f"{ARM_LINES[name].label}: {number(values[-1])} at the end" for name, (_, values) in series.items()}
    y = Axis("accuracy, share of samples", zero=True) if classes else Axis("mean test loss", "log")
    plot = Plot(tuple(ARM_LINES.items()), Axis(f"radius r of the attack, {norm}, units of the inputs"), y, HEIGHT, 2)
    content = Content(series, {name: ARM_LINES[name].label for name in texts}, dots=series)
    sentence = f"{attack.upper()}, {norm}: " + _list(texts)
    title = "Accuracy under attack" if classes else "Loss under attack"
    return _shared(f"attack.{attack}", key, len(found), style, title, plot, content, sentence)


def margin_series(found: Sequence[Margins]) -> Series:
    """Share of samples whose distance to the boundary, along the gradient, is at most this; by arm."""
    series = {}
    for margins in found:
        distances = np.sort(margins.distances[np.isfinite(margins.distances)])
        series[margins.arm] = (distances, np.arange(1, len(distances) + 1) / max(1, len(margins.distances)))
    return series


def draw_margins(key: str, found: Sequence[Margins], style: Style) -> Chart:
    """The distribution of margins as a cumulative curve; left of 0 are misclassified samples."""
    series = margin_series(found)
    medians = {name: f"{ARM_LINES[name].label} {number(_median(x))}" for name, (x, _) in series.items()}
    none = bool(found) and not any(len(margins.distances) for margins in found)
    note = "A regression has no decision boundary,\nso there are no margins" if none else ""
    content = Content(series, {} if none else medians, down=[] if none else [(0.0, "boundary")], note=note)
    plot = Plot(
        tuple(ARM_LINES.items()),
        Axis("distance to the boundary, L2, units of the inputs"),
        Axis("share of samples; key: medians"),
        HEIGHT,
        2,
    )
    return _shared("margins", key, len(found), style, "Margins", plot, content, "Median margins: " + _list(medians))


def angle_series(found: Sequence[Angle]) -> Series:
    """The cosine against step."""
    return {"cosine": (np.array([a.step for a in found], float), np.array([a.cosine for a in found], float))}


def draw_angles(key: str, found: Sequence[Angle], style: Style) -> Chart:
    """Cosine between the gradients of the two penalties over training."""
    series = angle_series(found)
    usable = [angle for angle in found if np.isfinite(angle.cosine)]
    texts = {"cosine": f"now {number(usable[-1].cosine)}, at first {number(usable[0].cosine)}"} if usable else {}
    note = "" if usable or not found else "One of the penalties has no gradient here"
    content = Content(series, texts, dots=series, across=[(0.0, "0: they have nothing in common")], note=note)
    plot = Plot(tuple(ANGLE.items()), Axis("step"), Axis("cosine of ∇_θ‖∇_θL‖² and ∇_θ mean ‖∇ₓℓ‖²"), HEIGHT)
    sentence = "Cosine between the two penalties' gradients: " + _list(texts)
    return _shared("angles", key, len(found), style, "Angle between the penalties", plot, content, sentence)


def pull_series(found: Sequence[Pull]) -> Series:
    """mean ‖∇_xℓᵢ‖² against step, by penalty."""
    return {pull.name: (pull.steps.astype(float), pull.loss_input_grad_sq) for pull in found}


def draw_pulls(key: str, found: Sequence[Pull], style: Style) -> Chart:
    """What each penalty does to the mean squared input gradient."""
    series = pull_series(found)
    texts = {name: f"{PULLS[name].label}: {number(values[-1])}" for name, (_, values) in series.items()}
    plot = Plot(tuple(PULLS.items()), Axis("step"), Axis("mean ‖∇ₓℓ‖² over training samples", "log"), HEIGHT)
    sentence = "Mean squared input gradient at the end: " + _list(texts)
    return _shared(
        "pulls", key, len(found), style, "Input gradient under each penalty", plot, Content(series, texts), sentence
    )


def seed_series(found: Sequence[SeedPair], measure: str, comparison: str) -> Series:
    """One measure against seed, by arm."""
    where, column = COMPARISONS.index(comparison), MEASURES.index(measure)
    seeds = np.array([pair.seed for pair in found], float)
    return {
        name: (seeds, np.array([pair.values[where, arm, column] for pair in found], float))
        for arm, name in enumerate(PAIRED)
    }


def draw_seeds(key: str, found: Sequence[SeedPair], measure: str, comparison: str, style: Style) -> Chart:
    """One measure of the three arms, seed by seed."""
    series = seed_series(found, measure, comparison)
    texts = {name: f"{ARM_LINES[name].label}: median {number(_median(values))}" for name, (_, values) in series.items()}
    empty = bool(found) and not any(np.isfinite(values).any() for _, values in series.values())
    note = "Not defined here" if empty else ""
    lines = tuple((name, ARM_LINES[name]) for name in PAIRED)
    plot = Plot(lines, Axis("model seed"), SEED_MEASURES[measure], HEIGHT - 40)
    content = Content({}, texts, dots=series, note=note)
    sentence = f"{len(found)} seeds, {SEED_MEASURES[measure].title}: " + _list(texts)
    kind = f"seeds.{measure}.{comparison}"
    return _shared(kind, key, len(found), style, SEED_MEASURES[measure].title.split(",")[0], plot, content, sentence)


def _median(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else float("nan")


def _slope(value: float) -> str:
    return f"slope {value:.2f}" if np.isfinite(value) else "no slope"


def _list(texts: dict[str, str]) -> str:
    return ("; ".join(texts.values()) or "nothing yet") + "."


def _shared(
    kind: str, key: str, count: int, style: Style, title: str, plot: Plot, content: Content, sentence: str
) -> Chart:
    made = (f"input.{kind}", key, count, style)
    return shared(made, lambda: xy.draw(title, plot, content, sentence, style))
