"""What the numbers of the page on the step size say: pure functions of results; no text anticipates them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from occam.studies.kinds.step_size import BatchPoint, EdgePoint, SwapSeed
from occam.theory.tracks import Fit, OrderPoint, fit_order
from occam.theory.two_parameter import Paths

SLOPES = 0.15  # by which a fitted slope may miss a whole order
BATCH_SLOPES = 0.2  # the same for mean epochs, whose next order is larger
CHANCE = 0.05  # two-sided sign test
HALF = 0.5  # of the distance that λ must close for the penalty to be its explanation
ONE_STEP = {"gradient": 2, "modified": 3, "second_order": 4, "wrong_weight": 2}
FIXED_TIME = {name: order - 1 for name, order in ONE_STEP.items()}
EPOCH = {
    "reshuffle": {"gradient": 2, "full_batch": 2, "per_batch": 3},
    "replacement": {"gradient": 2, "full_batch": 3, "per_batch": 2},
}


@dataclass(frozen=True)
class Verdict:
    """`name`: a section of the page's text, whose {fields} are filled with `values`."""

    name: str
    values: Mapping[str, float | int | str] = field(default_factory=dict)


def landscape(paths: Paths) -> Verdict:
    """Which flow ends nearest to descent; "no_effect" where descent and gradient flow end within 1 % of the way."""
    tracks = paths.tracks
    values: dict[str, float | int | str] = {"stability": paths.stability}
    if tracks["descent"].ending != "complete":
        return Verdict("landscape.diverged", values | {"time": tracks["descent"].end_time})
    end, start = tracks["descent"].end, tracks["descent"].points[0]
    gaps = {name: float(np.linalg.norm(track.end - end)) for name, track in tracks.items() if name in ONE_STEP}
    way = float(np.linalg.norm(tracks["gradient"].end - start))
    sharp = paths.end_sharpness
    values |= {"gap": gaps["gradient"], "modified": gaps["modified"], "second": gaps.get("second_order", math.nan)}
    values |= {"descent_sharpness": sharp["descent"], "gradient_sharpness": sharp["gradient"]}
    if not gaps["gradient"] > 0.01 * way:
        return Verdict("landscape.no_effect", values)
    share = gaps["modified"] / gaps["gradient"]
    if not math.isfinite(share):
        return Verdict("landscape.unresolved", values)
    return Verdict("landscape.closer" if share < 0.5 else "landscape.fails", values | {"share": share})


def fits(points: Sequence[OrderPoint], kind: str) -> dict[str, Fit]:
    """The order of each flow's error; `kind`: "one_step" or "fixed_time"."""
    floors = [point.floor for point in points]
    gammas = [point.step_size for point in points]
    names = getattr(points[0], kind) if points else ()
    return {name: fit_order(gammas, [getattr(point, kind)[name] for point in points], floors) for name in names}


def batch_fits(points: Sequence[BatchPoint], sampling: str) -> dict[str, Fit]:
    """The order of each flow's distance to the mean epoch."""
    chosen = [getattr(point, sampling) for point in points]
    gammas, floors = [point.step_size for point in chosen], [point.floor for point in chosen]
    names = chosen[0].errors if chosen else ()
    return {name: fit_order(gammas, [point.errors[name] for point in chosen], floors) for name in names}


def orders(found: Mapping[str, Fit], expected: Mapping[str, int], tolerance: float = SLOPES) -> Verdict:
    """Whether every fitted slope is the expected order ± tolerance; "unmeasured" with fewer than three points."""
    if not found or any(fit.used < 3 for fit in found.values()):
        return Verdict("orders.unmeasured")
    wrong = sum(not abs(fit.slope - expected[name]) <= tolerance for name, fit in found.items())
    values = {"tolerance": tolerance, "wrong": wrong, "count": len(found)}
    return Verdict("orders.differ" if wrong else "orders.agree", values)


def swap(seeds: Sequence[SwapSeed]) -> Verdict:
    """Sign test over seeds on r = ‖θ_swapped − θ_large‖ / ‖θ_small − θ_large‖ at the end: is λ nearer than nothing?"""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.array([seed.parameters[1, -1] / seed.parameters[0, -1] for seed in seeds])
        functions = np.array([seed.functions[1, -1] / seed.functions[0, -1] for seed in seeds])
    usable = np.isfinite(ratios)
    n, nearer = int(usable.sum()), int((ratios[usable] < 1).sum())
    lost = len(seeds) - n
    if n == 0:
        return Verdict("swap.unmeasured", {"n": len(seeds)})
    chance = sign_test(nearer, n)
    values: dict[str, float | int | str] = {"n": n, "nearer": nearer, "chance": chance, "lost": lost}
    values |= {"median": float(np.median(ratios[usable])), "functions": _median(functions)}
    values |= {"stability": max(max(seed.stability) for seed in seeds)}
    values |= {"control": max(float(np.nanmax(seed.parameters[2], initial=0.0)) for seed in seeds)}
    if chance >= CHANCE:
        return Verdict("swap.no_effect", values)
    if nearer < n - nearer:
        return Verdict("swap.farther", values)
    return Verdict("swap.nearer" if np.median(ratios[usable]) <= HALF else "swap.slight", values)


def _median(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else math.nan


def sign_test(successes: int, trials: int) -> float:
    """Two-sided probability of a split at least this uneven by chance: 2·P(X ≥ max), X ~ Binomial(trials, ½)."""
    most = max(successes, trials - successes)
    tail = sum(math.comb(trials, k) for k in range(most, trials + 1)) / 2**trials
    return min(1.0, 2 * tail)


def edge(points: Sequence[EdgePoint], step_size: float) -> Verdict:
    """γλ_max over the last third of the records: "hovers" if its median is 2 ± 0.3, "below", "above", "unmeasured"."""
    stability = np.array([step_size * point.sharpness for point in points])
    last = stability[-max(1, len(stability) // 3) :]
    last = last[np.isfinite(last)]
    if not len(last):
        return Verdict("edge.unmeasured")
    median = float(np.median(last))
    values = {"median": median, "low": float(last.min()), "high": float(last.max()), "records": len(last)}
    if abs(median - 2) <= 0.3:
        return Verdict("edge.hovers", values)
    return Verdict("edge.below" if median < 2 else "edge.above", values)


def validity(points: Sequence[EdgePoint], step_size: float) -> Verdict:
    """Where along the run γλ_max < 1, the range of the expansion."""
    stability = np.array([step_size * point.sharpness for point in points])
    outside = ~(stability < 1)
    values = {"share": float(1 - outside.mean()) if len(points) else math.nan}
    if not len(points):
        return Verdict("edge.unmeasured")
    if not outside.any():
        return Verdict("validity.holds", values)
    first = points[int(outside.argmax())].step
    return Verdict("validity.nowhere" if outside.all() else "validity.until", values | {"step": first})
